"""Builds one snapshot of the live market from several exchanges.

Prices and histories come coin by coin from the first exchange that has them; contracts and funding come from the venue
of the plan. Prices and histories are compared with other exchanges. Notices report everything that is missing, old,
refused or from another exchange.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime

import numpy as np

from hedge_core.errors import SourceUnavailable
from hedge_core.market.coins import is_stablecoin, resolve_coin
from hedge_core.market.live.derivatives import Derivatives, derivatives
from hedge_core.market.live.faults import ExchangeFault
from hedge_core.market.live.feed import Feed
from hedge_core.market.live.histories import Histories
from hedge_core.market.live.remarks import Remarks
from hedge_core.market.live.spot_prices import SpotPrices
from hedge_core.market.snapshot import PROXY_COINS, FundingHistory, MarketSnapshot, PriceHistory
from hedge_core.market.sources import Wanted
from hedge_core.market.venues import BY_VENUE, EXCHANGES, fallbacks
from hedge_core.text import listed


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
        self._feed, self._source, self._wanted, self._report = feed, source, wanted, report
        self._remarks = Remarks()
        feeds = [feed(name) for name in dict.fromkeys((source, *fallbacks()))]
        self._prices = SpotPrices(
            feed, feeds, remarks=self._remarks, max_staleness=max_staleness, now=datetime.now(UTC)
        )
        self._histories = Histories(feeds, wanted.days, self._remarks)
        self._asked: frozenset[str] = frozenset()
        self._done, self._steps = 0, 1

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
        quotes = {}
        for coin in coins:
            quote = None if coin == "USD" else self._prices.quote(coin, is_wanted=coin in self._asked)
            if quote is not None:
                quotes[coin] = quote
        if not quotes:
            raise SourceUnavailable(self._no_prices_text())
        closes = {}
        for coin in coins:
            self._step(f"history of {coin}")
            if not is_stablecoin(coin):
                # The notice about a missing price gives the reasons for a missing history as well.
                closes[coin] = self._histories.closes(coin, is_wanted=coin in quotes and coin in self._asked)
        quotes = {coin: self._prices.checked(coin, quote, closes.get(coin, {})) for coin, quote in quotes.items()}
        self._step("contracts")
        found = Derivatives()
        if venue is not None:
            found = derivatives(
                self._feed(venue.name),
                quotes,
                in_usd=self._prices.usd,
                remarks=self._remarks,
                step=lambda coin: self._step(f"funding of {coin}"),
            )
        if self._feed(self._source).is_cache_failing:
            text = "The cache of prices cannot be used (is its disk full?): they are kept in memory until it can."
            self._remarks.say("cache_failing", text, severity="warning")
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

    # -------------------------------------------------------------------------------------------- coins

    def _coins(self) -> tuple[str, ...]:
        """Every coin to look up: those that price the wanted ones, those whose returns they follow, and the proxies."""
        try:
            known = self._feed(self._source).spot
        except ExchangeFault as fault:
            self._prices.faults[self._source] = fault
            known = {}
        coins: dict[str, None] = {}
        for symbol in (*self._wanted.coins, *PROXY_COINS):
            resolved = resolve_coin(symbol, known)
            coins[resolved.priced_as] = coins[resolved.moves_with] = None
        self._asked = frozenset(coins)
        return tuple(dict.fromkeys((*coins, *self._wanted.hedges)))

    def _step(self, what: str) -> None:
        self._report(self._done, max(self._steps, self._done + 1), what)
        self._done += 1

    def _no_prices_text(self) -> str:
        failed: dict[str, list[str]] = {}
        for name, fault in self._prices.faults.items():
            failed.setdefault(fault.reason, []).append(EXCHANGES[name].label)
        reasons = [
            f"{first} {reason}" + (f"; the same goes for {listed(others)}" if others else "")
            for reason, (first, *others) in failed.items()
        ]
        return (
            f"No live prices: {'; '.join(reasons) or 'no exchange lists these coins'}. Nothing is sized without them. "
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
