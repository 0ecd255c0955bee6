"""Builds one snapshot of the live market from several exchanges.

Prices and histories come coin by coin from the first exchange that has them; contracts and funding come from the venue
of the plan. Implausible prices are compared with other exchanges. Notices report everything that is missing, old,
refused or from another exchange.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np

from hedge_core.errors import SourceUnavailable
from hedge_core.market.coins import is_stablecoin, predecessors, resolve_coin
from hedge_core.market.live.derivatives import Derivatives, derivatives
from hedge_core.market.live.faults import ExchangeFault
from hedge_core.market.live.feed import Feed, SpotPrice
from hedge_core.market.live.parse import differs
from hedge_core.market.live.remarks import Remarks, age_text
from hedge_core.market.live.series import DAY, today
from hedge_core.market.snapshot import PROXY_COINS, FundingHistory, MarketSnapshot, PriceHistory, Quote
from hedge_core.market.sources import Wanted
from hedge_core.market.venues import BY_VENUE, EXCHANGES, dollar_markets, fallbacks

BELIEVABLE = 3.0
"""A price this many times above or below the last close must be confirmed by another exchange."""

AGREE = 1.25
"""Two exchanges agree on a price when they differ by less than this factor."""

SPLICE = 1.5
"""A renamed coin's old closes are joined to the new ones only if they differ by less than this factor at the join."""


