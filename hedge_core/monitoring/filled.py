"""What the orders that are filled achieve: hedge ratio, liquidation level, and the plan's figures for what is held.

Once fills are entered, pages, commands and the report speak of these, with the plan beside them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from hedge_core.errors import HedgeError
from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.costs import CostEstimate, estimate_costs
from hedge_core.hedge.held_counts import lots_held
from hedge_core.hedge.held_options import HeldOptions, calls_breach
from hedge_core.hedge.legs import SizedLeg
from hedge_core.hedge.margin import MarginRequirement, margin_requirement
from hedge_core.hedge.planner import leg_volatilities
from hedge_core.hedge.sizing import achieved_hedge_ratio
from hedge_core.market.contracts import Contract
from hedge_core.monitoring.option_cover import cover_ratio
from hedge_core.monitoring.option_ledger import has_option_fills, option_book
from hedge_core.monitoring.position import PositionState, position_state, sold_share
from hedge_core.monitoring.shorted_coins import shorted_coins
from hedge_core.text import listed, percent, usd


@dataclass(frozen=True, slots=True)
class FilledHedge:
    """The executed position in the figures of a plan.

    `achieved_hedge_ratio` is a fraction of the bag's exposure; shorts in coins that the plan does not sell count as far
    as these move with the plan's, and `is_assumed` says that there is too little history to tell. `rally_survived` is a
    rise of the market (a fraction), with the equity of today as collateral and margin on the contracts' own marks; None
    as in `MarketMargin`. Pages show that of `as_filled`, whose margin is on the coins' prices, like the plan's.
    """

    achieved_hedge_ratio: float
    rally_survived: float | None
    is_assumed: bool = False


def filled_hedge(assessment: HedgeAssessment) -> FilledHedge | None:
    """The figures of what is filled, or None if no fill is entered. Raises the errors of `position_state`."""
    state = position_state(assessment)
    if state is None:
        return FilledHedge(0.0, None) if has_option_fills(assessment.plan) else None
    return _filled_hedge(assessment, state)


def _filled_hedge(assessment: HedgeAssessment, state: PositionState) -> FilledHedge:
    coins = shorted_coins(assessment, state)
    ratio = achieved_hedge_ratio(coins.held(state), coins.padded(assessment.exposure), coins.covariance)
    return FilledHedge(ratio, state.market_margin.rally_survived, coins.is_assumed)


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
    those of the position, so that scenarios and months are about what is held. A contract that is short and that the
    plan does not sell is a leg without a target. A future that is bought is no hedge: then the figures are the plan's.
    Fills of options alone hold no short. Open options are held beside the shorts (`HedgeAssessment.options`).
    """
    try:
        state = position_state(assessment)
        options = _options(assessment, state)
    except HedgeError:
        return AsFilled(assessment, "Your fills cannot be worked out, so these figures are the plan's.")
    if state is None:
        has_options = has_option_fills(assessment.plan)
        return AsFilled(replace(_without_shorts(assessment), options=options)) if has_options else None
    bought = [one.contract.id for one in state.open_positions if one.lots < 0]
    if bought:
        held = listed(list(dict.fromkeys(bought)))
        return AsFilled(assessment, f"You are long {held}, which is no hedge, so these figures are the plan's.")
    filled, coins = _filled_hedge(assessment, state), shorted_coins(assessment, state)
    legs = (*(_held(leg, state) for leg in assessment.legs), *_beside_plan(assessment, state))
    places = [coins.names.index(leg.underlying) for leg in legs]
    wider = replace(
        assessment,
        legs=legs,
        exposure=np.concatenate([assessment.exposure, np.zeros(len(legs) - len(assessment.legs))]),
        covariance=coins.covariance[np.ix_(places, places)],
        is_covariance_assumed=coins.is_assumed,
        volatilities={**leg_volatilities(assessment.plan, assessment.estimates, legs), **assessment.volatilities},
        achieved_hedge_ratio=filled.achieved_hedge_ratio,
        margin=_margin(assessment, legs, state),
        optimum=None,
        count_change=None,
        risk=None,
        options=options,
    )
    return AsFilled(replace(wider, costs=_costs(wider, state)))


