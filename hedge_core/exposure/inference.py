"""Intervals for measures of daily returns, and for several differences at once, in markets whose variance clusters.

The *influence* ψ(t) of a day on an estimate has mean zero, and the mean of the influences is close to the estimate's
error. The standard error SE of an estimate from T days follows from their lowest frequencies:

    P_j = sqrt(2/T)·sum over t of ψ(t)·cos(π·j·(t − 1/2)/T),   j = 1 … q
    SE² = (P_1² + … + P_q²) / (q·T)

(estimate − truth)/SE then has a Student t distribution with q degrees of freedom, whether or not days are independent
(equal-weighted cosines: Müller 2007; Lazarus, Lewis, Stock and Watson 2018). Calm and turbulent months alternate
slowly, so a small q is honest about variances. Differences of two hedges have less memory and bear a larger one. Both
were chosen on simulated markets; `docs/evidence.md` reports how often the intervals contain the truth.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from hedge_core.market.snapshot import Floats

Interval = tuple[float, float]

LEVEL = 0.95
LEVEL_COSINES = 4
DIFFERENCE_COSINES = 10
"""How many cosines judge the level of a measure, and the difference between two hedges."""

T_LEVEL = 2.7764451051977987
T_DIFFERENCE = 2.228138851986274
"""The 97.5% quantiles of Student's t with as many degrees of freedom."""

DRAWS = 4_000
SEED = 0
"""The draws behind the quantile of the largest of several t statistics."""


def projections(influence: Floats, count: int) -> Floats:
    """Return P: the influences (days, estimates) projected on the first `count` cosines, shape (count, estimates)."""
    projected: Floats = _cosines(len(influence), count) @ influence
    return projected


def interval(estimate: float, influence: Floats) -> Interval:
    """Return the 95% interval of one estimate from the influence of each day, shape (days,)."""
    P = projections(influence[:, None], LEVEL_COSINES)[:, 0]
    reach = T_LEVEL * float(np.sqrt((P**2).mean() / len(influence)))
    return estimate - reach, estimate + reach


def simultaneous_intervals(estimates: Floats, influences: Floats) -> list[Interval]:
    """Return intervals that contain all true values at once with 95%; `influences` has shape (days, estimates).

    All have the same width in standard errors: the 95% quantile of the largest of their |t|, which takes into account
    that they are correlated. With one estimate this is Student's quantile. An estimate without influences is exact.
    """
    P = projections(influences, DIFFERENCE_COSINES)
    errors = np.sqrt((P**2).mean(axis=0) / len(influences))
    reach = _largest_t(P[:, errors > 0.0]) * errors
    return list(zip((estimates - reach).tolist(), (estimates + reach).tolist(), strict=True))


def _largest_t(P: Floats) -> float:
    """The 95% quantile of the largest |t| of estimates with the projections P, shape (cosines, estimates).

    Each draw has one estimate and as many projections as P has, all normal with the correlation of P.
    """
    if P.shape[1] <= 1:
        return T_DIFFERENCE
    S = P.T @ P
    deviations = np.sqrt(np.diag(S))
    values, vectors = np.linalg.eigh(S / np.outer(deviations, deviations))
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    normals = _normals(len(P) + 1, P.shape[1])
    drawn = (normals.reshape(-1, P.shape[1]) @ root.T).reshape(normals.shape)
    t = np.abs(drawn[0]) / np.sqrt((drawn[1:] ** 2).mean(axis=0))
    return max(T_DIFFERENCE, float(np.quantile(t.max(axis=1), LEVEL)))


@lru_cache(maxsize=16)
def _cosines(days: int, count: int) -> Floats:
    """The cosines of unit length, shape (count, days)."""
    t = (np.arange(days) + 0.5) / days
    cosines: Floats = np.sqrt(2.0 / days) * np.cos(np.pi * np.outer(np.arange(1, count + 1), t))
    cosines.flags.writeable = False
    return cosines


@lru_cache(maxsize=16)
def _normals(rows: int, columns: int) -> Floats:
    """Independent standard normal draws, shape (rows, DRAWS, columns)."""
    normals = np.random.default_rng(SEED).standard_normal((rows, DRAWS, columns))
    normals.flags.writeable = False
    return normals
