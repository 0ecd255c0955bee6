"""How the closes of a coin at one exchange lie to those at another: their usual ratio, and what leaves it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date

import numpy as np

from hedge_core.market.snapshot import Floats

LEAST_CHANGES = 20
"""The changes of fewer days are not compared."""

NEAR_CLOSE, FAR_FROM_USUAL = 1.08, 14.0
"""A close leaves its level if its ratio to the other history's close differs from the usual one by NEAR_CLOSE, and by
FAR_FROM_USUAL times the spread of these ratios, which is large where one of two exchanges trades little."""

NEAR_LEVEL, LEVEL_DAYS, FAR_LEVEL = 1.05, 7, 6.0
"""LEVEL_DAYS closes do if the median of their ratios differs by NEAR_LEVEL, and by FAR_LEVEL standard errors of it."""

INEXACT, INEXACT_MINOR = 0.006, 0.03
"""A history is inexact if a tenth of its closes are this far from the level that two others share more closely.
INEXACT_MINOR is for coins of which the last trade of a day may be hours old."""

Closes = Mapping[date, float]


def leaves_its_level(one: Closes, other: Closes) -> frozenset[date]:
    """Days on which a history is not in its usual ratio to another: single closes, and runs of LEVEL_DAYS or more.

    Two histories of one coin have a constant ratio, but for a spread that is small beside the coin's moves. With r the
    logarithm of the ratio, its level is the median of the half of all r that lie closest together, so that it is one of
    two levels and not a value between them. Its spread is 1.4826 × median |r(t) - r(t-1)| / √2, so that steps
    and slow changes of the level do not count as spread. The standard error of a median of n is 1.25 × spread / √n.
    """
    days = sorted(one.keys() & other.keys())
    if len(days) <= LEAST_CHANGES:
        return frozenset()
    ratios = np.log([one[day] / other[day] for day in days])
    from_level = ratios - _level(ratios)
    spread = 1.4826 * float(np.median(np.abs(np.diff(ratios)))) / math.sqrt(2.0)
    is_off = np.abs(from_level) >= max(math.log(NEAR_CLOSE), FAR_FROM_USUAL * spread)
    error = 1.25 * spread / math.sqrt(LEVEL_DAYS)
    medians = np.median(np.lib.stride_tricks.sliding_window_view(from_level, LEVEL_DAYS), axis=1)
    for start in np.flatnonzero(np.abs(medians) >= max(math.log(NEAR_LEVEL), FAR_LEVEL * error)):
        is_off[start : start + LEVEL_DAYS] |= np.abs(from_level[start : start + LEVEL_DAYS]) >= math.log(NEAR_LEVEL)
    return frozenset(day for day, off in zip(days, is_off, strict=True) if off)


def inexactness(one: Closes, other: Closes) -> float:
    """How far from its level to another history the worst tenth of a history's closes is, as a logarithm; 0 for few."""
    days = sorted(one.keys() & other.keys())
    if len(days) <= LEAST_CHANGES:
        return 0.0
    ratios = np.log([one[day] / other[day] for day in days])
    return float(np.quantile(np.abs(ratios - _level(ratios)), 0.9))


def _level(ratios: Floats) -> float:
    """The median of the shortest interval that holds more than half of the values."""
    ordered = np.sort(ratios)
    half = len(ordered) // 2 + 1
    first = int(np.argmin(ordered[half - 1 :] - ordered[: len(ordered) - half + 1]))
    return float(np.median(ordered[first : first + half]))
