"""What leads the Monitor page: whether there is something to do today, and what to do first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hedge_core.text import signed_usd
from pages.ui.parts import as_filled
from pages.ui.parts.lead import Lead, Note

if TYPE_CHECKING:
    from hedge_core import HedgeAssessment
    from hedge_core.monitoring.daily_check import MonitorReport


def lead(result: HedgeAssessment, report: MonitorReport | None) -> Lead:
    """Whether there is something to do today; None is a position that cannot be worked out."""
    return Lead(_answer(result, report), note=None if report is None else next(iter(notes(report)), None))


def notes(report: MonitorReport) -> list[Note]:
    """What to do, the most urgent first."""
    return [Note(action.what, action.why, action.limit, action.severity) for action in report.actions]


def _answer(result: HedgeAssessment, report: MonitorReport | None) -> str:
    if report is None:
        return "Your position cannot be worked out: correct it under Position."
    if report.state is None:
        holds_options = as_filled.shown(result).options is not None
        what = "Only your options are open" if holds_options else "Nothing is open yet"
        orders = len(result.traded_legs)
        if not orders:
            return f"{what}, and the plan has no order to send."
        if any(ticket.refused for ticket in as_filled.tickets(result)):
            return f"{what}: the orders are too large to send. The Size page says what would pass."
        waiting = f"{orders} {'order is' if orders == 1 else 'orders are'}"
        met, armed = (sum(getattr(one, name) for one in report.entries) for name in ("is_met", "is_armed"))
        if met:
            return f"An entry rule is met: {waiting} to be sent now."
        if armed:
            return f"{what}: {armed} entry {'rule is' if armed == 1 else 'rules are'} armed."
        return f"{what}: {waiting} waiting to be sent."
    if report.alerts:
        count = len(report.alerts)
        return f"Act today: {count} {'alert needs' if count == 1 else 'alerts need'} your attention."
    return f"All is well: the hedge {has_made(report.state.pnl)}, and there is nothing to do."


def has_made(pnl: float) -> str:
    """What the hedge has brought, in USD, as a verb with its amount."""
    made = signed_usd(pnl)
    return f"has lost {made.removeprefix('−')}" if made.startswith("−") else f"has made {made.removeprefix('+')}"
