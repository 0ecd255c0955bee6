"""A calendar: days on which a future ends or is rolled, and the user's own events.

`calendar_file` writes and reads it as .ics.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, ClassVar, Literal, get_args

from annotated_types import MaxLen, MinLen

from hedge_core.errors import InvalidInput
from hedge_core.plan.fills import FIRST_YEAR, LAST_YEAR
from hedge_core.text import one_line

EventKind = Literal["expiry", "roll", "user"]
"""`expiry` and `roll` follow from contracts and are worked out anew each time; `user` is the user's own."""

MAX_TITLE = 120
MAX_NOTE = 500
MAX_DAYS = 3_660
UID_DOMAIN = "altcoin-hedge-planner"

_STRICT: dict[str, object] = {"extra": "forbid"}
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, UID_DOMAIN)


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarEvent:
    """Something on a UTC day. Title and note are kept without control characters and runs of spaces.

    Raises InvalidInput, naming the field, for a title that is empty or too long, a note that is too long, a kind that
    is none, or a day outside any market's years.
    """

    __pydantic_config__: ClassVar[dict[str, object]] = _STRICT

    day: date
    title: Annotated[str, MinLen(1), MaxLen(MAX_TITLE)]
    kind: EventKind = "user"
    note: Annotated[str, MaxLen(MAX_NOTE)] = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "title", one_line(self.title))
        object.__setattr__(self, "note", "\n".join(one_line(line) for line in self.note.splitlines()).strip())
        if not 1 <= len(self.title) <= MAX_TITLE:
            raise InvalidInput(f"title: write 1 to {MAX_TITLE} characters, not {len(self.title)}.")
        if len(self.note) > MAX_NOTE:
            raise InvalidInput(f"note: write at most {MAX_NOTE} characters, not {len(self.note)}.")
        if self.kind not in get_args(EventKind):
            raise InvalidInput(f"kind: write one of {', '.join(get_args(EventKind))}, not {self.kind!r:.40}.")
        if type(self.day) is not date or not FIRST_YEAR <= self.day.year <= LAST_YEAR:
            raise InvalidInput(f"day: {self.day} is not a day between the years {FIRST_YEAR} and {LAST_YEAR}.")

    @property
    def uid(self) -> str:
        """A name that is the same for the same kind, day and title, wherever and whenever it is made."""
        return f"{self.kind}-{uuid.uuid5(_NAMESPACE, f'{self.day} {self.title}')}@{UID_DOMAIN}"


def upcoming(events: Iterable[CalendarEvent], today: date, days: int) -> tuple[CalendarEvent, ...]:
    """The events from `today` to `days` later, both included, the nearest first, each once.

    Raises InvalidInput when `days` is below 0 or above MAX_DAYS.
    """
    until = _until(today, days)
    return merged(event for event in events if today <= event.day <= until)


def merged(*calendars: Iterable[CalendarEvent]) -> tuple[CalendarEvent, ...]:
    """All events in the order of their days, each once; of two with the same `uid` the first one given stays."""
    once: dict[str, CalendarEvent] = {}
    for calendar in calendars:
        for event in calendar:
            once.setdefault(event.uid, event)
    return tuple(sorted(once.values(), key=lambda event: (event.day, event.kind, event.title)))


def _until(today: date, days: int) -> date:
    if not 0 <= days <= MAX_DAYS:
        raise InvalidInput(f"days: must be 0 to {MAX_DAYS}, not {days}.")
    return today + timedelta(days=days)
