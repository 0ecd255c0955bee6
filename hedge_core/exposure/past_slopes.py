"""Slopes of coins on a proxy before a day of the past, worked out once for a history and kept with it.

They follow from the history alone, whoever holds the coins and how many: on a history that is shared, such as the
sample's, the second bag with a coin finds what the first one has worked out.
"""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
import numpy.typing as npt

from hedge_core.exposure.estimators import Estimator
from hedge_core.market.snapshot import Floats, PriceHistory

MOST_KEPT = 4_096
"""Regressions (one estimator, proxy, window and day each) kept with a history; beyond it all are forgotten."""

Columns = npt.NDArray[np.intp]


def past_slopes(
    history: PriceHistory, estimator: tuple[Hashable, Estimator], *, proxy: int, window: int, end: int, coins: Columns
) -> Floats:
    """Slope and correlation of each of the `coins` (columns) on the proxy (a column), shape (2, coins).

    The regression uses the `window` returns before number `end`. `estimator` comes with a name of its own; it must
    treat each coin by itself.
    """
    name, estimate = estimator
    key = (name, proxy, window, end)
    width = len(history.coins)
    nothing = np.full((2, width), np.nan), np.zeros(width, dtype=np.bool_)
    found, is_known = history.kept.get(key, nothing)
    missing = coins[~is_known[coins]]
    if missing.size:
        past = history.returns[max(0, end - window) : end]
        fit = estimate(past[:, missing], past[:, proxy])
        found, is_known = found.copy(), is_known.copy()  # another thread may be reading the old ones
        found[:, missing] = fit.slope, fit.correlation
        is_known[missing] = True
        if len(history.kept) >= MOST_KEPT:
            history.kept.clear()
        history.kept[key] = found, is_known
    result: Floats = found[:, coins]
    return result
