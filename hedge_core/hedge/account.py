"""The formulas of one margin account, over arrays of any shape whose last axis is the leg.

`margin` applies them to one account at today's prices, `simulation.account` to thousands of accounts at once. `room` is
the USD of equity above the maintenance margin; below zero the account is closed.

Maintenance margin has no jumps in a margin table: in tier k it is mu_k·N − c_k, with the deductions c_k of
`tier_deductions`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from hedge_core.market.contracts import MarginTier
from hedge_core.market.instruments import A, Instrument, SideBySide
from hedge_core.market.snapshot import Floats


def tier_deductions(tiers: Sequence[MarginTier]) -> tuple[float, ...]:
    """The deduction c_k of each tier in USD, c_k = c_(k−1) + floor_k·(mu_k − mu_(k−1)), so that margin has no jumps."""
    deductions = [0.0]
    for before, tier in pairwise(tiers):
        deductions.append(deductions[-1] + tier.notional_from * (tier.maintenance_rate - before.maintenance_rate))
    return tuple(deductions[: len(tiers)])


@dataclass(frozen=True)
class MarginTable:
    """A venue's margin tiers, the smallest first. A single tier means flat rates."""

    tiers: tuple[MarginTier, ...]

    def place(self, notional: Floats | float) -> npt.NDArray[np.intp]:
        """The index of the tier of each notional (USD)."""
        return np.maximum(np.searchsorted(self._floors, notional, side="right") - 1, 0)

    def maintenance(self, notional: A) -> A:
        """Maintenance margin (USD) on each notional (USD): mu_k·notional − c_k, with k the tier of the notional."""
        if len(self.tiers) == 1:
            return self.tiers[0].maintenance_rate * notional
        k = self.place(notional)
        return self._maintenance_rates[k] * notional - self._deductions[k]  # type: ignore[return-value]

    def tier(self, notional: float) -> MarginTier:
        """The tier of a notional (USD)."""
        return self.tiers[int(self.place(notional))]

    def deduction(self, notional: float) -> float:
        """The deduction c_k (USD) of the tier of a notional (USD); 0 on flat rates."""
        return float(self._deductions[self.place(notional)])

    def initial(self, notional: A) -> A:
        """Initial margin (USD): the tier's rate × the whole notional, never below the maintenance margin."""
        rate = self.tiers[0].initial_rate if len(self.tiers) == 1 else self._initial_rates[self.place(notional)]
        return np.maximum(rate * notional, self.maintenance(notional))  # type: ignore[return-value]

    @cached_property
    def _floors(self) -> Floats:
        return np.array([tier.notional_from for tier in self.tiers])

    @cached_property
    def _initial_rates(self) -> Floats:
        return np.array([tier.initial_rate for tier in self.tiers])

    @cached_property
    def _maintenance_rates(self) -> Floats:
        return np.array([tier.maintenance_rate for tier in self.tiers])

    @cached_property
    def _deductions(self) -> Floats:
        return np.array(tier_deductions(self.tiers))


@dataclass(frozen=True, kw_only=True)
class MarginLeg:
    """A leg with the margin table of its venue.

    `price` is in USD per coin, `notional` in USD today and positive. `is_exchange_traded`: a broker carries the leg, so
    that too little margin leads to a margin call and what is left after closing stays with the holder.
    """

    contract_id: str
    underlying: str
    price: float
    notional: float
    tiers: tuple[MarginTier, ...]
    instrument: Instrument
    is_exchange_traded: bool

    @cached_property
    def table(self) -> MarginTable:
        """The margin table of the leg."""
        return MarginTable(self.tiers)

    @cached_property
    def initial(self) -> float:
        """Initial margin in USD, never below the maintenance margin."""
        return float(self.table.initial(self.notional))

    def notional_at(self, move: float) -> float:
        """The notional (USD) on which margin is charged after the coin has moved by `move`, a fraction."""
        return self.instrument.notional(self.notional, self.notional, 1.0 + move)

    def maintenance_at(self, move: float) -> float:
        """Maintenance margin in USD after the coin has moved by `move`, a fraction."""
        return float(self.table.maintenance(self.notional_at(move)))


