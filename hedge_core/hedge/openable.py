"""What can be opened: the whole lots that the collateral pays for.

Lots n can be opened with the collateral W if

    initial margin(n) <= W,  and, where a rally is to be survived,  collateral for the rally(n) <= W

with the margin tables of the venue. Pledged coins raise W by what they count for, today and at their prices after the
rally. Where the lots that a plan wants do not fit, the lots that fit and whose hedge
differs least from its target in variance are opened instead; these are the orders. Collateral that is not stated opens
everything.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from hedge_core.errors import InvalidInput
from hedge_core.exposure.market_moves import MarketBetas
from hedge_core.hedge.account import MarginLeg
from hedge_core.hedge.cash_limits import ENOUGH, CashLimit, CashUse, SurvivesApart, initial_use, rally_use
from hedge_core.hedge.legs import ShortLeg, SizedLeg, venue_held
from hedge_core.hedge.margin import MarginRequirement, PledgedCoin, is_isolated, margin_leg, margin_requirement
from hedge_core.hedge.optimum import Counts, best_counts
from hedge_core.hedge.rounding import ROUNDINGS
from hedge_core.market.snapshot import Floats, FutureQuote, MarketSnapshot
from hedge_core.plan.plan import HedgePlan

OWN_RISK = 0.01
"""The share of the mean variance that a leg gets as risk of its own where legs cannot be told apart."""


@dataclass(frozen=True, eq=False)
class Cash:
    """The collateral (USD) that opens the legs, and the `moves` of a rally (fractions by leg) that it must survive.

    None for `collateral` is a collateral that is not stated, None for `moves` no rally. `is_isolated`: each leg must
    survive the rally with its share of the collateral, by initial margin. `premiums` are the prices of dated futures
    over those of their coins, by leg (None: 1), since margin is asked on what a contract costs. `pledged` coins count
    as margin beside the collateral, and move by `pledged_moves` (fractions) in the rally. `home` is the venue of the
    user's own contracts where every venue has an account with its share; None for one account at all.
    """

    collateral: float | None
    moves: Floats | None = None
    is_isolated: bool = False
    premiums: tuple[float, ...] | None = None
    pledged: tuple[PledgedCoin, ...] = ()
    pledged_moves: Floats = field(default_factory=lambda: np.zeros(0))
    home: str | None = None

    def opens(self, legs: Sequence[ShortLeg]) -> bool:
        """Whether the lots of these legs can be opened."""
        if self.collateral is None:
            return True
        limits, accepts = self._limits(legs)
        lots = [leg.lots for leg in legs]
        return all(limit.is_kept(lots) for limit in limits) and (accepts is None or accepts(lots))

    def needed(self, legs: Sequence[ShortLeg]) -> float:
        """The collateral (USD) that these legs need: to be opened, and to survive the moves."""
        margin = margin_requirement(legs, None, is_isolated=self.is_isolated, pledged=self.pledged, home=self.home)
        is_held = [bool(leg.lots) for leg in legs]
        held = [premium for premium, is_in in zip(self._premiums(legs), is_held, strict=True) if is_in]
        margin = replace(margin, legs=tuple(map(_at_premium, margin.legs, held)))
        if self.moves is None or not margin.legs:
            return margin.cash_to_open
        return float(margin.collateral_needed(np.concatenate([self.moves[is_held], self.pledged_moves])))

    def best(self, legs: Sequence[SizedLeg], risk: Floats) -> tuple[tuple[SizedLeg, ...], Counts]:
        """The legs with the best lots that can be opened, and the search result.

        `risk` is the covariance of the legs' returns, shape (legs, legs). Raises InvalidInput as `best_counts` does.
        """
        limits, accepts = self._limits(legs)
        lots = np.array([leg.lot_notional for leg in legs])
        best = best_counts(
            lots,
            np.array([leg.exact_contracts for leg in legs]) * lots,
            risk,
            minimum_lots=tuple(leg.contract.minimum_lots for leg in legs),
            limits=limits,
            accepts=accepts,
        )
        return with_lots(legs, best.lots), best

    def opened(self, legs: Sequence[SizedLeg], risk: Floats) -> tuple[tuple[SizedLeg, ...], Counts | None]:
        """The legs as they are if they can be opened, with None; else as `best` finds them, with the search result.

        If no search is possible because coins move exactly together, each is given a little risk of its own.
        """
        if self.opens(legs):
            return tuple(legs), None
        try:
            found, best = self.best(legs, risk)
        except InvalidInput:
            found, best = self.best(legs, _told_apart(risk))
        return found, replace(best, is_budget_binding=True, wanted=tuple(leg.lots for leg in legs))

    def _premiums(self, legs: Sequence[ShortLeg]) -> tuple[float, ...]:
        return (1.0,) * len(legs) if self.premiums is None else self.premiums

    def _limits(self, legs: Sequence[ShortLeg]) -> tuple[tuple[CashLimit, ...], Callable[[Sequence[int]], bool] | None]:
        """The limits on the lots, and what must hold besides if coins are posted next to dollars or legs stand alone.

        Coins posted for inverse legs gain with the rally, which is then worth up to their largest move. Legs that
        survive with their shares also survive in one account, so its limits hold for them too.
        """
        if self.collateral is None:
            return (), None
        lots = [margin_leg(replace(leg, contracts=leg.instrument.direction)) for leg in legs]
        single = list(map(_at_premium, lots, self._premiums(legs)))
        support = sum(one.counted for one in self.pledged)
        initial = CashLimit(tuple(map(initial_use, single)), self.collateral + support)
        if self.moves is None:
            return (initial,), None
        moves = self.moves.tolist()
        uses = tuple(rally_use(leg, move) for leg, move in zip(single, moves, strict=True))
        growth = [move if leg.instrument.settles_in_coin else 0.0 for leg, move in zip(single, moves, strict=True)]
        support = sum(one.counted * (1.0 + move) for one, move in zip(self.pledged, self.pledged_moves, strict=True))
        rally = CashLimit(uses, self.collateral * (1.0 + max(growth, default=0.0)) + support)
        if self.is_isolated and len(legs) > 1:
            apart = SurvivesApart(initial.uses, uses, tuple(growth), self.collateral)
            return (initial, rally, CashLimit(initial.uses, self.collateral / apart.least_ratio)), apart
        venues = () if self.home is None else tuple(venue_held(leg.contract, self.home) for leg in legs)
        is_alike = len(set(growth)) <= 1 and len(set(venues)) <= 1
        if is_alike:
            return (initial, rally), None
        is_one = len(set(venues)) <= 1 and min(moves, default=0.0) >= -1.0
        quick = _TooDear(initial.uses, uses, tuple(growth), support, self.collateral) if is_one else None
        return (initial, rally), _Survives(single, self, venues, quick)


CLEARLY = 1e-6
"""A fraction of the cash that is far above rounding errors."""


@dataclass(frozen=True, eq=False)
class _TooDear:
    """Whether legs in one account clearly need more than the `cash` (USD) in the rally: a quick look at many counts.

    With I_i(n_i) the initial margin of leg i, R_i(n_i) what it needs in the rally, g_i what collateral posted in its
    coin gains (a fraction; 0 for dollars) and S what pledged coins count for then (`support`, USD), they need

        (sum of R_i − S) / (1 + sum of g_i·I_i / sum of I_i)
    """

    initial: tuple[CashUse, ...]
    rally: tuple[CashUse, ...]
    growth: tuple[float, ...]
    support: float
    cash: float

    def __call__(self, lots: Sequence[int]) -> bool:
        margins = [use(n) for use, n in zip(self.initial, lots, strict=True)]
        total = sum(margins)
        if total <= 0.0:
            return False
        grown = 1.0 + sum(g * margin for g, margin in zip(self.growth, margins, strict=True)) / total
        used = sum(use(n) for use, n in zip(self.rally, lots, strict=True)) - self.support
        return grown > CLEARLY and used > self.cash * ((1.0 + ENOUGH) * grown + CLEARLY)


@dataclass(frozen=True, eq=False)
class _Survives:
    """Whether lots of the legs in `single` lots survive the moves with the cash; `quick` tells most that do not."""

    single: Sequence[MarginLeg]
    cash: Cash
    venues: tuple[str, ...] = ()
    quick: _TooDear | None = None

    def __call__(self, lots: Sequence[int]) -> bool:
        if self.quick is not None and self.quick(lots):
            return False
        held = [
            (replace(leg, notional=n * leg.notional), at)
            for at, (leg, n) in enumerate(zip(self.single, lots, strict=True))
            if n
        ]
        if not held:
            return True
        cash = self.cash
        assert cash.moves is not None
        assert cash.collateral is not None
        venues = tuple(self.venues[at] for _, at in held) if self.venues else ()
        margin = MarginRequirement(tuple(leg for leg, _ in held), None, False, pledged=cash.pledged, venues=venues)
        moves = np.concatenate([cash.moves[[at for _, at in held]], cash.pledged_moves])
        return float(margin.collateral_needed(moves)) <= cash.collateral * (1.0 + ENOUGH)


def cash_of(
    plan: HedgePlan,
    market: MarketSnapshot,
    legs: Sequence[ShortLeg],
    betas: MarketBetas,
    pledged: tuple[PledgedCoin, ...] = (),
) -> Cash:
    """The collateral of a plan, and the rally that counts which are searched for together must survive.

    In a rally of the market by r, the coin of a contract, and a pledged coin, rises by its beta to the market times r.
    Coins that are pledged do not count where the contracts are at several venues.
    """
    decisions, apart = plan.decisions, is_isolated(plan.decisions)
    home = decisions.venue
    if len({venue_held(leg.contract, home) for leg in legs}) > 1:
        pledged = ()
    premiums = tuple(_premium(leg, market) for leg in legs)
    cash = Cash(decisions.collateral, is_isolated=apart, premiums=premiums, pledged=pledged, home=home)
    if not ROUNDINGS[decisions.rounding].is_joint or decisions.rally_to_survive == 0.0:
        return replace(cash, pledged_moves=np.zeros(len(pledged)))
    moves = [betas.of(leg.underlying) * decisions.rally_to_survive for leg in legs]
    backing = [max(one.market_beta(betas) * decisions.rally_to_survive, -1.0) for one in pledged]
    return replace(cash, moves=np.array(moves, dtype=np.float64), pledged_moves=np.array(backing, dtype=np.float64))


def _premium(leg: ShortLeg, market: MarketSnapshot) -> float:
    """The price of the dated future on the leg's coin over the coin's price, at least 1; 1 for other legs."""
    spot, quote = market.price_or_none(leg.underlying), next_quote(leg, market)
    return 1.0 if quote is None or not spot else max(quote.price / spot, 1.0)


def next_quote(leg: ShortLeg, market: MarketSnapshot) -> FutureQuote | None:
    """The quote of the next future to sell, if the leg is a dated one whose margin is asked on its price."""
    return None if leg.instrument.settles_in_coin else leg.instrument.quote(leg.contract, market)


def _at_premium(leg: MarginLeg, premium: float) -> MarginLeg:
    """The leg at the price of its future."""
    return leg if premium == 1.0 else replace(leg, notional=leg.notional * premium)


def _told_apart(risk: Floats) -> Floats:
    """The covariance with OWN_RISK of the mean variance added to each leg."""
    mean = float(np.diag(risk).mean())
    told: Floats = risk + OWN_RISK * (mean if mean > 0.0 else 1.0) * np.eye(len(risk))
    return told


def with_lots(legs: Sequence[SizedLeg], lots: Sequence[int]) -> tuple[SizedLeg, ...]:
    """The legs with these numbers of lots (positive)."""
    return tuple(replace(leg, contracts=leg.instrument.direction * n) for leg, n in zip(legs, lots, strict=True))
