"""Margin: the collateral that the shorts of an account need, and the rally at which they are liquidated.

All legs share one account with collateral W. If their coins rise by r, with N the notional of a leg, the account has

    room(r) = W − sum of N·r − sum of maintenance(N·(1 + r))

USD above the maintenance margin; below zero it is closed. Gains on coins held elsewhere do not support the short. The
collateral of an inverse contract is held in the coin and gains with it. In dollars such a short loses as a linear one
does, and its maintenance margin is a share of the face value.

Maintenance margin has no jumps in a margin table: in tier k it is mu_k·N − c_k, with the deductions c_k of
`tier_deductions`. For an open position, prices are mark prices and W is the equity, open profit included.
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

ASSUMED_MARGIN_RATE = 1.0
"""Initial and maintenance margin rate if the catalogue has none: the whole notional."""

MOST_RALLY = 1e6
"""If the account survives a rise this large (a fraction), it is treated as surviving any rise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginLeg:
    """A short leg with the margin table of its venue.

    `price` is in USD per coin, `notional` in USD and positive. A single tier means flat rates. The collateral of an
    inverse contract is held in the coin, so it gains as the short loses; its maintenance margin is a share of the face
    value, which is fixed in USD.
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
        """Initial margin in USD, never below the maintenance margin."""
        place = max(0, bisect_right([tier.notional_from for tier in self.tiers], self.notional) - 1)
        return max(self.tiers[place].initial_rate * self.notional, self.maintenance_at(0.0))

    def maintenance_at(self, move: float) -> float:
        """Maintenance margin in USD after the coin has moved by `move`, a fraction."""
        return tiered_maintenance(self.tiers, self.notional * (1.0 if self.is_inverse else 1.0 + move))

    def maintenance_of(self, notional: Floats) -> Floats:
        """Maintenance margin in USD of each notional (inverse contract: face value) in an array of any shape."""
        if len(self.tiers) == 1:
            return self.tiers[0].maintenance_rate * notional
        floors = np.array([tier.notional_from for tier in self.tiers])
        rates = np.array([tier.maintenance_rate for tier in self.tiers])
        tier = np.maximum(np.searchsorted(floors, notional, side="right") - 1, 0)
        kept: Floats = rates[tier] * notional - np.array(tier_deductions(self.tiers))[tier]
        return kept


@dataclass(frozen=True, slots=True)
class IsolatedLeg:
    """A leg with its own collateral in USD.

    `end_price` and `rally_survived` are the coin's price (USD) and its rise (a fraction) at which the leg is liquidated
    or gets a margin call.
    """

    leg: MarginLeg
    collateral: float
    end_price: float
    rally_survived: float


@dataclass(frozen=True)
class MarginRequirement:
    """The margin of all legs in one account, in USD.

    `collateral` is in USD at today's prices (None: not stated). `is_assumed`: a margin rate is an assumption, or a leg
    is larger than its rates are known for. In all methods, `moves` holds the moves of the legs' coins from today's
    prices as fractions, in the order of `legs`; a move below −1 counts as −1.
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
        """Initial margin of all legs in USD: the collateral needed to open them."""
        return sum(leg.initial for leg in self.legs)

    @cached_property
    def maintenance(self) -> float:
        """Maintenance margin of all legs at today's prices, in USD."""
        return sum(leg.maintenance_at(0.0) for leg in self.legs)

    @property
    def is_enough_to_open(self) -> bool | None:
        """Whether the collateral covers the initial margin; None if no collateral is stated."""
        return None if self.collateral is None else self.collateral >= self.initial

    @property
    def leverage(self) -> float | None:
        """Notional divided by collateral; None if no collateral is stated or it is 0."""
        return self.notional / self.collateral if self.collateral else None

    @property
    def coin_collateral(self) -> float:
        """USD of the collateral that is held in coins for inverse legs; these coins are held in addition to the bag."""
        return sum(self.coins_posted)

    @cached_property
    def coins_posted(self) -> tuple[float, ...]:
        """USD of the collateral held in coins for each leg: its share of the collateral if it is inverse, else 0."""
        return tuple(share if leg.is_inverse else 0.0 for leg, share in zip(self.legs, self._shares(), strict=True))

    def equity(self, moves: Sequence[float]) -> float:
        """USD in the account after the moves: collateral, with posted coins at their new price, less losses."""
        losses = sum(leg.notional * max(move, -1.0) for leg, move in zip(self.legs, moves, strict=True))
        return (self.collateral or 0.0) + self.coins_posted_pnl(moves) - losses

    def coins_posted_pnl(self, moves: Sequence[float]) -> float:
        """USD that the coins posted for inverse legs gain (negative: lose) in the moves."""
        return sum(coins * max(move, -1.0) for coins, move in zip(self.coins_posted, moves, strict=True))

    def room(self, moves: Sequence[float]) -> float:
        """USD of equity above the maintenance margin after the moves; below zero the account is closed."""
        kept = sum(leg.maintenance_at(max(move, -1.0)) for leg, move in zip(self.legs, moves, strict=True))
        return self.equity(moves) - kept

    @cached_property
    def rally_survived(self) -> float | None:
        """The rise of all coins together (a fraction >= 0) at which the account is liquidated or gets a margin call.

        None if no collateral is stated or nothing is short; infinite if posted coins gain more than the shorts lose.
        """
        return self.rally_along([1.0] * len(self.legs))

    def rally_along(self, direction: Sequence[float]) -> float | None:
        """The largest multiple (>= 0) of `direction` that the account survives.

        `direction` holds one move per leg, at least one of them a rise. None and infinity as in `rally_survived`. Room
        is concave in the size of the move, so there is only one border, and bisection finds it.
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
        """The fraction of the way to `moves` at which room reaches zero; 1 if it never does. Exact for flat rates."""
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
        """The smallest collateral in USD that survives a rise of all coins by `rally`; at least the initial margin."""
        return self._needed([rally] * len(self.legs))

    def collateral_needed(self, moves: Floats) -> Floats:
        """Collateral in USD that the account needs to survive each day of a path, shape (days,).

        `moves` (days, legs) are measured from today's prices. The result is the loss so far plus the maintenance
        margin, at least the initial margin.
        """
        return np.array([self._needed([float(move) for move in row]) for row in moves])

    def _needed(self, moves: Sequence[float]) -> float:
        """The collateral, in USD today, with which room is zero after the moves; at least the initial margin.

        Each inverse leg has its share of the collateral (by initial margin) in coins, which gain or lose with the move.
        """
        floored = [max(move, -1.0) for move in moves]
        used = sum(leg.notional * move + leg.maintenance_at(move) for leg, move in zip(self.legs, floored, strict=True))
        grown = 1.0
        if self.initial > 0.0:
            coins = zip(self.legs, floored, strict=True)
            grown += sum(leg.initial / self.initial * move for leg, move in coins if leg.is_inverse)
        return max(self.initial, used / grown if grown > 1e-9 else self.initial)

    def stressed(self, *, margin_rise: float = 0.0, haircut: float = 0.0) -> MarginRequirement:
        """The same account after the venue raises its margin rates and cuts the value of the collateral.

        `margin_rise` and `haircut` are fractions: 0.5 raises each rate by half, 0.1 takes 10% off the collateral.
        """
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
        """Each leg in an account of its own; collateral is split by initial margin. () if no collateral is stated."""
        if self.collateral is None:
            return ()
        alone = []
        for leg, share in zip(self.legs, self._shares(), strict=True):
            rally = MarginRequirement((leg,), share, self.is_assumed).rally_survived
            assert rally is not None
            alone.append(IsolatedLeg(leg, share, leg.price * (1.0 + rally), rally))
        return tuple(alone)

    def _shares(self) -> list[float]:
        """The collateral of each leg in USD, split in proportion to the initial margins."""
        total, held = self.initial, self.collateral or 0.0
        return [held * leg.initial / total if total > 0 else held / len(self.legs) for leg in self.legs]


def maintenance_rate(leg: SizedLeg) -> float:
    """The maintenance margin rate of the first tier: the catalogue's, else ASSUMED_MARGIN_RATE."""
    rate = leg.contract.maintenance_margin_rate
    return ASSUMED_MARGIN_RATE if rate is None else rate


