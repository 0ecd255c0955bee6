"""Parse a column of times as venues, brokers and people write them, and the days on which futures expire."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo

from hedge_core.documents.reader.dates import UNORDERED, epoch_moment, order_of, year_month_day
from hedge_core.errors import InvalidInput
from hedge_core.plan.fills import FIRST_YEAR, LAST_YEAR

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_CLOCK = (
    r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.(?P<part>\d{1,9}))?)?(?: ?(?P<half>[AaPp])[Mm])?"
)
_ZONE = r"(?: ?(?P<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2}))?"
_LATER = rf"(?:(?:T| - |, ?| ){_CLOCK})?{_ZONE}"
_COMPACT = re.compile(
    r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})(?:[;, T]+(?P<hour>\d{2}):?(?P<minute>\d{2}):?(?P<second>\d{2})?)?"
)
_FORMS = (
    re.compile(rf"(?P<year>\d{{4}})[-/.](?P<month>\d{{1,2}})[-/.](?P<day>\d{{1,2}}){_LATER}"),
    re.compile(rf"{_CLOCK} (?P<year>\d{{4}})-(?P<month>\d{{1,2}})-(?P<day>\d{{1,2}})"),
    re.compile(rf"(?P<day>\d{{1,2}})[ -](?P<word>[A-Za-z]{{3,9}})[ -](?P<year>\d{{4}}){_LATER}"),
    re.compile(rf"(?P<word>[A-Za-z]{{3,9}}) (?P<day>\d{{1,2}}),? (?P<year>\d{{4}}){_LATER}"),
)
_SHORT_YEAR = re.compile(rf"(?P<year>\d{{2}})-(?P<month>\d{{2}})-(?P<day>\d{{2}}) {_CLOCK}")
_PARTS = re.compile(UNORDERED + _LATER)


class Moments:
    """Parses a column of times. The order of day and month is decided from all `texts` of the column.

    `offset` is how far a time without a zone is ahead of UTC. `short_years` allows 26-01-31 for 2026-01-31.
    """

    def __init__(self, texts: Iterable[str], *, offset: timedelta = timedelta(0), short_years: bool = False) -> None:
        order = order_of(match for text in texts if (match := _PARTS.fullmatch(text)))
        self.is_bare = False
        """Whether a time without a zone has been read."""
        self._zone = timezone(offset)
        self._short_years = short_years
        self._day_first = order in ("day", "both")
        self._is_ambiguous = order in ("unknown", "both")

    def read(self, text: str) -> datetime:
        """Return the time in UTC, midnight if the text is a date alone. Raises InvalidInput."""
        if not text:
            raise InvalidInput("is empty: write the date and time, as in 2026-01-31 14:05:00")
        try:
            moment = self._moment(text)
        except (ValueError, OverflowError, OSError):
            moment = None
        if moment is None or not FIRST_YEAR <= moment.year <= LAST_YEAR:
            raise InvalidInput(f"'{text[:40]}' is not a date and time; write it as 2026-01-31 14:05:00")
        if self._is_ambiguous and _PARTS.fullmatch(text):
            raise InvalidInput(
                f"'{text[:40]}' can be read day first or month first, and no other row decides it; write it as "
                "2026-01-31 14:05"
            )
        return moment

    def _moment(self, text: str) -> datetime | None:
        if (moment := epoch_moment(text)) is not None:
            return moment
        if match := _PARTS.fullmatch(text):
            return self._at(match.groupdict(), *year_month_day(match, day_first=self._day_first))
        if self._short_years and (match := _SHORT_YEAR.fullmatch(text)):
            return self._at(match.groupdict(), 2000 + int(match["year"]), int(match["month"]), int(match["day"]))
        for form in (*_FORMS, _COMPACT):
            if match := form.fullmatch(text):
                found = match.groupdict()
                word = found.get("word")
                month = MONTHS.index(word[:3].lower()) + 1 if word else int(match["month"])
                return self._at(found, int(match["year"]), month, int(match["day"]))
        return None

    def _at(self, found: Mapping[str, str | None], year: int, month: int, day: int) -> datetime:
        hour, minute, second = (int(found.get(name) or 0) for name in ("hour", "minute", "second"))
        half = (found.get("half") or "").lower()
        if half:
            if not 1 <= hour <= 12:
                raise ValueError(hour)
            hour = hour % 12 + (12 if half == "p" else 0)
        zone: tzinfo = self._zone
        text = found.get("zone")
        if text in ("Z", "UTC", "GMT"):
            zone = UTC
        elif text:
            ahead = timedelta(hours=int(text[1:3]), minutes=int(text[-2:]))
            zone = timezone(-ahead if text[0] == "-" else ahead)
        else:
            self.is_bare = True
        part = int((found.get("part") or "0")[:6].ljust(6, "0"))
        return datetime(year, month, day, hour, minute, second, part, tzinfo=zone).astimezone(UTC)


def day_of(text: str) -> date:
    """Return the day on which a future expires. Raises InvalidInput."""
    try:
        return Moments((text,)).read(text).date()
    except InvalidInput:
        raise InvalidInput(f"'{text[:40]}' is not a date; write it as 2026-12-25") from None
