"""Account: the shorts of a plan followed day by day on many paths at once.

The equity is the collateral, plus what posted coins gain, less what the shorts lose, plus funding and basis. Fees are
paid from elsewhere, as in a scenario. Where the equity falls below the maintenance margin the account is closed: behind
a broker at the very price at which that happens, elsewhere with all of the collateral lost, and what funding had earned
with it. What the hedge has made is equity − collateral − fees.

Margin is watched within the day too: a path of closes hides the highest price between them, on average
exp(0.5826·sigma) above the close that a barrier sees (Broadie, Glasserman and Kou 1997). `peak` holds that factor;
with ones only closes count.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from hedge_core.hedge.margin import MarginRequirement
from hedge_core.market.snapshot import Floats

Ints = npt.NDArray[np.intp]
Bools = npt.NDArray[np.bool_]

BETWEEN_CLOSES = 0.5825971579390106
"""−zeta(1/2)/sqrt(2·pi): how far, in daily standard deviations, a barrier seems further away at closes."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Book:
    """The shorts of one account, an entry a leg.

    `notional` and `lot_notional` in USD at today's prices; `columns` the place of each leg's coin among the coins of
    the paths; `funding_columns` that of its funding rate (−1: none). `side_cost` is what one side costs, a fraction of
    notional, and `carry_a_day` what the short earns a day besides funding, of the notional at entry. `roll_days` are
    the days of the path on which the leg rolls. `peak` is the factor from a close to the day's highest price.
    """

    margin: MarginRequirement
    notional: Floats
    lot_notional: Floats
    columns: Ints
    funding_columns: Ints
    side_cost: Floats
    carry_a_day: Floats
    roll_days: tuple[frozenset[int], ...]
    peak: Floats

    @cached_property
    def is_inverse(self) -> Bools:
        """Which legs are inverse contracts."""
        return np.array([leg.is_inverse for leg in self.margin.legs], dtype=bool)

    @cached_property
    def posted(self) -> Floats:
        """USD posted in coins, by leg."""
        return np.array(self.margin.coins_posted, dtype=np.float64)

    @property
    def collateral(self) -> float:
        """USD of collateral, 0 where none is stated."""
        return self.margin.collateral or 0.0

    @property
    def can_be_closed(self) -> bool:
        """Whether there is a collateral that opens the shorts, so that it can run out."""
        return bool(self.margin.is_enough_to_open) and self.margin.notional > 0.0

    def scaled(self, notional: Floats) -> Book:
        """The same account with other notionals: the margin tables, costs and collateral stay."""
        legs = tuple(replace(leg, notional=float(size)) for leg, size in zip(self.margin.legs, notional, strict=True))
        margin = MarginRequirement(legs, self.margin.collateral, self.margin.is_assumed)
        return replace(self, margin=margin, notional=np.asarray(notional, dtype=np.float64))


