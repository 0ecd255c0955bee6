"""Margin: what the shorts of an account need, and the rally that ends them.

Legs that share an account are judged together: room(r) = W − sum of N·r − sum of maintenance(N·(1 + r)); below zero
the account is closed. Gains on coins held elsewhere do not support the short. Collateral of an inverse contract is held
in the coin and gains with it; in dollars such a short loses as a linear one does, and its maintenance is a share of the
face.

Maintenance margin is continuous over a margin table: in tier k it is mu_k·N − c_k, with the deductions c_k of
`tier_deductions`. A running position is judged from the mark price, with W its equity including the open profit.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np

from hedge_core.hedge.legs import SizedLeg
from hedge_core.market.contracts import MarginTier
from hedge_core.market.snapshot import Floats

ASSUMED_MARGIN_RATE = 0.4
"""Taken as initial and maintenance rate where the catalogue has none; on the careful side."""

MOST_RALLY = 1e6
"""A rise beyond which a short is taken never to be closed: coins posted outgrow its loss."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginLeg:
    """A short as its venue margins it: notional in USD, the margin table (one tier: flat rates).

    An inverse contract has its collateral in the coin, which gains as the short loses, and a maintenance margin that
    is a share of the face (fixed in USD).
    """

    contract_id: str
    underlying: str
    price: float
    notional: float
    tiers: tuple[MarginTier, ...]
    is_inverse: bool
    is_exchange_traded: bool

    @property
    def initial(self) -> float:
        """USD to open, never less than the maintenance margin."""
        place = max(0, bisect_right([tier.notional_from for tier in self.tiers], self.notional) - 1)
        return max(self.tiers[place].initial_rate * self.notional, self.maintenance_at(0.0))

    def maintenance_at(self, move: float) -> float:
        """Maintenance margin (USD) once the coin has moved by this fraction."""
        return tiered_maintenance(self.tiers, self.notional * (1.0 if self.is_inverse else 1.0 + move))

    def maintenance_of(self, notional: Floats) -> Floats:
        """Maintenance margin (USD) of each of these notionals (of an inverse contract: its face), any shape."""
        if len(self.tiers) == 1:
            return self.tiers[0].maintenance_rate * notional
        floors = np.array([tier.notional_from for tier in self.tiers])
        rates = np.array([tier.maintenance_rate for tier in self.tiers])
        tier = np.maximum(np.searchsorted(floors, notional, side="right") - 1, 0)
        kept: Floats = rates[tier] * notional - np.array(tier_deductions(self.tiers))[tier]
        return kept


@dataclass(frozen=True, slots=True)
class IsolatedLeg:
    """One leg with a collateral of its own (USD): the coin's price and rise at which it is liquidated or called."""

    leg: MarginLeg
    collateral: float
    end_price: float
    rally_survived: float


