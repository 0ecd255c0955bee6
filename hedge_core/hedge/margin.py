"""Margin: the collateral that the shorts of an account need, and the rally at which they are liquidated.

All legs share one account with collateral W, unless the margin is isolated: then each leg is an account of its own.
Legs that are held at several venues have an account at each. If the coins of an account rise by r, with N the notional
of a leg, it has

    room(r) = W − sum of N·r − sum of maintenance(N·(1 + r))

USD above the maintenance margin; below zero it is closed. Gains on coins held elsewhere do not support the short. The
collateral of an inverse contract is held in the coin and gains with it. In dollars such a short loses as a linear one
does, and its maintenance margin is a share of the face value. The formulas are in `account`; here they are applied to
today's prices. For an open position, prices are mark prices and W is the equity, open profit included.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from hedge_core.hedge.account import Account, CloseOut, MarginLeg
from hedge_core.hedge.legs import ShortLeg, traded, venue_held
from hedge_core.hedge.pledged_coin import PledgedCoin as PledgedCoin
from hedge_core.market.contracts import MarginTier
from hedge_core.market.snapshot import Floats
from hedge_core.market.venues import venue_of
from hedge_core.plan.plan import Decisions

MOST_RALLY = 1e6
"""If the account survives a rise this large (a fraction), it is treated as surviving any rise."""


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
    """The margin of all legs in USD, in one account or, if `is_isolated`, each in an account of its own.

    `venues` are those of the legs; the legs of each of several venues share an account. `pledged` coins count as margin
    beside the collateral, and stay the holder's; several accounts have none.

    `collateral` is in USD at today's prices (None: not stated). `is_assumed`: a margin rate is an assumption, or a leg
    is larger than its rates are known for. Several accounts have shares of the collateral in proportion to the
    `weights` of their legs (None: to the initial margins), and figures about the end of the account are those of the
    first that ends. `is_open`: the legs are open already, so that no initial margin is asked for. In all methods,
    `moves` holds the moves of `coins` from today's prices as fractions: those of the legs, in their order, and then
    those that are pledged. A move below −1 counts as −1.
    """

    legs: tuple[MarginLeg, ...]
    collateral: float | None
    is_assumed: bool
    is_isolated: bool = False
    weights: tuple[float, ...] | None = None
    pledged: tuple[PledgedCoin, ...] = ()
    is_open: bool = False
    venues: tuple[str, ...] = ()

    @property
    def is_by_venue(self) -> bool:
        """Whether there is an account at each of several venues."""
        return not self.is_isolated and len(set(self.venues)) > 1

    @property
    def coins(self) -> tuple[str, ...]:
        """The coins whose moves matter: those of the legs, then those pledged."""
        return (*(leg.underlying for leg in self.legs), *(one.coin for one in self.pledged))

    @property
    def movers(self) -> tuple[str, ...]:
        """The coins whose betas to the market say how `coins` move with it, each once."""
        coins = (*(leg.underlying for leg in self.legs), *(proxy for one in self.pledged for proxy in one.proxies))
        return tuple(dict.fromkeys(coins))

    @property
    def pledged_value(self) -> float:
        """USD for which the pledged coins count today."""
        return sum(one.counted for one in self.pledged)

    @cached_property
    def accounts(self) -> tuple[MarginRequirement, ...]:
        """The accounts that end by themselves: this one, or one for each of `groups`."""
        if not self.is_split:
            return (self,)
        held = [None] * len(self.groups) if self.collateral is None else (self.collateral * self.group_shares).tolist()
        return tuple(
            MarginRequirement(
                tuple(self.legs[leg] for leg in group),
                part,
                self.is_assumed,
                weights=None if self.weights is None else tuple(self.weights[leg] for leg in group),
                is_open=self.is_open,
                venues=tuple(self.venues[leg] for leg in group) if self.venues else (),
            )
            for group, part in zip(self.groups, held, strict=True)
        )

    @cached_property
    def groups(self) -> tuple[tuple[int, ...], ...]:
        """The places of the legs in each account."""
        places = range(len(self.legs))
        if self.is_isolated:
            return tuple((place,) for place in places)
        if not self.is_by_venue:
            return (tuple(places),)
        here = dict.fromkeys(self.venues)
        return tuple(tuple(place for place in places if self.venues[place] == venue) for venue in here)

    @property
    def is_split(self) -> bool:
        """Whether there are several accounts."""
        return len(self.groups) > 1

    @cached_property
    def group_shares(self) -> Floats:
        """The share of the collateral that each account has; they add up to 1."""
        return np.array([self.shares[list(group)].sum() for group in self.groups])

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
    def values_pledged(self) -> Floats:
        """USD that is pledged today in each of `coins`: 0 for those of the legs."""
        return np.array([0.0] * len(self.legs) + [one.value for one in self.pledged])

    @property
    def cash_to_open(self) -> float:
        """USD of collateral that opens the legs beside the pledged coins; the initial margin without any."""
        return max(self.initial - self.pledged_value, 0.0)

    @property
    def is_enough_to_open(self) -> bool | None:
        """Whether the collateral covers the initial margin, or the legs are open; None if no collateral is stated."""
        if self.collateral is None:
            return None
        return self.is_open or (self.collateral + self.pledged_value) * (1.0 + 1e-9) >= self.initial

    @property
    def leverage(self) -> float | None:
        """Notional divided by collateral and what pledged coins count for; None if nothing is stated or it is 0."""
        held = None if self.collateral is None else self.collateral + self.pledged_value
        return self.notional / held if held else None

    @property
    def coin_collateral(self) -> float:
        """USD of the collateral that is held in coins for inverse legs; these coins are held in addition to the bag."""
        return sum(self.coins_posted)

    @cached_property
    def coins_posted(self) -> tuple[float, ...]:
        """USD of the collateral held in coins for each leg: its share of the collateral if it is inverse, else 0."""
        return tuple(
            share if leg.instrument.settles_in_coin else 0.0 for leg, share in zip(self.legs, self._held(), strict=True)
        )

    @cached_property
    def account(self) -> Account:
        """The same legs as arrays, with the formulas."""
        posted = np.array(self.coins_posted, dtype=np.float64)
        if not self.pledged:
            return Account(self.legs, posted)
        beside = np.zeros(len(self.pledged))
        counted = np.array([one.counted for one in self.pledged])
        return Account(
            (*self.legs, *(one.as_leg for one in self.pledged)),
            np.concatenate([posted, beside]),
            np.concatenate([np.zeros(len(self.legs)), counted]),
        )

    def equity(self, moves: Sequence[float] | Floats) -> float:
        """USD in the account after the moves: collateral, with posted coins at their new price, less losses."""
        return float(self._equity(_floored(moves)))

    def gains(self, moves: Sequence[float] | Floats) -> Floats:
        """USD that each leg gains (negative: loses) in the moves, without coins posted."""
        _, units, level = self.account.today
        return self.account.instruments.gain(units, level, _floored(moves))[..., : len(self.legs)]

    def coins_posted_pnl(self, moves: Sequence[float] | Floats) -> float:
        """USD that the coins posted for inverse legs gain (negative: lose) in the moves."""
        return float(self.account.posted_gain(_floored(moves)))

    def room(self, moves: Sequence[float] | Floats) -> float:
        """USD of equity above the maintenance margin after the moves, of the account with least."""
        if self.is_split:
            return min(one.room(move) for one, move in zip(self.accounts, self._of_groups(moves), strict=True))
        floored, today = _floored(moves), self.account.today
        return float(self.account.room(self._equity(floored), today._replace(level=today.level + floored)))

    def close_out(self, moves: Sequence[float] | Floats) -> CloseOut:
        """How the account is closed on the straight way to the moves, which use up its room."""
        return self.account.close_out(np.array(self.collateral or 0.0), self.account.today, np.asarray(moves))

    def _equity(self, floored: Floats) -> Floats:
        account = self.account
        return (self.collateral or 0.0) + account.posted_gain(floored) + account.gain(account.today, floored)

    @cached_property
    def rally_survived(self) -> float | None:
        """The rise of all coins together (a fraction >= 0) at which the account is liquidated or gets a margin call.

        None if no collateral is stated or nothing is short; infinite if posted coins gain more than the shorts lose.
        """
        return self.rally_along([1.0] * len(self.coins))

    def rally_along(self, direction: Sequence[float]) -> float | None:
        """The largest multiple (>= 0) of `direction` that the account survives.

        `direction` holds one move for each of `coins`, at least one of them a rise. None and infinity as in
        `rally_survived`. Room is concave in the size of the move, so there is only one border, and bisection finds it.
        """
        if self.collateral is None or self.notional <= 0:
            return None
        today, far = (self.room([rally * move for move in direction]) for rally in (0.0, MOST_RALLY))
        if min(today, far / MOST_RALLY) >= -1e-12 * self.notional:  # zero but for rounding errors, or above
            return math.inf
        if today <= 0.0:
            return 0.0
        high = 1.0
        while self.room([high * move for move in direction]) > 0.0:
            high *= 2.0
        return self.border([high * move for move in direction]) * high

    def border(self, moves: Sequence[float] | Floats) -> float:
        """The fraction of the way to `moves` at which room reaches zero; 1 if it never does. Exact for flat rates."""
        if self.is_split:
            return min(one.border(move) for one, move in zip(self.accounts, self._of_groups(moves), strict=True))
        return float(self.account.border(self.collateral or 0.0, self.account.today, np.asarray(moves, np.float64)))

    def collateral_for(self, rally: float) -> float:
        """The smallest collateral in USD that survives a rise of all coins by `rally`; at least the initial margin."""
        return float(self.collateral_needed(np.full(len(self.coins), rally)))

    def collateral_needed(self, moves: Floats) -> Floats:
        """Collateral in USD that the account needs to survive each day of a path, shape (days,).

        `moves` (days, legs) are measured from today's prices. The result is the loss so far plus the maintenance
        margin, at least the initial margin; of isolated accounts none may end with its share.
        """
        if not self.is_split:
            return self.account.needed(_floored(moves))
        needed: Floats = (self.needed_by_account(moves) / self.group_shares).max(axis=-1)
        return needed

    def needed_by_account(self, moves: Sequence[float] | Floats) -> Floats:
        """The USD that each account needs on each day of a path of `moves` (days, legs): shape (days, accounts)."""
        floored = _floored(moves)
        parts = zip(self.accounts, self._of_groups(floored) if self.is_split else [floored], strict=True)
        return np.stack([one.account.needed(move) for one, move in parts], axis=-1)

    def needed_in_all(self, moves: Floats) -> float:
        """The USD that the accounts need to survive a path of `moves` (days, legs), each on its own worst day.

        Cash does not move between accounts, so what they need at different times is added up.
        """
        return float(self.needed_by_account(moves).max(axis=0).sum())

    def missing(self, moves: Sequence[float] | Floats) -> float:
        """The USD to add so that the moves are survived, each account given what it lacks; 0 if nothing is missing."""
        held = np.array([one.collateral or 0.0 for one in self.accounts])
        return float(np.maximum(self.needed_by_account(moves) - held, 0.0).sum())

    def _of_groups(self, moves: Sequence[float] | Floats) -> list[Floats]:
        """The moves of the legs of each account."""
        return [np.asarray(moves, dtype=np.float64)[..., list(group)] for group in self.groups]

    def stressed(self, *, margin_rise: float = 0.0, haircut: float = 0.0) -> MarginRequirement:
        """The same account after the venue raises its margin rates and cuts the value of the collateral.

        `margin_rise` and `haircut` are fractions: 0.5 raises each rate by half, 0.1 takes 10% off the collateral.
        """
        rise = 1.0 + margin_rise
        tiers = [
            [MarginTier(one.notional_from, one.initial_rate * rise, one.maintenance_rate * rise) for one in leg.tiers]
            for leg in self.legs
        ]
        legs = tuple(replace(leg, tiers=tuple(rates)) for leg, rates in zip(self.legs, tiers, strict=True))
        collateral = None if self.collateral is None else self.collateral * (1.0 - haircut)
        pledged = tuple(replace(one, counted=one.counted * (1.0 - haircut)) for one in self.pledged)
        return replace(self, legs=legs, collateral=collateral, pledged=pledged)

    def isolated(self) -> tuple[IsolatedLeg, ...]:
        """Each leg as if it were in an account of its own, with its share. () if no collateral is stated."""
        if self.collateral is None or not self.legs:
            return ()
        alone = []
        for one in replace(self, is_isolated=True, pledged=()).accounts:
            (leg,), rally = one.legs, one.rally_survived
            assert rally is not None
            assert one.collateral is not None
            alone.append(IsolatedLeg(leg, one.collateral, leg.price * (1.0 + rally), rally))
        return tuple(alone)

    @cached_property
    def shares(self) -> Floats:
        """The share of the collateral that each leg has, or would have, in an account of its own; they add up to 1."""
        weights = np.array([leg.initial for leg in self.legs] if self.weights is None else self.weights)
        total = float(weights.sum())
        shares: Floats = weights / total if total > 0.0 else np.full(len(weights), 1.0 / max(len(weights), 1))
        return shares

    def _held(self) -> list[float]:
        """The collateral of each leg in USD."""
        held: list[float] = ((self.collateral or 0.0) * self.shares).tolist()
        return held


def _floored(moves: Sequence[float] | Floats) -> Floats:
    """The moves as an array; no price falls below zero."""
    return np.maximum(np.asarray(moves, dtype=np.float64), -1.0)


def margin_leg(leg: ShortLeg) -> MarginLeg:
    """The leg with its margin table."""
    contract, instrument = leg.contract, leg.instrument
    return MarginLeg(
        contract_id=contract.id,
        underlying=leg.underlying,
        price=leg.price,
        notional=leg.notional,
        tiers=instrument.margin_table(contract),
        instrument=instrument,
        is_exchange_traded=contract.is_exchange_traded,
    )


def margin_requirement(
    legs: Sequence[ShortLeg],
    collateral: float | None,
    *,
    is_isolated: bool = False,
    pledged: Sequence[PledgedCoin] = (),
    home: str | None = None,
) -> MarginRequirement:
    """The margin of all legs with contracts, with `collateral` USD (None: not stated) in one account or in several.

    `pledged` coins count beside it in one account; where nothing is short there is nothing for them to back. `home` is
    the venue of the user's own contracts where every venue has an account; None for one account at all.
    """
    held = traded(legs)
    venues = () if home is None else tuple(venue_held(leg.contract, home) for leg in held)
    return MarginRequirement(
        tuple(map(margin_leg, held)),
        collateral,
        any(map(_is_assumed, held)),
        is_isolated,
        pledged=tuple(pledged) if held and len(set(venues)) < 2 else (),
        venues=venues,
    )


def is_isolated(decisions: Decisions) -> bool:
    """Whether each position of a plan has collateral of its own: as the plan says, else as its venue does."""
    return (decisions.margin_mode or venue_of(decisions.venue).margin_mode) == "isolated"


def is_beyond_rates(leg: ShortLeg) -> bool:
    """Whether the leg is larger than the notional up to which its venue's margin rates are known."""
    limit = leg.contract.margin_tier_limit
    tiers = leg.contract.margin_tiers
    is_table_complete = bool(tiers) and (limit is None or limit <= tiers[-1].notional_from)
    return limit is not None and leg.notional > limit and not is_table_complete


def _is_assumed(leg: ShortLeg) -> bool:
    return is_beyond_rates(leg) or (leg.contract.margin_is_assumed and leg.contract.is_catalogued)