class ShortAccount:
    """The running state of a book on `paths` paths.

    `units` (paths, legs): USD that each leg would be worth at today's price, so that its notional is units·level;
    `face` the same of inverse contracts at their entry. `closed_on` is the day on which the account was closed (0: it
    was not).
    """

    def __init__(self, book: Book, paths: int) -> None:
        self.book = book
        self.units = np.tile(book.notional, (paths, 1))
        self.face = self.units.copy() if book.is_inverse.any() else self.units
        self.level = np.ones((paths, len(book.notional)))
        self.fees = np.full(paths, float(book.notional @ book.side_cost))
        self.carry = np.zeros(paths)
        self.equity = np.full(paths, book.collateral)
        self.closed_on = np.zeros(paths, dtype=np.int32)

    @property
    def pnl(self) -> Floats:
        """USD that the hedge has made so far, costs included, shape (paths,)."""
        pnl: Floats = self.equity - self.book.collateral - self.fees
        return pnl

    def step(self, day: int, level: Floats, funding: Floats) -> None:
        """Go on to the close of `day` (1 is the first), where the legs' coins stand at `level` times today's price."""
        book = self.book
        before, equity = self.level, self.equity
        moved = level - before
        earned = self._carry(before, funding)
        change = earned - np.einsum("ij,ij->i", self.units, moved)
        if book.is_inverse.any():
            change += (moved @ book.posted) * (self.closed_on == 0)
        self.carry += earned
        self.equity, self.level = equity + change, level
        if book.can_be_closed:
            self._watch(day, before, equity)
        for leg, days in enumerate(book.roll_days):
            if day in days:
                self.fees = self.fees + 2.0 * book.side_cost[leg] * self._worth()[:, leg]

    def trade(self, lots: Floats) -> None:
        """Change each leg to so many lots (paths, legs) at the present level, and pay for it."""
        book = self.book
        now = self.lots
        change = lots - now
        worth = np.where(book.is_inverse, 1.0, self.level) * book.lot_notional
        self.fees = self.fees + (np.abs(change) * worth) @ book.side_cost
        kept = np.divide(np.minimum(lots, now), now, out=np.zeros_like(now), where=now > 0.0)
        added = np.maximum(change, 0.0) * book.lot_notional
        units = self.units * kept + np.where(book.is_inverse, added / self.level, added)
        self.face = units if self.face is self.units else np.where(book.is_inverse, lots * book.lot_notional, units)
        self.units = units

    @property
    def lots(self) -> Floats:
        """Lots of each leg now, shape (paths, legs)."""
        lots: Floats = np.rint(self.face / self.book.lot_notional)
        return lots

    def close(self) -> None:
        """Buy everything back at the present level."""
        self.fees = self.fees + self._worth() @ self.book.side_cost
        self.units = np.zeros_like(self.units)
        self.face = self.units

    def _carry(self, level: Floats, funding: Floats) -> Floats:
        """USD earned in a day: a basis on the notional at entry, funding on that at the close before."""
        book = self.book
        earned: Floats = self.units @ book.carry_a_day
        funded = book.funding_columns >= 0
        if funded.any():
            notional = self._notional(self.units, self.face, level)[:, funded]
            earned = earned + (notional * funding[:, book.funding_columns[funded]]).sum(axis=1)
        return earned

    def _worth(self) -> Floats:
        """USD notional of each leg now, shape (paths, legs)."""
        return self._notional(self.units, self.face, self.level)

    def _notional(self, units: Floats, face: Floats, level: Floats) -> Floats:
        """USD notional: units·level, of inverse contracts the face."""
        notional: Floats = units * level
        return np.where(self.book.is_inverse, face, notional) if self.book.is_inverse.any() else notional

    def _room(self, units: Floats, face: Floats, level: Floats, equity: Floats) -> Floats:
        """USD of equity above the maintenance margin."""
        notional = self._notional(units, face, level)
        kept = np.zeros(len(equity))
        for place, leg in enumerate(self.book.margin.legs):
            kept += leg.maintenance_of(notional[:, place])
        return equity - kept

    def _watch(self, day: int, before: Floats, equity_before: Floats) -> None:
        """Close the account on paths where the highest price of the day leaves no room."""
        book = self.book
        peak = self.level * book.peak
        higher = peak - self.level
        at_peak = self.equity - np.einsum("ij,ij->i", self.units, higher)
        if book.is_inverse.any():
            at_peak += higher @ book.posted
        room = self._room(self.units, self.face, peak, at_peak)
        ended = np.flatnonzero((room < 0.0) & (self.closed_on == 0))
        if not ended.size:
            return
        if all(leg.is_exchange_traded for leg in book.margin.legs):
            start = np.maximum(
                self._room(self.units[ended], self.face[ended], before[ended], equity_before[ended]), 0.0
            )
            way = start / (start - room[ended])
            left = equity_before[ended] + way * (at_peak[ended] - equity_before[ended])
            price = before[ended] + way[:, None] * (peak[ended] - before[ended])
            self.equity[ended] = left
        else:
            price = peak[ended]
            self.equity[ended] = 0.0
            self.carry[ended] = 0.0
        self.fees[ended] += self._notional(self.units[ended], self.face[ended], price) @ book.side_cost
        self.closed_on[ended] = day
        self.units[ended] = 0.0
        self.face[ended] = 0.0


class CashNeeded:
    """The collateral (USD) that the shorts ask for along a path on which they are never closed.

    The loss so far, what funding and basis have cost (or earned), and the maintenance margin, at the day's highest
    price; at least the initial margin. Coins posted count for what they have gained. `most` is the greatest so far,
    shape (paths,).
    """

    def __init__(self, book: Book, paths: int) -> None:
        self._book = book
        self._open = ShortAccount(replace(book, margin=replace(book.margin, collateral=None)), paths)
        self.most = np.full(paths, book.margin.initial)

    def step(self, day: int, level: Floats, funding: Floats) -> None:
        """Go on to the close of `day`."""
        book, margin = self._book, self._book.margin
        self._open.step(day, level, funding)
        move = level * book.peak - 1.0
        needed = move @ book.notional - self._open.carry
        for place, leg in enumerate(margin.legs):
            notional = np.full(len(move), leg.notional) if leg.is_inverse else leg.notional * (1.0 + move[:, place])
            needed += leg.maintenance_of(notional)
        if book.is_inverse.any() and margin.initial > 0.0:
            shares = np.array([leg.initial if leg.is_inverse else 0.0 for leg in margin.legs]) / margin.initial
            grown = 1.0 + move @ shares
            needed = np.where(grown > 1e-9, needed / np.maximum(grown, 1e-9), margin.initial)
        self.most = np.maximum(self.most, needed)


def peak_factors(daily_volatility: Floats) -> Floats:
    """From a close to the highest price that counts between closes: exp(0.5826·sigma), by coin."""
    factors: Floats = np.exp(BETWEEN_CLOSES * daily_volatility)
    return factors
