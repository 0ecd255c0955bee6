"""Options as instruments: what a bought put and a sold call gain in a move, and the margin that they need.

Levels and strikes are relative to the coin's price today, as for every instrument, and units are USD of coins at that
price. The option is worth black76.price(level·(1 + basis), strike, σ·√T) per unit. Its volatility stays what it was for
its strike (*sticky strike*), and the basis shrinks to nothing at expiry.

A bought option is paid for at once: it needs no margin and cannot be liquidated. A sold call is margined, as Deribit
publishes it for its standard margin, per coin at price S:

    initial      (max(0.15 − out of the money/S, 0.10))·S + option
    maintenance  0.075·S + option

against cash that includes the premium. The option's own value stands on both sides once the account is marked to
market, so that equity, collateral + gain, must cover the first terms alone: rates on the notional of the coins.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType
from typing import ClassVar

import numpy as np

from hedge_core.market.contracts import Contract, MarginTier
from hedge_core.market.instruments import A, Carry, Instrument
from hedge_core.market.options import black76
from hedge_core.market.options.contracts import Option, OptionKind, OptionSeries
from hedge_core.market.options.surface import Smile
from hedge_core.market.snapshot import Floats, MarketSnapshot
from hedge_core.text import listed

INITIAL_RATE, LEAST_INITIAL_RATE, MAINTENANCE_RATE = 0.15, 0.10, 0.075
"""Margin of a sold call as shares of the coins' value. Source: Deribit's standard margin as copied in the documents of
TSLab; that it still holds, and that other venues ask the same, is assumed."""


def margin_assumption(sold: Iterable[OptionSeries]) -> str:
    """Say where the margin of sold options comes from, if it is not their venue's own; '' if it is."""
    from hedge_core.market.venues.deribit import VENUE

    others = sorted({one.venue for one in sold if one.venue != VENUE.name})
    if not others:
        return ""
    return f" Margin of sold options at {listed(others)} is taken to be that of {VENUE.name}: ask your broker."


@dataclass(frozen=True, slots=True)
class OptionHeld(Instrument):
    """An option that is held; the base of `BoughtPut`, `SoldCall` and their counterparts.

    `strike` is relative to the coin's price today, `years` is the time left, and `basis` what the forward is above the
    coin, a fraction for that time.
    """

    strike: float = 1.0
    years: float = 0.0
    volatility: float = 0.0
    basis: float = 0.0

    kind: ClassVar[OptionKind] = "put"
    term: ClassVar[str] = "option"

    @property
    def sign(self) -> int:
        """+1 for a call, −1 for a put."""
        return black76.CALL if self.kind == "call" else black76.PUT

    def value(self, level: Floats | float) -> Floats:
        """The worth of the option per unit at `level`; at expiry its payoff."""
        forward = np.asarray(level, dtype=np.float64) * (1.0 + self.basis)
        return black76.price(self.sign, forward, self.strike, self.volatility * self.years**0.5)

    def delta(self, level: Floats | float) -> Floats:
        """The change of the worth for a change of the level."""
        forward = np.asarray(level, dtype=np.float64) * (1.0 + self.basis)
        return (1.0 + self.basis) * black76.delta(self.sign, forward, self.strike, self.volatility * self.years**0.5)

    def later(self, days: float) -> OptionHeld:
        """The same option `days` later: less time, and the same share of its basis gone."""
        left = max(self.years - days / 365.0, 0.0)
        # Whole days come back as zero up to the last digit of the division.
        left = 0.0 if left < 1e-9 else left
        share = left / self.years if self.years > 0.0 else 0.0
        return replace(self, years=left, basis=self.basis * share)

    def with_volatility(self, volatility: float) -> OptionHeld:
        """The same option at another volatility."""
        return replace(self, volatility=max(volatility, 0.0))

    def gain(self, units: A, level: A, move: A) -> A:
        """Profit while the coin goes from `level` to `level + move` at once: the change of the worth, if bought."""
        change = self.value(np.asarray(level + move)) - self.value(np.asarray(level))
        # An array of no dimensions, which two single numbers give, is turned back into a number.
        return (self.direction * units * change)[()]  # type: ignore[return-value]

    def carry(self, contract: Contract, market: MarketSnapshot) -> Carry:
        """None: what time takes from an option is in its worth."""
        return Carry(0.0, "part of the option's price")


