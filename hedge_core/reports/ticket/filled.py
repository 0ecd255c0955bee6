"""Orders of a ticket as fills, once the user says that they are filled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
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


@dataclass(frozen=True, slots=True)
class FilledOrder:
    """An order as it was filled: `lots` of it, at a mean `price` in USD per coin."""

    order: Order
    lots: int
    price: float

    @property
    def slippage_rate(self) -> float:
        """By how much the price was better than the limit, as a fraction of it; negative if it was worse."""
        gap = self.price / self.order.price - 1.0
        return gap if self.order.side == "sell" else -gap


def with_filled(assessment: HedgeAssessment, orders: Sequence[Order], moment: datetime) -> HedgePlan:
    """Return the plan with `orders` filled in full at their limits at `moment` (aware, UTC), and a journal entry."""
    return with_fills(assessment, [FilledOrder(order, order.lots, order.price) for order in orders], moment)


def with_fills(assessment: HedgeAssessment, filled: Sequence[FilledOrder], moment: datetime) -> HedgePlan:
    """Return the plan with orders filled as stated at `moment` (aware, UTC), and a journal entry.

    The fee is that of one side by the plan's assumptions. Fills can be corrected afterwards.
    """
    plan = assessment.plan
    fills = tuple(_fill(assessment, one, moment) for one in filled)
    told = "; ".join(_told(one) for one in filled)
    executed = replace(plan, execution=replace(plan.execution, fills=plan.execution.fills + fills))
    return noted(executed, moment, f"Filled by the ticket: {told}.")


def _told(one: FilledOrder) -> str:
    order = one.order
    if (one.lots, one.price) == (order.lots, order.price):
        return f"{order.side} {plain_number(order.quantity)} {order.code} at {order.limit_text}"
    return f"{order.side} {plain_number(order.quantity * one.lots / order.lots)} {order.code} at ${one.price:,.8g}"


def _fill(assessment: HedgeAssessment, one: FilledOrder, moment: datetime) -> Fill:
    order = one.order
    contract = known_contracts(assessment.plan, assessment.market).get(f"{order.venue}:{order.contract}")
    leg = ShortLeg.of(contract, one.price, -one.lots)
    return Fill(
        at=moment,
        contract=contract.id,
        side=order.side,
        contracts=one.lots,
        price=one.price,
        fee=round(commission(leg, assessment.plan.overrides.costs), 8),
        expiry=order.ends_on,
        amount_step=contract.amount_step,
        note="by the ticket, at its limit" if one.price == order.price else "by the ticket",
    )
