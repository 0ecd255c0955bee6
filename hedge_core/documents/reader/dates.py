"""Dates as people and programs write them, and whether day or month comes first in a column.

03/04/2026 is 3 April or 4 March. One date of the column that can be read in one way only (31/01/2026) decides for
all; where none does, `date_order` says so and the caller must ask.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Literal

Order = Literal["day", "month", "unknown"]

_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ,;]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?.*")
_OTHER = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})(?:[T ,;]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?.*")
_NAMED = re.compile(r"(?:[A-Za-z]{3,9},? )?(\d{1,2})\.? ([A-Za-zäé]{3,9})\.?,? (\d{4})(?:[T ,]+(\d{1,2}):(\d{2}))?.*")
_NAMED_FIRST = re.compile(r"([A-Za-z]{3,9})\.? (\d{1,2}),? (\d{4})(?:[T ,]+(\d{1,2}):(\d{2}))?.*")
_EPOCH = {10: 1.0, 13: 1e3, 16: 1e6}  # digits: seconds, milliseconds, microseconds
_MONTHS = {
    name: number
    for number, names in enumerate(
        ("jan", "feb", "mar mär mrz", "apr", "may mai", "jun", "jul", "aug", "sep", "oct okt", "nov", "dec dez"),
        start=1,
    )
    for name in names.split()
}


def date_order(cells: Iterable[str]) -> Order:
    """Which comes first in dates such as 03/04/2026: a point between parts means the day; else the cells decide."""
    order: Order = "unknown"
    for cell in cells:
        if match := _OTHER.fullmatch(cell.strip()):
            first, second = int(match[1]), int(match[3])
            if match[2] == "." or first > 12:
                return "day"
            if second > 12:
                order = "month"
    return order


def epoch_moment(text: str) -> datetime | None:
    """The moment (in UTC) that seconds, milliseconds or microseconds since 1970 state; None for other text.

    Raises ValueError, OverflowError or OSError for a moment that a date cannot hold.
    """
    digits = text.partition(".")[0]
    if len(digits) in _EPOCH and re.fullmatch(r"\d+(\.\d*)?", text):
        return datetime.fromtimestamp(float(text) / _EPOCH[len(digits)], UTC)
    return None


def moment_in(text: str, order: Order = "day") -> datetime | None:
    """The moment (in UTC) that the whole cell states, epoch seconds and milliseconds too; None if it is no date."""
    text = text.strip()
    if not 6 <= len(text) <= 40:
        return None
    if re.fullmatch(r"1\d{9}(\.\d+)?|1\d{12}", text):
        return datetime.fromtimestamp(float(text) / (1000 if len(text) == 13 and "." not in text else 1), UTC)
    if match := _ISO.fullmatch(text):
        return _moment(match[1], match[2], match[3], match[4], match[5], match[6])
    if match := _OTHER.fullmatch(text):
        day, month = (match[3], match[1]) if order == "month" else (match[1], match[3])
        year = match[4] if len(match[4]) == 4 else f"20{match[4]}"
        return _moment(year, month, day, match[5], match[6], match[7])
    if match := _NAMED.fullmatch(text):
        return _moment(match[3], str(_MONTHS.get(match[2][:3].lower(), 0)), match[1], match[4], match[5], None)
    if match := _NAMED_FIRST.fullmatch(text):
        return _moment(match[3], str(_MONTHS.get(match[1][:3].lower(), 0)), match[2], match[4], match[5], None)
    return None


def _moment(
    year: str, month: str, day: str, hour: str | None, minute: str | None, second: str | None
) -> datetime | None:
    try:
        return datetime(int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), tzinfo=UTC)
    except ValueError:
        return None
