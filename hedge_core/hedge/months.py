"""What the hedge nets per month: carry less costs, in the first month and in each later one.

    later month = (carry − rolls − cost of cash)·30/days
    first month = later month − cost of opening

where carry, rolls and the cost of cash are totals over the plan's horizon of `days`, and the cost of opening is half of
the fees, spread and slippage for opening and closing, or 0 if the hedge is open. USD; a positive amount is money to the
holder. Closing costs as much as opening did and is in neither month. A horizon that ends before the first roll has no
roll in it, and so has no month: `roll_after_horizon` is what one costs then, to be said beside the months.
"""

from __future__ import annotations

from dataclasses import dataclass

from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.text import days_text, usd

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


def roll_after_horizon(assessment: HedgeAssessment) -> float:
    """About what one roll of the dated futures costs (USD) whose first roll lies beyond the horizon; 0 without any.

    A roll is two sides, as opening and closing are: fees, spread and slippage.
    """
    legs = assessment.costs.legs
    return sum(leg.commission + leg.spread for leg in legs if leg.held_until is not None and not leg.roll_days)


def uncounted_roll(assessment: HedgeAssessment) -> str:
    """That no roll is in the months, and what one costs; '' if all that are needed are in them."""
    roll = roll_after_horizon(assessment)
    if roll < 0.5:
        return ""
    days = days_text(assessment.costs.horizon_days)
    return f"No roll falls within {days}, so none is counted; one costs about {usd(roll)}."
