"""The world behind the loopback exchange: coins, prices and funding from a seed, the same in every process."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

DAY = 86_400
DAYS = 800

PRICES = {
    "BTC": 92_400.0, "ETH": 3_180.0, "SOL": 148.0, "XRP": 2.1, "ADA": 0.62, "DOGE": 0.17, "LINK": 16.4, "AVAX": 18.6,
    "DOT": 4.1, "LTC": 95.0, "BCH": 480.0, "NEAR": 2.35, "SUI": 2.4, "HBAR": 0.16, "XLM": 0.29, "AAVE": 210.0,
    "UNI": 7.4, "ATOM": 4.4, "ARB": 0.41, "OP": 0.62, "INJ": 9.0, "POL": 0.24, "SKY": 0.065, "S": 0.31,
    "SHIB": 0.0000121, "PEPE": 0.0000089, "HYPE": 38.0, "OKB": 52.0, "TIA": 1.6,
}  # fmt: skip
"""USD a coin today."""

DOLLARS = {"USDT": 0.9995, "USDC": 1.0001}
RENAMED = 110
"""Days since MKR became SKY."""

YOUNG = {"TIA": 100, "SKY": RENAMED}
"""Coins that were listed so many days ago."""

GAPPED = {"ATOM": (200, 203)}
"""Days ago, from and to, without a candle."""

ONLY_AT = {"HYPE": "coinbase", "OKB": "okx"}
OLD_NAMES = {"MKR": ("SKY", 24_000.0)}
"""A market that is closed, whose coin was renamed: it still answers for its history."""


@dataclass(frozen=True)
class Candle:
    """One UTC day; `time` is its start, seconds."""

    time: int
    open: float
    high: float
    low: float
    close: float


@dataclass(frozen=True)
class Alterations:
    """Values that an exchange states wrongly, by coin.

    `prices` and `sizes` are factors; `candles` changes the candles; a contract on a coin in `doubled` is listed once more
    with that factor on its size. `funding` changes the rate with this number, the oldest first. `rows` changes the rows of
    an answer as they go over the wire, after the last part of its path.
    """

    prices: Mapping[str, float] = field(default_factory=dict)
    candles: Mapping[str, Callable[[World, list[Candle]], list[Candle]]] = field(default_factory=dict)
    sizes: Mapping[str, float] = field(default_factory=dict)
    doubled: Mapping[str, float] = field(default_factory=dict)
    funding: Callable[[int, float], float] = lambda _, rate: rate
    rows: Callable[[str, list[Any]], list[Any]] = lambda _, rows: rows


@dataclass
class World:
    """Everything that an exchange of the loopback may be asked. `clock` gives the time, seconds since 1970.

    What is wrong with it: `alterations`; all times are `shift` seconds off; coins are `missing`, or `delisted` 60 days ago, or one
    candle in the middle and the price now are fifty times too high (`wrong`).
    """

    seed: int = 1
    clock: Callable[[], float] = time.time
    shift: int = 0
    missing: frozenset[str] = frozenset()
    delisted: frozenset[str] = frozenset()
    wrong: frozenset[str] = frozenset()
    alterations: Alterations = field(default_factory=lambda: Alterations())
    _candles: dict[str, list[Candle]] = field(default_factory=dict)

    @property
    def now(self) -> int:
        return int(self.clock()) + self.shift

    @property
    def today(self) -> int:
        """The start of the running UTC day."""
        now = int(self.clock())
        return now - now % DAY

    @cached_property
    def _market_moves(self) -> tuple[list[float], list[float]]:
        source = random.Random(f"market {self.seed}")
        bitcoin = [source.gauss(0.0005, 0.024) for _ in range(DAYS)]
        ether = [1.15 * move + source.gauss(0.0, 0.018) for move in bitcoin]
        return bitcoin, ether

    def closes(self, coin: str) -> list[float]:
        """Closes of the last DAYS days, oldest first; the last one is the running day's."""
        bitcoin, ether = self._market_moves
        source = random.Random(f"{coin} {self.seed}")
        beta = 1.1 + 0.9 * source.random()
        moves = {"BTC": bitcoin, "ETH": ether}.get(coin)
        if moves is None:
            moves = [beta * move + source.gauss(0.0, 0.025) for move in ether]
        backwards = [PRICES.get(coin, 1.0)]
        for move in reversed(moves[1:]):
            backwards.append(backwards[-1] * math.exp(-max(-0.4, min(0.4, move))))
        return backwards[::-1]

    def candles(self, coin: str) -> list[Candle]:
        """Daily candles up to and including the running day; each opens at the close before."""
        key = f"{coin} {self.today}"
        if key not in self._candles:
            self._candles[key] = self._make_candles(coin)
        return self._candles[key]

    def _make_candles(self, coin: str) -> list[Candle]:
        if coin in OLD_NAMES:
            new, units = OLD_NAMES[coin]
            old = self._all_candles(new)[: -RENAMED + 2]
            return [Candle(c.time, c.open * units, c.high * units, c.low * units, c.close * units) for c in old]
        made = self._all_candles(coin)[-YOUNG.get(coin, DAYS) :]
        first, last = GAPPED.get(coin, (0, 0))
        made = [candle for candle in made if not first <= (self.today - candle.time) // DAY < last or not last]
        if coin in self.delisted:
            made = made[:-60]
        if coin in self.wrong:
            bad = made[-50]
            made[-50] = Candle(bad.time, bad.open * 50, bad.high * 50, bad.low * 50, bad.close * 50)
        if coin in self.alterations.candles:
            made = self.alterations.candles[coin](self, made)
        return [Candle(c.time + self.shift, c.open, c.high, c.low, c.close) for c in made] if self.shift else made

    def _all_candles(self, coin: str) -> list[Candle]:
        closes = self.closes(coin)
        start = self.today - (DAYS - 1) * DAY
        made = []
        for place, close in enumerate(closes):
            opened = closes[place - 1] if place else close
            high, low = max(opened, close) * 1.01, min(opened, close) * 0.99
            made.append(Candle(start + place * DAY, opened, high, low, close))
        return made

    def price(self, coin: str) -> float:
        """USD now."""
        price = DOLLARS[coin] if coin in DOLLARS else PRICES[coin] * (50.0 if coin in self.wrong else 1.0)
        return price * self.alterations.prices.get(coin, 1.0)

    def size(self, coin: str, size: float) -> float:
        """The size that an exchange states for its contract on a coin."""
        return size * self.alterations.sizes.get(coin, 1.0)

    def funding(self, coin: str, hours: int, days: int = 120) -> list[tuple[int, float]]:
        """(seconds, rate) of every print, oldest first; the rate is for `hours`."""
        source = random.Random(f"funding {coin} {self.seed} {hours}")
        step = hours * 3600
        last = self.now - self.now % step
        count = days * 24 // hours
        rates = [source.gauss(0.0001, 0.0001) * hours / 8 for _ in range(count)]
        rates = [self.alterations.funding(n, rate) for n, rate in enumerate(rates)]
        return [(last - (count - 1 - n) * step, rate) for n, rate in enumerate(rates)]

    def expiries(self) -> list[int]:
        """The last Fridays, 08:00 UTC, of the next two quarter months; seconds."""
        found = []
        year, month = time.gmtime(self.now)[:2]
        while len(found) < 2:
            if month % 3 == 0:
                friday = last_friday(year, month) + 8 * 3600
                if friday > self.now + 2 * DAY:
                    found.append(friday)
            month += 1
            if month > 12:
                year, month = year + 1, 1
        return found


def last_friday(year: int, month: int) -> int:
    """Midnight UTC of a month's last Friday, seconds."""
    import calendar
    from datetime import UTC, datetime

    day = max(week[calendar.FRIDAY] for week in calendar.monthcalendar(year, month))
    return int(datetime(year, month, day, tzinfo=UTC).timestamp())


def at(exchange: str, world: World) -> list[str]:
    """The coins that an exchange lists."""
    return [coin for coin in PRICES if ONLY_AT.get(coin, exchange) == exchange and coin not in world.missing]
