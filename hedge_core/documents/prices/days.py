"""The UTC days in the date column of a price file."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

from hedge_core.documents.reader.dates import UNORDERED, epoch_moment, order_of, year_month_day
from hedge_core.errors import Fault
from hedge_core.tables import Table

_CLOCK = r"(?:[T ,]\s*\d{1,2}(?::?\d{2}){0,2}(?:\.\d+)?(?: ?[AaPp][Mm])?)?"
_ISO = re.compile(rf"(\d{{4}})[-/.](\d{{1,2}})[-/.](\d{{1,2}}){_CLOCK} ?(Z|UTC|[+-]\d{{2}}:?\d{{2}})?")
_PARTS = re.compile(UNORDERED + _CLOCK)
_WORDS = ("%b %d, %Y", "%B %d, %Y", "%d %b %Y", "%d %B %Y", "%d-%b-%Y")


def days_of(table: Table, column: int, faults: list[Fault], today: date | None = None) -> list[date | None]:
    """The UTC day of each row, or None with a fault. The whole column decides whether day or month comes first.

    A day after `today` is a fault: it is mistyped, or day and month are in the other order.
    """
    field = table.header[column] or "date"
    texts = [values[column] for _, values in table.rows]
    order = order_of(match for text in texts if (match := _PARTS.fullmatch(text)))
    days: list[date | None] = []
    is_ambiguous = order in ("unknown", "both")
    for (row, _), text in zip(table.rows, texts, strict=True):
        day = _day(text, day_first=order in ("day", "both"))
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


def _day(text: str, *, day_first: bool) -> date | None:
    """The UTC day in one cell, or None if it is not a date."""
    try:
        if match := _ISO.fullmatch(text):
            day = date(int(match[1]), int(match[2]), int(match[3]))
            if match[4] in (None, "Z", "UTC"):
                return day
            return datetime.fromisoformat(text.replace("/", "-")).astimezone(UTC).date()
        if match := _PARTS.fullmatch(text):
            return date(*year_month_day(match, day_first=day_first))
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