@dataclass(frozen=True)
class MarginRequirement:
    """Margin of all legs in one account, USD.

    `collateral` is in USD at today's prices (None: not stated). `is_assumed` says that a rate is not from the venue's
    table. Moves of the legs' coins are fractions, in the order of `legs`.
    """

    legs: tuple[MarginLeg, ...]
    collateral: float | None
    is_assumed: bool

    @cached_property
    def notional(self) -> float:
        """USD notional of all legs."""
        return sum(leg.notional for leg in self.legs)

    @cached_property
    def initial(self) -> float:
        """USD to open all legs."""
        return sum(leg.initial for leg in self.legs)

    @cached_property
    def maintenance(self) -> float:
        """USD to keep all legs at today's prices."""
        return sum(leg.maintenance_at(0.0) for leg in self.legs)

    @property
    def is_enough_to_open(self) -> bool | None:
        """Whether the collateral covers the initial margin; None when no collateral is stated."""
        return None if self.collateral is None else self.collateral >= self.initial

    @property
    def leverage(self) -> float | None:
        """Notional over collateral."""
        return self.notional / self.collateral if self.collateral else None

    @property
    def coin_collateral(self) -> float:
        """USD of the collateral that is held in coins, for inverse legs: a long position beside the bag."""
        return sum(self.coins_posted)

    @cached_property
    def coins_posted(self) -> tuple[float, ...]:
        """USD of the collateral that each leg has in coins: its share for an inverse leg, else 0."""
        return tuple(share if leg.is_inverse else 0.0 for leg, share in zip(self.legs, self._shares(), strict=True))

    def equity(self, moves: Sequence[float]) -> float:
        """USD in the account once the coins have moved: collateral, with coins held at their new price, less losses."""
        losses = sum(leg.notional * max(move, -1.0) for leg, move in zip(self.legs, moves, strict=True))
        return (self.collateral or 0.0) + self.coins_posted_pnl(moves) - losses

    def coins_posted_pnl(self, moves: Sequence[float]) -> float:
        """USD that coins posted for inverse legs have gained once the coins have moved."""
        return sum(coins * max(move, -1.0) for coins, move in zip(self.coins_posted, moves, strict=True))

    def room(self, moves: Sequence[float]) -> float:
        """USD of equity above the maintenance margin once the coins have moved; below zero the account is closed."""
        kept = sum(leg.maintenance_at(max(move, -1.0)) for leg, move in zip(self.legs, moves, strict=True))
        return self.equity(moves) - kept

    @cached_property
    def rally_survived(self) -> float | None:
        """The common rise of all coins at which the account is liquidated or called, not below zero.

        None where no collateral is stated or there is no short; infinite where coins posted outgrow the loss.
        """
        return self.rally_along([1.0] * len(self.legs))

    def rally_along(self, direction: Sequence[float]) -> float | None:
        """How many times `direction` (the coins' moves, not all falling) the account survives, not below zero.

        Room is concave in the size of the move, so that there is one border and bisection finds it.
        """
        if self.collateral is None or self.notional <= 0:
            return None
        if self.room([0.0] * len(self.legs)) <= 0.0:
            return 0.0
        high = 1.0
        while self.room([high * move for move in direction]) > 0.0:
            high *= 2.0
            if high > MOST_RALLY:
                return math.inf
        return self.border([high * move for move in direction]) * high

    def border(self, moves: Sequence[float]) -> float:
        """The share of the way to `moves` at which room is used up; 1 where it never is. Exact on flat margin rates."""
        start, end = self.room([0.0] * len(self.legs)), self.room(moves)
        if end >= 0.0:
            return 1.0
        if start <= 0.0:
            return 0.0
        low, high = 0.0, 1.0
        guess = start / (start - end)
        for _ in range(100):
            left = self.room([guess * move for move in moves])
            if abs(left) <= 1e-13 * (self.notional + start) or high - low <= 1e-15:
                break
            low, high = (guess, high) if left > 0.0 else (low, guess)
            guess = (low + high) / 2.0
        return guess

    def collateral_for(self, rally: float) -> float:
        """Collateral (USD) with which the account just survives a common rally, at least the initial margin."""
        return self._needed([rally] * len(self.legs))

    def collateral_needed(self, moves: Floats) -> Floats:
        """Collateral (USD) that the account must hold on each day of a path; `moves` (days, legs) from today's prices.

        The loss so far and the maintenance margin, at least the initial margin: what has to be there by then.
        """
        return np.array([self._needed([float(move) for move in row]) for row in moves])

    def _needed(self, moves: Sequence[float]) -> float:
        """The collateral (USD now) with which room is zero at these moves, at least the initial margin.

        Coins posted for inverse legs, their share by initial margin, grow with the move and count for more by then.
        """
        floored = [max(move, -1.0) for move in moves]
        used = sum(leg.notional * move + leg.maintenance_at(move) for leg, move in zip(self.legs, floored, strict=True))
        grown = 1.0
        if self.initial > 0.0:
            coins = zip(self.legs, floored, strict=True)
            grown += sum(leg.initial / self.initial * move for leg, move in coins if leg.is_inverse)
        return max(self.initial, used / grown if grown > 1e-9 else self.initial)

    def stressed(self, *, margin_rise: float = 0.0, haircut: float = 0.0) -> MarginRequirement:
        """The same account after the venue raises its margin rates, or values the collateral lower (fractions)."""
        legs = tuple(
            replace(
                leg,
                tiers=tuple(
                    MarginTier(
                        tier.notional_from,
                        tier.initial_rate * (1.0 + margin_rise),
                        tier.maintenance_rate * (1.0 + margin_rise),
                    )
                    for tier in leg.tiers
                ),
            )
            for leg in self.legs
        )
        collateral = None if self.collateral is None else self.collateral * (1.0 - haircut)
        return MarginRequirement(legs, collateral, self.is_assumed)

    def isolated(self) -> tuple[IsolatedLeg, ...]:
        """Each leg by itself, the collateral split in proportion to the initial margins; () where none is stated."""
        if self.collateral is None:
            return ()
        alone = []
        for leg, share in zip(self.legs, self._shares(), strict=True):
            rally = MarginRequirement((leg,), share, self.is_assumed).rally_survived
            assert rally is not None
            alone.append(IsolatedLeg(leg, share, leg.price * (1.0 + rally), rally))
        return tuple(alone)

    def _shares(self) -> list[float]:
        """The collateral by leg, in proportion to the initial margins."""
        total, held = self.initial, self.collateral or 0.0
        return [held * leg.initial / total if total > 0 else held / len(self.legs) for leg in self.legs]


