"""What happens when the margin of a plan runs out: the rule that it names, else that of the venue."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hedge_core.hedge.breach import RULES, Breach, BreachRule, ToppedUp
from hedge_core.hedge.legs import ShortLeg, traded
from hedge_core.market.venues import venue_of
from hedge_core.plan.plan import HedgePlan


def breach_of(plan: HedgePlan, legs: Sequence[ShortLeg]) -> Breach:
    """What happens to the account of these legs when margin runs out: as the plan says, else as its venue does.

    A plan that names a rule of venues gets it without the reserve; any other pays in the reserve first.
    """
    decisions = plan.decisions
    costs = [venue_of(leg.contract.venue).margin_runs_out.cost_of(leg.underlying) for leg in traded(legs)]
    is_stated = decisions.breach in RULES
    own = tuple(rule_at(plan, leg.contract.venue) for leg in traded(legs))
    reserve = 0.0 if is_stated else decisions.reserve
    return Breach(rule_at(plan), np.array(costs, dtype=np.float64), reserve, () if is_stated else own)


def rule_at(plan: HedgePlan, venue: str | None = None) -> BreachRule:
    """The rule of a plan, else that of the `venue` (None: the plan's own), after the reserve if there is one."""
    decisions = plan.decisions
    stated = RULES.get(decisions.breach or "")
    if stated is not None:
        return stated
    rule = RULES[venue_of(venue or decisions.venue).margin_runs_out.closes]
    return ToppedUp(rule) if decisions.reserve > 0.0 else rule
