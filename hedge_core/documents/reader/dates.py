"""Dates as people and programs write them, and whether day or month comes first in a column.

03/04/2026 is 3 April or 4 March. One date of the column that can be read in one way only (31/01/2026) decides for
all; if none does, or two contradict each other, `order_of` says so and the caller must ask.

Three readers share this, and each knows the forms that its files have. Holdings (`moment_in`) recognise a column of
dates by its cells and read German months; what follows the time, a zone too, is ignored. Prices (`prices.days`) need
the UTC day alone, so the time may be short, as in 14 or 1400. Fills (`fills.moments`) need the exact moment.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Literal

Order = Literal["day", "month", "unknown", "both"]
"""What comes first; "both" if some dates of the column can only be day first, and others only month first."""

UNORDERED = r"(?P<first>\d{1,2})(?P<mark>[-/.])(?P<next>\d{1,2})[-/.](?P<year>\d{4}|(?<=[/.])\d{2})"
"""A date of which the order is not plain, such as 03/04/2026, 3.4.26 or 03-04-2026."""

_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ,;]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?.*")
_OTHER = re.compile(
    r"(?P<first>\d{1,2})(?P<mark>[-/.])(?P<next>\d{1,2})(?P=mark)(?P<year>\d{4}|\d{2})"
    r"(?:[T ,;]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?.*"
)
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
    """What comes first in the dates such as 03/04/2026 among these cells."""
    return order_of(match for cell in cells if (match := _OTHER.fullmatch(cell.strip())))


def order_of(dates: Iterable[re.Match[str]]) -> Order:
    """What comes first in dates with the groups `first`, `mark` and `next`. After a point it is always the day."""
    has_day_first = has_month_first = False
    for found in dates:
        has_day_first |= found["mark"] == "." or int(found["first"]) > 12
        has_month_first |= int(found["next"]) > 12
    if has_day_first:
        return "both" if has_month_first else "day"
    return "month" if has_month_first else "unknown"


def year_month_day(found: re.Match[str], *, day_first: bool) -> tuple[int, int, int]:
    """The parts of a date with the groups `first`, `next` and `year`; a year of two digits is in this century."""
    first, second = int(found["first"]), int(found["next"])
    year = int(found["year"]) + (2000 if len(found["year"]) == 2 else 0)
    return (year, second, first) if day_first else (year, first, second)


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
        return _moment(int(match[1]), int(match[2]), int(match[3]), match[4], match[5], match[6])
    if match := _OTHER.fullmatch(text):
        return _moment(*year_month_day(match, day_first=order != "month"), match[5], match[6], match[7])
    if match := _NAMED.fullmatch(text):
        return _moment(int(match[3]), _month(match[2]), int(match[1]), match[4], match[5], None)
    if match := _NAMED_FIRST.fullmatch(text):
        return _moment(int(match[3]), _month(match[1]), int(match[2]), match[4], match[5], None)
    return None


def _month(name: str) -> int:
    """The number of a month by the first three letters of its name; 0 for another word."""
    return _MONTHS.get(name[:3].lower(), 0)


def _moment(
    year: int, month: int, day: int, hour: str | None, minute: str | None, second: str | None
) -> datetime | None:
    try:
        return datetime(year, month, day, int(hour or 0), int(minute or 0), int(second or 0), tzinfo=UTC)
    except ValueError:
        return None
