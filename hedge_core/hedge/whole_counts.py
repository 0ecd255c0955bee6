"""Whole counts: from an allocation to legs in whole contracts, rounded one by one or all together.

With a joint rounding, the counts are those that differ least from their targets in variance. Beside a basket, a leg's
own risk counts twice (`exposure.count_risk.CountRisk`), and a leg with too few days of history is rounded alone. A
count that the user has set takes the place of the rounded one (`own_counts`). Whatever the rounding, the legs have only
lots that the collateral opens (`openable`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from hedge_core.errors import InvalidInput, Notice
from hedge_core.exposure.count_risk import CountRisk
from hedge_core.exposure.estimates import Estimates
from hedge_core.hedge.allocation import Allocation
from hedge_core.hedge.approaches import uses_basket
from hedge_core.hedge.contract_choice import underlying_price
from hedge_core.hedge.held_coins import hedged_values
from hedge_core.hedge.held_counts import CountChange, notice_of, with_held_counts
from hedge_core.hedge.legs import SizedLeg
from hedge_core.hedge.margin import PledgedCoin
from hedge_core.hedge.openable import Cash, cash_of
from hedge_core.hedge.optimum import Counts
from hedge_core.hedge.own_counts import with_own_counts
from hedge_core.hedge.rounding import ROUNDINGS
from hedge_core.hedge.sizing import achieved_hedge_ratio, size_leg
from hedge_core.market.contracts import Contract
from hedge_core.market.snapshot import Floats, MarketSnapshot
from hedge_core.plan.plan import HedgePlan
from hedge_core.text import MOST_NAMED, listed


@dataclass(frozen=True, eq=False)
class LegRisk:
    """How the legs move: `covariance` S of all legs, and whether it is assumed because there is too little history.

    Counts are judged by `matrix`, which covers the legs `together`; the others are rounded by themselves.
    """

    covariance: Floats
    is_assumed: bool
    matrix: Floats
    together: tuple[bool, ...]

    @property
    def whole(self) -> Floats:
        """`matrix` for all legs. A leg that cannot be judged has the mean variance of the others and moves alone."""
        if all(self.together) or not any(self.together):
            return self.matrix if all(self.together) else self.covariance
        whole = np.eye(len(self.together)) * float(np.diag(self.matrix).mean())
        whole[np.ix_(self.together, self.together)] = self.matrix
        return whole


@dataclass(frozen=True, eq=False, kw_only=True)
class SizedHedge:
    """The legs in whole contracts, with what their counts rest on; see `HedgeAssessment` for the fields."""

    legs: tuple[SizedLeg, ...]
    exposure: Floats
    covariance: Floats
    is_covariance_assumed: bool
    achieved_hedge_ratio: float
    risk: LegRisk
    optimum: Counts | None = None
    count_change: CountChange | None = None
    notices: tuple[Notice, ...] = field(default=())

    @property
    def miss(self) -> float:
        """(N∘n − x)'M(N∘n − x) of the legs, USD², with M what counts are judged by."""
        off = np.array([leg.notional - leg.target_notional for leg in self.legs])
        return float(off @ self.risk.whole @ off)

    @property
    def aim(self) -> float:
        """x'Mx of the targets, USD²: the miss without any contract."""
        target = np.array([leg.target_notional for leg in self.legs])
        return float(target @ self.risk.whole @ target)


