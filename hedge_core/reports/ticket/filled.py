"""Orders of a ticket as fills, once the user says that they are filled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.contract_choice import known_contracts
from hedge_core.hedge.costs import commission
from hedge_core.hedge.legs import ShortLeg
from hedge_core.market.ticks import plain_number
from hedge_core.monitoring.execution import noted
from hedge_core.plan.fills import Fill
from hedge_core.plan.plan import HedgePlan
from hedge_core.reports.ticket.order import Order


def with_filled(assessment: HedgeAssessment, orders: Sequence[Order], moment: datetime) -> HedgePlan:
    """Return the plan with `orders` filled in full at their limits at `moment` (aware, UTC), and a journal entry.

    The fee is that of one side by the plan's assumptions. The price can be corrected afterwards.
    """
    plan = assessment.plan
    fills = tuple(_fill(assessment, order, moment) for order in orders)
    told = "; ".join(
        f"{order.side} {plain_number(order.quantity)} {order.code} at {order.limit_text}" for order in orders
    )
    filled = replace(plan, execution=replace(plan.execution, fills=plan.execution.fills + fills))
    return noted(filled, moment, f"Filled by the ticket: {told}.")


def _fill(assessment: HedgeAssessment, order: Order, moment: datetime) -> Fill:
    contract = known_contracts(assessment.plan, assessment.market).get(f"{order.venue}:{order.contract}")
    leg = ShortLeg.of(contract, order.price, -order.lots)
    return Fill(
        at=moment,
        contract=contract.id,
        side=order.side,
        contracts=order.lots,
        price=order.price,
        fee=round(commission(leg, assessment.plan.overrides.costs), 8),
        expiry=order.ends_on,
        amount_step=contract.amount_step,
        note="by the ticket, at its limit",
    )
