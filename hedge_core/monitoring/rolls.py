"""When the futures of a plan must be rolled. Calendar, plan, orders and monitor all take the dates from here.

A future is rolled `Thresholds.roll_days` before it expires: the short is bought back and the next expiry is sold.
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
"""How many days ahead a calendar shows later expiries, which follow if each short is rolled."""


@dataclass(frozen=True, slots=True)
class RollDate:
    """A future that is or would be shorted: its expiry, the rule that sets it, and the last day on which to roll it."""

    contract_id: str
    ends_on: date
    rule: str
    roll_by: date


def roll_dates(assessment: HedgeAssessment) -> tuple[RollDate, ...]:
    """Return the roll dates, the nearest first: of the executed position, or without one of the plan's legs."""
    return _dated(assessment, _ends(assessment))


def _dated(assessment: HedgeAssessment, ends: Iterable[tuple[Contract, date]]) -> tuple[RollDate, ...]:
    today = assessment.market.as_of.date()
    lead = timedelta(days=assessment.plan.watch.thresholds.roll_days)
    found = {
        RollDate(contract.id, day, contract.expiry_rule or "a date of its own", max(today, day - lead))
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
        ends = [(leg.contract, held_expiry(leg.contract, today)) for leg in assessment.traded_legs]
    return [(contract, day) for contract, day in ends if day is not None]


def roll_events(assessment: HedgeAssessment) -> tuple[CalendarEvent, ...]:
    """Return the roll dates as calendar events: the expiry of each future and the day by which to roll it.

    The expiries that follow within AHEAD_DAYS are included too; they apply if each short is rolled.
    """
    ends = _ends(assessment)
    until = assessment.market.as_of.date() + timedelta(days=AHEAD_DAYS)
    following = [(contract, day) for contract, end in ends for day in expiries(contract, end, until)]
    now = [(roll, "") for roll in _dated(assessment, ends)]
    later = [(roll, "Applies if you keep rolling until then. ") for roll in _dated(assessment, following)]
    return tuple(
        event
        for roll, condition in (*now, *later)
        for event in (
            CalendarEvent(
                day=roll.ends_on,
                title=f"{roll.contract_id} ends"[:MAX_TITLE],
                kind="expiry",
                note=f"{condition}Rule: {roll.rule}. Exchanges make exceptions, so check the date."[:MAX_NOTE],
            ),
            CalendarEvent(
                day=roll.roll_by, title=f"Roll {roll.contract_id}"[:MAX_TITLE], kind="roll", note=condition.strip()
            ),
        )
    )


def roll_sentence(assessment: HedgeAssessment) -> str:
    """Say in one sentence what to roll and by when; '' if nothing is or would be short."""
    rolls = roll_dates(assessment)
    if not rolls:
        is_short = bool(assessment.traded_legs) or bool(assessment.plan.execution.fills)
        return "No roll needed: these contracts do not expire." if is_short else ""
    by_day: dict[tuple[date, date], list[str]] = {}
    for roll in rolls:
        by_day.setdefault((roll.roll_by, roll.ends_on), []).append(roll.contract_id)
    parts = [
        f"{listed(names)} by {by:%d %b %Y} ({'they expire' if len(names) > 1 else 'it expires'} on {end:%d %b %Y})"
        for (by, end), names in by_day.items()
    ]
    return f"Roll {'; '.join(parts)}: buy back the short and sell the next month."
