"""What is filled, for every page: once fills are entered, a page speaks of them, with the plan beside."""

from __future__ import annotations

from datetime import UTC, datetime

from hedge_core import HedgeAssessment, HedgeError
from hedge_core.monitoring.daily_check import check
from hedge_core.monitoring.filled import as_filled, filled_sentence
from hedge_core.reports.ticket.order import Ticket
from hedge_core.reports.ticket.stages import tickets_to_open
from hedge_core.reports.ticket.tickets import resizing_ticket
from pages.ui.parts import elements

NO_HEDGE = "Nothing to sell: your target is 0%. Move the slider on the Risk page to hedge."
NO_ORDER = "Nothing to sell: the reasons are below."
NO_TRADE = "No trade is needed now; the Monitor page says what there is to do."


def shown(result: HedgeAssessment) -> HedgeAssessment:
    """The assessment of what is filled, or that of the plan without fills."""
    filled = as_filled(result)
    return result if filled is None else filled.assessment


def no_order(result: HedgeAssessment) -> str:
    """Why a plan has no order."""
    return NO_ORDER if result.hedge_ratio > 0.0 else NO_HEDGE


def say(result: HedgeAssessment) -> None:
    """Say that the figures below are of what is filled, or why they are the plan's; nothing without fills."""
    filled = as_filled(result)
    if filled is not None:
        elements.reading(filled.why or filled_sentence(result))


def tickets(result: HedgeAssessment) -> tuple[Ticket, ...]:
    """The tickets to send now: to open the plan, its stages that are not filled, or what the monitor asks for.

    () if there is a position and nothing has to be traded to size.
    """
    if not result.plan.execution.fills or result.plan.decisions.stages.parts > 1:
        return tickets_to_open(result)
    try:
        report = check(result, now=datetime.now(UTC))
    except HedgeError:
        return ()
    if report.state is None:  # the fills are of options only
        return tickets_to_open(result)
    is_asked = any(alert.code == "drift" and report.lots.get(alert.key) for alert in report.alerts)
    return (resizing_ticket(result),) if is_asked else ()
