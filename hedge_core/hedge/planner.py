"""The planner: a plan worked out on a market.

`assess` is the one function that knows the order of the six steps; pages, command line and tests all call it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from hedge_core.errors import InvalidInput, MissingPrice, Notice
from hedge_core.exposure.betas import covariance
from hedge_core.exposure.evidence import Evidence
from hedge_core.exposure.pinned import PinnedMarket
from hedge_core.hedge.allocation import Allocation, allocate
from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.contract_choice import contracts_in_use, known_contracts
from hedge_core.hedge.costs import estimate_costs
from hedge_core.hedge.held_coins import plan_evidence, price_held_coins, underlying_price
from hedge_core.hedge.legs import SizedLeg
from hedge_core.hedge.margin import initial_rate, margin_leg, margin_requirement
from hedge_core.hedge.notices import notices_of
from hedge_core.hedge.optimum import Counts
from hedge_core.hedge.sizing import achieved_hedge_ratio, jointly_optimal, size_leg
from hedge_core.market.contracts import Contract
from hedge_core.market.snapshot import Floats, MarketSnapshot
from hedge_core.plan.plan import HedgePlan

MOST_TIER_ROUNDS = 50
"""Searches for counts that a margin table lets the collateral open; each asks at least 1% more."""


def assess(plan: HedgePlan, market: MarketSnapshot, evidence: Evidence | None = None) -> HedgeAssessment:
    """Work the plan out on a market: prices, betas, proxies, whole contracts, margin and costs.

    `evidence` of an earlier assessment saves the tests on history where it is of the same market; any may be given.
    Raises MissingPrice when a coin has no price, UnknownContract or InvalidPlan when the plan asks for something that
    does not exist. Everything less serious stands in `notices`.
    """
    known = known_contracts(plan, market)
    contracts = contracts_in_use(plan, known)
    evidence = plan_evidence(plan, market, evidence)
    held_coins = price_held_coins(plan, market, contracts, evidence)
    allocation = allocate(plan, market, held_coins, contracts)
    legs = _legs(plan, market, allocation, contracts)
    S, is_assumed = _covariance(market, legs, plan.decisions.window_days)
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
        evidence=evidence,
        bag_fit=allocation.bag_fit,
        optimum=optimum,
    )
    return replace(assessment, notices=(*notices_of(assessment, known), *allocation.notices, *remarks))


def _affordable(legs: tuple[SizedLeg, ...], S: Floats, collateral: float | None) -> tuple[tuple[SizedLeg, ...], Counts]:
    """The best joint counts that the collateral opens, under margin tables too.

    Rates are those of the first tier; where the counts reach a dearer one, the search is run again at the rate of that
    tier until what comes out can be opened.
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


def _covariance(market: MarketSnapshot, legs: Sequence[SizedLeg], window_days: int) -> tuple[Floats, bool]:
    """S of the legs' underlyings; with a single leg its scale cancels, so that any history will do."""
    if len(legs) < 2:
        return np.ones((len(legs), len(legs))), False
    coins = [leg.underlying for leg in legs]
    pinned = market.covariance_of(coins) if isinstance(market, PinnedMarket) else None
    estimated = pinned if pinned is not None else covariance(market.history, coins, window_days=window_days)
    if estimated is None:
        return np.ones((len(legs), len(legs))), True
    return estimated, False


def _joint_counts(
    plan: HedgePlan, legs: tuple[SizedLeg, ...], S: Floats, is_assumed: bool
) -> tuple[tuple[SizedLeg, ...], Counts | None, list[Notice]]:
    """The legs with their best joint counts where the plan asks for them, else (or where there are none) as rounded."""
    if plan.decisions.rounding != "optimal" or not legs:
        return legs, None, []
    collateral = plan.decisions.collateral
    try:
        if is_assumed:
            raise InvalidInput("The contracts share too little history to say how they move together.")
        counted, optimum = _affordable(legs, S, collateral)
    except InvalidInput as error:
        return legs, None, [Notice("optimum_unknown", f"{error} Each contract is rounded to the nearest instead.")]
    remarks = []
    if optimum.is_budget_binding:
        remarks.append(
            Notice(
                "collateral_limits",
                f"Your collateral of ${collateral:,.0f} pays for less than the target: the counts are the best that it "
                "covers.",
            )
        )
    if not optimum.is_proven:
        remarks.append(Notice("optimum_unproven", "The search was stopped: these counts are the best found so far."))
    is_wanted = any(leg.target_notional > 0 for leg in legs)
    if is_wanted and not any(optimum.lots) and not optimum.is_budget_binding:
        remarks.append(
            Notice("none_is_best", "No contract at all is closer to the target than any number of them would be.")
        )
    return counted, optimum, remarks
