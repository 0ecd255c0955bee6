"""Compares what several exchanges say of one coin. No exchange is believed alone where another one can be asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from typing import Literal

from hedge_core.market.live.parse import differs

AGREE = 1.2
"""Two exchanges agree on a price or a close if they differ by less than this factor."""

LEAST_SHARED = 5
"""Two histories with fewer days in common are not compared."""

MOSTLY = 0.1
"""A history of which more than this fraction of the shared days is contradicted belongs to another price."""

Closes = Mapping[date, float]
Verdict = Literal["confirmed", "days", "refuted", "disputed", "alone"]


@dataclass(frozen=True, slots=True)
class Opinion:
    """The closes of a coin at another exchange, by its label."""

    label: str
    by_day: Closes


@dataclass(frozen=True, slots=True)
class Comparison:
    """A history against the opinions of other exchanges.

    `verdict`: `confirmed`; only some `days` are contradicted; `refuted` by two exchanges that agree with each other;
    `disputed`, so that nobody knows which is right; or `alone`, because no other exchange has enough of the days.
    `days` are those that every opinion contradicts, and `seen` those on which at least one opinion has a close.
    """

    verdict: Verdict
    days: tuple[date, ...]
    seen: frozenset[date]


def compared(by_day: Closes, opinions: Sequence[Opinion]) -> Comparison:
    """The comparison of a history with opinions, of which those with too few shared days do not count."""
    counted = [opinion for opinion in opinions if is_comparable(by_day, opinion.by_day)]
    seen = frozenset(day for opinion in counted for day in opinion.by_day if day in by_day)
    if not counted:
        return Comparison("alone", (), seen)
    days = tuple(
        day
        for day in sorted(seen)
        if all(
            differs(by_day[day], opinion.by_day[day], AGREE) for opinion in counted if day in opinion.by_day
        )
    )  # fmt: skip
    if not days:
        return Comparison("confirmed", (), seen)
    if len(days) <= max(1.0, MOSTLY * len(seen)):
        return Comparison("days", days, seen)
    agree = any(_mostly_agree(one.by_day, other.by_day) for one, other in combinations(counted, 2))
    return Comparison("refuted" if agree else "disputed", days, seen)


def is_comparable(one: Closes, other: Closes) -> bool:
    """Whether two histories have enough days in common; of two short ones, all that the shorter one has."""
    return len(one.keys() & other.keys()) >= max(1, min(LEAST_SHARED, len(one), len(other)))


def _mostly_agree(one: Closes, other: Closes) -> bool:
    shared = one.keys() & other.keys()
    apart = sum(differs(one[day], other[day], AGREE) for day in shared)
    return bool(shared) and apart <= MOSTLY * len(shared)
