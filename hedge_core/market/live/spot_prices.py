"""Prices of coins in USD, coin by coin from the first exchange that has one, and held against other exchanges.

A price counts if another exchange says about the same. If two others agree with each other and not with it, theirs is
used. Otherwise nobody knows which is right: the price is refused, which means that nothing is sized with it until the
user refreshes it or enters one. USDT and USDC are held against one dollar in the same way. A price that only one
exchange has is held against that exchange's own candle of the day, and says that it is alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import NamedTuple

from hedge_core.errors import Severity, SourceUnavailable
from hedge_core.market.coins import is_stablecoin
from hedge_core.market.live.agreement import AGREE
from hedge_core.market.live.faults import ExchangeFault
from hedge_core.market.live.feed import Feed, SpotPrice
from hedge_core.market.live.parse import differs
from hedge_core.market.live.remarks import Remarks, age_text
from hedge_core.market.snapshot import Quote
from hedge_core.market.venues import dollar_markets

BELIEVABLE = 3.0
"""A price that no other exchange can confirm must be within this factor of the last close."""

UNUSUAL = 1.75
"""A price that no other exchange can confirm is in doubt if it differs from the last close by this factor."""

LEAVES = 1.25
"""Such a price is named if it differs from the last close by this factor, as one in 190 real closes from 2019 to 2026
does from the one before."""

NEAR = 1.05
"""A price that differs by this factor from those of the other exchanges asked is named, and used if one is within
AGREE. So is one that no other exchange can confirm and that differs so much from the exchange's own candle."""

OTHERS = 2
"""So many other exchanges are asked for a coin's price."""

PEG = 1.05
"""A stablecoin whose price differs from one dollar by this factor needs a second exchange that says the same."""


class _Dollar(NamedTuple):
    """USD for one unit of a currency, and why prices in it must not be used ('' if they may)."""

    rate: float
    refusal: str = ""


