"""Whole counts: from an allocation to legs in whole contracts, rounded one by one or all together.

With a joint rounding, the counts are those that differ least from their targets in variance. Whatever the rounding,
the legs have only lots that the collateral opens (`openable`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from hedge_core.errors import InvalidInput, MissingPrice, Notice
from hedge_core.exposure.estimates import Estimates
from hedge_core.hedge.allocation import Allocation
from hedge_core.hedge.held_coins import underlying_price
from hedge_core.hedge.legs import SizedLeg
from hedge_core.hedge.margin import margin_requirement
from hedge_core.hedge.openable import Cash, cash_of
from hedge_core.hedge.optimum import Counts
from hedge_core.hedge.rounding import ROUNDINGS
from hedge_core.hedge.sizing import achieved_hedge_ratio, size_leg
from hedge_core.market.contracts import Contract
from hedge_core.market.snapshot import Floats, MarketSnapshot
from hedge_core.plan.plan import HedgePlan
from hedge_core.text import listed


@dataclass(frozen=True, eq=False, kw_only=True)
class SizedHedge:
    """The legs in whole contracts, with what their counts rest on; see `HedgeAssessment` for the fields."""

    legs: tuple[SizedLeg, ...]
    exposure: Floats
    covariance: Floats
    is_covariance_assumed: bool
    achieved_hedge_ratio: float
    optimum: Counts | None = None
    notices: tuple[Notice, ...] = field(default=())


def size_hedge(
    plan: HedgePlan,
    market: MarketSnapshot,
    allocation: Allocation,
    contracts: Mapping[str, Contract],
    estimates: Estimates,
) -> SizedHedge:
    """The allocation in whole contracts, and the hedge ratio that they achieve.

    Raises MissingPrice if the coin of a contract has no price.
    """
    legs = _rounded_alone(plan, market, allocation, contracts)
    S, is_assumed = _covariance(estimates, legs)
    exposure = np.array([allocation.exposure[leg.underlying] for leg in legs], dtype=np.float64)
    legs, optimum, notices = _rounded_together(plan, legs, S, is_assumed)
    hedge = np.array([leg.notional for leg in legs])
    return SizedHedge(
        legs=legs,
        exposure=exposure,
        covariance=S,
        is_covariance_assumed=is_assumed,
        achieved_hedge_ratio=achieved_hedge_ratio(hedge, exposure, S) if legs else 0.0,
        optimum=optimum,
        notices=notices,
    )


def _rounded_alone(
    plan: HedgePlan, market: MarketSnapshot, allocation: Allocation, contracts: Mapping[str, Contract]
) -> tuple[SizedLeg, ...]:
    legs = []
    for underlying, b in allocation.exposure.items():
        price = underlying_price(plan, market, underlying)
        if price is None:
            raise MissingPrice(underlying, market.source)
        legs.append(
            size_leg(
                contracts[underlying],
                price=price,
                target=allocation.targets[underlying],
                ideal=plan.decisions.hedge_ratio * b,
                rounding=plan.decisions.rounding,
            )
        )
    return tuple(legs)


def _covariance(estimates: Estimates, legs: tuple[SizedLeg, ...]) -> tuple[Floats, bool]:
    """S of the legs' underlyings, and whether it is assumed. With one leg its scale does not matter."""
    if len(legs) < 2:
        return np.ones((len(legs), len(legs))), False
    estimated = estimates.covariance([leg.underlying for leg in legs])
    return (np.ones((len(legs), len(legs))), True) if estimated is None else (estimated, False)


def _rounded_together(
    plan: HedgePlan, legs: tuple[SizedLeg, ...], S: Floats, is_assumed: bool
) -> tuple[tuple[SizedLeg, ...], Counts | None, tuple[Notice, ...]]:
    """The legs with the counts that can be opened, the search result and the notices about it.

    If the plan rounds each contract separately, or no best counts can be found, the legs are opened as they are as long
    as the collateral is enough.
    """
    notices: list[Notice] = []
    cash, optimum = cash_of(plan, legs), None
    if ROUNDINGS[plan.decisions.rounding].is_joint and legs:
        try:
            if is_assumed:
                raise InvalidInput(
                    "The contracts have too few days of history in common to tell how they move together."
                )
            wanted, optimum = Cash(None).best(legs, S)
            legs = tuple(replace(leg, wanted_contracts=leg.contracts) for leg in wanted)
        except InvalidInput as error:
            notices.append(Notice("optimum_unknown", f"{error} Each contract is rounded separately instead."))
    legs, limited = cash.opened(legs, S)
    optimum = limited or optimum
    if limited is not None:
        notices.append(_limited(plan, legs))
    if optimum is not None:
        notices += _remarks(legs, optimum)
    return legs, optimum, tuple(notices)


def _limited(plan: HedgePlan, legs: tuple[SizedLeg, ...]) -> Notice:
    """Say how much of what is wanted the collateral opens, and what all of it would take."""
    decisions = plan.decisions
    counts = listed([f"{leg.lots:,} of {abs(leg.wanted_contracts):,} {leg.contract.id}" for leg in legs])
    wanted, rally = margin_requirement([leg.wanted for leg in legs], None), decisions.rally_to_survive
    is_rally = ROUNDINGS[decisions.rounding].is_joint and rally > 0.0
    needed = wanted.collateral_for(rally) if is_rally else wanted.initial
    aim = f" and survives a rally of {rally:.0%}" if is_rally else ""
    return Notice(
        "collateral_limits",
        f"Your collateral of ${decisions.collateral:,.0f} is too little for the full hedge. The orders are the best "
        f"hedge that it opens{aim}: {counts}. The full hedge needs ${needed:,.0f}.",
        severity="warning",
    )


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