def maintenance_rate(leg: SizedLeg) -> float:
    """The leg's first maintenance rate: the catalogue's, else the assumption."""
    rate = leg.contract.maintenance_margin_rate
    return ASSUMED_MARGIN_RATE if rate is None else rate


def initial_rate(leg: SizedLeg) -> float:
    """The leg's first initial rate: the catalogue's, never below the maintenance rate."""
    rate = leg.contract.initial_margin_rate
    return maintenance_rate(leg) if rate is None else max(rate, maintenance_rate(leg))


def margin_leg(leg: SizedLeg) -> MarginLeg:
    """A leg with the margin table that holds for it: the venue's tiers, else the catalogue's flat rates."""
    contract = leg.contract
    tiers = contract.margin_tiers or (MarginTier(0.0, initial_rate(leg), maintenance_rate(leg)),)
    return MarginLeg(
        contract_id=contract.id,
        underlying=leg.underlying,
        price=leg.price,
        notional=leg.notional,
        tiers=tiers,
        is_inverse=contract.style == "inverse",
        is_exchange_traded=contract.is_exchange_traded,
    )


def margin_requirement(legs: Sequence[SizedLeg], collateral: float | None) -> MarginRequirement:
    """The margin of all legs in one account with `collateral` USD (None: not stated), legs of no contract left out."""
    traded = [leg for leg in legs if leg.contracts]
    return MarginRequirement(tuple(map(margin_leg, traded)), collateral, any(map(_is_assumed, traded)))


def _is_assumed(leg: SizedLeg) -> bool:
    limit = leg.contract.margin_tier_limit
    is_beyond = limit is not None and leg.notional > limit and not leg.contract.margin_tiers
    return is_beyond or (leg.contract.margin_is_assumed and leg.contract.is_catalogued)


def tier_deductions(tiers: Sequence[MarginTier]) -> tuple[float, ...]:
    """The deduction c_k (USD) of each tier: c_k = c_(k−1) + floor_k·(mu_k − mu_(k−1)), so that margin has no jumps."""
    deductions = [0.0]
    for before, tier in pairwise(tiers):
        deductions.append(deductions[-1] + tier.notional_from * (tier.maintenance_rate - before.maintenance_rate))
    return tuple(deductions[: len(tiers)])


def tiered_maintenance(tiers: Sequence[MarginTier], notional: float) -> float:
    """Maintenance margin (USD) of a notional: mu_k·notional − c_k in its tier."""
    place = max(0, bisect_right([tier.notional_from for tier in tiers], notional) - 1)
    return tiers[place].maintenance_rate * notional - tier_deductions(tiers)[place]
