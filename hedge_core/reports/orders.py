"""The orders that open a plan's hedge: the ticket that pages, reports and the command line show.

`reports.ticket` builds them, and those that close, roll or resize a position.
"""

from __future__ import annotations

from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.reports.ticket.files import tickets_csv
from hedge_core.reports.ticket.order import Order as Order
from hedge_core.reports.ticket.stages import tickets_to_open
from hedge_core.reports.ticket.tickets import opening_ticket
from hedge_core.text import MOST_NAMED


def order_ticket(assessment: HedgeAssessment) -> tuple[Order, ...]:
    """The orders that open the hedge, one per leg with at least one whole contract; () if the ticket is refused."""
    return opening_ticket(assessment).orders


def order_ticket_csv(assessment: HedgeAssessment) -> str:
    """The order ticket, stage by stage, and the stop orders as CSV (see `tickets_csv`)."""
    return tickets_csv(assessment, tickets_to_open(assessment))


def opening_text(assessment: HedgeAssessment) -> str:
    """The orders to send now in order to open the hedge, one on each line, for a message; '' if there is none."""
    ticket, *later = tickets_to_open(assessment)
    lines = [*ticket.refused, *(f"{order.place}. {order.sentence}" for order in ticket.orders)]
    if later:
        lines.append(f"{ticket.title}; {len(later)} more to follow.")
    return "\n".join(lines)


def short_of_wanted(assessment: HedgeAssessment) -> str:
    """The counts that the collateral opens beside the wanted ones, where they differ; '' if the notice names them all.

    The notice `collateral_limits` names the counts of at most MOST_NAMED contracts.
    """
    legs = [leg for leg in assessment.legs if leg.contracts or leg.wanted_contracts]
    counts = [f"{leg.contract.id} {leg.count_text}" for leg in legs if leg.contracts != leg.wanted_contracts]
    if not counts or len(legs) <= MOST_NAMED:
        return ""
    rest = "" if len(counts) == len(legs) else ", and the others as wanted"
    return f"Opened with your collateral: {', '.join(counts)}{rest}."