def size_hedge(
    plan: HedgePlan,
    market: MarketSnapshot,
    allocation: Allocation,
    contracts: Mapping[str, Contract],
    estimates: Estimates,
    pledged: tuple[PledgedCoin, ...] = (),
) -> SizedHedge:
    """The allocation in whole contracts, and the hedge ratio that they achieve; `pledged` coins count as margin.

    Raises MissingPrice if the coin of a contract has no price.
    """
    legs = _rounded_alone(plan, market, allocation, contracts)
    values = hedged_values(allocation.held_coins)
    names = [leg.underlying for leg in legs]
    judged = estimates.count_risk(names, values) if uses_basket(plan, estimates) else None
    risk = _risk(plan, estimates, names, judged)
    S = risk.covariance
    exposure = np.array([allocation.exposure[leg.underlying] for leg in legs], dtype=np.float64)
    rounded = _rounded_together(plan, market, legs, risk, _Bag(sum(values.values()), judged, estimates, pledged))
    hedge = np.array([leg.notional for leg in rounded.legs])
    return SizedHedge(
        legs=rounded.legs,
        exposure=exposure,
        covariance=S,
        is_covariance_assumed=risk.is_assumed,
        risk=risk,
        achieved_hedge_ratio=achieved_hedge_ratio(hedge, exposure, S) if legs else 0.0,
        optimum=rounded.optimum,
        count_change=rounded.change,
        notices=rounded.notices,
    )


def _rounded_alone(
    plan: HedgePlan, market: MarketSnapshot, allocation: Allocation, contracts: Mapping[str, Contract]
) -> tuple[SizedLeg, ...]:
    legs = []
    for underlying, b in allocation.exposure.items():
        legs.append(
            size_leg(
                contracts[underlying],
                price=underlying_price(plan, market, underlying),
                target=allocation.targets[underlying],
                ideal=plan.decisions.hedge_ratio * b,
                rounding=plan.decisions.rounding,
            )
        )
    return tuple(legs)


class _Bag(NamedTuple):
    """The bag behind the legs: its hedged value (USD), what its counts are judged by, estimates, and pledged coins."""

    value: float
    risk: CountRisk | None
    estimates: Estimates
    pledged: tuple[PledgedCoin, ...]


class _Rounded(NamedTuple):
    """The legs with the counts that can be opened, how they were found, and what there is to say about it."""

    legs: tuple[SizedLeg, ...]
    optimum: Counts | None
    change: CountChange | None
    notices: tuple[Notice, ...]


def covariance_of(
    plan: HedgePlan, estimates: Estimates, coins: Sequence[str], values: Mapping[str, float]
) -> tuple[Floats, bool]:
    """The covariance of the coins' daily returns as a plan's legs have it, and whether it is assumed.

    `values` is the USD value of each coin of the bag.
    """
    judged = estimates.count_risk(coins, values) if uses_basket(plan, estimates) else None
    risk = _risk(plan, estimates, coins, judged)
    return risk.covariance, risk.is_assumed


def _risk(plan: HedgePlan, estimates: Estimates, names: Sequence[str], risk: CountRisk | None) -> LegRisk:
    """How the legs' underlyings move; beside a basket that is `risk`. With one leg the scale does not matter."""
    as_one = np.ones((len(names), len(names)))
    everyone = (True,) * len(names)
    if len(names) < 2:
        return LegRisk(as_one, False, as_one, everyone)
    if not uses_basket(plan, estimates):
        estimated = estimates.covariance(names)
        is_assumed = estimated is None
        S = as_one if estimated is None else estimated
        return LegRisk(S, is_assumed, S, everyone)
    together = tuple(risk is not None and name in risk.legs for name in names)
    if risk is None:
        return LegRisk(as_one, True, np.ones((0, 0)), together)
    is_whole = all(together)
    return LegRisk(risk.covariance if is_whole else as_one, not is_whole, risk.matrix, together)


