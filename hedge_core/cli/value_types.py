"""Values as they are typed on the command line: fractions, intervals, times of day, time zones, moments, text.

Every type reads a string or refuses it with a message that shows the right form. Click hands over a value that
begins with a minus like any other, so `--move -15%` needs no special care.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, time, tzinfo
from typing import TYPE_CHECKING, Generic, TypeVar

import click

from hedge_core.text import parse_number

if TYPE_CHECKING:
    from hedge_core.plan.plan import OwnMargin

V = TypeVar("V")

SECONDS = {"s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0}

MAX_QUOTED = 40
"""Characters of a refused value that its message repeats."""


class ValueType(click.ParamType[V], Generic[V]):
    """A click type whose values are read by a function from string to value; the function raises ValueError.

    Anything but a string is returned as it is: it is a default, or has been read before.
    """

    def __init__(self, name: str, read: Callable[[str], V]) -> None:
        self.name = name
        self._read = read

    def convert(self, value: str | V, param: click.Parameter | None, ctx: click.Context | None) -> V:
        """Return the value that was read. Raises click.BadParameter with the reader's message."""
        if not isinstance(value, str):
            return value
        try:
            return self._read(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


def read_fraction(text: str) -> float:
    """Return a number, where 15% is 0.15. Raises ValueError."""
    try:
        return parse_number(text)
    except ValueError:
        raise ValueError(f"{_quoted(text)} is not a number; write 0.15 or 15%.") from None


def read_interval(text: str) -> float:
    """Return the length of an interval in seconds. `text` is a number and a unit: 90s, 15m, 1.5h or 1d.

    Raises ValueError if it is written differently, shorter than 1 second or longer than 1 day.
    """
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([smhd])\s*", text)
    seconds = float(match[1]) * SECONDS[match[2]] if match else 0.0
    if not 1.0 <= seconds <= SECONDS["d"]:
        raise ValueError(f"{_quoted(text)} is not an interval; write 90s, 15m or 4h, at most 1d.")
    return seconds


def read_time(text: str) -> time:
    """Return a time of day, written as 8:00 or 08:00. Raises ValueError."""
    match = re.fullmatch(r"\s*([01]?\d|2[0-3]):([0-5]\d)\s*", text)
    if match is None:
        raise ValueError(f"{_quoted(text)} is not a time of day; write 08:00.")
    return time(int(match[1]), int(match[2]))


def read_hours(text: str) -> tuple[time, time]:
    """Return when a period of the day starts and ends, written as 22:00-07:00. Raises ValueError."""
    start, separator, end = text.replace("–", "-").partition("-")
    if not separator or read_time(start) == read_time(end):
        raise ValueError(f"{_quoted(text)} is not a period of the day; write 22:00-07:00.")
    return read_time(start), read_time(end)


def read_zone(text: str) -> tzinfo:
    """Return a time zone by its name in the IANA database, or UTC. Raises ValueError."""
    from zoneinfo import ZoneInfo

    try:
        return UTC if text.upper() == "UTC" else ZoneInfo(text)
    except (OSError, ValueError, KeyError):  # ZoneInfoNotFoundError is a KeyError
        raise ValueError(f"{_quoted(text)} is not a known time zone; write Europe/Berlin or UTC.") from None


def read_moment(text: str) -> datetime:
    """Return a moment in UTC, written in ISO 8601; without an offset it is UTC already.

    Raises ValueError, also for a year outside 1970 to 2199.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):  # OverflowError: near year 1 or 9999 the moment may not exist in UTC
        raise ValueError(f"{_quoted(text)} is not a moment; write 2026-01-31T14:00:00Z.") from None
    if not 1970 <= moment.year < 2200:
        raise ValueError(f"{_quoted(text)} is not a moment of our time; write 2026-01-31T14:00:00Z.")
    return moment


def read_dollars(text: str) -> float:
    """Return an amount in USD, written as 15000, $15,000 or 15000.50. Raises ValueError."""
    if not re.fullmatch(r"\$?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?", text.strip()):
        raise ValueError(f"{_quoted(text)} is not an amount in USD; write 15000 or $15,000.")
    return float(text.strip().removeprefix("$").replace(",", ""))


def read_margin(text: str) -> tuple[str, OwnMargin]:
    """Return the id of a contract and its margin, written as CME:MBT=40%, or as CME:MBT=44%/40% to open and to keep.

    Raises ValueError if it is written differently.
    """
    from hedge_core.plan.plan import OwnMargin

    contract_id, separator, rates = text.rpartition("=")
    initial, _, maintenance = rates.partition("/")
    if not separator or not contract_id.strip():
        raise ValueError(f"{_quoted(text)} is not a margin; write CME:MBT=40%, or CME:MBT=44%/40% to open and to keep.")
    opening = read_fraction(initial)
    return contract_id.strip(), OwnMargin(
        initial=opening, maintenance=read_fraction(maintenance) if maintenance else opening
    )


def read_share_of_coin(text: str) -> tuple[str, float]:
    """Return a coin and a fraction, written as SOL=50%. Raises ValueError if it is written differently."""
    coin, separator, share = text.partition("=")
    if not separator or not coin.strip():
        raise ValueError(f"{_quoted(text)} is not a share of a coin; write SOL=50%.")
    return coin.strip().upper(), read_fraction(share)


def read_text(text: str) -> str:
    """Return the text unless it looks like an option. Raises ValueError.

    In `report PLAN --out --offline` the file name is missing, and click would take '--offline' for it.
    """
    if text.startswith("-") and text != "-":
        raise ValueError(f"{_quoted(text)} looks like an option; a value is missing before it.")
    return text


def _quoted(text: str) -> str:
    return f"'{text[:MAX_QUOTED]}'"


FRACTION = ValueType("fraction", read_fraction)
INTERVAL = ValueType("interval", read_interval)
TIME = ValueType("time", read_time)
HOURS = ValueType("hours", read_hours)
ZONE = ValueType("zone", read_zone)
MOMENT = ValueType("moment", read_moment)
TEXT = ValueType("text", read_text)
DOLLARS = ValueType("dollars", read_dollars)
MARGIN = ValueType("margin", read_margin)
SHARE_OF_COIN = ValueType("share of a coin", read_share_of_coin)
