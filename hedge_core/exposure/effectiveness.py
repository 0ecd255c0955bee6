"""Effectiveness: how much risk a hedge removed, measured out of sample (on days not used to estimate its ratios).

    variance reduction   1 − var(hedged) / var(unhedged) of daily returns (Ederington 1979)
    tail reduction       1 − CVaR(hedged) / CVaR(unhedged), CVaR the mean loss of the worst 5% of the days
    tracking error       standard deviation of the hedged return, per year (365 days)

The hedge ratio is 1, before costs and rounding. Intervals are 95% intervals from the influence of each day on
the measure (`inference`), which hold while variances cluster. In-sample R squared is 0.07 to 0.09 higher and is never
shown as effectiveness. The market's coins are those that still trade, so all measures flatter coins that could have
died.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from hedge_core.exposure.inference import Interval, interval, simultaneous_intervals
from hedge_core.market.snapshot import Floats
from hedge_core.text import whole_percent

Grade = Literal["A", "B", "C", "D", "E", "F"]

GRADES: tuple[tuple[float, Grade, str], ...] = (
    (0.80, "A", "the hedge removed most of the daily risk"),
    (0.65, "B", "the hedge removed about two thirds of the daily risk or more"),
    (0.50, "C", "the hedge removed more than half of the daily risk"),
    (0.35, "D", "most of the daily risk remained"),
    (0.20, "E", "the hedge removed little of the daily risk"),
    (-np.inf, "F", "the hedge removed almost none of the daily risk, or added to it"),
)
"""The least variance reduction for each grade, and the meaning of the grade in words.

