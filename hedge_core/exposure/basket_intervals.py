"""How far a basket's betas may be from the betas to come: an interval for each coin and leg, calibrated on the past.

Every 15 days of the history, and for every coin of the market, the ridge betas (`ridge`) on the present legs are
estimated on the window before and again on the 90 days that follow. The factor q is the 95% quantile of the distances
|b(next) − b| / SE, pooled over coins and legs, as in conformal prediction (Vovk and others 2005; see `evidence`). The
interval of a coin's beta is b ± q·SE. It is for coins with a full window; young coins get none.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from hedge_core.exposure.basket import CORE, Basket
from hedge_core.exposure.evidence import FORECAST_DAYS, FORECAST_STEP_DAYS, Calibration, calibration_of
from hedge_core.exposure.ridge import Ridge
from hedge_core.market.snapshot import Floats, PriceHistory


def basket_calibration(history: PriceHistory, legs: Sequence[str], *, window_days: int) -> Calibration | None:
    """The calibration of betas to these legs from all past forecasts; None if there are too few.

    It depends on the history, the legs and the window only, and is kept with the history.
    """
    key = ("basket", tuple(legs), window_days)
    if key not in history.kept:
        errors, days = forecast_errors(history, legs, window_days=window_days)
        history.kept[key] = calibration_of(errors, days, ", ".join(legs))
    found: Calibration | None = history.kept[key]
    return found


def forecast_errors(
    history: PriceHistory, legs: Sequence[str], *, window_days: int
) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Return how far the betas of the next 90 days were from each estimate, in standard errors, and when it was made.

    Shapes (forecasts, coins × legs) and (forecasts,). The coins are all coins of the history that are no legs. NaN if a
    coin misses a day that the legs have or never moves; a forecast for which a leg misses a day is left out. The time
    of an estimate is the number of returns before it.
    """
    used = [*(coin for coin in CORE if coin in history), *(leg for leg in legs if leg not in CORE)]
    X = history.returns[:, [history.column_of[name] for name in used]]
    Y = history.returns[:, [column for coin, column in history.column_of.items() if coin not in legs]]
    core, kept = [place for place, name in enumerate(used) if name in CORE], [used.index(leg) for leg in legs]
    errors, days = [], []
    for t in range(window_days, len(X) - FORECAST_DAYS + 1, FORECAST_STEP_DAYS):
        past, to_come = slice(t - window_days, t), slice(t, t + FORECAST_DAYS)
        if np.isnan(X[t - window_days : t + FORECAST_DAYS]).any():
            continue
        before, after = Ridge.of(X[past], core), Ridge.of(X[to_come], core)
        if not (before.is_distinct[kept].all() and after.is_distinct[kept].all()):
            continue
        slopes = before.slopes(Y[past], kept)
        SE, unknown = before.errors(Y[past], slopes, kept), np.full_like(slopes, np.nan)
        distances = np.divide(after.slopes(Y[to_come], kept) - slopes, SE, out=unknown, where=SE > 0.0)
        errors.append(np.where(np.isfinite(distances), distances, np.nan).ravel())
        days.append(t)
    width = Y.shape[1] * len(kept)
    return np.array(errors).reshape(len(days), width), np.array(days, dtype=np.int64)


def intervals(basket: Basket, calibration: Calibration | None, row: int) -> tuple[tuple[float, float] | None, ...]:
    """The interval of each beta of the coin in this row; None for a young coin or without a calibration."""
    if calibration is None or basket.is_young[row]:
        return (None,) * len(basket.proxies)
    reach = calibration.factor * basket.standard_errors[row]
    return tuple((float(b - r), float(b + r)) for b, r in zip(basket.betas[row], reach, strict=True))
