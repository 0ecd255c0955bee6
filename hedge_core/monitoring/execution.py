"""Record the execution of a plan: fills for a plan executed as proposed, and journal entries.

`as_proposed` takes the user's word that the orders were filled. The fills use the proposal's own figures: the
contract's market price (the spot price if a dated future has no quote for its expiry) and the commission of one side.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.costs import commission
from hedge_core.hedge.legs import SizedLeg
from hedge_core.plan.fills import Fill
from hedge_core.plan.plan import Execution, HedgePlan, JournalEntry

MOST_ENTRIES = 500


def as_proposed(assessment: HedgeAssessment, moment: datetime) -> HedgePlan:
    """Return the plan with its orders filled at `moment` (aware, UTC), its stop prices and a journal entry added."""
    legs = assessment.traded_legs
    fills = tuple(_fill(assessment, leg, moment) for leg in legs)
    stops: dict[str, float] = {}
    for stop in assessment.stop_orders:  # if a coin has two, the higher one is watched
        if stop.stop_price is not None:
            stops[stop.coin] = max(stop.stop_price, stops.get(stop.coin, 0.0))
    plan = assessment.plan
    executed = replace(
        plan,
        execution=replace(
            plan.execution,
            fills=plan.execution.fills + fills,
            stop_prices={**plan.execution.stop_prices, **stops},
        ),
    )
    return noted(executed, moment, "Hedge opened as proposed: " + "; ".join(_order(leg) for leg in legs) + ".")


def noted(plan: HedgePlan, moment: datetime, text: str) -> HedgePlan:
    """Return the plan with one more journal entry; the oldest are deleted beyond MOST_ENTRIES."""
    journal = (*plan.execution.journal, JournalEntry(day=moment.date(), text=text[:500]))
    return plan.with_execution(journal=journal[-MOST_ENTRIES:])


def without_position(plan: HedgePlan) -> HedgePlan:
    """Return the plan without fills and payments; the journal and the stop prices stay."""
    return replace(plan, execution=Execution(journal=plan.execution.journal, stop_prices=plan.execution.stop_prices))


def _fill(assessment: HedgeAssessment, leg: SizedLeg, moment: datetime) -> Fill:
    market, contract = assessment.market, leg.contract
    expiry = assessment.expiry_of(leg) if leg.instrument.expires else None
    quoted = leg.instrument.mark(contract, market, leg.price, expiry)
    return Fill(
        at=moment,
        contract=contract.id,
        side="sell" if leg.contracts < 0 else "buy",
        contracts=leg.lots,
        price=leg.instrument.spot_mark(leg.price) if quoted is None else quoted,
        fee=round(commission(leg, assessment.plan.overrides.costs), 8),
        expiry=expiry,
        amount_step=contract.amount_step,
        note="as proposed",
    )


def _order(leg: SizedLeg) -> str:
    verb = "sold" if leg.contracts < 0 else "bought"
    return f"{verb} {leg.contract.quantity(leg.contracts):,.10g} {leg.contract.code}"
