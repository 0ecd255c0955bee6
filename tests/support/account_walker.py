"""An account walked by hand: fractions, one day after the other, one leg after the other, no arrays.

It knows nothing of `hedge_core`. Prices, rates and amounts become fractions, so there is no rounding; the price at
which a broker closes an account is found on the straight line of each pair of tiers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction


@dataclass
class WalkedLeg:
    """A short of `lots` lots, each worth `lot` USD today; `tiers` are (from, initial rate, maintenance rate)."""

    lots: int
    lot: Fraction
    tiers: list[tuple[Fraction, Fraction, Fraction]]
    is_inverse: bool = False
    close_cost: Fraction = Fraction(1, 100)

    def notional(self, lots: int, level: Fraction) -> Fraction:
        return lots * self.lot * (Fraction(1) if self.is_inverse else level)

    def maintenance(self, notional: Fraction) -> Fraction:
        """The sum over tiers of rate × the part of the notional that lies in the tier."""
        kept = Fraction(0)
        ends = [start for start, _, _ in self.tiers[1:]] + [None]
        for (start, _, rate), end in zip(self.tiers, ends, strict=True):
            top = notional if end is None else min(notional, end)
            if start == self.tiers[0][0]:
                start = Fraction(0)
            if top > start:
                kept += rate * (top - start)
        return kept

    def initial(self, notional: Fraction) -> Fraction:
        rate = [initial for start, initial, _ in self.tiers if start <= notional or start == self.tiers[0][0]][-1]
        return max(rate * notional, self.maintenance(notional))


@dataclass
class Walker:
    """One account on one path. `posted` is USD of the collateral held in each leg's coin."""

    legs: list[WalkedLeg]
    collateral: Fraction
    rule: str
    reserve: Fraction = Fraction(0)
    then: str = "by_position"
    posted: list[Fraction] = field(default_factory=list)
    equity: Fraction = Fraction(0)
    level: list[Fraction] = field(default_factory=list)
    first_breach: int = 0
    first_cut: int = 0
    day: int = 0
    is_open: bool = True
    paid_in: Fraction = Fraction(0)
    order: list[int] = field(default_factory=list)
    q: Fraction | None = None

    def __post_init__(self) -> None:
        self.equity = self.collateral
        self.level = [Fraction(1)] * len(self.legs)
        initial = [leg.initial(leg.notional(leg.lots, Fraction(1))) for leg in self.legs]
        whole = sum(initial, Fraction(0))
        self.posted = [
            self.collateral * one / whole if leg.is_inverse else Fraction(0)
            for leg, one in zip(self.legs, initial, strict=True)
        ]

    def run(self, days: list[tuple[list[Fraction], list[Fraction]]]) -> Walker:
        """Walk through days, each with the closes and the highs by leg."""
        for closes, highs in days:
            self.day += 1
            before = self.equity
            self._go(highs)
            if self.is_open and self.equity < self._maintenance():
                self.first_breach = self.first_breach or self.day
                self._breach(before, self.rule)
            self._go(closes)
        return self

    @property
    def pnl(self) -> Fraction:
        return self.equity - self.collateral - self.paid_in

    def _go(self, levels: list[Fraction]) -> None:
        for leg, posted, old, new in zip(self.legs, self.posted, self.level, levels, strict=True):
            self.equity -= leg.lots * leg.lot * (new - old)
            if self.is_open:
                self.equity += posted * (new - old)
        self.level = list(levels)

    def _maintenance(self) -> Fraction:
        return sum(
            (leg.maintenance(leg.notional(leg.lots, at)) for leg, at in zip(self.legs, self.level, strict=True)),
            Fraction(0),
        )

    def _initial(self, lots: list[int]) -> Fraction:
        return sum(
            (leg.initial(leg.notional(n, at)) for leg, n, at in zip(self.legs, lots, self.level, strict=True)),
            Fraction(0),
        )

    def _after(self, lots: list[int]) -> Fraction:
        """Equity if only `lots` are kept."""
        return self.equity - sum(
            (
                leg.close_cost * leg.notional(leg.lots - n, at)
                for leg, n, at in zip(self.legs, lots, self.level, strict=True)
            ),
            Fraction(0),
        )

    def serves(self, lots: list[int]) -> bool:
        return self._after(lots) >= self._initial(lots)

    def _keep(self, lots: list[int]) -> None:
        self.equity = self._after(lots)
        for leg, n in zip(self.legs, lots, strict=True):
            leg.lots = n
        self.first_cut = self.first_cut or self.day
        self.is_open = any(lots)

    def _breach(self, before: Fraction, rule: str) -> None:
        if rule == "topped_up":
            paid = min(self.reserve, max(Fraction(0), self._initial([leg.lots for leg in self.legs]) - self.equity))
            self.equity, self.reserve, self.paid_in = self.equity + paid, self.reserve - paid, self.paid_in + paid
            if self.equity < self._maintenance():
                self._breach(before + paid, self.then)
        elif rule == "by_position":
            self._by_position()
        elif rule == "reduced":
            self._reduced()
        else:
            self.equity = Fraction(0)
            for leg in self.legs:
                leg.lots = 0
            self.first_cut, self.is_open = self.first_cut or self.day, False

    def _by_position(self) -> None:
        kept = [leg.lots for leg in self.legs]
        margins = [leg.maintenance(leg.notional(leg.lots, at)) for leg, at in zip(self.legs, self.level, strict=True)]
        for place in sorted(range(len(kept)), key=lambda place: -margins[place]):
            if not kept[place]:
                continue
            kept[place] = 0
            self.order.append(place)
            if self.serves(kept):
                break
        self._keep(kept)

    def _reduced(self) -> None:
        n = [leg.lots for leg in self.legs]
        cuts = sorted({Fraction(k, lots) for lots in n if lots for k in range(1, lots + 1)})
        for q in cuts:
            kept = [lots - -(-lots * q.numerator // q.denominator) for lots in n]
            if self.serves(kept):
                self.q = q
                break
        else:
            kept = [0] * len(n)
        self._keep(kept)
