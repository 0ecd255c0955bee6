"""The parts of the report on the hedge itself, in words: bag, proxies, legs, margin, costs, and what they rest on."""

from __future__ import annotations

import math
from collections.abc import Callable

from hedge_core.exposure.betas import BetaEstimate
from hedge_core.exposure.proxies import judge
from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.held_coins import HeldCoin
from hedge_core.reports.html.table import Table, source_text
from hedge_core.text import cents, percent, plain_text, price, quantity, short_percent, signed_usd, usd

RALLIES = (0.25, 0.5, 1.0)
"""Rises of all coins for which the report says how much collateral lives through them."""

UNKNOWN = "unknown"


def summary(assessment: HedgeAssessment) -> tuple[tuple[str, str], ...]:
    """The figures on top: name and value."""
    rally, costs = assessment.margin.rally_survived, assessment.costs
    return (
        ("Bag", usd(assessment.bag_value)),
        ("To hedge", usd(assessment.hedgeable_value)),
        ("Short", usd(assessment.margin.notional)),
        ("Hedged / target", f"{percent(assessment.achieved_hedge_ratio)} / {percent(assessment.hedge_ratio)}"),
        ("Rally survived", "not known" if rally is None else percent(rally)),
        ("Carry a month", signed_usd(costs.carry_a_month) if costs.is_carry_known else "not known"),
    )


def bag_table(assessment: HedgeAssessment) -> Table:
    """Every holding: quantity, price, value, its share, and what is done with it."""
    total = assessment.bag_value
    rows: list[tuple[str, ...]] = [
        (
            held.holding.coin,
            quantity(held.holding.quantity),
            price(held.price) + (" *" if held.is_own_price else ""),
            usd(held.value),
            percent(held.value / total if total > 0 else 0.0),
            _treatment(held),
            plain_text(held.holding.note),
        )
        for held in assessment.held_coins
    ]
    rows.append(("Together", "", "", usd(total), "", "", ""))
    columns: tuple[str, ...] = ("Coin", "Quantity", "Price", "Value", "Share", "What is done", "Note")
    if not any(row[-1] for row in rows):
        columns, rows = columns[:-1], [row[:-1] for row in rows]
    return Table(columns, tuple(rows), frozenset((1, 2, 3, 4)), frozenset((6,)), total=True)


def _treatment(held: HeldCoin) -> str:
    if held.status == "speculative":
        stop = held.holding.stop_loss
        return "trade, without a stop" if stop is None else f"trade, stop {percent(stop)} below"
    return {"hedged": "hedged", "stablecoin": "stablecoin, not hedged"}.get(held.status, "cannot be hedged")


def proxy_table(assessment: HedgeAssessment) -> Table:
    """For each coin that is or could be hedged: with what, beta and its interval, the verdict and its reason."""
    rows = []
    for held in assessment.held_coins:
        if held.status == "stablecoin":
            continue
        verdict, why = _verdict(held)
        rows.append(
            (
                held.holding.coin,
                _route(held),
                _each(held, lambda estimate: _number(estimate.beta)),
                _each(held, _interval),
                verdict,
                why,
            )
        )
    columns = ("Coin", "Hedged with", "Beta", "Beta of the next 90 days (95%)", "Fit", "Why")
    return Table(columns, tuple(rows), frozenset((2,)))


def _route(held: HeldCoin) -> str:
    if held.status != "hedged":
        return "nothing"
    name = " and ".join(held.proxies)
    return {
        "own future": "a future of its own",
        "set by you": f"{name}, set by you",
        "bag": f"{', '.join(held.proxies)}, with the rest of the bag",
    }.get(held.route, name)


def _each(held: HeldCoin, of: Callable[[BetaEstimate], str]) -> str:
    """One figure for each beta in use, with the proxy's name where there are several."""
    estimates = held.estimates if held.status == "hedged" else ()
    texts = [of(estimate) for estimate in estimates]
    if len(texts) == 1 or (texts and set(texts) == {UNKNOWN}):
        return texts[0]
    return ", ".join(f"{estimate.proxy} {text}" for estimate, text in zip(estimates, texts, strict=True)) or "–"


def _interval(estimate: BetaEstimate) -> str:
    if estimate.method == "own future":
        return "one to one"
    interval = estimate.interval_to_come
    return UNKNOWN if interval is None else f"{_number(interval[0])} to {_number(interval[1])}"


