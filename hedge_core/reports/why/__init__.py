"""Why this number: the derivation of every main figure of a plan, as a formula and as steps with the user's numbers.

Each value is computed again from its inputs, independently of the assessment, and agrees with it. `step` holds what all
derivations share, `counts` the numbers of contracts, `account` margin, carry and fees.
"""

from __future__ import annotations

from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.held_coins import HeldCoin
from hedge_core.reports.why.account import carry_a_month, fees, margin_to_open, rally_survived
from hedge_core.reports.why.counts import achieved, exact_contracts, residual, target, whole_contracts
from hedge_core.reports.why.months import net_per_month
from hedge_core.reports.why.step import Derivation, Row, shortened, total
from hedge_core.text import digits, dollars, exact_percent, percent, unit_price, usd

__all__ = ["Derivation", "derivations"]

LEFT_OUT = {
    "speculative": "a trade with a stop-loss",
    "stablecoin": "a stablecoin",
    "unhedgeable": "no usable contract",
}


def derivations(assessment: HedgeAssessment) -> tuple[Derivation, ...]:
    """The derivation of each figure of the plan, in the order in which one follows from another.

    Bag, value to hedge, hedge ratio; target, exact and whole contracts of each leg; achieved hedge ratio, value left
    unhedged; margin to open, rally survived, carry per month, fees, net per month.
    """
    legs = []
    for place, leg in enumerate(assessment.legs):
        wanted = target(assessment, leg)
        legs += [wanted, exact_contracts(leg, wanted.value or 0.0), whole_contracts(assessment, place)]
    ratio = achieved(assessment)
    return (
        bag(assessment),
        to_hedge(assessment),
        hedge_ratio(assessment),
        *legs,
        ratio,
        residual(assessment, ratio.value or 0.0),
        margin_to_open(assessment),
        rally_survived(assessment),
        carry_a_month(assessment),
        fees(assessment),
        net_per_month(assessment),
    )


def bag(assessment: HedgeAssessment) -> Derivation:
    """Value of the bag (USD): sum of quantity × price."""
    rows = [Row(held.value, (_holding_line(held),)) for held in assessment.held_coins]
    amounts = [row.amount for row in rows]
    steps = [*shortened(rows), *total(amounts)] if rows else ["The bag is empty."]
    if assessment.market.simulated and rows:
        steps.append("Prices are simulated, except those that you entered")
    return Derivation("Bag", "sum of quantity × price", tuple(steps), sum(amounts), usd(sum(amounts)))


def _holding_line(held: HeldCoin) -> str:
    remarks = ["your price"] if held.is_own_price else []
    if held.note:
        remarks.append(held.note.rstrip("."))
    holding, words = held.holding, f" ({'; '.join(remarks)})" if remarks else ""
    worked = f"{digits(holding.quantity)} × {unit_price(held.price)} = {dollars(held.value)}"
    return f"{holding.coin}: {worked}{words}"


def to_hedge(assessment: HedgeAssessment) -> Derivation:
    """Value (USD) of the holdings that the hedge is sized for."""
    inside = assessment.hedged_coins
    rows = [Row(p.value, (f"{p.holding.coin}: {dollars(p.value)}",)) for p in inside]
    others = [
        Row(p.value, (f"Left out, {p.holding.coin}: {dollars(p.value)} ({LEFT_OUT[p.status]})",))
        for p in assessment.held_coins
        if p.status != "hedged"
    ]
    amounts = [row.amount for row in rows]
    return Derivation(
        name="To hedge",
        formula="sum of the long-term holdings that a contract can hedge",
        steps=(*(shortened(rows) or ("There is nothing to hedge.",)), *total(amounts), *shortened(others)),
        value=sum(amounts),
        result=usd(sum(amounts)),
    )


def hedge_ratio(assessment: HedgeAssessment) -> Derivation:
    """The target hedge ratio h (a fraction): 1 − the share of the loss that the user accepts."""
    accepted = assessment.plan.decisions.risk_accepted
    return Derivation(
        name="Hedge ratio",
        formula="1 − share of the loss that you accept",
        steps=(f"Hedge ratio: 1 − {exact_percent(accepted)} = {exact_percent(1.0 - accepted)}",),
        value=1.0 - accepted,
        result=percent(1.0 - accepted),
    )