class Assembly:
    """Builds one snapshot; use each instance once.

    `feed` returns the `Feed` of an exchange by name. `source` is the chosen exchange and `wanted` what to fetch. A
    price older than `max_staleness` seconds is refused. `report` is called with steps done, total steps and the step.
    """

    def __init__(
        self,
        feed: Callable[[str], Feed],
        source: str,
        wanted: Wanted,
        max_staleness: float,
        report: Callable[[int, int, str], None],
    ) -> None:
        self._feed, self._source, self._wanted = feed, source, wanted
        self._max_staleness, self._report = max_staleness, report
        self._feeds = [feed(name) for name in dict.fromkeys((source, *fallbacks()))]
        self._remarks = Remarks()
        self._faults: dict[str, ExchangeFault] = {}
        self._dollar: dict[str, float] = {"USD": 1.0}
        self._asked: frozenset[str] = frozenset()
        self._done, self._steps = 0, 1
        self._now = datetime.now(UTC)

    def snapshot(self) -> MarketSnapshot:
        """Fetch the data and build the snapshot.

        Raises SourceUnavailable if no exchange supplies any price, and NotCached if the feeds may not fetch and the
        cache lacks something.
        """
        self._step("markets")
        coins = self._coins()
        venue = BY_VENUE.get(self._wanted.venue)
        self._steps = 3 + len(coins) * (2 if venue else 1)
        self._step("prices")
        quotes = {coin: quote for coin in coins if (quote := self._quote(coin)) is not None}
        if not quotes:
            raise SourceUnavailable(self._no_prices_text())
        closes = {}
        for coin in coins:
            self._step(f"history of {coin}")
            if not is_stablecoin(coin):
                closes[coin] = self._closes(coin, is_priced=coin in quotes)
        quotes = {coin: self._checked_quote(coin, quote, closes.get(coin, {})) for coin, quote in quotes.items()}
        self._step("contracts")
        found = Derivatives()
        if venue is not None:
            found = derivatives(
                self._feed(venue.name),
                quotes,
                in_usd=self._usd,
                remarks=self._remarks,
                step=lambda coin: self._step(f"funding of {coin}"),
            )
        usable = [quote.as_of for quote in quotes.values() if not quote.refusal]
        return MarketSnapshot(
            source=self._source,
            as_of=min(usable, default=max(quote.as_of for quote in quotes.values())),
            simulated=False,
            history=_history(closes),
            quotes=quotes,
            funding=_funding(found.funding),
            funding_now=found.prints,
            futures=tuple(found.futures),
            contracts=tuple(found.contracts),
            contract_quotes=found.quotes,
            notices=self._remarks.notices(),
        )

    # -------------------------------------------------------------------------------------------- coins and prices

    def _coins(self) -> tuple[str, ...]:
        """Every coin to look up: those that price the wanted ones, those whose returns they follow, and the proxies."""
        try:
            known = self._feed(self._source).spot
        except ExchangeFault as fault:
            self._faults[self._source] = fault
            known = {}
        coins: dict[str, None] = {}
        for symbol in (*self._wanted.coins, *PROXY_COINS):
            resolved = resolve_coin(symbol, known)
            coins[resolved.priced_as] = coins[resolved.moves_with] = None
        self._asked = frozenset(coins)
        return tuple(dict.fromkeys((*coins, *self._wanted.hedges)))

    def _quote(self, coin: str) -> Quote | None:
        """The coin's price in USD from the first exchange that has one; else a refused one, or None, with a notice."""
        if coin == "USD":
            return None
        misses: list[str] = []
        refused: Quote | None = None
        for feed in self._feeds:
            price, miss = self._ask_price(feed, coin)
            if price is None:
                misses.append(f"{feed.exchange.label} {miss}")
                continue
            quote = self._in_usd(feed, price)
            if quote.refusal:
                refused = refused or quote
                misses.append(f"{feed.exchange.label}'s last price is from {quote.as_of:%Y-%m-%d %H:%M} UTC")
                continue
            if feed.exchange.name != self._source:
                self._remarks.elsewhere("price", feed.exchange.label, misses[0], coin)
            else:
                self._remarks.earlier(price.fault, f"prices ({age_text(self._now - price.as_of)} old)")
            return quote
        if refused is None and coin in self._asked and not is_stablecoin(coin):
            self._remarks.say(f"no_price {coin}", f"{coin}: no price. {'; '.join(misses)}.", code="no_price")
        return refused

    def _ask_price(self, feed: Feed, coin: str) -> tuple[SpotPrice | None, str]:
        try:
            price = feed.price(coin)
        except ExchangeFault as fault:
            self._faults[feed.exchange.name] = fault
            return None, fault.reason
        self._remarks.clock(feed)
        return price, "does not list it" if price is None else ""

    def _in_usd(self, feed: Feed, price: SpotPrice) -> Quote:
        rate = self._usd(price.currency)
        age = (self._now - price.as_of).total_seconds()
        label = feed.exchange.label if feed.exchange.price_of == "spot" else f"{feed.exchange.label} (index)"
        refusal = ""
        if age > self._max_staleness:
            refusal = "too old to size with"
            refusal += f" ({feed.exchange.label} {price.fault.reason})" if price.fault else ""
        return Quote(price.price * rate, price.as_of, label, refusal)

    def _usd(self, currency: str) -> float:
        """USD for one unit of `currency`, from one of `dollar_markets`; 1 with a notice if no price is available."""
        if currency not in self._dollar:
            rate = None
            for name in dollar_markets():
                price, _ = self._ask_price(self._feed(name), currency)
                if price is not None and price.currency == "USD" and 0.5 < price.price < 2.0:
                    rate = price.price
                    break
            if rate is None:
                self._remarks.say(
                    f"dollar {currency}",
                    f"{currency} is valued at $1: its price is unavailable.",
                    code="dollar_assumed",
                    severity="warning",
                )
            self._dollar[currency] = 1.0 if rate is None else rate
        return self._dollar[currency]

    def _checked_quote(self, coin: str, quote: Quote, closes: Mapping[date, float]) -> Quote:
        """The quote, unless it is far from the last close.

        In that case it is returned only if another exchange agrees with it. Otherwise the result is the quote of
        another exchange that is near the last close or, if there is none, this quote with a refusal; a notice says so.
        """
        if quote.refusal or not closes:
            return quote
        close = closes[max(closes)]
        if not differs(quote.price, close, BELIEVABLE):
            return quote
        for feed in self._feeds:
            price, _ = self._ask_price(feed, coin)
            other = self._in_usd(feed, price) if price is not None else None
            if other is None or other.refusal or other.source == quote.source:
                continue
            if not differs(other.price, quote.price, AGREE):
                return quote
            if not differs(other.price, close, BELIEVABLE):
                reason = f"{quote.source} reports {quote.price:,.6g} USD, far from the last close"
                self._remarks.elsewhere("price", feed.exchange.label, reason, coin)
                return other
        self._remarks.say(
            f"odd {coin}",
            f"{coin}: {quote.source} reports {quote.price:,.6g} USD, but the last close was {close:,.6g}. "
            "No other exchange confirms the price, so no hedge is sized with it.",
            code="odd_price",
            severity="warning",
        )
        refusal = f"{quote.price / close:,.2g} times its last close and not confirmed by another exchange"
        return replace(quote, refusal=refusal)

    # --------------------------------------------------------------------------------------------------- history

    def _closes(self, coin: str, *, is_priced: bool) -> Mapping[date, float]:
        """The coin's daily closes from the first exchange that has them; empty with a notice if none has."""
        misses: list[str] = []
        for feed in self._feeds:
            try:
                symbols = feed.spot.get(coin, ())
                found = feed.closes(symbols[0], self._wanted.days) if symbols else None
            except ExchangeFault as fault:
                misses.append(f"{feed.exchange.label} {fault.reason}")
                continue
            if found is None or not found.by_day:
                misses.append(f"{feed.exchange.label} does not list it")
                continue
            if feed.exchange.name != self._source:
                self._remarks.elsewhere("history", feed.exchange.label, misses[0], coin)
            self._remarks.earlier(found.fault, f"history of {coin} (to {max(found.by_day)})")
            if found.fault is None and max(found.by_day) < today() - 3 * DAY:
                text = f"{coin}: {feed.exchange.label}'s history ends on {max(found.by_day)}; it may be delisted there."
                self._remarks.say(f"ended {coin}", text, code="history_ended")
            self._say_gaps(coin, feed, found.by_day, found.refused)
            return self._spliced(coin, feed, found.by_day)
        if is_priced and coin in self._asked:  # else the notice about its missing price gives the same reasons
            self._remarks.say(f"no_history {coin}", f"{coin}: no history. {'; '.join(misses)}.", code="no_history")
        return {}

    def _say_gaps(self, coin: str, feed: Feed, by_day: Mapping[date, float], refused: Mapping[date, str]) -> None:
        for day, why in list(refused.items())[:3]:
            text = f"{coin}: {feed.exchange.label}'s close of {day} is refused: {why}."
            self._remarks.say(f"refused {coin} {day}", text, code="close_refused")
        gaps = (
            (max(by_day) - min(by_day)).days + 1 - len(by_day) - sum(min(by_day) < day < max(by_day) for day in refused)
        )
        if gaps > 0:
            self._remarks.say(
                f"gaps {coin}",
                f"{coin}: {feed.exchange.label} has no close for {gaps} {'day' if gaps == 1 else 'days'} of its "
                "history; they are left out, not filled.",
                code="gaps",
            )

    def _spliced(self, coin: str, feed: Feed, by_day: Mapping[date, float]) -> Mapping[date, float]:
        """The closes, preceded by those of the coin's former symbol at the published ratio if the coin was renamed."""
        start = min(by_day)
        if start <= today() - self._wanted.days * DAY:
            return by_day
        for old, units in predecessors(coin):
            try:
                symbol = feed.old_symbol(old)
                found = feed.closes(symbol, self._wanted.days).by_day if symbol else {}
            except ExchangeFault:
                continue
            before = {day: close / units for day, close in found.items() if day < start}
            if before and not differs(before[max(before)], by_day[start], SPLICE):
                text = f"{coin}: closes before {start} are those of {old}"
                text += f", divided by {units:,.0f}." if units != 1.0 else "."
                self._remarks.say(f"spliced {coin}", text, code="renamed_history")
                return {**before, **by_day}
        return by_day

    def _step(self, what: str) -> None:
        self._report(self._done, max(self._steps, self._done + 1), what)
        self._done += 1

    def _no_prices_text(self) -> str:
        reasons = "; ".join(f"{EXCHANGES[name].label} {fault.reason}" for name, fault in self._faults.items())
        return (
            f"No live prices: {reasons or 'no exchange lists these coins'}. Nothing is sized without them. "
            "Try again, upload daily closes, enter your own prices, or use the sample market."
        )


def _history(closes: Mapping[str, Mapping[date, float]]) -> PriceHistory:
    days, coins, values = _table(closes)
    return PriceHistory(days, coins, values)


def _funding(sums: Mapping[str, Mapping[date, float]]) -> FundingHistory | None:
    days, coins, values = _table(sums)
    return FundingHistory(days, coins, values) if coins else None


def _table(series: Mapping[str, Mapping[date, float]]) -> tuple[np.ndarray, tuple[str, ...], np.ndarray]:
    """The series (coin -> day -> value) as a table: days, coins, and values of shape (days, coins).

    The days are consecutive; a missing value is NaN. Coins without any value are left out, and if no coin has one, all
    three are empty.
    """
    known = {coin: values for coin, values in series.items() if values}
    if not known:
        return np.empty(0, dtype="datetime64[D]"), (), np.empty((0, 0))
    first, last = min(map(min, known.values())), max(map(max, known.values()))
    table = np.full(((last - first).days + 1, len(known)), np.nan)
    for column, values in enumerate(known.values()):
        for day, value in values.items():
            table[(day - first).days, column] = value
    return np.datetime64(first, "D") + np.arange(len(table)), tuple(known), table
