"""Compares what several exchanges say of one coin. No exchange is believed alone where another one can be asked."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations
from typing import Literal

import numpy as np

from hedge_core.market.live.parse import differs
from hedge_core.market.snapshot import Floats

AGREE = 1.2
"""Two exchanges agree on a price or a close if they differ by less than this factor."""

LEAST_SHARED = 5
"""Two histories with fewer days in common are not compared."""

MOSTLY = 0.1
"""A history of which more than this fraction of the shared days is contradicted belongs to another price."""

ALIKE = 0.7
"""Two histories are of the same days if the rank correlation of their daily changes is at least this."""

SMALL = 0.005
"""They are as well if most of their daily changes differ by less than this fraction, as those of pegged coins do."""

LEAST_CHANGES = 20
"""The changes of fewer days are not compared."""

DAY = timedelta(days=1)

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
    `days` are those that every opinion contradicts, `seen` those on which at least one opinion has a close, and
    `absent` those on which every opinion has one and the history has none. `is_of_other_days`: its prices are near
    enough, but its changes from day to day are not those of any opinion, so every day is contradicted.
    """

    verdict: Verdict
    days: tuple[date, ...]
    seen: frozenset[date]
    absent: tuple[date, ...] = ()
    is_of_other_days: bool = False


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
    absent = tuple(sorted(frozenset.intersection(*(frozenset(opinion.by_day) for opinion in counted)) - by_day.keys()))
    agree = any(_mostly_agree(one.by_day, other.by_day) for one, other in combinations(counted, 2))
    if len(days) > max(1.0, MOSTLY * len(seen)):
        return Comparison("refuted" if agree else "disputed", days, seen)
    if not any(changes_alike(by_day, opinion.by_day, without=days) for opinion in counted):
        return Comparison("refuted" if agree else "disputed", tuple(sorted(seen)), seen, is_of_other_days=True)
    return Comparison("days" if days else "confirmed", days, seen, absent)


def changes_alike(one: Closes, other: Closes, *, without: Collection[date] = ()) -> bool:
    """Whether the changes from day to day of two histories are those of the same days; True if too few can be compared.

    A history whose days are shifted by one, or whose closes are averages, has the right prices and the wrong changes.
    Changes from and to the days `without` do not count. Ranks are compared, so that single wrong closes do not decide.
    """
    shared = (one.keys() & other.keys()) - set(without)
    days = sorted(day for day in shared if day - DAY in shared)
    if len(days) < LEAST_CHANGES:
        return True
    ratios = np.array([[closes[day] / closes[day - DAY] for day in days] for closes in (one, other)])
    changes: Floats = np.log(ratios)
    if float(np.median(np.abs(changes[0] - changes[1]))) < SMALL:
        return True
    ranks = changes.argsort(axis=1, kind="stable").argsort(axis=1, kind="stable")
    return float(np.corrcoef(ranks[0], ranks[1])[0, 1]) >= ALIKE


def is_comparable(by_day: Closes, other: Closes) -> bool:
    """Whether another history has enough days of this one: LEAST_SHARED, or all of a shorter one."""
    return len(by_day.keys() & other.keys()) >= max(1, min(LEAST_SHARED, len(by_day)))


def _mostly_agree(one: Closes, other: Closes) -> bool:
    shared = one.keys() & other.keys()
    apart = sum(differs(one[day], other[day], AGREE) for day in shared)
    return bool(shared) and apart <= MOSTLY * len(shared) and changes_alike(one, other)
