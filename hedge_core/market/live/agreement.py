"""Compares what several exchanges say of one coin. No exchange is believed alone where another one can be asked."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import combinations
from typing import Literal, NamedTuple

import numpy as np

from hedge_core.market.live.levels import (
    INEXACT,
    LEAST_CHANGES,
    NEAR_CLOSE,
    NEAR_LEVEL,
    inexactness,
    leaves_its_level,
)
from hedge_core.market.live.parse import differs
from hedge_core.market.ranks import rank_correlation

AGREE = 1.2
"""Two exchanges agree on a price or a close if they differ by less than this factor."""

LEAST_SHARED = 5
"""Two histories with fewer days in common are not compared."""

MOSTLY = 0.1
"""A history of which more than this fraction of the shared days is contradicted belongs to another price."""

ALIKE = 0.7
"""Two histories change alike if the rank correlation of their daily changes is at least this."""

CLOSE, CLOSER = 0.9, 0.95
"""A history of which no correlation is CLOSE is unlike two others as well if theirs with each other is CLOSER."""

SMALL = 0.005
"""They do as well if most of their daily changes differ by less than this fraction, as those of pegged coins do."""

APART, MORE_THAN_TODAY = 0.5, 0.3
"""Two histories are a day apart if the correlation with the day before or after is APART, and so much above today's."""

MORE_THAN_OTHERS = 0.3
"""Closes are averages if their changes follow those of the day before by so much more than another history's do."""

REPEATED, REPEATED_DAYS = 0.1, 10
"""A history is coarse if more than this fraction of its closes repeat the one before when those of others do not, or so
many in a row."""

PART_DAYS = 50
"""Each part of a history of so many days must have the changes of these days, not only the whole."""

RECENT_DAYS = 100
"""A history must agree in its newest days, not only in all."""

CLEAR = 4.0
"""A correlation that shows something is at least this many standard errors, each 1/√n for n changes."""

DAY = timedelta(days=1)

Closes = Mapping[date, float]
Verdict = Literal["confirmed", "days", "refuted", "disputed", "alone"]


@dataclass(frozen=True, slots=True)
class Opinion:
    """The closes of a coin at another exchange, by its label.

    `traded`: the lowest and the highest price there from the start of a day to the end of the next, for days on which
    its close contradicts the history. `own`: the lowest and the highest price of the history itself on such a day.
    """

    label: str
    by_day: Closes
    traded: Mapping[date, tuple[float, float]] = field(default_factory=dict)
    own: Mapping[date, tuple[float, float]] = field(default_factory=dict)

    def differs(self, by_day: Closes, day: date) -> bool:
        """Whether its close of the day is another one."""
        return differs(by_day[day], self.by_day[day], AGREE)

    def contradicts(self, by_day: Closes, day: date) -> bool:
        """Whether its close is another one, and not because one of the exchanges closed at another hour."""
        return self.differs(by_day, day) and not (
            self._has_traded_near(by_day[day], day)
            or _is_late(by_day, self.by_day, day)
            or _is_late(self.by_day, by_day, day)
        )

    def _has_traded_near(self, close: float, day: date) -> bool:
        """Whether the close lies within what the other traded at, or beyond it by at most half of the day's own range.

        The half counts if the history passed the other's close on that day, so that the other's may be hours older.
        """
        low, high = self.traded.get(day, (math.inf, 0.0))
        lowest, highest = self.own.get(day, (math.inf, 0.0))
        has_passed = lowest / NEAR_LEVEL <= self.by_day[day] <= highest * NEAR_LEVEL and lowest <= close <= highest
        beyond = max(NEAR_CLOSE, math.sqrt(highest / lowest)) if has_passed else NEAR_CLOSE
        return low / beyond <= close <= high * beyond


