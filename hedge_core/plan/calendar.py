"""Calendar events: days on which a future expires or must be rolled, and the user's own events.

`documents.calendar_file` reads and writes them as .ics files.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, ClassVar, Literal, get_args

from annotated_types import MaxLen, MinLen

from hedge_core.errors import InvalidInput
from hedge_core.plan.fills import FIRST_YEAR, LAST_YEAR
from hedge_core.plan.schema import STRICT, About
from hedge_core.text import one_line

EventKind = Literal["expiry", "roll", "user"]
"""`expiry` and `roll` events are computed from the contracts each time; a `user` event was entered by the user."""

MAX_TITLE = 120
MAX_NOTE = 500
MAX_DAYS = 3_660
UID_DOMAIN = "altcoin-hedge-planner"


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarEvent:
    """An event on one UTC day. Control characters and repeated spaces are removed from title and note.

    Raises InvalidInput, naming the field, if the title is empty or too long, the note is too long, the kind is
    unknown, or the day is not in the years FIRST_YEAR to LAST_YEAR.
    """

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT

    day: Annotated[date, About(link=0, label="day")]
    title: Annotated[str, MinLen(1), MaxLen(MAX_TITLE), About(link=1, label="title")]
    kind: Annotated[EventKind, About(link=2, label="kind")] = "user"
    note: Annotated[str, MaxLen(MAX_NOTE), About(link=3, label="note")] = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "title", one_line(self.title))
        object.__setattr__(self, "note", "\n".join(one_line(line) for line in self.note.splitlines()).strip())
        if not 1 <= len(self.title) <= MAX_TITLE:
            raise InvalidInput(f"title: enter 1 to {MAX_TITLE} characters, not {len(self.title)}.")
        if len(self.note) > MAX_NOTE:
            raise InvalidInput(f"note: enter at most {MAX_NOTE} characters, not {len(self.note)}.")
        if self.kind not in get_args(EventKind):
            raise InvalidInput(f"kind: use one of {', '.join(get_args(EventKind))}, not {self.kind!r:.40}.")
        if type(self.day) is not date or not FIRST_YEAR <= self.day.year <= LAST_YEAR:
            raise InvalidInput(f"day: {self.day} is not a date in the years {FIRST_YEAR} to {LAST_YEAR}; correct it.")

    @property
    def uid(self) -> str:
        """An identifier that depends only on kind, day and title, so that every export gives the event the same one."""
        import uuid

        ours = uuid.uuid5(uuid.NAMESPACE_DNS, UID_DOMAIN)
        return f"{self.kind}-{uuid.uuid5(ours, f'{self.day} {self.title}')}@{UID_DOMAIN}"


def upcoming(events: Iterable[CalendarEvent], today: date, days: int) -> tuple[CalendarEvent, ...]:
    """The events from `today` to `days` days later, both included, without duplicates, the earliest first.

    Raises InvalidInput if `days` is below 0 or above MAX_DAYS.
    """
    until = _until(today, days)
    return merged(event for event in events if today <= event.day <= until)


def merged(*calendars: Iterable[CalendarEvent]) -> tuple[CalendarEvent, ...]:
    """All events in order of date, without duplicates: of events with the same `uid` the first one given is kept."""
    once: dict[str, CalendarEvent] = {}
    for calendar in calendars:
        for event in calendar:
            once.setdefault(event.uid, event)
    return tuple(sorted(once.values(), key=lambda event: (event.day, event.kind, event.title)))


def _until(today: date, days: int) -> date:
    if not 0 <= days <= MAX_DAYS:
        raise InvalidInput(f"days: must be between 0 and {MAX_DAYS}, not {days}.")
    return today + timedelta(days=days)
