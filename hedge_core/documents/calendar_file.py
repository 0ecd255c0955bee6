"""Calendars as .ics files (RFC 5545): export and import.

An imported file is untrusted. It is read line by line with icalendar's parsers for lines and values. The library's
parser for whole files would keep the time zones that a file defines for the rest of the process, so one visitor's
file would affect the next visitor. Only the day and the title of an event are imported. Descriptions are ignored:
they can contain links and names, and a plan may be shared.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hedge_core.errors import InvalidFile, InvalidInput
from hedge_core.plan.calendar import MAX_TITLE, UID_DOMAIN, CalendarEvent, merged
from hedge_core.plan.fills import FIRST_YEAR, LAST_YEAR
from hedge_core.text import one_line

MAX_BYTES = 1_000_000
MAX_EVENTS = 500

_MAX_LINE = 4_000
_WANTED = ("DTSTART", "SUMMARY", "UID", "STATUS", "RRULE", "RDATE")
_ZONE_NAME = re.compile(r"[A-Za-z0-9_+/-]{1,64}")
_NOTHING = ("", "")

Properties = dict[str, tuple[str, str]]
"""The properties of one event by name: the value as text, and the name of its time zone ('' if it has none)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarImport:
    """The events of a calendar file, of kind `user` and ordered by day. `remarks` say what was left out or changed."""

    events: tuple[CalendarEvent, ...]
    remarks: tuple[str, ...] = ()


def calendar_to_ics(events: Iterable[CalendarEvent], *, stamp: datetime, name: str = "Altcoin Hedge Planner") -> bytes:
    """Return the events as an .ics file (RFC 5545) of all-day entries, in a calendar called `name`.

    `stamp` (aware, UTC) is when the file is made. Each event keeps its `uid`, so importing the file again updates
    the entries instead of duplicating them. Notes of the user's own events are left out, because they may contain
    amounts. Raises InvalidInput if `stamp` is not in UTC.
    """
    from icalendar import Calendar, Event

    if stamp.utcoffset() != timedelta(0):
        raise InvalidInput("stamp: must be a time with its time zone set to UTC.")
    calendar = Calendar()
    calendar.add("PRODID", f"-//{UID_DOMAIN}//EN")
    calendar.add("VERSION", "2.0")
    calendar.add("X-WR-CALNAME", one_line(name)[:MAX_TITLE])
    for event in merged(events):
        entry = Event()
        entry.add("UID", event.uid)
        entry.add("DTSTAMP", stamp.astimezone(UTC).replace(microsecond=0))
        entry.add("DTSTART", event.day)
        entry.add("SUMMARY", event.title)
        entry.add("CATEGORIES", [event.kind])
        entry.add("TRANSP", "TRANSPARENT")
        if event.note and event.kind != "user":
            entry.add("DESCRIPTION", event.note)
        calendar.add_component(entry)
    return bytes(calendar.to_ical())


def read_calendar(data: bytes) -> CalendarImport:
    """Return the events of an .ics file, at most MAX_EVENTS, each on the UTC day on which it begins.

    A time in a known time zone is converted to UTC. A time without a zone, or in a zone that the file defines
    itself, keeps its day as written. Only the first day of a repeating event is used. Cancelled events, the expiries
    and rolls of an earlier export, and entries that are not events are left out. `remarks` report each decision.
    Raises InvalidFile if the file is larger than MAX_BYTES, is not UTF-8 or is not a calendar.
    """
    if len(data) > MAX_BYTES:
        raise InvalidFile(f"The calendar file is larger than {MAX_BYTES:,} bytes. Export fewer events.")
    try:
        text = bytes(data).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidFile("The calendar file is not UTF-8 text. Export the calendar again as an .ics file.") from error
    remarks: Counter[str] = Counter()
    events: dict[str, CalendarEvent] = {}
    for properties in _entries(text, remarks):
        event = _event(properties, remarks)
        if event is None:
            continue
        if event.uid in events:
            remarks["Duplicates with the same day and title, left out"] += 1
        elif len(events) >= MAX_EVENTS:
            remarks[f"Events beyond the first {MAX_EVENTS}, left out"] += 1
        else:
            events[event.uid] = event
    return CalendarImport(
        events=merged(events.values()),
        remarks=tuple(f"{what}: {count}." for what, count in remarks.items()),
    )