@dataclass(frozen=True, slots=True)
class Comparison:
    """A history against the opinions of other exchanges.

    `verdict`: `confirmed`; only some `days` are contradicted; `refuted` by two exchanges that agree with each other;
    `disputed`, so that nobody knows which is right; or `alone`, because no other exchange has enough of the days.
    `days` are those that every opinion contradicts, `seen` those on which at least one opinion has a close, and
    `absent` those on which every opinion has one and the history has none. `is_of_other_days`: its prices are near
    enough, but it is a day apart from the others or made of averages, so every day is contradicted. `unlike` names the
    opinions if its changes are like those of none since `unlike_since`, but nothing shows that its dates are wrong. On
    the days `off_level` its closes are not contradicted, but not in the usual ratio to those of any opinion
    (`leaves_its_level`), or far from those of all of them within a move of these days.
    `repeated` are the days on which its close is that of the day before and no opinion's is, if they are many.
    `inexactness` is that against the nearest opinion, and `inexact` names the opinions if they share a level at least
    twice as closely (`levels.inexactness`).
    `is_close`: its changes are so near to those of one opinion that no further one is needed.
    """

    verdict: Verdict
    days: tuple[date, ...]
    seen: frozenset[date]
    absent: tuple[date, ...] = ()
    is_of_other_days: bool = False
    unlike: tuple[str, ...] = ()
    unlike_since: date | None = None
    off_level: tuple[date, ...] = ()
    repeated: tuple[date, ...] = ()
    is_close: bool = True
    inexactness: float = 0.0
    inexact: tuple[str, ...] = ()

    @property
    def is_rejected(self) -> bool:
        """Whether the history as a whole must not be used."""
        return self.verdict in ("refuted", "disputed")

    @property
    def is_rough(self) -> bool:
        """Whether the history may be used, but is not what the others say."""
        return bool(self.unlike or self.off_level or self.repeated or self.inexact)

    @property
    def doubt(self) -> tuple[bool, bool, int, int]:
        """How far the others speak against the history: the greater, the more. All alike if it is `alone`."""
        is_unlike = bool(self.unlike or self.inexact)
        return self.is_rejected, is_unlike, len(self.days), len(self.off_level) + len(self.repeated)


def compared(by_day: Closes, opinions: Sequence[Opinion]) -> Comparison:
    """The comparison of a history with opinions, of which those with too few shared days do not count.

    The last RECENT_DAYS are compared by themselves as well: a history that they reject, or that is unlike the others
    in them, is rejected, or unlike.
    """
    whole = _compared(by_day, opinions)
    if not by_day or whole.is_rejected:
        return whole
    start = max(by_day) - RECENT_DAYS * DAY
    if min(by_day) > start:
        return whole
    recent = _compared({day: close for day, close in by_day.items() if day > start}, opinions)
    if recent.is_rejected:
        return recent
    if part := _part_of_other_days(by_day, opinions):
        return part
    if recent.unlike and not whole.unlike:
        return replace(whole, unlike=recent.unlike, unlike_since=min(recent.seen), is_close=False)
    return whole


