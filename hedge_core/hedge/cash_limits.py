"""Cash limits: what whole lots need of the collateral, exactly, for every number of lots.

Two limits decide what can be opened: the initial margin, and the collateral that survives a rally. Each is a sum over
the legs. The part of one leg is affine in its lots n as long as the notional stays in one tier of the margin table:

    initial margin     max(rate_k·N·n, mu_k·N·n − c_k)                    N notional of a lot, k the tier of N·n
    rally to r         mu_k·M·n − c_k − gain of n lots                    M notional of a lot at 1 + r, k that of M·n

At the start of a tier with a higher initial rate the first jumps, so the counts that fit are not a convex set.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from hedge_core.hedge.account import MarginLeg, tier_deductions

ENOUGH = 1e-12
"""Cash counts as enough if it is short by less than this fraction, so that rounding errors decide nothing."""


FAR = 10**9
"""So many times the lots at which the last piece begins are as good as infinitely many."""


class Piece(NamedTuple):
    """The lots from `first` to `last` (infinite: without end), of which n need `constant` + `slope`·n USD."""

    first: int
    last: float
    slope: float
    constant: float

    def need(self, lots: float) -> float:
        """USD for this many lots."""
        return self.constant + (self.slope * lots if self.slope else 0.0)

    def most(self, cash: float) -> float:
        """The most lots of the piece that `cash` (USD) pays for; 0 if there are none."""
        if self.slope <= 0.0:
            return self.last if self.need(self.last) <= cash else 0.0
        lots = (cash - self.constant) / self.slope
        if lots < self.first:
            return float(self.first) if self.need(self.first) <= cash else 0.0
        return min(self.last, float(math.floor(lots))) if math.isfinite(lots) else self.last


@dataclass(frozen=True, slots=True)
class CashUse:
    """What n lots of one leg need in USD, in pieces by the number of lots. No lots need nothing.

    The first piece begins at one lot, and each other one where the one before ends.
    """

    pieces: tuple[Piece, ...]

    @classmethod
    def flat(cls, per_lot: float) -> CashUse:
        """The same amount (USD) for every lot."""
        return cls((Piece(1, math.inf, per_lot, 0.0),))

    def __call__(self, lots: int) -> float:
        """USD for this many lots."""
        if lots == 0:
            return 0.0
        return next(piece for piece in self.pieces if lots <= piece.last).need(lots)

    def most(self, cash: float) -> float:
        """The most lots that `cash` (USD) pays for; infinite if lots need nothing. Fewer may need more."""
        for piece in reversed(self.pieces):
            lots = piece.most(cash)
            if lots:
                return lots
        return 0.0

    @property
    def is_rising(self) -> bool:
        """Whether more lots never need less, so that all numbers of lots up to `most` fit."""
        steps = [
            0.0,
            *(amount for piece in self.pieces for amount in (piece.need(piece.first), piece.need(piece.last))),
        ]
        return all(earlier <= later for earlier, later in pairwise(steps))

    @property
    def relief(self) -> float:
        """The most cash (USD) that lots can set free; 0 unless they gain in the rally more than they need."""
        return max(0.0, *(-piece.need(lots) for piece in self.pieces for lots in (piece.first, piece.last)))

    def breaks(self, least: int, most: float) -> list[int]:
        """The numbers of lots above `least`, up to `most`, at which a new piece begins."""
        return [piece.first for piece in self.pieces[1:] if least < piece.first <= most]

    def line_below(self, least: int, most: float) -> tuple[float, float]:
        """Slope and constant of the steepest line from `least` lots that no number of lots up to `most` is below."""
        start, slopes = self(least), []
        for piece in self.pieces:
            first, last = max(piece.first, least + 1), min(piece.last, most)
            if first <= last:
                slopes.append((piece.need(first) - start) / (first - least))
                slopes.append(piece.slope if math.isinf(last) else (piece.need(last) - start) / (last - least))
        slope = min(slopes, default=0.0)
        return slope, start - slope * least


@dataclass(frozen=True, slots=True)
class CashLimit:
    """The sum of the legs' `uses` is at most `cash` (USD)."""

    uses: tuple[CashUse, ...]
    cash: float

    @property
    def ceiling(self) -> float:
        """The cash and the tolerance for rounding errors."""
        return self.cash * (1.0 + ENOUGH)

    def need(self, lots: Iterable[int]) -> float:
        """USD for these lots, one entry per leg."""
        return sum(use(n) for use, n in zip(self.uses, lots, strict=True))

    def is_kept(self, lots: Iterable[int]) -> bool:
        """Whether the cash pays for these lots."""
        return self.need(lots) <= self.ceiling