def _rounded_together(
    plan: HedgePlan, market: MarketSnapshot, legs: tuple[SizedLeg, ...], risk: LegRisk, bag: _Bag
) -> _Rounded:
    """The counts that can be opened: the best ones, or those that are held already.

    If the plan rounds each contract separately, or no best counts can be found, the legs are opened as they are as long
    as the collateral is enough.
    """
    notices: list[Notice] = []
    optimum, change = None, None
    if ROUNDINGS[plan.decisions.rounding].is_joint and legs:
        try:
            if sum(risk.together) < min(2, len(legs)) or (risk.is_assumed and all(risk.together)):
                raise InvalidInput(
                    "The contracts have too few days of history in common to tell how they move together."
                )
            legs, optimum = _some_together(legs, risk)
            legs, change = with_held_counts(plan, legs, bag.risk, value=bag.value, today=market.as_of.date())
            if change is not None and change.is_kept:
                optimum = replace(optimum, lots=change.held, variance=change.variance)
        except InvalidInput as error:
            notices.append(Notice("optimum_unknown", f"{error} Each contract is rounded separately instead."))
    legs, own = with_own_counts(plan, legs)
    if own is not None:
        optimum, change = None, None  # they are about counts that are no longer the plan's
        notices.append(own)
    limited = None
    if market.opens_what_fits:
        coins = (*(leg.underlying for leg in legs), *(proxy for one in bag.pledged for proxy in one.proxies))
        betas = bag.estimates.market_betas(tuple(dict.fromkeys(coins)))
        cash = cash_of(plan, market, legs, betas, bag.pledged)
        legs, limited = cash.opened(legs, risk.whole)
        if limited is not None:
            notices.append(_limited(plan, legs, cash))
    optimum = limited or optimum
    if optimum is not None:
        notices += _remarks(legs, optimum)
    if change is not None:
        notices.append(notice_of(legs, change, is_limited=limited is not None))
    return _Rounded(legs, optimum, change, tuple(notices))


def _some_together(legs: tuple[SizedLeg, ...], risk: LegRisk) -> tuple[tuple[SizedLeg, ...], Counts]:
    """The best joint counts of the legs that can be judged together; the other legs keep theirs."""
    joint = tuple(leg for leg, is_in in zip(legs, risk.together, strict=True) if is_in)
    counted, optimum = Cash(None).best(joint, risk.matrix)
    found = iter(counted)
    merged = (next(found) if is_in else leg for leg, is_in in zip(legs, risk.together, strict=True))
    wanted = tuple(replace(leg, wanted_contracts=leg.contracts) for leg in merged)
    return wanted, replace(optimum, lots=tuple(leg.lots for leg in wanted))


def _limited(plan: HedgePlan, legs: tuple[SizedLeg, ...], cash: Cash) -> Notice:
    """Say how much of what is wanted the collateral opens, and what all of it would take."""
    counts = _wanted_counts([leg for leg in legs if leg.contracts or leg.wanted_contracts])
    needed = cash.needed([leg.wanted for leg in legs])
    aim = "" if cash.moves is None else f" and that survives a rally of {plan.decisions.rally_to_survive:.0%}"
    beside = sum(one.counted for one in cash.pledged)
    backed = f", with the ${beside:,.0f} that your pledged coins count for," if beside else ""
    more = " of collateral besides" if beside else ""
    return Notice(
        "collateral_limits",
        f"Your collateral of ${plan.decisions.collateral:,.0f}{backed} is too little for the full hedge. The orders "
        f"are the best hedge that it opens{aim}{counts}. The full hedge needs ${needed:,.0f}{more}.",
        severity="warning",
    )


def _wanted_counts(legs: Sequence[SizedLeg]) -> str:
    """': ' and the count of each leg beside the wanted one; '' for more legs than a sentence can name."""
    if len(legs) > MOST_NAMED:
        return ""
    is_one_venue = len({leg.contract.venue for leg in legs}) == 1
    return ": " + listed([f"{leg.contract.code if is_one_venue else leg.contract.id} {leg.count_text}" for leg in legs])


def _remarks(legs: tuple[SizedLeg, ...], optimum: Counts) -> list[Notice]:
    """What the search for joint counts has to say."""
    remarks = []
    if not optimum.is_proven:
        remarks.append(
            Notice(
                "optimum_unproven",
                "The search for the best counts was stopped early. These are the best found; better ones may exist.",
            )
        )
    is_wanted = any(leg.target_notional > 0 for leg in legs)
    if is_wanted and not any(optimum.lots) and not optimum.is_budget_binding:
        remarks.append(
            Notice(
                "none_is_best",
                "Selling no contract comes closer to the target than selling one or more, so there are no orders. "
                "Choose a smaller contract, or hedge a larger share.",
                severity="warning",
            )
        )
    return remarks
