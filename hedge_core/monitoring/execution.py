"""Execution: the fills of a plan that is carried out as proposed, and the journal of what was decided.

What is written here is what the holder says was done; where nothing better is known the proposal's own figures stand
in: the contract's price in the market (spot where a future has no quote) and one side's commission.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.costs import commission, quote_of
from hedge_core.hedge.legs import SizedLeg
from hedge_core.market.expiries import held_expiry
from hedge_core.plan.fills import Fill
from hedge_core.plan.plan import Execution, HedgePlan, JournalEntry

MOST_ENTRIES = 500


def as_proposed(assessment: HedgeAssessment, moment: datetime) -> HedgePlan:
    """The plan with its orders filled at `moment` (aware, UTC), stop orders placed, and a line in the journal."""
    legs = [leg for leg in assessment.legs if leg.contracts]
    fills = tuple(_fill(assessment, leg, moment) for leg in legs)
    stops: dict[str, float] = {}
    for stop in assessment.stop_orders:  # of two on one coin the nearer one is watched
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
    """The plan with one more line in its journal; the oldest lines go when there are too many."""
    journal = (*plan.execution.journal, JournalEntry(day=moment.date(), text=text[:500]))
    return plan.with_execution(journal=journal[-MOST_ENTRIES:])


def without_position(plan: HedgePlan) -> HedgePlan:
    """The plan as before it was executed; journal and stop orders stay."""
    return replace(plan, execution=Execution(journal=plan.execution.journal, stop_prices=plan.execution.stop_prices))


def _fill(assessment: HedgeAssessment, leg: SizedLeg, moment: datetime) -> Fill:
    market, contract = assessment.market, leg.contract
    quote = quote_of(leg, market) if contract.kind == "future" else None
    expiry = held_expiry(contract, market.as_of.date()) if contract.kind == "future" else None
    is_quoted = quote is not None and quote.expiry == expiry
    return Fill(
        at=moment,
        contract=contract.id,
        side="sell",
        contracts=-leg.contracts,
        price=quote.price if is_quoted and quote is not None else leg.price,
        fee=round(commission(leg, assessment.plan.overrides.costs), 8),
        expiry=expiry,
        amount_step=contract.amount_step,
        note="as proposed",
    )


def _order(leg: SizedLeg) -> str:
    return f"sold {leg.contract.quantity(leg.contracts):,.10g} {leg.contract.code}"
