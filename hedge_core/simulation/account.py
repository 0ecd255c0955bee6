"""Account: the shorts of a plan and their collateral, followed day by day on many paths at once.

Equity is the collateral, plus the gain on posted coins, minus the loss of the shorts, plus funding and basis. Fees are
paid from other cash, as in a scenario. If equity falls below the maintenance margin, the account is closed: if a broker
carries all legs, at the price at which that happens; otherwise all of the collateral is lost, and with it the carry
earned so far. The profit of the hedge is equity − collateral − fees.

Margin is also watched between closes. A path of daily closes misses the highest price of the day; for a barrier, that
price is exp(0.5826·sigma) above the close on average (Broadie, Glasserman and Kou 1997). `Book.peak` holds this
factor; a factor of 1 watches closes only.
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
"""−zeta(1/2)/sqrt(2·pi): how much farther, in daily standard deviations, a barrier seems if only closes are watched."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Book:
    """The shorts of one account, with one entry per leg.

    - `notional`, `lot_notional`: USD at today's prices, positive.
    - `columns`: the index of each leg's coin among the coins of the paths; `funding_columns`: that of its funding rate
      (−1: none).
    - `side_cost`: the cost of one side, a fraction of notional. `carry_a_day`: carry per day other than funding, a
      fraction of the notional at entry (positive: earned).
    - `roll_days`: the days of the path on which the leg rolls.
    - `peak`: the factor from a close to the day's highest price.
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
        """Whether each leg is an inverse contract, shape (legs,)."""
        return np.array([leg.is_inverse for leg in self.margin.legs], dtype=bool)

    @cached_property
    def posted(self) -> Floats:
        """Collateral posted in coins (USD) by leg, shape (legs,)."""
        return np.array(self.margin.coins_posted, dtype=np.float64)

    @property
    def collateral(self) -> float:
        """The collateral (USD); 0 if none is stated."""
        return self.margin.collateral or 0.0

    @property
    def can_be_closed(self) -> bool:
        """Whether the account can be liquidated: there are shorts, and the collateral is enough to open them."""
        return bool(self.margin.is_enough_to_open) and self.margin.notional > 0.0

    def scaled(self, notional: Floats) -> Book:
        """The same account with other notionals (USD, one per leg); margin tables, costs and collateral stay."""
        legs = tuple(replace(leg, notional=float(size)) for leg, size in zip(self.margin.legs, notional, strict=True))
        margin = MarginRequirement(legs, self.margin.collateral, self.margin.is_assumed)
        return replace(self, margin=margin, notional=np.asarray(notional, dtype=np.float64))


class ShortAccount:
    """The running state of a book on `paths` paths.

    `units`, shape (paths, legs), is each leg's size valued at today's price (USD), so that its notional is units·level;
    `face` is the face value of inverse contracts (USD). `level` is each coin's price relative to today's. `fees`,
    `carry` and `equity` are USD, shape (paths,). `closed_on` is the day of liquidation (0: not liquidated).
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
        """Profit of the hedge so far (USD, costs included), shape (paths,)."""
        pnl: Floats = self.equity - self.book.collateral - self.fees
        return pnl

    def step(self, day: int, level: Floats, funding: Floats) -> None:
        """Advance to the close of `day` (the first is 1).

        `level` is the price of each leg's coin relative to today's, shape (paths, legs); `funding` the day's funding
        rates, shape (paths or 1, perpetuals).
        """
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
        """Change each leg to `lots`, shape (paths, legs), at the present prices, and pay the costs."""
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
        """The number of lots of each leg, shape (paths, legs)."""
        lots: Floats = np.rint(self.face / self.book.lot_notional)
        return lots

    def close(self) -> None:
        """Buy everything back at the present prices."""
        self.fees = self.fees + self._worth() @ self.book.side_cost
        self.units = np.zeros_like(self.units)
        self.face = self.units

    def _carry(self, level: Floats, funding: Floats) -> Floats:
        """Carry of one day (USD): basis on the notional at entry, funding on the notional at the previous close."""
        book = self.book
        earned: Floats = self.units @ book.carry_a_day
        funded = book.funding_columns >= 0
        if funded.any():
            notional = self._notional(self.units, self.face, level)[:, funded]
            earned = earned + (notional * funding[:, book.funding_columns[funded]]).sum(axis=1)
        return earned

    def _worth(self) -> Floats:
        """The notional of each leg (USD), shape (paths, legs)."""
        return self._notional(self.units, self.face, self.level)

    def _notional(self, units: Floats, face: Floats, level: Floats) -> Floats:
        """Notional (USD): units·level, or the face value of inverse contracts."""
        notional: Floats = units * level
        return np.where(self.book.is_inverse, face, notional) if self.book.is_inverse.any() else notional

    def _room(self, units: Floats, face: Floats, level: Floats, equity: Floats) -> Floats:
        """Equity above the maintenance margin (USD), shape (paths,)."""
        notional = self._notional(units, face, level)
        kept = np.zeros(len(equity))
        for place, leg in enumerate(self.book.margin.legs):
            kept += leg.maintenance_of(notional[:, place])
        return equity - kept

    def _watch(self, day: int, before: Floats, equity_before: Floats) -> None:
        """Close the account on paths where equity falls below the maintenance margin at the day's highest price."""
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
    """The collateral (USD) that the shorts need along a path so that they are never closed.

    It is the loss so far minus carry plus the maintenance margin, at the day's highest price, and at least the initial
    margin; gains on posted coins count. `most` is the maximum so far, shape (paths,).
    """

    def __init__(self, book: Book, paths: int) -> None:
        self._book = book
        self._open = ShortAccount(replace(book, margin=replace(book.margin, collateral=None)), paths)
        self.most = np.full(paths, book.margin.initial)

    def step(self, day: int, level: Floats, funding: Floats) -> None:
        """Advance to the close of `day`; arguments as in `ShortAccount.step`."""
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
    """The factor from a close to the highest price between closes that matters for margin: exp(0.5826·sigma), by coin.

    `daily_volatility` is sigma, the standard deviation of daily returns (fractions).
    """
    factors: Floats = np.exp(BETWEEN_CLOSES * daily_volatility)
    return factors