def _part_of_other_days(by_day: Closes, opinions: Sequence[Opinion]) -> Comparison | None:
    """The comparison of the first part of PART_DAYS that is a day apart from the others; None if there is none."""
    days = sorted(by_day)
    own = _changes(by_day, days)
    others = [_changes(opinion.by_day, by_day.keys() & opinion.by_day.keys()) for opinion in opinions]
    for first in range(0, len(days) - PART_DAYS // 2, PART_DAYS // 2):
        part = days[first : first + PART_DAYS]
        if others and all(_seems_unlike(own, other, part) for other in others):
            found = _compared({day: by_day[day] for day in part}, opinions)
            if found.is_of_other_days:
                return found
    return None


def _seems_unlike(own: Closes, other: Closes, part: Sequence[date]) -> bool:
    """Whether the changes of some days may be unlike: their correlation is below ALIKE, with each at most 20%."""
    shared = [day for day in part if day in own and day in other]
    if len(shared) < LEAST_CHANGES:
        return False
    one, two = (np.clip([values[day] for day in shared], -0.2, 0.2) for values in (own, other))
    products = float(np.std(one) * np.std(two))
    return products == 0.0 or float(np.mean((one - one.mean()) * (two - two.mean()))) < ALIKE * products


def _compared(by_day: Closes, opinions: Sequence[Opinion]) -> Comparison:
    counted = [opinion for opinion in opinions if is_comparable(by_day, opinion.by_day)]
    seen = frozenset(day for opinion in counted for day in opinion.by_day if day in by_day)
    if not counted:
        return Comparison("alone", (), seen)
    days = tuple(
        day
        for day in sorted(seen)
        if all(opinion.contradicts(by_day, day) for opinion in counted if day in opinion.by_day)
    )
    excused = frozenset(
        day for day in seen if all(opinion.differs(by_day, day) for opinion in counted if day in opinion.by_day)
    )
    absent = tuple(sorted(frozenset.intersection(*(frozenset(opinion.by_day) for opinion in counted)) - by_day.keys()))
    agree = any(_mostly_agree(one.by_day, other.by_day) for one, other in combinations(counted, 2))
    if len(days) > max(1.0, MOSTLY * len(seen)):
        return Comparison("refuted" if agree else "disputed", days, seen)
    others = [opinion.by_day for opinion in counted]
    if _is_of_other_days(by_day, others, days):
        return Comparison("refuted" if agree else "disputed", tuple(sorted(seen)), seen, is_of_other_days=True)
    is_alike = any(changes_alike(by_day, other, without=days) for other in others)
    is_close = any(changes_alike(by_day, other, without=days, least=CLOSE) for other in others)
    is_odd_one_out = not is_close and any(
        changes_alike(one, other, least=CLOSER) for one, other in combinations(others, 2)
    )
    unlike = tuple(opinion.label for opinion in counted) if is_odd_one_out or not is_alike else ()
    off_level = tuple(sorted((_off_level(by_day, others) | excused) - set(days)))
    repeated = _repeated(by_day, others)
    found = min(inexactness(by_day, other) for other in others)
    between = min((inexactness(one, other) for one, other in combinations(others, 2)), default=math.inf)
    return Comparison(
        "days" if days else "confirmed",
        days,
        seen,
        absent,
        unlike=unlike,
        unlike_since=min(seen) if unlike else None,
        off_level=off_level,
        repeated=repeated,
        is_close=is_close,
        inexactness=found,
        inexact=tuple(opinion.label for opinion in counted) if found >= max(INEXACT, 2.0 * between) else (),
    )


def _is_late(late: Closes, prompt: Closes, day: date) -> bool:
    """Whether one close lies within the other's move of that day, which both histories have made by the next day."""
    before, after = day - DAY, day + DAY
    if before not in prompt or after not in prompt or after not in late or differs(late[after], prompt[after], AGREE):
        return False
    low, high = sorted((prompt[before], prompt[day]))
    stays = abs(math.log(prompt[after] / prompt[day])) < abs(math.log(prompt[after] / prompt[before]))
    return stays and low / NEAR_LEVEL <= late[day] <= high * NEAR_LEVEL


def _repeated(by_day: Closes, others: Sequence[Closes]) -> tuple[date, ...]:
    """The days whose close is that of the day before, and another in all other histories, if they are many."""
    known = [_changes(other, by_day.keys() & other.keys()) for other in others]
    shared = frozenset.intersection(*(frozenset(changes) for changes in known))
    found = tuple(
        day for day in sorted(shared) if by_day[day] == by_day[day - DAY] and all(changes[day] for changes in known)
    )
    is_long = any(all(day + n * DAY in found for n in range(REPEATED_DAYS)) for day in found)
    is_many = len(shared) >= LEAST_CHANGES and len(found) > REPEATED * len(shared)
    return found if is_many or is_long else ()


def _off_level(by_day: Closes, others: Sequence[Closes]) -> frozenset[date]:
    """The days on which a history leaves its level to all others.

    A history may have two levels for about as many days each. Which of them is the usual one then differs between
    histories of different lengths, so that few days leave both. The days of the shorter one are returned.
    """
    found = [leaves_its_level(by_day, other) for other in others]
    shared = [len(by_day.keys() & other.keys()) for other in others]
    common = frozenset.intersection(*found)
    shortest = min(found, key=len)
    has_two_levels = all(len(off) > MOSTLY * n for off, n in zip(found, shared, strict=True))
    return shortest if has_two_levels and 2 * len(common) < len(shortest) else common


def changes_alike(one: Closes, other: Closes, *, without: Collection[date] = (), least: float = ALIKE) -> bool:
    """Whether the changes from day to day of two histories are much the same; True if too few can be compared.

    They are if their rank correlation is at least `least`, or if most of them differ by less than SMALL.

    Changes from and to the days `without` do not count. Ranks are compared, so that single wrong closes do not decide.
    A low correlation alone shows no fault: the last trades of the day may be hours old at one exchange.
    """
    shared = (one.keys() & other.keys()) - set(without)
    changes, others = _changes(one, shared), _changes(other, shared)
    if len(changes) < LEAST_CHANGES:
        return True
    if float(np.median([abs(changes[day] - others[day]) for day in changes])) < SMALL:
        return True
    return _correlation(changes, others).value >= least


def _is_of_other_days(by_day: Closes, others: Sequence[Closes], without: Collection[date]) -> bool:
    """Whether a history has the right prices and the changes of other days than all others that can be compared."""
    unlike = [other for other in others if not changes_alike(by_day, other, without=without)]
    enough = [other for other in others if len(_changes(other, by_day.keys() & other.keys())) >= LEAST_CHANGES]
    if not unlike or len(unlike) < len(enough):
        return False
    if all(_is_averaged(by_day, other) for other in unlike):
        return True
    return any(
        _is_apart(by_day, other, shift) and all(_is_nearer_apart(by_day, another, shift) for another in unlike)
        for other in unlike
        for shift in (DAY, -DAY)
    )


def _is_apart(one: Closes, other: Closes, shift: timedelta) -> bool:
    """Whether one history clearly changes as the other does so much later or earlier."""
    today, apart = _same_day_and_apart(one, other, shift)
    return apart.is_clear and apart.value >= APART and apart.value - today.value >= MORE_THAN_TODAY


def _is_nearer_apart(one: Closes, other: Closes, shift: timedelta) -> bool:
    today, apart = _same_day_and_apart(one, other, shift)
    return apart.value > today.value


def _same_day_and_apart(one: Closes, other: Closes, shift: timedelta) -> tuple[_Correlation, _Correlation]:
    """The correlations of the same day and of days so far apart, without days on which a close did not move."""
    moved, others = ({day: change for day, change in _changes(c, c.keys()).items() if change} for c in (one, other))
    return _correlation(moved, others), _correlation({day - shift: change for day, change in moved.items()}, others)


def _is_averaged(by_day: Closes, other: Closes) -> bool:
    """Whether the changes of a history follow one another, as those of means do, and those of the other do not."""
    shared = by_day.keys() & other.keys()
    found, usual = (_following(_changes(closes, shared)) for closes in (by_day, other))
    return found.is_clear and found.value - usual.value >= MORE_THAN_OTHERS


def _following(changes: Closes) -> _Correlation:
    return _correlation({day + DAY: change for day, change in changes.items()}, changes)


class _Correlation(NamedTuple):
    """A rank correlation, and of how many changes it is."""

    value: float
    size: int

    @property
    def is_clear(self) -> bool:
        return self.size >= LEAST_CHANGES and self.value >= CLEAR / math.sqrt(self.size)


def _correlation(one: Closes, other: Closes) -> _Correlation:
    """The rank correlation on the days of both; 0 if it cannot be told."""
    days = sorted(one.keys() & other.keys())
    values, others = (np.array([series[day] for day in days]) for series in (one, other))
    return _Correlation(rank_correlation(values, others), len(days))


def _changes(by_day: Closes, days: Collection[date]) -> dict[date, float]:
    """The logarithmic change to each of the days from the day before, if that is one of them as well."""
    known = set(days)
    return {day: math.log(by_day[day] / by_day[day - DAY]) for day in sorted(known) if day - DAY in known}


def is_comparable(by_day: Closes, other: Closes) -> bool:
    """Whether another history has enough days of this one: LEAST_SHARED, or all of a shorter one."""
    return len(by_day.keys() & other.keys()) >= max(1, min(LEAST_SHARED, len(by_day)))


def _mostly_agree(one: Closes, other: Closes) -> bool:
    shared = one.keys() & other.keys()
    apart = sum(differs(one[day], other[day], AGREE) for day in shared)
    is_near = bool(shared) and apart <= MOSTLY * len(shared)
    return is_near and not any(_is_apart(one, other, shift) for shift in (DAY, -DAY))
