"""Alerts on options that fills hold: margin of those sold, expiries ahead, and cash exercises that are missing."""

from __future__ import annotations

from datetime import datetime

from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.option_legs import initial_margin
from hedge_core.monitoring.alerts import Alert, Severity
from hedge_core.monitoring.option_ledger import OptionBook
from hedge_core.monitoring.position import PositionState
from hedge_core.text import days_text, usd

NOTICE_DAYS = 7
"""An option that expires within so many days is announced."""


def option_alerts(
    book: OptionBook | None, state: PositionState | None, assessment: HedgeAssessment, moment: datetime
) -> list[Alert]:
    """Return the alerts on the options; [] without options. `state` is the position in futures."""
    if book is None:
        return []
    alerts = [_unsettled(one.option.id) for one in book.unsettled]
    for position in book.open_positions:
        left = position.option.days_left(moment.date())
        if left <= NOTICE_DAYS:
            alerts.append(_expiry(position.option.id, left))
    margin = _margin(book, state, assessment)
    return alerts if margin is None else [margin, *alerts]


def _margin(book: OptionBook, state: PositionState | None, assessment: HedgeAssessment) -> Alert | None:
    """Whether the equity covers what sold options and shorts need together; None if it does, or is not known."""
    collateral = assessment.plan.decisions.collateral
    if collateral is None or not book.maintenance:
        return None
    futures = collateral if state is None or state.equity is None else state.equity
    equity = futures + book.calls_pnl
    shorts = 0.0 if state is None else state.margin.maintenance
    opening = 0.0 if state is None else state.margin.initial
    kept, asked = shorts + book.maintenance, opening + initial_margin(book.legs)
    if equity >= asked:
        return None
    is_short = equity < kept
    severity: Severity = "critical" if is_short else "warning"
    return Alert(
        code="option_margin",
        key="option_margin",
        severity=severity,
        evidence=f"Equity is {usd(equity)}; sold options and shorts need {usd(kept)} to stay open, and {usd(asked)} to "
        "open them.",
        threshold=usd(kept if is_short else asked),
        action="Add collateral, or buy sold options back.",
    )


def _expiry(option_id: str, left: int) -> Alert:
    when = "today" if left <= 0 else f"in {days_text(left)}"
    return Alert(
        code="option_expiry",
        key=f"option_expiry:{option_id}",
        severity="info",
        evidence=f"{option_id} expires {when}.",
        threshold=days_text(NOTICE_DAYS),
        action="It is exercised for cash if it pays anything. Open the next one first: this one protects nothing then.",
    )


def _unsettled(option_id: str) -> Alert:
    return Alert(
        code="option_unsettled",
        key=f"option_unsettled:{option_id}",
        severity="warning",
        evidence=f"{option_id} has expired, and its coin has no close of that day here.",
        threshold="its expiry",
        action="Enter a fill of that day that closes it, at the payoff per coin that the venue paid (0 if nothing).",
    )
