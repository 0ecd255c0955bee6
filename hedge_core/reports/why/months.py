"""Derivation of what the hedge nets per month."""

from __future__ import annotations

from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.months import MONTH, net_by_month, uncounted_roll
from hedge_core.reports.why.step import Derivation
from hedge_core.text import days_text, dollars, signed_usd

NAME = "Net per month"
MONTHLY = "(carry − rolls − cost of cash) × 30 / days"
FORMULA = f"{MONTHLY}; the first month also pays half of the fees to open and close"


def net_per_month(assessment: HedgeAssessment) -> Derivation:
    """What a later month nets (USD, positive if the holder gains), and the first; None if a carry is unknown.

    A hedge that is open has no first month: opening it is paid.
    """
    costs, net = assessment.costs, net_by_month(assessment)
    formula = MONTHLY if costs.is_open else FORMULA
    if net is None:
        return Derivation(NAME, formula, ("The carry of at least one contract is unknown.",), None, "unknown")
    cash, days = assessment.cash_cost, costs.horizon_days
    over = costs.carry - costs.rolls - cash
    rolls = uncounted_roll(assessment).removesuffix(".")
    monthly = (
        f"Net over {days_text(days)}: {dollars(costs.carry)} − {dollars(costs.rolls)} − {dollars(cash)} = "
        f"{dollars(over)} (carry, rolls, cost of cash)",
        f"Each {'month' if costs.is_open else 'later month'}: {dollars(over)} × {MONTH:.0f} / {days} = "
        f"{dollars(net.later)}",
        *([rolls] if rolls else []),
    )
    if costs.is_open:
        open_steps = (*monthly, "The hedge is open: opening it is paid, and closing it is in no month")
        return Derivation(NAME, formula, open_steps, net.later, signed_usd(net.later))
    sides = costs.fees - costs.rolls
    steps = (
        *monthly,
        f"Cost of opening: {dollars(sides)} / 2 = {dollars(sides / 2.0)}",
        f"First month: {dollars(net.later)} − {dollars(sides / 2.0)} = {dollars(net.first)}",
        "Closing costs as much as opening did and is in neither month",
    )
    return Derivation(NAME, formula, steps, net.first, f"{signed_usd(net.later)}, first month {signed_usd(net.first)}")
