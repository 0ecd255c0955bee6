"""When the futures of a plan must be rolled. Calendar, plan, orders and monitor all take the dates from here.

A future is rolled some days before it expires, as is usual at its venue or as the plan states (see
`expiries.roll_day`): the short is bought back and the next month is sold. Sentences say whether they are about the
plan's orders or about what is filled.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from hedge_core.errors import HedgeError
from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.market.contracts import Contract
from hedge_core.market.expiries import expiries, roll_day
from hedge_core.monitoring.position import position_state
from hedge_core.plan.calendar import MAX_NOTE, MAX_TITLE, CalendarEvent
from hedge_core.text import listed

AHEAD_DAYS = 90
"""How many days ahead a calendar shows later expiries, which follow if each short is rolled."""

_End = tuple[Contract, date | None]
"""A contract that is or would be short, and the day on which it ends; None if it has none, or it is not known."""


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


@dataclass(frozen=True, slots=True)
class Rolls:
    """The roll dates of some shorts, the nearest first, and the futures among them whose expiry is not known here.

    The expiry of a contract that the user has defined is not known.
    """

    dates: tuple[RollDate, ...]
    undated: tuple[str, ...]


def rolls_of_orders(assessment: HedgeAssessment) -> Rolls:
    """Return when the plan's legs are rolled, whatever is filled."""
    return _rolls(assessment, _ends_of_orders(assessment))


def rolls_of_fills(assessment: HedgeAssessment) -> Rolls | None:
    """Return when the executed position is rolled; None if nothing is filled."""
    ends = _ends_of_fills(assessment)
    return None if ends is None else _rolls(assessment, ends)


def _rolls(assessment: HedgeAssessment, ends: Sequence[_End]) -> Rolls:
    undated = dict.fromkeys(contract.id for contract, day in ends if day is None and contract.kind == "future")
    return Rolls(_dated(assessment, ends), tuple(undated))


def _dated(assessment: HedgeAssessment, ends: Iterable[_End]) -> tuple[RollDate, ...]:
    today = assessment.market.as_of.date()
    stated = assessment.plan.watch.thresholds.stated_roll_days
    found = {
        RollDate(
            contract.id, day, contract.expiry_rule or "a date of its own", max(today, roll_day(contract, day, stated))
        )
        for contract, day in ends
        if day is not None and day >= today
    }
    return tuple(sorted(found, key=lambda roll: (roll.ends_on, roll.contract_id)))


def _ends(assessment: HedgeAssessment) -> list[_End]:
    filled = _ends_of_fills(assessment)
    return _ends_of_orders(assessment) if filled is None else filled


def _ends_of_fills(assessment: HedgeAssessment) -> list[_End] | None:
    try:
        position = position_state(assessment)
    except HedgeError:
        return None
    if position is None:
        return None
    return [(one.contract, one.expiry) for one in position.open_positions]


def _ends_of_orders(assessment: HedgeAssessment) -> list[_End]:
    return [(leg.contract, assessment.expiry_of(leg)) for leg in assessment.traded_legs]


def roll_events(assessment: HedgeAssessment) -> tuple[CalendarEvent, ...]:
    """Return the roll dates as calendar events: the expiry of each future and the day by which to roll it.

    The expiries that follow within AHEAD_DAYS are included too; they apply if each short is rolled.
    """
    ends = _ends(assessment)
    until = assessment.market.as_of.date() + timedelta(days=AHEAD_DAYS)
    following = [(contract, day) for contract, end in ends if end is not None for day in expiries(contract, end, until)]
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


def roll_statements(assessment: HedgeAssessment, orders: Sequence[_End] | None = None) -> tuple[str, ...]:
    """Say what to roll and by when, of the orders and of what is filled, each with its label.

    `orders` are what is sold, each with its expiry, None if it has none or it is not known. Without `orders`, all that
    the plan sells is meant. Without fills, and where both are alike, there is one sentence; without orders or fills
    there is none.
    """
    if orders is None:
        orders = _ends_of_orders(assessment)
    statements = []
    if orders:
        statements.append(f"These orders: {_sentence(_rolls(assessment, orders))}")
    filled = rolls_of_fills(assessment)
    if filled is not None:
        statements.append(f"What is filled: {_sentence(filled)}")
    if len({statement.partition(": ")[2] for statement in statements}) < len(statements):
        return (f"These orders and what is filled: {statements[0].partition(': ')[2]}",)
    return tuple(statements)


def roll_sentence(assessment: HedgeAssessment) -> str:
    """Say in one sentence what to roll and by when; '' if nothing is or would be short."""
    is_short = bool(assessment.traded_legs) or bool(assessment.plan.execution.fills)
    sentence = _sentence(_rolls(assessment, _ends(assessment))) if is_short else ""
    return f"{sentence[:1].upper()}{sentence[1:]}"


def _sentence(rolls: Rolls) -> str:
    """What to roll and by when, to follow a label."""
    by_day: dict[tuple[date, date], list[str]] = {}
    for roll in rolls.dates:
        by_day.setdefault((roll.roll_by, roll.ends_on), []).append(roll.contract_id)
    parts = [
        f"{listed(names)} by {by:%d %b %Y} ({'they expire' if len(names) > 1 else 'it expires'} on {end:%d %b %Y})"
        for (by, end), names in by_day.items()
    ]
    said = [f"roll {'; '.join(parts)}: buy back the short and sell the next month."] if parts else []
    if rolls.undated:
        verb, its = ("expires", "its") if len(rolls.undated) == 1 else ("expire", "their")
        said.append(f"ask your venue when {listed(rolls.undated)} {verb}, and roll before {its} last day.")
    if not said:
        return "no roll is needed, since these contracts do not expire."
    return " ".join((said[0], *(f"{more[0].upper()}{more[1:]}" for more in said[1:])))
