"""What the orders that are filled achieve: hedge ratio, liquidation level, and the plan's figures for what is held.

Once fills are entered, pages, commands and the report speak of these, with the plan beside them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from hedge_core.errors import HedgeError
from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.costs import CostEstimate, estimate_costs
from hedge_core.hedge.legs import SizedLeg
from hedge_core.hedge.margin import MarginRequirement, margin_requirement
from hedge_core.hedge.sizing import achieved_hedge_ratio
from hedge_core.market.contracts import Contract
from hedge_core.monitoring.position import PositionState, position_state
from hedge_core.text import listed, percent, usd


@dataclass(frozen=True, slots=True)
class FilledHedge:
    """The executed position in the figures of a plan.

    `achieved_hedge_ratio` is a fraction of the bag's exposure, None if a coin that is short is none of the plan's legs.
    `rally_survived` is a rise of the market (a fraction), with the equity of today as collateral; None as in
    `MarketMargin`.
    """

    achieved_hedge_ratio: float | None
    rally_survived: float | None


def filled_hedge(assessment: HedgeAssessment) -> FilledHedge | None:
    """The figures of what is filled, or None if no fill is entered. Raises the errors of `position_state`."""
    state = position_state(assessment)
    if state is None:
        return None
    coins = [leg.underlying for leg in assessment.legs]
    ratio = None
    if all(coin in coins for coin in state.underlyings):
        places = {coin: place for place, coin in reversed(list(enumerate(coins)))}
        hedge = np.array([state.short_of(coin) if places[coin] == at else 0.0 for at, coin in enumerate(coins)])
        ratio = achieved_hedge_ratio(hedge, assessment.exposure, assessment.covariance) if coins else 0.0
    return FilledHedge(ratio, state.market_margin.rally_survived)


@dataclass(frozen=True, eq=False)
class AsFilled:
    """The plan as it is filled: its assessment with the lots that are short instead of those that it wants.

    `why` says why the figures cannot be those of what is filled, and are the plan's; '' if they are.
    """

    assessment: HedgeAssessment
    why: str = ""


def as_filled(assessment: HedgeAssessment) -> AsFilled | None:
    """The assessment of what is filled, from today on; None if no fill is entered.

    Targets, betas and the bag are the plan's. Counts, margin (with today's equity), costs and the achieved ratio are
    those of the position, so that scenarios and months are about what is held. It needs every open position to be short
    in a contract of the plan.
    """
    try:
        state, filled = position_state(assessment), filled_hedge(assessment)
    except HedgeError:
        return AsFilled(assessment, "Your fills cannot be worked out, so these figures are the plan's.")
    if state is None or filled is None:
        return None
    known = {leg.contract.id for leg in assessment.legs}
    others = [one.contract.id for one in state.open_positions if one.contract.id not in known or one.lots < 0]
    if others or filled.achieved_hedge_ratio is None:
        held = listed(list(dict.fromkeys(others))) or listed(list(state.underlyings))
        return AsFilled(assessment, f"You hold {held}, which this plan does not sell, so these figures are the plan's.")
    legs = tuple(_held(leg, state) for leg in assessment.legs)
    return AsFilled(
        replace(
            assessment,
            legs=legs,
            achieved_hedge_ratio=filled.achieved_hedge_ratio,
            margin=_margin(assessment, legs, state),
            costs=_costs(assessment, legs, state),
            optimum=None,
            count_change=None,
        )
    )


def _held(leg: SizedLeg, state: PositionState) -> SizedLeg:
    """The leg with the lots that are short in its contract."""
    held = leg.instrument.direction * state.lots_of(leg.contract)
    return replace(leg, contracts=held, wanted_contracts=held)


def _margin(assessment: HedgeAssessment, legs: Sequence[SizedLeg], state: PositionState) -> MarginRequirement:
    """The margin of the lots held, with today's equity; isolated positions keep their own shares of it."""
    equity = None if state.equity is None else max(state.equity, 0.0)
    margin = margin_requirement(legs, equity, is_isolated=assessment.margin.is_isolated, pledged=assessment.pledged)
    margin = replace(margin, is_open=True)
    if not margin.is_split or state.margin.weights is None:
        return margin
    own = dict.fromkeys((leg.contract_id for leg in margin.legs), 0.0)
    for leg, weight in zip(state.margin.legs, state.margin.weights, strict=True):
        own[leg.contract_id] += weight
    return replace(margin, collateral=sum(own.values()), weights=tuple(own[leg.contract_id] for leg in margin.legs))


def _costs(assessment: HedgeAssessment, legs: Sequence[SizedLeg], state: PositionState) -> CostEstimate:
    """The costs of the lots held, in the month that is nearest of those held."""
    ends: dict[str, date] = {}
    for one in state.open_positions:
        if one.expiry is not None:
            ends[one.contract.id] = min(one.expiry, ends.get(one.contract.id, one.expiry))
    return estimate_costs(
        legs,
        assessment.market,
        horizon_days=assessment.plan.decisions.horizon_days,
        assumptions=replace(assessment.cost_basis, held=ends),
    )


def filled_sentence(assessment: HedgeAssessment) -> str:
    """What is filled beside the plan, in one sentence; '' without fills or if the fills cannot be worked out."""
    try:
        filled, state = filled_hedge(assessment), position_state(assessment)
    except HedgeError:
        return ""
    if filled is None or state is None:
        return ""
    if state.is_flat:
        return "Filled: nothing is open any more."
    short = sum(one.hedged(state.coin_prices[one.key]) for one in state.open_positions)
    count = len(state.open_positions)
    return (
        f"Filled: {usd(short)} short in {count} {'contract' if count == 1 else 'contracts'}, which offsets "
        f"{percent(filled.achieved_hedge_ratio)} of your bag's expected move (target {assessment.hedge_ratio:.0%}, "
        f"plan {percent(assessment.achieved_hedge_ratio)})."
    )


@dataclass(frozen=True, slots=True)
class LegFilled:
    """One contract of the plan or the position: lots that the plan wants and lots that are short, and their prices.

    `entry` and `mark` are means in USD per coin, None if nothing is short. `open_pnl` is what the lots have made, USD.
    """

    contract: Contract
    planned: int
    held: int
    entry: float | None = None
    mark: float | None = None
    open_pnl: float = 0.0

    @property
    def missing(self) -> int:
        """Lots that the plan wants and that are not short; negative if too many are."""
        return self.planned - self.held


def legs_filled(assessment: HedgeAssessment, state: PositionState) -> tuple[LegFilled, ...]:
    """Filled against planned, contract by contract: those of the plan first, then others that are open."""
    planned = {leg.contract.id: leg for leg in assessment.legs if leg.contracts or state.lots_of(leg.contract)}
    rows = []
    for name in dict.fromkeys((*planned, *(one.contract.id for one in state.open_positions))):
        mine = [one for one in state.open_positions if one.contract.id == name]
        contract = mine[0].contract if mine else planned[name].contract
        lots = planned[name].lots if name in planned else 0
        if not mine:
            rows.append(LegFilled(contract, lots, 0))
            continue
        coins = sum(one.coins for one in mine)
        rows.append(
            LegFilled(
                contract,
                lots,
                state.lots_of(contract),
                entry=sum(one.coins * (one.entry_price or 0.0) for one in mine) / coins if coins else None,
                mark=sum(one.coins * state.marks[one.key] for one in mine) / coins if coins else None,
                open_pnl=sum(one.open_pnl(state.marks[one.key]) for one in mine),
            )
        )
    return tuple(rows)