class SpotPrices:
    """The prices of one snapshot: `feeds` in the order in which they are asked, the chosen exchange first.

    `feed` returns the feed of an exchange by name. A price older than `max_staleness` seconds at `now` is refused.
    `faults` collects, by exchange, the last fault that was met.
    """

    def __init__(
        self,
        feed: Callable[[str], Feed],
        feeds: Sequence[Feed],
        *,
        remarks: Remarks,
        max_staleness: float,
        now: datetime,
    ) -> None:
        self._feed, self._feeds = feed, feeds
        self._remarks, self._max_staleness, self._now = remarks, max_staleness, now
        self._dollar = {"USD": _Dollar(1.0)}
        self._used: dict[str, tuple[Feed, SpotPrice]] = {}
        self.faults: dict[str, ExchangeFault] = {}

    def quote(self, coin: str, *, is_wanted: bool) -> Quote | None:
        """The coin's price in USD from the first exchange that has one; else a refused one, or None.

        A notice says so if the price is from another exchange or, for a coin that `is_wanted`, if there is none.
        """
        misses: list[str] = []
        refused: Quote | None = None
        for feed in self._feeds:
            price, miss = self._ask(feed, coin)
            if price is None:
                misses.append(f"{feed.exchange.label} {miss}")
                continue
            quote = self._in_usd(feed, price)
            if quote.refusal:
                refused = refused or quote
                misses.append(self._refused_text(feed, price, quote))
                continue
            if feed is not self._feeds[0]:
                self._remarks.elsewhere("price", feed.exchange.label, misses[0], coin)
            else:
                self._remarks.earlier(price.fault, f"prices ({age_text(self._now - price.as_of)} old)")
            self._used[coin] = feed, price
            return quote
        if refused is None and is_wanted and not is_stablecoin(coin):
            self._remarks.say(f"no_price {coin}", f"{coin}: no price. {'; '.join(misses)}.", code="no_price")
        return refused

    def checked(self, coin: str, quote: Quote, closes: Mapping[date, float]) -> Quote:
        """The quote if another exchange agrees with it, else the one that two others agree on, else a refused one.

        `closes` are the coin's daily closes, themselves checked. They decide where no other exchange has a price, and
        between two exchanges that contradict each other.
        """
        if quote.refusal:
            return quote
        close = closes[max(closes)] if closes else None
        others = self._others(coin, quote)
        if not others:
            return self._alone(coin, replace(quote, is_alone=not is_stablecoin(coin)), close)
        if any(not differs(other.price, quote.price, AGREE) for other in others):
            if all(differs(other.price, quote.price, NEAR) for other in others):
                text = f"{coin}: {quote.source} reports {quote.price:,.6g} USD and {_listed(others)}"
                text += f"; {quote.source}'s price is used."
                self._remarks.say(f"odd {coin}", text, code="price_apart")
            return quote
        trusted = _trusted(quote, others, close)
        said = f"{quote.source} reports {quote.price:,.6g} USD"
        if trusted is not None:
            if len(others) == 1:
                said += ", far from the last close"
            else:
                said += f", unlike {others[0].source} and {others[1].source}"
            self._remarks.elsewhere("price", trusted.source, said, coin)
            return trusted
        self._say_odd(
            coin, f"{said}, but {_listed(others)}. We cannot tell which is right, so no hedge is sized with it."
        )
        return replace(quote, refusal=f"contradicted by {' and '.join(other.source for other in others)}")

    def usd(self, currency: str) -> float:
        """USD for one unit of a quote currency; 1, with a notice, if its price is unavailable or in doubt."""
        return self._dollar_of(currency).rate

    # ---------------------------------------------------------------------------------------------------- asking

    def _ask(self, feed: Feed, coin: str) -> tuple[SpotPrice | None, str]:
        try:
            price = feed.price(coin)
        except ExchangeFault as fault:
            self.faults[feed.exchange.name] = fault
            return None, fault.reason
        self._remarks.clock(feed)
        return price, "does not list it" if price is None else ""

    def _others(self, coin: str, quote: Quote) -> list[Quote]:
        """Prices that can be used from other exchanges than that of `quote`, at most OTHERS."""
        found: list[Quote] = []
        for feed in self._feeds:
            if len(found) == OTHERS:
                break
            try:
                price, _ = self._ask(feed, coin)
            except SourceUnavailable:  # not in the cache, and nothing may be fetched
                continue
            other = self._in_usd(feed, price) if price is not None else None
            if other is not None and not other.refusal and other.source != quote.source:
                found.append(other)
        return found

    def _in_usd(self, feed: Feed, price: SpotPrice) -> Quote:
        dollar = self._dollar_of(price.currency)
        age = (self._now - price.as_of).total_seconds()
        label = feed.exchange.label if feed.exchange.price_of == "spot" else f"{feed.exchange.label} (index)"
        refusal = dollar.refusal
        if age > self._max_staleness:
            refusal = "too old to size a hedge with"
            refusal += f" ({feed.exchange.label} {price.fault.reason})" if price.fault else ""
        return Quote(price.price * dollar.rate, price.as_of, label, refusal)

    def _refused_text(self, feed: Feed, price: SpotPrice, quote: Quote) -> str:
        label = feed.exchange.label
        if quote.refusal == self._dollar_of(price.currency).refusal:
            return f"{label}'s price is in {price.currency}: {quote.refusal}"
        return f"{label}'s last price is from {quote.as_of:%Y-%m-%d %H:%M} UTC"

    def _alone(self, coin: str, quote: Quote, close: float | None) -> Quote:
        """The quote of the only exchange that has one, refused if that exchange contradicts itself or the last close.

        A notice names one that is unusual.
        """
        if close is not None and not differs(quote.price, close, NEAR):
            return quote
        running = self._running(coin)
        if running is not None and differs(quote.price, running, NEAR):
            text = f"{quote.source} reports {quote.price:,.6g} USD, but {running:,.6g} in its candle of "
            text += f"{self._now:%Y-%m-%d}, and no other exchange has a price to compare it with."
            if not differs(quote.price, running, AGREE):
                self._say_odd(coin, text)
                return quote
            self._say_odd(coin, f"{text} We cannot tell which is right, so no hedge is sized with it.")
            return replace(quote, refusal=f"but {running:,.6g} in {quote.source}'s own candle of the day")
        if close is None or not differs(quote.price, close, LEAVES):
            return quote
        said = f"{quote.source} reports {quote.price:,.6g} USD, but the last close was {close:,.6g}."
        if not differs(quote.price, close, BELIEVABLE):
            is_odd = differs(quote.price, close, UNUSUAL)
            text = f"{said} No other exchange has a price to compare it with."
            self._say_odd(coin, text, severity="warning" if is_odd else "note")
            return quote
        self._say_odd(coin, f"{said} No other exchange confirms the price, so no hedge is sized with it.")
        refusal = f"{quote.price / close:,.2g} times its last close and not confirmed by another exchange"
        return replace(quote, refusal=refusal)

    def _running(self, coin: str) -> float | None:
        """The price in the exchange's candle of the unfinished day, in USD; None if it cannot be compared."""
        feed, price = self._used[coin]
        if price.fault is not None:  # an older price
            return None
        try:
            running = feed.running(price.symbol)
        except SourceUnavailable:
            return None
        return None if running is None else running * self._dollar_of(price.currency).rate

    def _say_odd(self, coin: str, text: str, severity: Severity = "warning") -> None:
        self._remarks.say(f"odd {coin}", f"{coin}: {text}", code="odd_price", severity=severity)

    # -------------------------------------------------------------------------------------------------- dollars

    def _dollar_of(self, currency: str) -> _Dollar:
        if currency not in self._dollar:
            self._dollar[currency] = self._found_dollar(currency)
        return self._dollar[currency]

    def _found_dollar(self, currency: str) -> _Dollar:
        """The rate at the first of `dollar_markets` that is near one dollar, or that a second market confirms."""
        found: list[tuple[str, float]] = []
        for name in dollar_markets():
            feed = self._feed(name)
            price, _ = self._ask(feed, currency)
            if price is None or price.currency != "USD":
                continue
            if not differs(price.price, 1.0, PEG):
                for label, rate in found:
                    text = f"{currency} is {rate:,.4g} USD at {label}, but {price.price:,.4g} at {feed.exchange.label}."
                    self._say_dollar(currency, f"{text} The latter is used.")
                return _Dollar(price.price)
            found.append((feed.exchange.label, price.price))
        if not found:
            self._say_dollar(currency, f"{currency} is valued at $1: its price is unavailable.")
            return _Dollar(1.0)
        said = " and ".join(f"{rate:,.4g} USD at {label}" for label, rate in found)
        if len(found) > 1 and not differs(found[0][1], found[1][1], PEG):
            self._say_dollar(currency, f"{currency} is not worth a dollar: {said}.")
            return _Dollar(found[0][1])
        self._say_dollar(
            currency, f"{currency} is {said}, which no other exchange confirms: prices in it are not used."
        )
        return _Dollar(1.0, f"{currency} is {said}, which no other exchange confirms")

    def _say_dollar(self, currency: str, text: str) -> None:
        self._remarks.say(f"dollar {currency}", text, code="dollar_assumed", severity="warning")


def _trusted(quote: Quote, others: Sequence[Quote], close: float | None) -> Quote | None:
    """Which of the others to use instead of the quote, with which none of them agrees; None if we cannot tell."""
    if len(others) > 1:
        return others[0] if not differs(others[0].price, others[1].price, AGREE) else None
    if close is None or not differs(quote.price, close, UNUSUAL) or differs(others[0].price, close, UNUSUAL):
        return None
    return others[0]


def _listed(quotes: Sequence[Quote]) -> str:
    """The prices of exchanges after their names."""
    return " and ".join(f"{quote.source} {quote.price:,.6g}" for quote in quotes)
