"""The volatility surface: the volatility at which an option is priced, by coin, strike and expiry.

    σ(K) = σ_ATM(T) + s·ln(K/F)/√T

with F the forward and T the years to expiry. The slope s is the one at which a put of delta −0.25 has `put_over_call`
more volatility than a call of delta 0.25 in 30 days. It stays the same for every expiry. σ_ATM is one level, or levels
at several expiries, between which the total variance σ²·T is straight.

A surface says where it comes from. `assumed_surface` is a table of recent levels (data/option_volatility.csv), and
`simulated_surface` goes with simulated prices: their volatility over a year plus PREMIUM, which is what option sellers
usually ask above it. Neither is a quote: replace it with `with_quote` or `at_level` before trading on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from types import MappingProxyType

import numpy as np

from hedge_core.errors import InvalidInput
from hedge_core.market.options.black76 import implied_volatility
from hedge_core.market.snapshot import MINIMUM_DAYS, Floats, MarketSnapshot
from hedge_core.tables import shipped_rows

OTHER = "other"
"""The row of the table for coins without one of their own."""

LEAST_VOLATILITY, MOST_VOLATILITY = 0.05, 5.0
"""The range of every volatility: the slope does not lead out of it at far strikes."""

PREMIUM = 0.03
"""Volatility points by which options on simulated coins cost more than those coins moved; an assumption."""

SKEW_YEARS = 30.0 / 365.0
"""The expiry at which `put_over_call` is measured."""

QUARTER = 0.6744897501960817
"""The d1 of a call of delta 0.75: N(0.67449) = 0.75."""


@dataclass(frozen=True)
class Smile:
    """The volatility of the options on one coin.

    `levels` are the at-the-money volatilities per year by days to expiry, ascending; a single one holds for all.
    `put_over_call` is the volatility of the 25-delta put less that of the 25-delta call. `half_spread` is half the
    distance of bid and offer, in volatility. Raises InvalidInput for figures out of range.
    """

    levels: tuple[tuple[float, float], ...]
    put_over_call: float = 0.0
    half_spread: float = 0.0
    source: str = ""

    def __post_init__(self) -> None:
        days = [day for day, _ in self.levels]
        if not days or days != sorted(set(days)) or days[0] <= 0.0:
            raise InvalidInput("A smile needs at least one level, at ascending days to expiry above zero.")
        if not all(LEAST_VOLATILITY <= level <= MOST_VOLATILITY for _, level in self.levels):
            raise InvalidInput(f"A volatility must be between {LEAST_VOLATILITY:.0%} and {MOST_VOLATILITY:.0%} a year.")
        if not -0.5 <= self.put_over_call <= 0.5 or not 0.0 <= self.half_spread <= 0.5:
            raise InvalidInput("Skew must be within ±50 volatility points, and half the spread at most 50.")

    @classmethod
    def flat(cls, level: float, *, put_over_call: float = 0.0, half_spread: float = 0.0, source: str = "") -> Smile:
        """The smile with the same at-the-money volatility at every expiry."""
        return cls(((30.0, level),), put_over_call, half_spread, source)

    def at_the_money(self, days: float) -> float:
        """The at-the-money volatility at an expiry; total variance is straight between levels, flat outside them."""
        at = np.array([day for day, _ in self.levels])
        levels = np.array([level for _, level in self.levels])
        if len(at) == 1 or days <= at[0] or days >= at[-1]:
            return float(levels[0] if days <= at[0] else levels[-1])
        return float(np.sqrt(np.interp(days, at, levels**2 * at) / days))

    @cached_property
    def slope(self) -> float:
        """s, the change of volatility for a change of ln(K/F)/√T; negative if puts have more volatility than calls.

        With x = ln(K/F)/√T the strikes of delta ∓0.25 lie at x = σ·(σ·√T/2 ∓ 0.67449), each at its own volatility.
        """
        level, slope = self.at_the_money(365.0 * SKEW_YEARS), 0.0
        put, call = level, level
        for _ in range(200):
            below, above = (v * (v * SKEW_YEARS**0.5 / 2.0 + d) for v, d in ((put, -QUARTER), (call, QUARTER)))
            slope = -self.put_over_call / (above - below)
            put, call = max(level + slope * below, LEAST_VOLATILITY), max(level + slope * above, LEAST_VOLATILITY)
        return slope

    def volatility(self, moneyness: Floats | float, days: float) -> Floats:
        """σ at strikes with this K/F, `days` before expiry."""
        if days <= 0.0:
            raise InvalidInput("An option that has expired has no volatility.")
        x = np.log(np.asarray(moneyness, dtype=np.float64)) / np.sqrt(days / 365.0)
        volatility: Floats = np.clip(self.at_the_money(days) + self.slope * x, LEAST_VOLATILITY, MOST_VOLATILITY)
        return volatility


@dataclass(frozen=True)
class VolatilitySurface:
    """The smile of each coin; `others` is that of a coin without one.

    `source` says where it comes from. `is_quoted`: all of it was stated by the user or quoted by a venue.
    """

    smiles: Mapping[str, Smile]
    others: Smile
    source: str
    is_quoted: bool = False

    def of(self, coin: str) -> Smile:
        """The smile of a coin."""
        return self.smiles.get(coin, self.others)

    def at_level(self, level: float, coin: str | None = None) -> VolatilitySurface:
        """This surface with one at-the-money volatility for a coin, or for all of them; skew and spread stay.

        Raises InvalidInput if the level is out of range.
        """
        stated = f"at-the-money volatility of {level:.0%}{f' for {coin}' if coin else ''}, stated by you"
        if coin is not None:
            smile = replace(self.of(coin), levels=((30.0, level),), source=stated)
            return replace(
                self, smiles=MappingProxyType({**self.smiles, coin: smile}), source=f"{self.source}; {stated}"
            )
        smiles = {name: replace(smile, levels=((30.0, level),), source=stated) for name, smile in self.smiles.items()}
        others = replace(self.others, levels=((30.0, level),), source=stated)
        return VolatilitySurface(MappingProxyType(smiles), others, stated, is_quoted=True)

    def scaled(self, factor: float) -> VolatilitySurface:
        """This surface with every at-the-money volatility times `factor`."""

        def grown(smile: Smile) -> Smile:
            return replace(smile, levels=tuple((day, level * factor) for day, level in smile.levels))

        smiles = MappingProxyType({coin: grown(smile) for coin, smile in self.smiles.items()})
        return replace(self, smiles=smiles, others=grown(self.others))

    def with_quote(
        self, coin: str, *, sign: int, forward: float, strike: float, price: float, days: float
    ) -> VolatilitySurface:
        """This surface shifted for one coin so that an option costs the quoted `price` (USD per coin).

        The level is the one at which σ(K) is the implied volatility of the quote; skew and spread stay. Raises
        InvalidInput if no volatility gives that price.
        """
        implied = implied_volatility(sign, forward, strike, price, days / 365.0)
        smile = self.of(coin)
        level = implied
        for _ in range(100):
            # The slope depends a little on the level, so the level is found by repetition.
            level += implied - float(
                replace(smile, levels=((30.0, min(max(level, LEAST_VOLATILITY), MOST_VOLATILITY)),)).volatility(
                    strike / forward, days
                )
            )
        return self.at_level(level, coin)


@lru_cache(maxsize=1)
def assumed_surface() -> VolatilitySurface:
    """The recent levels of data/option_volatility.csv, at every expiry."""
    smiles = {
        row["coin"]: Smile.flat(
            float(row["at_the_money"]),
            put_over_call=float(row["put_over_call"]),
            half_spread=float(row["half_spread"]),
            source=f"{row['source']} ({row['as_of']})",
        )
        for row in shipped_rows("option_volatility.csv")
    }
    others = smiles.pop(OTHER)
    return VolatilitySurface(MappingProxyType(smiles), others, "recent levels of volatility, assumed and not quoted")


def simulated_surface(market: MarketSnapshot) -> VolatilitySurface:
    """The surface of simulated prices: each coin's volatility over the past year plus PREMIUM, in whole points.

    Skew and spread are those of `assumed_surface`. A coin with fewer than MINIMUM_DAYS days keeps the assumed level.
    """
    assumed, history = assumed_surface(), market.history
    smiles = dict(assumed.smiles)
    for coin in history.coins:
        moves = history.returns[-365:, history.column_of[coin]]
        moves = moves[~np.isnan(moves)]
        if len(moves) >= MINIMUM_DAYS and moves.std() > 0.0:
            level = round(float(moves.std() * np.sqrt(365.0)) + PREMIUM, 2)
            level = min(max(level, LEAST_VOLATILITY), MOST_VOLATILITY)
            smiles[coin] = replace(assumed.of(coin), levels=((30.0, level),), source="simulated")
    source = f"simulated, the volatility of the simulated prices over a year plus {PREMIUM * 100:.0f} points"
    return VolatilitySurface(MappingProxyType(smiles), assumed.others, source)


def surface_of(market: MarketSnapshot) -> VolatilitySurface:
    """The surface that goes with a market's prices: the simulated one, or the assumed one."""
    return simulated_surface(market) if market.simulated else assumed_surface()
