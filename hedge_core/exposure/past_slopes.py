"""Cached slopes of coins on a proxy as they could be estimated before a past day.

The slopes depend on the price history only, not on the bag, so they are cached with the history. Bags that share a
history, such as the sample's, share the results.
"""

from __future__ import annotations

import numpy as np

from hedge_core.exposure.estimators import Columns, Estimator
from hedge_core.market.snapshot import MOST_KEPT, Floats, PriceHistory


def past_slopes(
    history: PriceHistory, estimator: Estimator, *, proxy: int, window: int, end: int, coins: Columns
) -> Floats:
    """Return slope and correlation of each of `coins` on the proxy, shape (2, coins); NaN where there is no fit.

    `coins` and `proxy` are columns of `history.returns`. The regression uses the `window` returns before number `end`.
    If the estimator uses peers, they are all coins of the history.
    """
    key = (estimator.name, proxy, window, end)
    width = len(history.coins)
    nothing = np.full((2, width), np.nan), np.zeros(width, dtype=np.bool_)
    found, is_known = history.kept.get(key, nothing)
    missing = coins[~is_known[coins]]
    if missing.size:
        fit = estimator.fit_coins(history.returns[max(0, end - window) : end], missing, proxy)
        found, is_known = found.copy(), is_known.copy()  # another thread may be reading the old ones
        found[:, missing] = fit.slope, fit.correlation
        is_known[missing] = True
        if len(history.kept) >= MOST_KEPT:
            history.kept.clear()
        history.kept[key] = found, is_known
    result: Floats = found[:, coins]
    return result
