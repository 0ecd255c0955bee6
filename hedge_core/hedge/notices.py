"""Notices: what the holder should know before acting, found in the finished assessment."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import numpy as np

from hedge_core.errors import Notice
from hedge_core.exposure.proxies import GOOD_CORRELATION
from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.held_coins import MAX_PRICE_AGE_DAYS, HeldCoin
from hedge_core.hedge.legs import SizedLeg
from hedge_core.hedge.sizing import whole_contracts
from hedge_core.market.contracts import Catalogue, Contract
from hedge_core.market.expiries import ROLL_AHEAD_DAYS
from hedge_core.plan.plan import Rounding

MOST_LEVERAGE = 5.0
"""Optimal hedges with a chance of liquidation under 1% mostly use less (Alexander, Deng, Zou, EJOR 306)."""

MOST_HEDGED = 1.05
DEEP = 20.0
OLD_ROW_DAYS = 180
"""A catalogue row that was checked longer ago is marked."""


def notices_of(assessment: HedgeAssessment, known: Catalogue) -> list[Notice]:
    """Every notice on an assessment; `known` are the contracts that the plan could use."""
    return [
        *_of_source(assessment),
        *_of_sizing(assessment, known),
        *_of_coins(assessment),
        *_of_prices(assessment),
        *_of_legs(assessment),
        *_of_money(assessment),
    ]


def _of_source(assessment: HedgeAssessment) -> Iterator[Notice]:
    if assessment.market.simulated:
        yield Notice("simulated", "Prices and history are simulated: for practice, not for orders.")
    yield from assessment.market.notices


def _of_sizing(assessment: HedgeAssessment, known: Catalogue) -> Iterator[Notice]:
    """The method, and contracts that are too large or not to be trusted."""
    decisions = assessment.plan.decisions
    if decisions.method == "guide_divided":
        yield Notice(
            "guide_divided",
            "Dividing by beta covers only hedge ratio / beta² of the exposure. Multiply by beta instead "
            "(method beta_weighted) to offset the share that you chose.",
        )
    elif decisions.method == "notional" and assessment.legs:
        yield Notice(
            "ignores_beta",
            "Dollar for dollar ignores beta: coins that move more than the proxy stay exposed.",
        )
    if assessment.is_covariance_assumed:
        yield Notice(
            "covariance_assumed",
            "The contracts share too little history; the achieved ratio assumes that they move as one.",
        )
    is_limited = assessment.optimum is not None and assessment.optimum.is_budget_binding
    for leg in assessment.legs:
        if leg.contracts == 0 and leg.target_notional > 0 and not is_limited:
            yield Notice("too_small", _too_small(leg, known, decisions.rounding))
    for contract in known:
        if contract.conflict and contract.venue == decisions.venue:
            yield Notice("contract_conflict", f"{contract.id} is not used: {contract.conflict}. Check with the venue.")


def _of_coins(assessment: HedgeAssessment) -> Iterator[Notice]:
    """What was made of the holdings, and how far their proxies are to be trusted."""
    overrides = assessment.plan.overrides
    for note in dict.fromkeys(held.note for held in assessment.held_coins if held.note):
        yield Notice("coin_resolved", note)
    for held in assessment.held_coins:
        if held.status == "unhedgeable":
            yield Notice("unhedgeable", f"{held.holding.coin} is not hedged. {held.reason}")
    for held in assessment.hedged_coins:
        coin = held.holding.coin
        if held.proxy == held.moves_with and {coin, held.moves_with} & set(overrides.betas):
            yield Notice(
                "beta_unused",
                f"{coin} is hedged with its own future, so the beta that you set is not used. "
                "Choose ETH or BTC as its proxy to use it.",
            )
        estimate = held.estimates[0] if held.estimates else None
        measured = estimate is not None and estimate.method in ("ols", "shrunk", "joint")
        if estimate is not None and measured and estimate.observations < min(estimate.window_days, 180):
            yield Notice("young_coin", f"{coin}: beta rests on {estimate.observations} days only; treat it as a guess.")
    loose = [p.holding.coin for p in assessment.hedged_coins if _best_correlation(p) < GOOD_CORRELATION]
    if loose:
        yield Notice(
            "weak_proxy",
            f"{', '.join(dict.fromkeys(loose))}: correlation with what is shorted is below {GOOD_CORRELATION}; much of "
            "what happens to "
            f"{'this coin' if len(loose) == 1 else 'these coins'} is not hedged.",
        )


def _best_correlation(held: HeldCoin) -> float:
    """The closest correlation with anything that is shorted against the holding; 1 where none was measured."""
    if held.route in ("own future", "none") or held.choice is None:
        return 1.0
    used = [c.estimate for c in held.choice.candidates if c.proxy in held.proxies and c.estimate is not None]
    return max((e.correlation for e in used if e.correlation is not None and e.method != "own future"), default=1.0)


def _of_prices(assessment: HedgeAssessment) -> Iterator[Notice]:
    """Prices that are old, or that jump as no price does."""
    plan, market = assessment.plan, assessment.market
    priced = {p.moves_with for p in assessment.held_coins if not p.is_own_price}
    underlyings = {leg.underlying for leg in assessment.legs} - set(plan.overrides.prices)
    ages = {coin: market.price_age_days(coin) for coin in sorted(priced | underlyings)}
    stale = [f"{coin} by {age} days" for coin, age in ages.items() if age > MAX_PRICE_AGE_DAYS]
    if stale:
        yield Notice(
            "stale_price", f"Some last prices are older than the newest day in {market.source}: {', '.join(stale)}."
        )
    used = {p.moves_with for p in assessment.hedged_coins} | {leg.underlying for leg in assessment.legs}
    for coin in sorted(used):
        if coin not in market.history:
            continue
        returns = market.history.returns_of(coin)[-plan.decisions.window_days :]
        jumps = np.flatnonzero((returns > 9.0) | (returns < -0.9))
        if jumps.size:
            day = market.history.days[1:][-plan.decisions.window_days :][jumps[0]]
            yield Notice("suspicious_price", f"{coin} moves tenfold on {day}: if that close is wrong, so is its beta.")


def _of_legs(assessment: HedgeAssessment) -> Iterator[Notice]:
    """What the figures of margin and costs leave out for the contracts in use."""
    margin, horizon = assessment.margin, assessment.plan.decisions.horizon_days
    traded = [leg for leg in assessment.legs if leg.contracts]
    venues = dict.fromkeys(leg.contract.venue for leg in traded)
    if len(venues) > 1:
        yield Notice(
            "several_accounts",
            f"The legs stand at {' and '.join(venues)}; margin is worked out as if they shared one account, "
            "which they do not.",
        )
    today = assessment.market.as_of.date()
    for leg, cost in zip(traded, assessment.costs.legs, strict=True):
        yield from _of_contract(leg.contract, today)
        if cost.roll_days:
            times = len(cost.roll_days)
            yield Notice(
                "rolled",
                f"{leg.contract.id} ends on {cost.roll_days[0]}, before your horizon of {horizon} days: it is rolled "
                f"{times} {'time' if times == 1 else 'times'}, ${cost.roll_cost:,.0f} of the fees.",
            )
        depth = assessment.plan.overrides.costs.depth
        if leg.notional > DEEP * depth:
            yield Notice(
                "large_order",
                f"{leg.contract.id}: ${leg.notional:,.0f} is far beyond the ${depth:,.0f} at which slippage is assumed "
                "to double the spread; no estimate of slippage reaches so far.",
            )
        limit = leg.contract.margin_tier_limit
        if limit is not None and leg.notional > limit and not leg.contract.margin_tiers:
            yield Notice(
                "margin_tier",
                f"{leg.contract.id}: above ${limit:,.0f} the venue asks for more margin than this.",
            )
    if margin.coin_collateral > 0.0:
        yield Notice(
            "coin_collateral",
            f"${margin.coin_collateral:,.0f} of the collateral is held in coins, as inverse contracts ask: that is "
            "held beside the bag and not hedged.",
        )
    if margin.rally_survived is not None and margin.is_enough_to_open and margin.rally_survived < 0.1:
        yield Notice(
            "thin_margin",
            f"With this collateral a rally of {margin.rally_survived:.1%} ends the hedge: one bad day is enough.",
        )
    elif margin.leverage is not None and margin.is_enough_to_open and margin.leverage > MOST_LEVERAGE:
        yield Notice(
            "high_leverage",
            f"The short stands at {margin.leverage:.1f} times its collateral. A hedge needs no leverage; published "
            f"work finds that sound hedges stay under {MOST_LEVERAGE:.0f} times. More collateral survives larger "
            "rallies.",
        )
    if assessment.achieved_hedge_ratio > MOST_HEDGED:
        yield Notice(
            "over_hedged",
            f"The short offsets {assessment.achieved_hedge_ratio:.0%} of the bag's exposure: more than there is. In a "
            "rally it loses more than the bag gains.",
        )


def _of_contract(contract: Contract, today: date) -> Iterator[Notice]:
    """Facts that may be out of date, and a future that is about to end."""
    if contract.expires_on is not None and (contract.expires_on - today).days < ROLL_AHEAD_DAYS:
        days = (contract.expires_on - today).days
        when = (
            "has ended" if days < 0 else "ends today" if days == 0 else f"ends in {days} day{'s' if days > 1 else ''}"
        )
        yield Notice("ends_soon", f"{contract.id} {when}: choose one that ends later.")
    if contract.verified_on and contract.is_catalogued:
        age = (today - date.fromisoformat(contract.verified_on[:10])).days
        if age > OLD_ROW_DAYS:
            yield Notice(
                "contract_old",
                f"{contract.id}: its size and fees were last checked {age} days ago, on {contract.verified_on}. Check "
                "them with the venue.",
            )


def _of_money(assessment: HedgeAssessment) -> Iterator[Notice]:
    """Collateral, assumptions about costs, and stops that are missing."""
    margin, costs = assessment.margin, assessment.costs
    if margin.is_enough_to_open is False:
        yield Notice(
            "collateral_short",
            f"Collateral of ${margin.collateral:,.0f} is below the initial margin of ${margin.initial:,.0f}: "
            "the hedge cannot be opened in full.",
        )
    if margin.is_assumed and margin.notional:
        yield Notice("margin_assumed", "Margin rates are assumptions on the careful side: check them with your broker.")
    if costs.is_fee_assumed:
        yield Notice("fee_assumed", "Fees depend on your broker; 0.1% a side is assumed.")
    if not costs.is_carry_known:
        yield Notice("carry_unknown", "The carry of at least one leg is not known and not in the totals.")
    for order in assessment.stop_orders:
        if order.stop_price is None:
            yield Notice(
                "no_stop",
                f"{order.coin} is speculative but has no stop-loss: it is neither hedged nor stopped.",
            )


def _too_small(leg: SizedLeg, known: Catalogue, rounding: Rounding) -> str:
    text = (
        f"Too small to hedge with {leg.contract.id}: one contract is ${leg.lot_notional:,.0f}, "
        f"{leg.exact_contracts:.2f} would be needed."
    )
    fits = [
        other
        for other in known
        if other.underlying == leg.underlying
        and other.lot_notional(leg.price) > 0.0
        and whole_contracts(leg.target_notional / other.lot_notional(leg.price), rounding) > 0
    ]
    if not fits:
        return f"{text} No contract in the catalogue is small enough."
    best = max(fits, key=lambda other: other.lot_notional(leg.price))
    return f"{text} {best.id} ({best.size_text()}, ${best.lot_notional(leg.price):,.0f}) would do."