The grade is that of the lower bound of the interval, so a short test gives no good grade.
"""

MINIMUM_TEST_DAYS = 90
"""With fewer out-of-sample days the effectiveness is unknown."""

BEYOND_MEASURE = 1e3
"""A daily return of this size can only be a wrong price, so nothing is measured."""

TAIL = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Effectiveness:
    """The result of a hedge on `days` out-of-sample days.

    Reductions are fractions: 1 means all risk removed, below 0 that the hedge added risk. `tracking_error` is
    the standard deviation of the hedged return, a fraction per year. `both_lose_a_day` is the share of days on which
    both the unhedged position and the short lost. `both_lose_a_horizon` is the same share of spans of `horizon_days`
    days, None if the test is shorter than three such spans.
    """

    days: int
    variance_reduction: float
    variance_interval: Interval
    tail_reduction: float
    tail_interval: Interval
    tracking_error: float
    both_lose_a_day: float
    both_lose_a_horizon: float | None
    horizon_days: int

    @property
    def grade(self) -> Grade:
        """The grade from A to F by the lower bound of the variance reduction, see GRADES."""
        return next(grade for least, grade, _ in GRADES if self.variance_interval[0] >= least)

    @property
    def figures(self) -> str:
        """The figures in words, without a grade."""
        low, high = self.variance_interval
        return (
            f"{whole_percent(self.variance_reduction)} of the variance, 95% range {whole_percent(low)} to "
            f"{whole_percent(high)}; {whole_percent(self.tail_reduction)} of the loss on the worst days"
        )

    @property
    def sentence(self) -> str:
        """The grade in words with its figures."""
        words = next(words for least, _, words in GRADES if self.variance_interval[0] >= least)
        return f"Grade {self.grade}: tested on {self.days} unseen days, {words} ({self.figures})."


def measure(unhedged: Floats, hedged: Floats, *, horizon_days: int = 30) -> Effectiveness | None:
    """Return the effectiveness of a hedge, from daily returns with and without it, both of shape (days,).

    Days with a NaN are skipped. None if fewer than MINIMUM_TEST_DAYS remain, if the unhedged position never moved or
    never lost, or if a return exceeds BEYOND_MEASURE.
    """
    pair = _measurable([unhedged, hedged])
    if pair is None:
        return None
    y, h = pair.T
    losses = tail_loss(y), tail_loss(h)
    if losses[0] <= 0.0:
        return None
    variance, tail = _reduction(float(y.var()), float(h.var())), _reduction(*losses)
    short = h - y
    return Effectiveness(
        days=len(pair),
        variance_reduction=variance,
        variance_interval=_at_most_all(interval(variance, _variance_influence(y, h))),
        tail_reduction=tail,
        tail_interval=_at_most_all(interval(tail, _tail_influence(y, h))),
        tracking_error=float(h.std() * np.sqrt(365.0)),
        both_lose_a_day=float(((y < 0.0) & (short < 0.0)).mean()),
        both_lose_a_horizon=_both_lose(y, short, horizon_days),
        horizon_days=horizon_days,
    )


def difference_interval(unhedged: Floats, one: Floats, other: Floats) -> Interval | None:
    """Return the 95% interval of the variance reduction of hedge `one` minus that of `other`.

    All arguments are daily returns of shape (days,). None under the same conditions as in `measure`.
    """
    found = difference_intervals(unhedged, one, [other])
    return None if found is None else found[0]


def difference_intervals(unhedged: Floats, one: Floats, others: Sequence[Floats]) -> list[Interval] | None:
    """Return the intervals of the variance reduction of hedge `one` minus that of each of `others`.

    With 95% they all contain the true difference, so the best of many hedges is not reported as better by chance more
    often than a single one. All arguments are daily returns of shape (days,), compared on the days that all have. None
    under the same conditions as in `measure`.
    """
    columns = _measurable([unhedged, one, *others])
    if columns is None:
        return None
    y, own, rivals = columns[:, 0], columns[:, 1], columns[:, 2:]
    unit = float(y.var())
    differences = (rivals.var(axis=0) - own.var()) / unit
    influences = np.column_stack([_variance_influence(y, own) - _variance_influence(y, rival) for rival in rivals.T])
    return simultaneous_intervals(differences, influences)


def rolling_variance_reduction(unhedged: Floats, hedged: Floats, *, window: int = 90) -> Floats:
    """Return the variance reduction over the `window` days up to each day, shape (days,).

    NaN on the first `window` − 1 days, and if more than a fifth of the days in the window is missing.
    """
    result = np.full(len(unhedged), np.nan)
    if len(unhedged) < window:
        return result
    missing = np.isnan(unhedged) | np.isnan(hedged)
    pair = [np.lib.stride_tricks.sliding_window_view(np.where(missing, np.nan, r), window) for r in (unhedged, hedged)]
    enough = np.lib.stride_tricks.sliding_window_view(missing, window).mean(axis=1) <= 0.2
    if enough.any():
        before, after = (np.nanvar(view[enough], axis=1) for view in pair)
        result[window - 1 :][enough] = _reductions(np.column_stack([before, after]))
    return result


def tail_loss(returns: Floats) -> float:
    """Return the mean loss on the worst 5% of days (CVaR, positive); the last of these days can count in part."""
    worst = np.sort(returns)[: math.ceil(TAIL * len(returns))]
    shares = np.ones(len(worst))
    shares[-1] = TAIL * len(returns) - (len(worst) - 1)
    return -float(shares @ worst) / (TAIL * len(returns))


def _measurable(series: Sequence[Floats]) -> Floats | None:
    """The days that all series have, shape (days, series); None if they are too few, too wild or the first is still."""
    columns = np.column_stack(series)
    columns = columns[~np.isnan(columns).any(axis=1)]
    is_still = len(columns) < MINIMUM_TEST_DAYS or float(columns[:, 0].var()) <= 1e-18
    return None if is_still or np.abs(columns).max() > BEYOND_MEASURE else columns


def _variance_influence(y: Floats, h: Floats) -> Floats:
    """The influence of each day on 1 − var(h)/var(y): ((1 − reduction)·(y − mean)² − (h − mean)²) / var(y)."""
    y2, h2 = (y - y.mean()) ** 2, (h - h.mean()) ** 2
    influence: Floats = (h2.mean() / y2.mean() * y2 - h2) / y2.mean()
    return influence


def _tail_influence(y: Floats, h: Floats) -> Floats:
    """The influence of each day on 1 − CVaR(h)/CVaR(y): ((1 − reduction)·ψ(y) − ψ(h)) / CVaR(y)."""
    L_y, L_h = tail_loss(y), tail_loss(h)
    influence: Floats = (L_h / L_y * _shortfall_influence(y, L_y) - _shortfall_influence(h, L_h)) / L_y
    return influence


def _shortfall_influence(returns: Floats, shortfall: float) -> Floats:
    """ψ = max(loss − VaR, 0)/5% + VaR − CVaR, VaR the loss that 5% of days exceed."""
    loss = -returns
    at_risk = float(np.quantile(loss, 1.0 - TAIL))
    influence: Floats = np.maximum(loss - at_risk, 0.0) / TAIL + at_risk - shortfall
    influence -= influence.mean()
    return influence


def _reduction(unhedged: float, hedged: float) -> float:
    return 1.0 - hedged / unhedged


def _reductions(measures: Floats) -> Floats:
    """Return 1 − hedged / unhedged per window, from (windows, 2); NaN if there is no unhedged risk."""
    with np.errstate(invalid="ignore", divide="ignore"):
        reductions: Floats = np.where(measures[:, 0] > 1e-18, 1.0 - measures[:, 1] / measures[:, 0], np.nan)
    return reductions


def _both_lose(unhedged: Floats, short: Floats, horizon: int) -> float | None:
    if len(unhedged) < 3 * horizon:
        return None
    spans = [np.lib.stride_tricks.sliding_window_view(r, horizon) for r in (unhedged, short)]
    grown = (1.0 + spans[0]).prod(axis=1) - 1.0
    return float(((grown < 0.0) & (spans[1].sum(axis=1) < 0.0)).mean())


def _at_most_all(bounds: Interval) -> Interval:
    """The interval below 1, because no hedge removes more than all risk."""
    low, high = bounds
    return min(low, 1.0), min(high, 1.0)