def initial_rate(leg: SizedLeg) -> float:
    """The initial margin rate of the first tier: the catalogue's, never below the maintenance rate."""
    rate = leg.contract.initial_margin_rate
    return maintenance_rate(leg) if rate is None else max(rate, maintenance_rate(leg))


def margin_leg(leg: SizedLeg) -> MarginLeg:
    """The leg with its margin table: the venue's tiers, else one tier with the catalogue's flat rates."""
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
    """The margin of all legs with contracts, in one account with `collateral` USD (None: not stated)."""
    traded = [leg for leg in legs if leg.contracts]
    return MarginRequirement(tuple(map(margin_leg, traded)), collateral, any(map(_is_assumed, traded)))


def _is_assumed(leg: SizedLeg) -> bool:
    limit = leg.contract.margin_tier_limit
    tiers = leg.contract.margin_tiers
    is_table_complete = bool(tiers) and (limit is None or limit <= tiers[-1].notional_from)
    is_beyond = limit is not None and leg.notional > limit and not is_table_complete
    return is_beyond or (leg.contract.margin_is_assumed and leg.contract.is_catalogued)


def tier_deductions(tiers: Sequence[MarginTier]) -> tuple[float, ...]:
    """The deduction c_k of each tier in USD, c_k = c_(k−1) + floor_k·(mu_k − mu_(k−1)), so that margin has no jumps."""
    deductions = [0.0]
    for before, tier in pairwise(tiers):
        deductions.append(deductions[-1] + tier.notional_from * (tier.maintenance_rate - before.maintenance_rate))
    return tuple(deductions[: len(tiers)])


def tiered_maintenance(tiers: Sequence[MarginTier], notional: float) -> float:
    """Maintenance margin in USD of a notional in USD: mu_k·notional − c_k, with k the tier of the notional."""
    place = max(0, bisect_right([tier.notional_from for tier in tiers], notional) - 1)
    return tiers[place].maintenance_rate * notional - tier_deductions(tiers)[place]
