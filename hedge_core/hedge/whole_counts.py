"""Whole counts: from an allocation to legs in whole contracts, rounded one by one or all together.

With a joint rounding, the counts are those that differ least from their targets in variance and that the collateral can
open, margin tables included.
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
from hedge_core.hedge.margin import margin_leg, margin_requirement
from hedge_core.hedge.optimum import Counts
from hedge_core.hedge.rounding import ROUNDINGS
from hedge_core.hedge.sizing import achieved_hedge_ratio, jointly_optimal, size_leg
from hedge_core.market.contracts import Contract
from hedge_core.market.snapshot import Floats, MarketSnapshot
from hedge_core.plan.plan import HedgePlan

MOST_TIER_ROUNDS = 50
"""The most searches for counts that the collateral can open; each one assumes at least 1% more margin."""


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
    """The legs with the best joint counts, the search result and the notices about it.

    If the plan rounds each contract separately, or no best counts can be found, the legs are returned as they are.
    """
    if not ROUNDINGS[plan.decisions.rounding].is_joint or not legs:
        return legs, None, ()
    try:
        if is_assumed:
            raise InvalidInput("The contracts have too few days of history in common to tell how they move together.")
        counted, optimum = _affordable(legs, S, plan.decisions.collateral)
    except InvalidInput as error:
        return legs, None, (Notice("optimum_unknown", f"{error} Each contract is rounded separately instead."),)
    return counted, optimum, tuple(_remarks(plan, legs, optimum))


def _affordable(legs: tuple[SizedLeg, ...], S: Floats, collateral: float | None) -> tuple[tuple[SizedLeg, ...], Counts]:
    """The best joint counts that the collateral can open, margin tables included.

    The search starts with the margin rates of the first tier. If the counts reach a tier with higher rates, it is
    repeated with those rates until the result can be opened.
    """
    rates = [leg.instrument.margin_table(leg.contract)[0].initial_rate for leg in legs]
    counted, optimum = jointly_optimal(legs, S, margin_rates=rates, budget=collateral)
    for _ in range(MOST_TIER_ROUNDS):
        if collateral is None or margin_requirement(counted, None).initial <= collateral * (1.0 + 1e-9):
            break
        asked = [margin_leg(leg) for leg in counted]
        rates = [
            1.01 * (max(rate, leg.initial / leg.notional) if leg.notional > 0.0 else rate)
            for rate, leg in zip(rates, asked, strict=True)
        ]
        counted, optimum = jointly_optimal(legs, S, margin_rates=rates, budget=collateral)
        optimum = replace(optimum, is_budget_binding=True)
    return counted, optimum


def _remarks(plan: HedgePlan, legs: tuple[SizedLeg, ...], optimum: Counts) -> list[Notice]:
    """What the search for joint counts has to say."""
    remarks = []
    if optimum.is_budget_binding:
        remarks.append(
            Notice(
                "collateral_limits",
                f"Your collateral of ${plan.decisions.collateral:,.0f} is too little for the full hedge; the orders "
                "are the best that it can open. Add collateral to reach the target.",
                severity="warning",
            )
        )
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