def _entries(text: str, remarks: Counter[str]) -> Iterator[Properties]:
    """Yield the _WANTED properties of each event in the text. Raises InvalidFile if the text is not a calendar."""
    from icalendar.parser import Contentline, Contentlines

    split: Callable[[str], list[Contentline]] = Contentlines.from_ical
    inside: list[str] = []
    entry: Properties = {}
    is_calendar = False
    for line in split(text):
        name, _, value = line[:_MAX_LINE].strip().upper().partition(":")
        if name == "BEGIN":
            inside.append(value)
            entry = {} if len(inside) == 2 else entry
            is_calendar = is_calendar or inside == ["VCALENDAR"]
            if inside in (["VCALENDAR", "VTODO"], ["VCALENDAR", "VJOURNAL"]):
                remarks["Tasks and journal entries, which are not events, left out"] += 1
        elif name == "END" and inside[-1:] == [value]:
            if inside == ["VCALENDAR", "VEVENT"]:
                yield entry
            inside.pop()
        elif inside == ["VCALENDAR", "VEVENT"] and name.startswith(_WANTED) and len(line) <= _MAX_LINE:
            with suppress(ValueError):
                key, parameters, content = line.parts()
                entry.setdefault(key.upper(), (content.strip(), str(parameters.get("TZID", ""))))
    if not is_calendar:
        raise InvalidFile("This is not a calendar: an .ics file begins with BEGIN:VCALENDAR. Export it again.")
    if inside:
        remarks["Entries cut off at the end of the file, left out"] += 1


def _event(properties: Properties, remarks: Counter[str]) -> CalendarEvent | None:
    status, uid, title = (properties.get(name, _NOTHING)[0] for name in ("STATUS", "UID", "SUMMARY"))
    if status.upper() == "CANCELLED":
        remarks["Cancelled events, left out"] += 1
        return None
    if uid.endswith(f"@{UID_DOMAIN}") and uid.startswith(("expiry-", "roll-")):
        remarks["Expiries and rolls, which the program computes itself, left out"] += 1
        return None
    decisions: list[str] = []
    title = one_line(title) or "Without a title"
    if len(title) > MAX_TITLE:
        title = f"{title[: MAX_TITLE - 1].rstrip()}…"
        decisions.append(f"Titles shortened to {MAX_TITLE} characters")
    try:
        event = CalendarEvent(day=_day(*properties.get("DTSTART", _NOTHING), decisions), title=title)
    except (ValueError, OverflowError):
        remarks[f"Events without a readable date between {FIRST_YEAR} and {LAST_YEAR}, left out"] += 1
        return None
    if "RRULE" in properties or "RDATE" in properties:
        decisions.append("Repeating events, only the first day used")
    remarks.update(decisions)
    return event


def _day(value: str, zone: str, decisions: list[str]) -> date:
    """Return the UTC day of a DATE or DATE-TIME. Raises ValueError or OverflowError if it is neither."""
    from icalendar.prop import vDate, vDatetime

    read_date: Callable[[str], date] = vDate.from_ical
    read_datetime: Callable[[str], datetime] = vDatetime.from_ical
    if "T" not in value:
        return read_date(value)
    moment = read_datetime(value)
    if moment.tzinfo is None:
        known = _zone(zone)
        if known is None:
            decisions.append("Times without a known time zone, day used as written")
            return moment.date()
        moment = moment.replace(tzinfo=known)
    return moment.astimezone(UTC).date()


def _zone(name: str) -> ZoneInfo | None:
    from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

    name = WINDOWS_TO_OLSON.get(name, name)
    try:
        return ZoneInfo(name) if _ZONE_NAME.fullmatch(name) else None
    except (KeyError, ValueError, OSError):
        return None
