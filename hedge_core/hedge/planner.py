"""The planner: assesses a plan on a market.

`assess` is the only function that knows the order of the six steps; the pages, the command line and the tests all call
it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from hedge_core.errors import InvalidInput, MissingPrice, Notice
from hedge_core.exposure.estimates import Estimates
from hedge_core.exposure.evidence import Evidence
from hedge_core.hedge.allocation import Allocation, allocate
from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.contract_choice import contracts_in_use, known_contracts
from hedge_core.hedge.costs import estimate_costs
from hedge_core.hedge.held_coins import plan_estimates, price_held_coins, underlying_price
from hedge_core.hedge.legs import SizedLeg
from hedge_core.hedge.margin import initial_rate, margin_leg, margin_requirement
from hedge_core.hedge.notices import notices_of
from hedge_core.hedge.optimum import Counts
from hedge_core.hedge.sizing import achieved_hedge_ratio, jointly_optimal, size_leg
from hedge_core.market.contracts import Contract
from hedge_core.market.snapshot import Floats, MarketSnapshot
from hedge_core.plan.plan import HedgePlan
from hedge_core.text import listed

MOST_TIER_ROUNDS = 50
"""The most searches for counts that the collateral can open; each one assumes at least 1% more margin."""


def assess(plan: HedgePlan, market: MarketSnapshot, evidence: Evidence | None = None) -> HedgeAssessment:
    """Everything that follows from a plan on a market: prices, betas, proxies, whole contracts, margin and costs.

    Pass the `evidence` of an earlier assessment to save time: what still applies to this market is reused, the rest is
    ignored. Raises MissingPrice if a coin has no price, and UnknownContract or InvalidPlan if the plan refers to
    something that does not exist. Less serious problems are reported in `notices`.
    """
    known = known_contracts(plan, market)
    contracts = contracts_in_use(plan, known)
    estimates = plan_estimates(plan, market, evidence)
    held_coins = price_held_coins(plan, market, contracts, estimates)
    allocation = allocate(plan, market, held_coins, contracts, estimates)
    legs = _legs(plan, market, allocation, contracts)
    S, is_assumed = _covariance(estimates, legs)
    legs, optimum, remarks = _joint_counts(plan, legs, S, is_assumed)
    exposure = np.array([allocation.exposure[leg.underlying] for leg in legs], dtype=np.float64)
    hedge = np.array([leg.notional for leg in legs])
    assessment = HedgeAssessment(
        plan=plan,
        market=market,
        held_coins=allocation.held_coins,
        legs=legs,
        exposure=exposure,
        covariance=S,
        is_covariance_assumed=is_assumed,
        achieved_hedge_ratio=achieved_hedge_ratio(hedge, exposure, S) if legs else 0.0,
        margin=margin_requirement(legs, plan.decisions.collateral),
        costs=estimate_costs(legs, market, horizon_days=plan.decisions.horizon_days, assumptions=plan.overrides.costs),
        estimates=estimates,
        joint=allocation.joint,
        optimum=optimum,
    )
    return replace(assessment, notices=(*notices_of(assessment, known), *allocation.notices, *remarks))


def unpriced_notice(coins: Sequence[str]) -> Notice:
    """Say that these coins have no price and are not part of the plan."""
    them = "it" if len(coins) == 1 else "them"
    return Notice(
        "left_out_unpriced",
        f"No price for {listed(coins)}: the plan is for the rest of your bag. Type a price to include {them}.",
    )


def _affordable(legs: tuple[SizedLeg, ...], S: Floats, collateral: float | None) -> tuple[tuple[SizedLeg, ...], Counts]:
    """The best joint counts that the collateral can open, margin tables included.

    The search starts with the margin rates of the first tier. If the counts reach a tier with higher rates, it is
    repeated with those rates until the result can be opened.
    """
    rates = [initial_rate(leg) for leg in legs]
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


def _legs(
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


def _covariance(estimates: Estimates, legs: Sequence[SizedLeg]) -> tuple[Floats, bool]:
    """S of the legs' underlyings, and whether it is assumed. With one leg its scale does not matter."""
    if len(legs) < 2:
        return np.ones((len(legs), len(legs))), False
    estimated = estimates.covariance([leg.underlying for leg in legs])
    return (np.ones((len(legs), len(legs))), True) if estimated is None else (estimated, False)


def _joint_counts(
    plan: HedgePlan, legs: tuple[SizedLeg, ...], S: Floats, is_assumed: bool
) -> tuple[tuple[SizedLeg, ...], Counts | None, list[Notice]]:
    """The legs with the best joint counts, the search result and the notices about it.

    If the plan rounds each contract separately, or no best counts can be found, the legs are returned as they are.
    """
    if plan.decisions.rounding != "optimal" or not legs:
        return legs, None, []
    collateral = plan.decisions.collateral
    try:
        if is_assumed:
            raise InvalidInput("The contracts have too few days of history in common to tell how they move together.")
        counted, optimum = _affordable(legs, S, collateral)
    except InvalidInput as error:
        return legs, None, [Notice("optimum_unknown", f"{error} Each contract is rounded separately instead.")]
    remarks = []
    if optimum.is_budget_binding:
        remarks.append(
            Notice(
                "collateral_limits",
                f"Your collateral of ${collateral:,.0f} is too little for the full hedge; the orders are the best that "
                "it can open. Add collateral to reach the target.",
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
            )
        )
    return counted, optimum, remarks