def _options(assessment: HedgeAssessment, state: PositionState | None) -> HeldOptions | None:
    """The options that the fills hold open; None if there are none. The reserve is for the shorts, if there are any."""
    book, decisions = option_book(assessment), assessment.plan.decisions
    if book is None or not book.legs:
        return None
    sold, shorts = [leg for leg in book.legs if not leg.is_bought], state is not None and bool(state.margin.legs)
    collateral = decisions.collateral
    if collateral is not None and sold:
        share = sold_share(book, state.margin) if state is not None and shorts else 1.0
        collateral = max(share * collateral + book.calls_pnl, 0.0)
    return HeldOptions(
        legs=book.legs,
        collateral=collateral if sold else None,
        breach=calls_breach(sold, 0.0 if shorts else decisions.reserve),
        offsets=cover_ratio(assessment, state, book.legs),
    )


def _held(leg: SizedLeg, state: PositionState) -> SizedLeg:
    """The leg with the lots that are short in its contract."""
    held = leg.instrument.direction * state.lots_of(leg.contract)
    return replace(leg, contracts=held, wanted_contracts=held)


def _beside_plan(assessment: HedgeAssessment, state: PositionState) -> tuple[SizedLeg, ...]:
    """Legs without a target for the contracts that are short and that the plan does not sell."""
    known = {leg.contract.id for leg in assessment.legs}
    others = {one.contract.id: one for one in state.open_positions if one.contract.id not in known}
    return tuple(
        _held(
            SizedLeg(
                contract=one.contract,
                price=state.coin_prices[one.key],
                lot_notional=one.contract.lot_notional(state.coin_prices[one.key]),
                contracts=0,
                ideal_notional=0.0,
                target_notional=0.0,
                exact_contracts=0.0,
                wanted_contracts=0,
            ),
            state,
        )
        for one in others.values()
    )


def _without_shorts(assessment: HedgeAssessment) -> HedgeAssessment:
    """The assessment with nothing short, because all that is filled is options."""
    legs = tuple(replace(leg, contracts=0, wanted_contracts=0) for leg in assessment.legs)
    return replace(
        assessment,
        legs=legs,
        achieved_hedge_ratio=0.0,
        margin=replace(assessment.margin, legs=(), weights=None, is_assumed=False),
        costs=replace(assessment.costs, legs=()),
        optimum=None,
        count_change=None,
        risk=None,
    )


def _margin(assessment: HedgeAssessment, legs: Sequence[SizedLeg], state: PositionState) -> MarginRequirement:
    """The margin of the lots held, with today's equity; accounts of their own keep their own shares of it."""
    equity = state.margin.collateral
    home, is_apart = assessment.plan.decisions.venue, assessment.margin.is_isolated
    margin = margin_requirement(legs, equity, is_isolated=is_apart, pledged=assessment.pledged, home=home)
    margin = replace(margin, is_open=True)
    if not margin.is_split or state.margin.weights is None:
        return margin
    own = dict.fromkeys((leg.contract_id for leg in margin.legs), 0.0)
    for leg, weight in zip(state.margin.legs, state.margin.weights, strict=True):
        own[leg.contract_id] += weight
    return replace(margin, collateral=sum(own.values()), weights=tuple(own[leg.contract_id] for leg in margin.legs))


def _costs(assessment: HedgeAssessment, state: PositionState) -> CostEstimate:
    """The costs of the legs from today on, in the month that is nearest of those held."""
    ends: dict[str, date] = {}
    for one in state.open_positions:
        if one.expiry is not None:
            ends[one.contract.id] = min(one.expiry, ends.get(one.contract.id, one.expiry))
    costs = estimate_costs(
        assessment.legs,
        assessment.market,
        horizon_days=assessment.plan.decisions.horizon_days,
        basis=replace(assessment.cost_basis, held=ends),
    )
    return replace(costs, legs=tuple(replace(leg, is_open=True) for leg in costs.legs))


