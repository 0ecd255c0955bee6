"""Spearman's rank correlation: single wild values do not decide it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def rank_correlation(one: Floats, other: Floats) -> float:
    """The correlation of the ranks of two series of equal length without NaN.

    Values that are equal have their mean rank. 0 if there are fewer than two values, or if one series never changes.
    """
    if len(one) < 2:
        return 0.0
    ranks = np.array([_ranks(one), _ranks(other)])
    return 0.0 if np.ptp(ranks, axis=1).min() == 0.0 else float(np.corrcoef(ranks)[0, 1])


def _ranks(values: Floats) -> Floats:
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    ranks: Floats = (np.cumsum(count) - (count - 1) / 2.0)[place]
    return ranks