class Position(NamedTuple):
    """The legs of one or many accounts: face, units and level of each leg, see `market.instruments`."""

    face: Floats
    units: Floats
    level: Floats


class CloseOut(NamedTuple):
    """How accounts are closed: the fraction of the way at which, the equity left (USD), and the level by leg."""

    way: Floats
    equity: Floats
    level: Floats


@dataclass(frozen=True, eq=False)
class Account:
    """The legs of one account. `posted` is the collateral (USD) held in coins, by leg.

    `pledged` are coins of the holder's that count as margin besides, in USD after the haircut, by leg; None if there
    are none. A pledged coin is a leg with nothing short. It stays the holder's, so it is no part of the equity.
    """

    legs: tuple[MarginLeg, ...]
    posted: Floats
    pledged: Floats | None = None

    @cached_property
    def instruments(self) -> SideBySide:
        """The payoffs of the legs."""
        return SideBySide(tuple(leg.instrument for leg in self.legs))

    @cached_property
    def notional(self) -> Floats:
        """The notional of each leg today (USD)."""
        return np.array([leg.notional for leg in self.legs], dtype=np.float64)

    @cached_property
    def initial(self) -> float:
        """Initial margin of all legs in USD: the collateral needed to open them."""
        return sum((leg.initial for leg in self.legs), start=0.0)

    @cached_property
    def is_carried_by_brokers(self) -> bool:
        """Whether a broker carries every leg."""
        return all(leg.is_exchange_traded for leg in self.legs)

    @cached_property
    def today(self) -> Position:
        """The legs as they are opened today."""
        return Position(self.notional, self.notional, np.ones(len(self.legs)))

    def gain(self, position: Position, move: Floats) -> Floats:
        """Profit (USD) of all legs while their coins go from the position's level to level + `move`."""
        gain: Floats = np.einsum("...j->...", self.instruments.gain(position.units, position.level, move))
        return gain

    def posted_gain(self, move: Floats) -> Floats:
        """USD that the coins posted as collateral gain while their level changes by `move`."""
        gain: Floats = move @ self.posted
        return gain

    def maintenance(self, position: Position) -> Floats:
        """Maintenance margin (USD) of all legs."""
        notional = self.instruments.notional(*position)
        kept = np.zeros(notional.shape[:-1])
        for place, leg in enumerate(self.legs):
            kept = kept + leg.table.maintenance(notional[..., place])
        return kept

    def maintenance_by_leg(self, position: Position) -> Floats:
        """Maintenance margin (USD) of each leg."""
        notional = self.instruments.notional(*position)
        return np.stack([leg.table.maintenance(notional[..., at]) for at, leg in enumerate(self.legs)], axis=-1)

    def initial_margin(self, position: Position) -> Floats:
        """Initial margin (USD) of all legs at the position's level."""
        notional = self.instruments.notional(*position)
        asked = np.zeros(notional.shape[:-1])
        for place, leg in enumerate(self.legs):
            asked = asked + leg.table.initial(notional[..., place])
        return asked

    def support(self, level: Floats) -> Floats | float:
        """USD for which pledged coins count at `level`; 0 without any."""
        counted: Floats | float = 0.0 if self.pledged is None else level @ self.pledged
        return counted

    def room(self, equity: Floats | float, position: Position) -> Floats:
        """USD of equity and pledged coins above the maintenance margin; below zero the account is closed."""
        return equity + self.support(position.level) - self.maintenance(position)

    def missing_to_open(self, equity: Floats | float, position: Position) -> Floats:
        """USD of equity that the initial margin asks for beyond equity and pledged coins; negative if none."""
        return self.initial_margin(position) - equity - self.support(position.level)

    def needed(self, move: Floats, carry: Floats | float = 0.0) -> Floats:
        """The collateral, in USD today, with which room is zero after the move; at least enough to open.

        `move` is measured from today's level and `carry` is USD earned until then. Each leg that settles in its coin
        has its share of the collateral (by initial margin) in the coin, which gains or loses with the move.
        """
        return np.maximum(self.kept_by(move, carry), self.least)

    def kept_by(self, move: Floats, carry: Floats | float) -> Floats:
        """As `needed`, whether or not it is enough to open."""
        face, units, one = self.today
        used = self.maintenance(Position(face, units, one + move)) - self.gain(self.today, move) - carry
        used = used - self.support(one + move)
        grown = 1.0 + move @ self._coin_shares
        kept: Floats = np.divide(used, grown, out=np.full(np.shape(used), self.least), where=grown > 1e-9)
        return kept

    @cached_property
    def least(self) -> float:
        """The collateral (USD) that opens the legs beside the pledged coins."""
        support = 0.0 if self.pledged is None else float(self.support(self.today.level))
        return max(self.initial - support, 0.0)

    def close_out(self, equity: Floats, position: Position, move: Floats, earned: Floats | float = 0.0) -> CloseOut:
        """How accounts are closed whose room is used up on the straight way from the level to level + `move`.

        If a broker carries every leg, each account is closed where its room is zero and keeps the equity left there;
        otherwise it is closed at the end of the way and all of its equity is lost, and what pledged coins count for
        with it, which then is owed. `earned` is USD of carry on the way.
        """
        end = np.maximum(position.level + move, 0.0)
        if not self.is_carried_by_brokers:
            return CloseOut(np.ones(np.shape(equity)), np.zeros(np.shape(equity)) - self.support(end), end)
        way = self.border(equity, position, move, earned)
        moved = np.maximum(way[..., None] * move, -position.level)
        left = equity + self.gain(position, moved) + self.posted_gain(moved) + way * earned
        return CloseOut(way, left, position.level + moved)

    def border(self, equity: Floats | float, position: Position, move: Floats, earned: Floats | float = 0.0) -> Floats:
        """The fraction of the way to level + `move` at which room reaches zero; 1 if it never does.

        Arguments as in `close_out`; no level falls below zero. Exact for flat rates.
        """

        def room(way: Floats) -> Floats:
            moved = np.maximum(way[..., None] * move, -position.level)
            then = equity + self.gain(position, moved) + self.posted_gain(moved) + way * earned
            return self.room(then, position._replace(level=position.level + moved))

        return _first_zero(room, np.shape(equity), float(self.notional.sum()))

    @cached_property
    def _coin_shares(self) -> Floats:
        """The share of the collateral that each leg holds in its coin."""
        if self.initial <= 0.0:
            return np.zeros(len(self.legs))
        return np.array([leg.initial if leg.instrument.settles_in_coin else 0.0 for leg in self.legs]) / self.initial


def _first_zero(room: Callable[[Floats], Floats], shape: tuple[int, ...], size: float) -> Floats:
    """The `way` in 0 … 1 at which a falling `room(way)` is zero, by bisection from the linear guess.

    1 where it stays above zero, 0 where it begins at zero or below. `size` (USD) scales the tolerance.
    """
    start, end = room(np.zeros(shape)), room(np.ones(shape))
    low, high = np.zeros(shape), np.ones(shape)
    is_open = (start > 0.0) & (end < 0.0)
    guess: Floats = np.where(is_open, start / np.where(is_open, start - end, 1.0), np.where(end >= 0.0, 1.0, 0.0))
    for _ in range(100):
        left = room(guess)
        is_open &= (np.abs(left) > 1e-13 * (size + start)) & (high - low > 1e-15)
        if not is_open.any():
            break
        low, high = np.where(left > 0.0, guess, low), np.where(left > 0.0, high, guess)
        guess = np.where(is_open, (low + high) / 2.0, guess)
    return guess
