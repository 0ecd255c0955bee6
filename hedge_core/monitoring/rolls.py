"""When the futures of a plan must be rolled: one answer, for the calendar, the plan, its orders and the monitor.

A future is rolled `Thresholds.roll_days` before it ends: the short is bought back and the next month sold.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from hedge_core.errors import HedgeError
from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.market.contracts import Contract
from hedge_core.market.expiries import expiries, held_expiry
from hedge_core.monitoring.position import position_state
from hedge_core.plan.calendar import MAX_NOTE, MAX_TITLE, CalendarEvent
from hedge_core.text import listed

AHEAD_DAYS = 90
"""How far a calendar looks for the ends of futures that are still to be sold."""


@dataclass(frozen=True, slots=True)
class RollDate:
    """A future that is short, or would be: the day on which it ends, by which rule, and the last day to roll it."""

    contract_id: str
    ends_on: date
    rule: str
    roll_by: date


def roll_dates(assessment: HedgeAssessment) -> tuple[RollDate, ...]:
    """The nearest first. Of the position as executed; where there is none, of the legs that the plan would short."""
    return _dated(assessment, _ends(assessment))


def _dated(assessment: HedgeAssessment, ends: Iterable[tuple[Contract, date]]) -> tuple[RollDate, ...]:
    today = assessment.market.as_of.date()
    lead = timedelta(days=assessment.plan.watch.thresholds.roll_days)
    found = {
        RollDate(contract.id, day, contract.expiry_rule or "its own day", max(today, day - lead))
        for contract, day in ends
        if day >= today
    }
    return tuple(sorted(found, key=lambda roll: (roll.ends_on, roll.contract_id)))


def _ends(assessment: HedgeAssessment) -> list[tuple[Contract, date]]:
    today = assessment.market.as_of.date()
    try:
        position = position_state(assessment)
    except HedgeError:
        position = None
    if position is not None:
        ends = [(one.contract, one.expiry) for one in position.open_positions]
    else:
        ends = [(leg.contract, held_expiry(leg.contract, today)) for leg in assessment.legs if leg.contracts]
    return [(contract, day) for contract, day in ends if day is not None]


def roll_events(assessment: HedgeAssessment) -> tuple[CalendarEvent, ...]:
    """The same as dates of a calendar: the end of each future, and the day to roll it by.

    Then those that follow within AHEAD_DAYS, where each short is rolled when it ends.
    """
    ends = _ends(assessment)
    until = assessment.market.as_of.date() + timedelta(days=AHEAD_DAYS)
    following = [(contract, day) for contract, end in ends for day in expiries(contract, end, until)]
    now = [(roll, "") for roll in _dated(assessment, ends)]
    later = [(roll, "If it is rolled until then. ") for roll in _dated(assessment, following)]
    return tuple(
        event
        for roll, condition in (*now, *later)
        for event in (
            CalendarEvent(
                day=roll.ends_on,
                title=f"{roll.contract_id} ends"[:MAX_TITLE],
                kind="expiry",
                note=f"{condition}Rule: {roll.rule}. Exchanges announce exceptions: check it."[:MAX_NOTE],
            ),
            CalendarEvent(
                day=roll.roll_by, title=f"Roll {roll.contract_id}"[:MAX_TITLE], kind="roll", note=condition.strip()
            ),
        )
    )


def roll_sentence(assessment: HedgeAssessment) -> str:
    """When to roll, in words; '' where nothing is or would be short."""
    rolls = roll_dates(assessment)
    if not rolls:
        is_short = any(leg.contracts for leg in assessment.legs) or bool(assessment.plan.execution.fills)
        return "Nothing has to be rolled: what is short has no expiry." if is_short else ""
    by_day: dict[tuple[date, date], list[str]] = {}
    for roll in rolls:
        by_day.setdefault((roll.roll_by, roll.ends_on), []).append(roll.contract_id)
    parts = [
        f"{listed(names)} by {by:%d %b %Y} ({'they end' if len(names) > 1 else 'it ends'} on {end:%d %b %Y})"
        for (by, end), names in by_day.items()
    ]
    return f"Roll {'; '.join(parts)}: buy the short back and sell the next month."