@dataclass(frozen=True, slots=True)
class BoughtPut(OptionHeld):
    """A put that was bought: it gains when the coin falls, and can lose its premium and no more."""

    direction: ClassVar[int] = 1
    order: ClassVar[str] = "Buy"
    adds: ClassVar[str] = "buy"
    lifts: ClassVar[str] = "sell"
    kind: ClassVar[OptionKind] = "put"

    def margin_table(self, contract: Contract) -> tuple[MarginTier, ...]:
        """No margin."""
        return NO_MARGIN


@dataclass(frozen=True, slots=True)
class BoughtCall(BoughtPut):
    """A call that was bought; nothing is proposed with it, but fills may hold it."""

    kind: ClassVar[OptionKind] = "call"


@dataclass(frozen=True, slots=True)
class SoldCall(OptionHeld):
    """A call that was sold: it earns its premium, and loses what the coin gains above the strike."""

    kind: ClassVar[OptionKind] = "call"
    order: ClassVar[str] = "Sell"

    def margin_table(self, contract: Contract) -> tuple[MarginTier, ...]:
        """The venue's rates on the value of the coins."""
        return SOLD_MARGIN

    def initial_rate(self, level: float = 1.0) -> float:
        """What opening it at `level` needs, a share of the coins' value: less the further it is out of the money."""
        out = max(self.sign * (self.strike - level), 0.0) / level
        return max(INITIAL_RATE - out, LEAST_INITIAL_RATE)


@dataclass(frozen=True, slots=True)
class SoldPut(SoldCall):
    """A put that was sold, which adds to the risk of a bag; nothing is proposed with it, but fills may hold it."""

    kind: ClassVar[OptionKind] = "put"


NO_MARGIN = (MarginTier(0.0, 0.0, 0.0),)
SOLD_MARGIN = (MarginTier(0.0, INITIAL_RATE, MAINTENANCE_RATE),)
"""The rates of a sold option when margin is restored; they are those at the money, the highest."""

HELD: Mapping[tuple[OptionKind, bool], type[OptionHeld]] = MappingProxyType(
    {("put", True): BoughtPut, ("call", True): BoughtCall, ("put", False): SoldPut, ("call", False): SoldCall}
)
"""The instrument by kind and whether it was bought."""


def held_option(
    option: Option, *, is_bought: bool, spot: float, days: float, smile: Smile, basis: float = 0.0
) -> OptionHeld:
    """The option as it is held, `days` before its expiry, with the coin at `spot` (USD).

    `basis` is what the forward of that expiry is above the coin, a fraction. Once it has expired, the volatility is 0.
    """
    strike = option.strike / spot
    volatility = float(smile.volatility(strike / (1.0 + basis), days)) if days > 0 else 0.0
    held = HELD[option.kind, is_bought]
    return held(strike=strike, years=max(days, 0.0) / 365.0, volatility=volatility, basis=basis)


def forward_basis(market: MarketSnapshot, coin: str, expiry: date) -> float:
    """What the forward of `expiry` is above the coin, a fraction: the yearly basis of the quoted future nearest to it.

    0 if no future on the coin is quoted.
    """
    today, spot = market.as_of.date(), market.price_or_none(coin)
    quotes = [one for one in market.futures if one.underlying == coin and one.expiry > today]
    if spot is None or not quotes:
        return 0.0
    nearest = min(quotes, key=lambda one: (abs((one.expiry - expiry).days), one.expiry))
    return (nearest.annual_basis(spot, today) or 0.0) * (expiry - today).days / 365.0
