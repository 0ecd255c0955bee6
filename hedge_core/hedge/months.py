"""What the hedge nets per month: carry less costs, in the first month and in each later one.

    later month = (carry − rolls − cost of cash)·30/days
    first month = later month − cost of opening

where carry, rolls and the cost of cash are totals over the plan's horizon of `days`, and the cost of opening is half of
the fees, spread and slippage for opening and closing, or 0 if the hedge is open. USD; a positive amount is money to the
holder. Closing costs as much as opening did and is in neither month.
"""

from __future__ import annotations

from dataclasses import dataclass

from hedge_core.hedge.assessment import HedgeAssessment

MONTH = 30.0
"""Days of a month."""


@dataclass(frozen=True, slots=True)
class NetByMonth:
    """The net amount (USD) of the `first` month and of each `later` one, positive if the holder gains."""

    first: float
    later: float


def net_by_month(assessment: HedgeAssessment) -> NetByMonth | None:
    """What the hedge nets per month; None if the carry of a leg is unknown."""
    costs = assessment.costs
    if not costs.is_carry_known:
        return None
    later = (costs.carry - costs.rolls - assessment.cash_cost) * MONTH / costs.horizon_days
    return NetByMonth(first=later - costs.opening, later=later)
