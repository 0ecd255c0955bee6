"""How liquid a contract is: its half spread, its depth and the value that trades per day.

Half spreads with a source are in hedge_core/data/liquidity.csv, volumes in volumes.csv. Where a figure has none, that
of the contract's class stands for it: A, B, C and D, from the most to the least liquid; a contract that no row names
counts as D.

The volume of a series of futures is that of its active month. Later months trade the shares MONTH_SHARES of it until
the active month is rolled, with the half spread of the next class at least.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType
from typing import Literal, cast

from hedge_core.market.contracts import Contract
from hedge_core.market.volumes import volume_of
from hedge_core.tables import shipped_rows

LiquidityClass = Literal["A", "B", "C", "D"]


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """What a class assumes: volume in USD per day, half spread as a fraction of the price, depth in USD, volatility.

    `depth` is the size of an order at which slippage equals the half spread, `daily_volatility` the standard deviation
    of daily returns, a fraction.
    """

    daily_volume: float
    half_spread_rate: float
    depth: float
    daily_volatility: float


CLASSES: Mapping[LiquidityClass, ClassFigures] = {
    "A": ClassFigures(100e6, 1e-4, 40_000.0, 0.035),
    "B": ClassFigures(20e6, 3e-4, 35_000.0, 0.045),
    "C": ClassFigures(3e6, 6e-4, 25_000.0, 0.05),
    "D": ClassFigures(0.3e6, 15e-4, 20_000.0, 0.06),
}

MONTH_SHARES = (1.0, 809 / 78_747, 30 / 78_747, 11 / 78_747)
"""Volume of the active month, the next one and so on, as shares of the active month's; the last holds for later ones.
Contracts of CME's micro Bitcoin future that traded on 2026-08-28, four weeks before an expiry."""

_WORSE: Mapping[LiquidityClass, LiquidityClass] = {"A": "B", "B": "C", "C": "D", "D": "D"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Liquidity:
    """The liquidity of one contract, with the class that stands for what has no source.

    A source is '' where the figure is that of the class. No source states a depth. `is_placed`: somebody has put the
    contract into its class; one that nobody has looked at counts as D, which says nothing of how much it trades.
    """

    of_class: LiquidityClass
    daily_volume: float
    half_spread_rate: float
    depth: float
    daily_volatility: float
    is_placed: bool = False
    volume_source: str = ""
    volume_as_of: str = ""
    spread_source: str = ""
    spread_as_of: str = ""

    @property
    def is_volume_assumed(self) -> bool:
        """Whether the volume is that of the class."""
        return not self.volume_source

    @property
    def says_how_much(self) -> bool:
        """Whether the volume has a source, or is that of a class into which somebody has put the contract."""
        return self.is_placed or not self.is_volume_assumed

    @property
    def is_spread_assumed(self) -> bool:
        """Whether the half spread is that of the class."""
        return not self.spread_source

    def of_later_month(self, ahead: int) -> Liquidity:
        """The liquidity of the future that is `ahead` expiries behind the active one; 0 is the active one."""
        if ahead == 0:
            return self
        worse = _WORSE[self.of_class]
        return replace(
            self,
            of_class=worse,
            daily_volume=self.daily_volume * MONTH_SHARES[min(ahead, len(MONTH_SHARES) - 1)],
            half_spread_rate=max(self.half_spread_rate, CLASSES[worse].half_spread_rate),
        )


def liquidity_of(contract: Contract) -> Liquidity:
    """The liquidity of a contract of the catalogue or of a venue's list; class D if nothing is known of it."""
    known, volume = _table().get(contract.id) or _of_class("D"), volume_of(contract)
    if volume is None:
        return known
    return replace(known, daily_volume=volume.usd, volume_source=volume.source, volume_as_of=volume.as_of)


def _of_class(of_class: LiquidityClass) -> Liquidity:
    figures = CLASSES[of_class]
    return Liquidity(
        of_class=of_class,
        daily_volume=figures.daily_volume,
        half_spread_rate=figures.half_spread_rate,
        depth=figures.depth,
        daily_volatility=figures.daily_volatility,
    )


@lru_cache(maxsize=1)
def _table() -> Mapping[str, Liquidity]:
    return MappingProxyType({f"{row['venue']}:{row['code']}": _read(row) for row in shipped_rows("liquidity.csv")})


def _read(row: Mapping[str, str]) -> Liquidity:
    assumed = _of_class(cast(LiquidityClass, row["class"]))
    spread = row["half_spread_bp"]
    return Liquidity(
        of_class=assumed.of_class,
        daily_volume=assumed.daily_volume,
        half_spread_rate=float(spread) / 10_000 if spread else assumed.half_spread_rate,
        depth=assumed.depth,
        daily_volatility=assumed.daily_volatility,
        is_placed=True,
        spread_source=row["spread_source"],
        spread_as_of=row["spread_as_of"],
    )
