"""Amounts shown in the reader's own currency. Contracts, orders and every calculation stay in US dollars.

    amount shown = amount in USD / USD for one unit of the currency

The rate is the one that the plan states, else the market's price of the currency. A simulated market gives none, and
there is no fallback: without a rate, amounts stay in USD.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time

from hedge_core.market.currencies import Currency, sign_of
from hedge_core.market.snapshot import MarketSnapshot
from hedge_core.plan.plan import HedgePlan
from hedge_core.text import UNKNOWN, amount_text, day_text, days_text, digits

TYPED = "typed by you"
"""The source of a rate that the plan states."""


@dataclass(frozen=True, slots=True)
class Rate:
    """What one unit of a currency is worth in USD, who says so, and since when; `as_of` is None for the dollar."""

    currency: Currency
    usd: float
    source: str
    as_of: datetime | None

    def amount(self, usd: float, *, cents: bool = False) -> str:
        """An amount in USD as text in this currency: €1,234, or with `cents` −€1,234.50; a dash if it is not finite."""
        return amount_text(usd / self.usd, sign_of(self.currency), cents=cents)

    def signed(self, usd: float, *, cents: bool = False) -> str:
        """As `amount`, with a plus sign in front of a gain that does not round to zero."""
        text = self.amount(usd, cents=cents)
        is_gain = usd > 0.0 and text not in (self.amount(0.0, cents=cents), UNKNOWN)
        return f"+{text}" if is_gain else text

    def stated(self, now: datetime) -> str:
        """The rate with its source and its age, as in: 1 EUR = 1.085 USD (typed by you on 29 Nov 2026, 3 days old)."""
        if self.as_of is None:
            return ""
        return f"1 {self.currency} = {digits(self.usd)} USD ({self.source} on {self._origin(self.as_of, now)})"

    def _origin(self, as_of: datetime, now: datetime) -> str:
        day, days = day_text(as_of.date(), "%d %b %Y"), (now.date() - as_of.date()).days
        if days < 0:
            return f"{day}, a day to come: check it"
        if days >= 1:
            return f"{day}, {days_text(days)} old"
        return f"{day}, today" if self.source == TYPED else f"{day} at {as_of:%H:%M} UTC"


DOLLARS = Rate("USD", 1.0, "", None)
"""The currency of all calculations, which needs no rate."""


def rate_of(plan: HedgePlan, market: MarketSnapshot) -> Rate | None:
    """The rate of the currency in which the plan shows amounts; None if the plan states none and the market has none.

    The market's price is that of its quote, else the last close of its history, as old as that close.
    """
    if plan.currency == "USD":
        return DOLLARS
    own = plan.overrides.rates.get(plan.currency)
    if own is not None:
        return Rate(plan.currency, own.usd, TYPED, datetime.combine(own.on, time(), UTC))
    price = None if market.simulated else market.price_or_none(plan.currency)
    if price is None:
        return None
    quote = market.quotes.get(plan.currency)
    if quote is not None:
        return Rate(plan.currency, price, quote.source, quote.as_of)
    history = market.history
    day = history.days[history.last_row(plan.currency)].astype("datetime64[D]").item()
    return Rate(plan.currency, price, market.source, datetime.combine(day, time(), UTC))