def filled_sentence(assessment: HedgeAssessment) -> str:
    """What is filled beside the plan, in one sentence or more; '' without fills or if they cannot be worked out."""
    return " ".join(filled_sentences(assessment))


def filled_sentences(assessment: HedgeAssessment) -> tuple[str, ...]:
    """What is filled beside the plan, the sentence that leads first; () without fills or if they are unknown."""
    try:
        filled, state, book = filled_hedge(assessment), position_state(assessment), option_book(assessment)
    except HedgeError:
        return ()
    if filled is None:
        return ()
    holds_options = book is not None and bool(book.legs)
    if state is None and holds_options:
        return (f"Filled: options, and no short (plan {percent(assessment.achieved_hedge_ratio)}).",)
    if state is None or state.is_flat:
        return (
            "Filled: no short is open any more, besides your options."
            if holds_options
            else "Filled: nothing is open any more.",
        )
    short = sum(one.hedged(state.coin_prices[one.key]) for one in state.open_positions)
    count = len(state.open_positions)
    first = (
        f"Filled: {usd(short)} short in {count} {'position' if count == 1 else 'positions'}, which offsets "
        f"{percent(filled.achieved_hedge_ratio)} of your bag's expected move (target {assessment.hedge_ratio:.0%}, "
        f"plan {percent(assessment.achieved_hedge_ratio)})."
    )
    if holds_options and book is not None:
        first += f" Your {'option comes' if len(book.legs) == 1 else f'{len(book.legs)} options come'} on top."
    return (first, *_beside(assessment, state, filled))


def _beside(assessment: HedgeAssessment, state: PositionState, filled: FilledHedge) -> list[str]:
    """Sentences on contracts that the plan does not sell, on coins without a history, and on several accounts."""
    known = {leg.contract.id for leg in assessment.legs}
    others = list(dict.fromkeys(one.contract.id for one in state.open_positions if one.contract.id not in known))
    said = []
    if others:
        verb = "is" if len(others) == 1 else "are"
        said.append(
            f"{listed(others)} {verb} counted, although this plan does not sell {'it' if verb == 'is' else 'them'}."
        )
    if filled.is_assumed and not assessment.is_covariance_assumed:
        said.append("Too little history tells how these coins move together; they are taken to move as one.")
    if state.accounts:
        venues = listed([one.venue for one in state.accounts])
        said.append(
            f"Each account counts for itself ({venues}); your collateral is taken to be split between them by the "
            "margin that opened them."
        )
        if assessment.pledged:
            said.append("Pledged coins are not counted, because they lie at one of these venues.")
    return said


def lots_toward(assessment: HedgeAssessment) -> dict[str, int]:
    """The lots of the plan's contracts that are short already, by id, each at least one.

    Another contract on a leg's coin counts as the lots of the leg that are nearest to its USD, so that a coin is not
    sold twice. Where the position cannot be worked out, only the plan's own contracts count.
    """
    today = assessment.market.as_of.date()
    try:
        state = position_state(assessment)
    except HedgeError:
        return dict(lots_held(assessment.plan, (leg.contract for leg in assessment.legs), today))
    found = {}
    for leg in assessment.legs if state is not None else ():
        assert state is not None
        others = sum(
            one.hedged(state.coin_prices[one.key])
            for one in state.open_positions
            if one.contract.underlying == leg.underlying and one.contract.id != leg.contract.id
        )
        lots = state.lots_of(leg.contract) + math.floor(others / leg.lot_notional + 0.5)
        if lots > 0:
            found[leg.contract.id] = lots
    return found


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
