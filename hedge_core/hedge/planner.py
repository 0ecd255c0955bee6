"""The planner: assesses a plan on a market.

`assess` is the only function that knows the order of the six steps; the pages, the command line and the tests all call
it. Each step takes values and returns one frozen value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from hedge_core.errors import Notice
from hedge_core.exposure.estimates import Estimates
from hedge_core.exposure.evidence import Evidence
from hedge_core.hedge.allocation import allocate
from hedge_core.hedge.approaches import uses_basket
from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.contract_choice import choose_contracts
from hedge_core.hedge.costs import CostBasis, CostEstimate, estimate_costs
from hedge_core.hedge.held_coins import plan_estimates, price_held_coins, without_unpriced
from hedge_core.hedge.legs import ShortLeg
from hedge_core.hedge.lot_choice import with_suitable_lots
from hedge_core.hedge.margin import MarginRequirement, PledgedCoin, is_isolated, margin_requirement
from hedge_core.hedge.notices import notices_of
from hedge_core.hedge.pledged_coins import pledged_coins
from hedge_core.hedge.whole_counts import size_hedge
from hedge_core.market.snapshot import MarketSnapshot
from hedge_core.plan.plan import HedgePlan
from hedge_core.text import listed

LEFT_OUT = "left_out_unpriced"
"""The code of the notice that names coins without a price, which are not part of the plan."""


@dataclass(frozen=True, slots=True)
class Upkeep:
    """The margin that legs need and what they cost to open, hold and close."""

    margin: MarginRequirement
    costs: CostEstimate


def assess(plan: HedgePlan, market: MarketSnapshot, evidence: Evidence | None = None) -> HedgeAssessment:
    """Everything that follows from a plan on a market: prices, betas, proxies, whole contracts, margin and costs.

    Pass the `evidence` of an earlier assessment to save time: what still applies to this market is reused, the rest is
    ignored. Raises MissingPrice if a coin has no price, and UnknownContract or InvalidPlan if the plan refers to
    something that does not exist. Less serious problems are reported in `notices`.
    """
    return _assess(plan, market, evidence, beyond=1.0)


def assess_at(assessment: HedgeAssessment, ratio: float) -> HedgeAssessment:
    """The assessment's plan at another hedge ratio: what `assess` makes of it, by the same steps.

    A plan hedges at most everything; a `ratio` above 1 is a full hedge whose targets are that many times as large.
    """
    plan = assessment.plan.with_decisions(risk_accepted=max(0.0, round(1.0 - ratio, 12)))
    return _assess(plan, assessment.market, assessment.evidence, beyond=max(1.0, ratio))


def _assess(plan: HedgePlan, market: MarketSnapshot, evidence: Evidence | None, *, beyond: float) -> HedgeAssessment:
    """The assessment of a plan whose targets are multiplied by `beyond` before they are rounded."""
    contracts = choose_contracts(plan, market)
    estimates = plan_estimates(plan, market, evidence)
    held_coins = price_held_coins(plan, market, contracts.in_use, estimates)
    allocation = allocate(plan, market, held_coins, contracts.in_use, estimates)
    if beyond != 1.0:
        targets = {coin: beyond * target for coin, target in allocation.targets.items()}
        allocation = replace(allocation, targets=targets)
    pledged = pledged_coins(plan, market, allocation.held_coins)
    hedge = with_suitable_lots(
        lambda in_use: size_hedge(plan, market, allocation, in_use, estimates, pledged), contracts
    )
    volatilities = leg_volatilities(plan, estimates, hedge.legs)
    upkeep = margin_and_costs(plan, market, hedge.legs, volatilities, pledged)
    assessment = HedgeAssessment(
        plan=plan,
        market=market,
        held_coins=allocation.held_coins,
        legs=hedge.legs,
        exposure=hedge.exposure,
        covariance=hedge.covariance,
        is_covariance_assumed=hedge.is_covariance_assumed,
        achieved_hedge_ratio=hedge.achieved_hedge_ratio,
        margin=upkeep.margin,
        costs=upkeep.costs,
        estimates=estimates,
        joint=allocation.joint,
        optimum=hedge.optimum,
        risk=hedge.risk,
        count_change=hedge.count_change,
        volatilities=volatilities,
        pledged=pledged,
    )
    notices = (*notices_of(assessment, contracts.known), *allocation.notices, *hedge.notices)
    return replace(assessment, notices=notices)


def assess_priced(plan: HedgePlan, market: MarketSnapshot, evidence: Evidence | None = None) -> HedgeAssessment:
    """As `assess`, without the coins that have no price; the first notice names them.

    Raises MissingPrice if only stablecoins would remain.
    """
    priced, left_out = without_unpriced(plan, market)
    assessment = assess(priced, market, evidence)
    if not left_out:
        return assessment
    return replace(assessment, notices=(unpriced_notice(left_out), *assessment.notices))


def margin_and_costs(
    plan: HedgePlan,
    market: MarketSnapshot,
    legs: Sequence[ShortLeg],
    volatilities: Mapping[str, float],
    pledged: Sequence[PledgedCoin] = (),
) -> Upkeep:
    """The margin of the legs with the plan's collateral and `pledged` coins, and their costs.

    Each venue has an account of its own, with its share of the collateral by the margin that opens its legs.

    Costs are those over the plan's horizon; `volatilities` are standard deviations of daily returns by coin.
    """
    decisions = plan.decisions
    basis = CostBasis(
        assumptions=plan.overrides.costs,
        volatilities=volatilities,
        roll_ahead=plan.watch.thresholds.stated_roll_days,
        traded=market.daily_volumes,
    )
    return Upkeep(
        margin=margin_requirement(
            legs, decisions.collateral, is_isolated=is_isolated(decisions), pledged=pledged, home=decisions.venue
        ),
        costs=estimate_costs(legs, market, horizon_days=decisions.horizon_days, basis=basis),
    )


def leg_volatilities(plan: HedgePlan, estimates: Estimates, legs: Sequence[ShortLeg]) -> Mapping[str, float]:
    """The standard deviation of daily returns of each leg's coin, a fraction; coins without an estimate are left out.

    It is read from the same matrices as the whole counts, which a link pins.
    """
    coins = tuple(leg.underlying for leg in legs)
    found: dict[str, float] = {}
    risk = estimates.count_risk(coins, {}) if len(coins) > 1 and uses_basket(plan, estimates) else None
    if risk is not None:
        found |= zip(risk.legs, np.sqrt(np.diag(risk.covariance)).tolist(), strict=True)
    for group in (coins, *((coin,) for coin in coins)):
        S = estimates.covariance(group) if any(coin not in found for coin in group) else None
        if S is not None:
            found = dict(zip(group, np.sqrt(np.diag(S)).tolist(), strict=True)) | found
    return found


def unpriced_notice(coins: Sequence[str]) -> Notice:
    """Say that these coins have no price and are not part of the plan."""
    them = "it" if len(coins) == 1 else "them"
    return Notice(
        LEFT_OUT,
        f"No price for {listed(coins)}: the plan is for the rest of your bag. Type a price to include {them}.",
        "warning",
    )