@dataclass(frozen=True, slots=True)
class SurvivesApart:
    """Whether each leg survives the rally with its own share of the `cash` (USD), which is split by initial margin.

    With I_i(n_i) the initial margin of leg i, R_i(n_i) what it needs in the rally, and g_i what collateral posted in
    its coin gains (a fraction; 0 for dollars), it does if

        max(I_i, R_i / (1 + g_i)) · sum of I_j <= cash · I_i       for every leg with lots
    """

    initial: tuple[CashUse, ...]
    rally: tuple[CashUse, ...]
    growth: tuple[float, ...]
    cash: float

    def __call__(self, lots: Sequence[int]) -> bool:
        """Whether each leg survives in these lots."""
        margins = [use(n) for use, n in zip(self.initial, lots, strict=True)]
        most = self.cash * (1.0 + ENOUGH) / max(sum(margins), 1e-300)
        rows = zip(margins, self.rally, self.growth, lots, strict=True)
        return all(max(margin, use(n) / (1.0 + growth)) <= most * margin for margin, use, growth, n in rows if n)

    @property
    def least_ratio(self) -> float:
        """The least of max(1, R_i / (1 + g_i) / I_i) over all legs and lots: cash per USD of margin."""
        ratios = []
        for initial, rally, growth in zip(self.initial, self.rally, self.growth, strict=True):
            starts = {piece.first for use in (initial, rally) for piece in use.pieces}
            ends = {start - 1 for start in starts if start > 1} | {FAR * max(starts)}
            ratios += [rally(n) / (1.0 + growth) / initial(n) for n in starts | ends if initial(n) > 0.0]
        return max(1.0, min(ratios, default=1.0) * (1.0 - 2.0 / FAR))


def initial_use(leg: MarginLeg) -> CashUse:
    """The initial margin of n lots; `leg` is one lot."""
    N = leg.notional
    pieces: list[Piece] = []
    for first, last, mu, c, rate in _tiers(leg, N):
        asked, kept = (rate * N, 0.0), (mu * N, -c)
        # The rate asks for more as long as (rate − mu)·N·n + c >= 0, which changes sign at most once.
        if mu == rate:
            pieces.append(Piece(first, last, *(asked if c >= 0.0 else kept)))
            continue
        turn = math.floor(c / ((mu - rate) * N))
        lower, upper = (asked, kept) if mu > rate else (kept, asked)
        if first <= turn:
            pieces.append(Piece(first, min(last, turn), *lower))
        if turn < last:
            pieces.append(Piece(max(first, turn + 1), last, *upper))
    return CashUse(tuple(pieces))


def rally_use(leg: MarginLeg, move: float) -> CashUse:
    """What n lots need so that a rise of the coin by `move` (a fraction) is survived; `leg` is one lot."""
    loss = -leg.instrument.gain(leg.notional, 1.0, move)
    M = leg.notional_at(move)
    return CashUse(tuple(Piece(first, last, mu * M + loss, -c) for first, last, mu, c, _ in _tiers(leg, M)))


class _LotsInTier(NamedTuple):
    """The lots from `first` to `last` (infinite: without end), whose notional is in one tier."""

    first: int
    last: float
    maintenance_rate: float
    deduction: float
    initial_rate: float


def _tiers(leg: MarginLeg, lot: float) -> list[_LotsInTier]:
    """The tiers that whole lots of `lot` USD reach."""
    tiers = leg.table.tiers
    firsts = [1, *(_lots_at(tier.notional_from, lot) for tier in tiers[1:])]
    lasts = [*(first - 1.0 for first in firsts[1:]), math.inf]
    rows = zip(firsts, lasts, tiers, tier_deductions(tiers), strict=True)
    return [
        _LotsInTier(first, last, tier.maintenance_rate, c, tier.initial_rate)
        for first, last, tier, c in rows
        if first <= last
    ]


def _lots_at(notional: float, lot: float) -> int:
    """The least number of lots, at least one, whose notional is at least `notional` USD."""
    lots = max(math.ceil(notional / lot), 1)
    if lots > 1 and (lots - 1) * lot >= notional:
        return lots - 1
    return lots if lots * lot >= notional else lots + 1
