"""Exchanges that answer what a test states, without network or cache: what `Feed` offers of prices and closes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from hedge_core.market.live.faults import ExchangeFault
from hedge_core.market.live.feed import SpotPrice
from hedge_core.market.live.series import Series
from hedge_core.market.venues import EXCHANGES
from hedge_core.market.venues.exchange import Exchange

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@dataclass(eq=False)
class StatedFeed:
    """The exchange called `name`. A coin's answer may be a fault, which is raised; a coin that is absent is not listed.

    `prices` are in `currency`; `as_of` is their time. `asked` lists the coins whose closes were asked for, and
    `forgotten` the days of them that were to be removed from the cache; `again` those for which all was asked again.
    `restated` are closes that the exchange states now instead of those in `histories`, for a day if `is_restated_long`,
    and `doubted` the days that were in doubt at the last look; `accepted` lists the coins whose restated closes are to
    be stored. `stated_ranges` are the (low, high) of days, `candles` the latest price in the candle of the unfinished
    day. `fault` is what prevents newer prices.
    """

    name: str
    prices: Mapping[str, float | ExchangeFault] = field(default_factory=dict)
    histories: Mapping[str, Mapping[date, float] | ExchangeFault] = field(default_factory=dict)
    currency: str = "USD"
    as_of: datetime = NOW
    old: Mapping[str, Mapping[date, float]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    forgotten: dict[str, set[date]] = field(default_factory=dict)
    again: dict[str, list[date]] = field(default_factory=dict)
    restated: Mapping[str, Mapping[date, float]] = field(default_factory=dict)
    doubted: frozenset[date] = frozenset()
    is_restated_long: bool = False
    accepted: list[str] = field(default_factory=list)
    clock_skew: float = 0.0
    stated_ranges: Mapping[str, Mapping[date, tuple[float, float]]] = field(default_factory=dict)
    candles: Mapping[str, float | ExchangeFault] = field(default_factory=dict)
    fault: ExchangeFault | None = None

    @property
    def exchange(self) -> Exchange:
        return EXCHANGES[self.name]

    @property
    def spot(self) -> Mapping[str, list[str]]:
        return {coin: [coin] for coin in self.histories}

    def price(self, coin: str) -> SpotPrice | None:
        price = self.prices.get(coin)
        if isinstance(price, ExchangeFault):
            raise price
        return None if price is None else SpotPrice(price, self.currency, coin, self.as_of, self.fault)

    def closes(self, symbol: str, days: int) -> Series:
        self.asked.append(symbol)
        found = self.old.get(symbol) or self.histories[symbol]
        if isinstance(found, ExchangeFault):
            raise found
        return Series(
            found,
            {},
            None,
            restated=self.restated.get(symbol, {}),
            doubted=self.doubted,
            is_restated_long=self.is_restated_long,
        )

    def running(self, symbol: str) -> float | None:
        price = self.candles.get(symbol)
        if isinstance(price, ExchangeFault):
            raise price
        return price

    def ranges(self, symbol: str) -> Mapping[date, tuple[float, float]]:
        return self.stated_ranges.get(symbol, {})

    def old_symbol(self, coin: str) -> str | None:
        return coin if coin in self.old else None

    def forget_closes(self, symbol: str, days: Collection[date]) -> None:
        self.forgotten.setdefault(symbol, set()).update(days)

    def ask_again(self, symbol: str, days: Collection[date]) -> None:
        self.again[symbol] = sorted(days)

    def accept_restated(self, symbol: str) -> None:
        self.accepted.append(symbol)
