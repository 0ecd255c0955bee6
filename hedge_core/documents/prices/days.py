"""The UTC days in the date column of a price file."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

from hedge_core.documents.reader.dates import epoch_moment
from hedge_core.errors import Fault
from hedge_core.tables import Table

_CLOCK = r"(?:[T ,]\s*\d{1,2}(?::?\d{2}){0,2}(?:\.\d+)?(?: ?[AaPp][Mm])?)?"
_ISO = re.compile(rf"(\d{{4}})[-/.](\d{{1,2}})[-/.](\d{{1,2}}){_CLOCK} ?(Z|UTC|[+-]\d{{2}}:?\d{{2}})?")
_PARTS = re.compile(rf"(\d{{1,2}})([-/.])(\d{{1,2}})[-/.](\d{{4}}|(?<=[/.])\d{{2}}){_CLOCK}")
_WORDS = ("%b %d, %Y", "%B %d, %Y", "%d %b %Y", "%d %B %Y", "%d-%b-%Y")


def days_of(table: Table, column: int, faults: list[Fault], today: date | None = None) -> list[date | None]:
    """The UTC day of each row, or None with a fault. The whole column decides whether day or month comes first.

    A day after `today` is a fault: it is mistyped, or day and month are in the other order.
    """
    field = table.header[column] or "date"
    texts = [values[column] for _, values in table.rows]
    parts = [match for text in texts if (match := _PARTS.fullmatch(text))]
    day_first = any(match[2] == "." or int(match[1]) > 12 for match in parts)
    month_first = any(int(match[3]) > 12 for match in parts)
    days: list[date | None] = []
    is_ambiguous = bool(parts) and day_first == month_first
    for (row, _), text in zip(table.rows, texts, strict=True):
        day = _day(text, day_first)
        if day is None or day.year >= 2200:
            why = "is empty" if not text else f"'{text[:40]}' is not a date; write it as 2026-01-31"
            faults.append(Fault(why, row=row, field=field))
            day = None
        elif is_ambiguous and _PARTS.fullmatch(text):
            why = f"'{text}' may be day-first or month-first, and no other date settles it; write dates as 2026-01-31"
            faults.append(Fault(why, row=row, field=field))
            is_ambiguous = False  # report it once
        elif today is not None and day > today:
            faults.append(Fault(f"{day} lies in the future", row=row, field=field))
        days.append(day)
    return days


def _day(text: str, day_first: bool) -> date | None:
    """The UTC day in one cell, or None if it is not a date."""
    try:
        if match := _ISO.fullmatch(text):
            day = date(int(match[1]), int(match[2]), int(match[3]))
            if match[4] in (None, "Z", "UTC"):
                return day
            return datetime.fromisoformat(text.replace("/", "-")).astimezone(UTC).date()
        if match := _PARTS.fullmatch(text):
            first, second = int(match[1]), int(match[3])
            year = int(match[4]) + (2000 if len(match[4]) == 2 else 0)
            return date(year, *((second, first) if day_first else (first, second)))
        if (moment := epoch_moment(text)) is not None:
            return moment.date()
    except (ValueError, OverflowError, OSError):
        return None
    for form in _WORDS:
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC).date()
        except ValueError:
            continue
    return None