def _number(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")


def _verdict(held: HeldCoin) -> tuple[str, str]:
    """The verdict on what is shorted, and its reason; of a coin hedged with the bag, on the closest of the proxies."""
    chosen = held.choice.chosen if held.choice else None
    if held.route == "bag" and held.choice is not None:
        used = [c for c in held.choice.candidates if c.proxy in held.proxies and c.estimate is not None]
        closest = max(used, key=lambda c: (c.estimate and c.estimate.correlation) or 0.0, default=None)
        if closest is not None and closest.estimate is not None:
            return judge(closest.estimate)
    if held.status != "hedged" or chosen is None:
        return "none" if held.status == "unhedgeable" else "–", held.reason
    return chosen.verdict, chosen.reason


def leg_table(assessment: HedgeAssessment) -> Table:
    """Each contract: exact and whole count, what one is worth, and what the leg comes to against its target."""
    rows = tuple(
        (
            leg.contract.id,
            leg.contract.size_text(),
            usd(leg.lot_notional, cents=True),
            f"{leg.exact_contracts:,.2f}",
            f"{abs(leg.contracts):,}",
            usd(leg.target_notional),
            usd(leg.notional),
        )
        for leg in assessment.legs
    )
    columns = ("Contract", "One is", "Worth", "Exact", "Whole", "Target", "Short")
    return Table(columns, rows, frozenset((2, 3, 4, 5, 6)))


def leg_sentence(assessment: HedgeAssessment) -> str:
    """What the whole contracts achieve together."""
    return (
        f"Together the short comes to {usd(assessment.margin.notional)}. It offsets "
        f"{percent(assessment.achieved_hedge_ratio)} of the bag's expected move; the target is "
        f"{percent(assessment.hedge_ratio)}. {usd(assessment.residual_exposure, cents=True)} of the "
        f"{usd(assessment.hedgeable_value)} to hedge stay open."
    )


def margin_sentence(assessment: HedgeAssessment) -> str:
    """What is needed to open, what there is, and what ends the hedge."""
    margin = assessment.margin
    if margin.notional <= 0:
        return "Nothing is shorted, so no margin is needed."
    text = f"Opening takes {usd(margin.initial)} of margin, {usd(margin.maintenance)} must stay. "
    if margin.collateral is None:
        return f"{text}No collateral is stated, so it is not known which rally ends the hedge."
    text += f"You set aside {usd(margin.collateral)}. "
    if margin.is_enough_to_open is False:
        return f"{text}That does not open the hedge."
    rally = margin.rally_survived
    if rally is None or rally == math.inf:
        return f"{text}No rally ends the hedge."
    traded = all(leg.is_exchange_traded for leg in margin.legs)
    ends = "the margin is called, and the broker may close earlier" if traded else "the short is liquidated"
    return (
        f"{text}If all coins that are short rise by {percent(rally)} together, {ends}. Gains on coins held elsewhere "
        "do not support the short."
    )


def collateral_table(assessment: HedgeAssessment) -> Table:
    """How much collateral lives through a rise of all coins together."""
    margin = assessment.margin
    rows = tuple((short_percent(rally), usd(margin.collateral_for(rally))) for rally in RALLIES)
    return Table(("All coins rise by", "Collateral that lives through it"), rows, frozenset((0, 1)))


def end_table(assessment: HedgeAssessment) -> Table | None:
    """The price of each coin at the rally that ends the account; None where there is no such rally."""
    margin = assessment.margin
    rally = margin.rally_survived
    if rally is None or rally == math.inf:
        return None
    by_coin = {leg.underlying: leg.price for leg in margin.legs}
    rows = tuple((coin, price(now), price(now * (1.0 + rally))) for coin, now in by_coin.items())
    return Table(("Coin", "Price now", "Price at that rally"), rows, frozenset((1, 2)))


def cost_table(assessment: HedgeAssessment) -> Table:
    """What each leg costs, and what it earns, over the horizon."""
    rows = [
        (
            cost.contract_id,
            usd(cost.commission, cents=True),
            usd(cost.spread, cents=True),
            f"{usd(cost.roll_cost, cents=True)} ({len(cost.roll_days)})" if cost.roll_days else "none",
            "not known" if cost.carry is None else cents(cost.carry),
            cost.carry_basis if cost.carry_rate is None else f"{percent(cost.carry_rate)} a year, {cost.carry_basis}",
        )
        for cost in assessment.costs.legs
    ]
    columns = ("Contract", "Fees", "Spread", "Rolls", "Carry", "Carry from")
    return Table(columns, tuple(rows), frozenset((1, 2, 3, 4)))


def contract_table(assessment: HedgeAssessment) -> Table:
    """Where the facts of the contracts are from, and when they were checked."""
    rows = tuple(
        (
            leg.contract.id,
            leg.contract.expiry_rule or ("perpetual" if leg.contract.kind == "perpetual" else "dated"),
            leg.contract.margin_note or "margin of 40% assumed",
            leg.contract.fee_note or "fee of 0.1% a side assumed",
            plain_text(leg.contract.source),
            leg.contract.verified_on or "–",
            leg.contract.confidence,
        )
        for leg in assessment.legs
    )
    columns = ("Contract", "Ends", "Margin", "Fees", "Source", "Checked on", "Confidence")
    return Table(columns, rows, frozenset((5,)))


def data_sentence(assessment: HedgeAssessment) -> str:
    """Which prices and which stretch of history the figures rest on."""
    market, days = assessment.market, assessment.market.history.days
    text = f"Prices: {source_text(market)}, {market.as_of:%d %b %Y %H:%M} UTC. "
    if len(days):
        text += f"History: daily closes from {days[0].item():%d %b %Y} to {days[-1].item():%d %b %Y}. "
    decisions = assessment.plan.decisions
    text += f"Betas on the last {decisions.window_days} days; horizon {decisions.horizon_days} days. "
    return text + (
        f"Approach {decisions.approach.replace('_', ' ')}, sizing {decisions.method.replace('_', ' ')}, "
        f"rounding {decisions.rounding}, venue {plain_text(decisions.venue)}."
    )
