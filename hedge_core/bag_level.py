"""The bag-level hedge: the bag as a whole regressed on several proxies, and a short in each.

The bag's return at present weights, on the days that all its coins share, is regressed with an intercept on the
proxies' returns with coefficients that are not negative (a negative one would be a long position). The target is
half that regression and half equal notional, which on real history is hard to beat:

    x = h·(½·x_nnls + ½·V/k for each of k proxies)

Non-negative least squares is ordinary least squares on the proxies that it keeps, so the bag's coefficients are
exactly the weighted mean of its coins' coefficients on those proxies; each coin has betas of its own. A coin younger
than the window is left out of the fit; its betas are w·own + (1 − w)·mean of its peers, w = days / window. With
Bitcoin as the only proxy the beta is two thirds of the regression over 180 days and a third of 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hedge_core.estimators import MINIMUM_DAYS
from hedge_core.market import Floats

BAG_PROXIES = ("BTC", "ETH", "SOL")
"""The proxies of a bag-level hedge, where the venue has contracts on them."""

FULL_SHARE = 0.95
"""A coin with this share of the days of the oldest in the window counts as old enough for the fit."""

BITCOIN_WINDOW_DAYS = 180
BITCOIN_WEIGHT = 2.0 / 3.0


@dataclass(frozen=True, eq=False)
class BagFit:
    """Betas of each coin to each proxy, jointly, in the order of `coins` and `proxies`; shape (coins, proxies).

    `standard_errors` are textbook ones. `observations` counts each coin's days, `is_young` says which coins were
    left out of the fit and shrunk to their peers.
    """

    coins: tuple[str, ...]
    proxies: tuple[str, ...]
    betas: Floats
    standard_errors: Floats
    observations: npt.NDArray[np.int64]
    is_young: npt.NDArray[np.bool_]
    window_days: int


def fit_bag(
    returns: Floats, proxy_returns: Floats, *, coins: Sequence[str], proxies: Sequence[str], values: Floats, window: int
) -> BagFit | None:
    """Fit a bag on its proxies, or None where there are too few days or a proxy never moved.

    `returns` (days, coins) and `proxy_returns` (days, proxies) are daily simple returns, NaN where there is none;
    the last `window` of them are used. `values` are USD held of each coin (their scale does not matter).
    """
    is_bitcoin_alone = tuple(proxies) == ("BTC",)
    window = min(window, BITCOIN_WINDOW_DAYS) if is_bitcoin_alone else window
    y, x = returns[-window:], proxy_returns[-window:]
    has_proxies = ~np.isnan(x).any(axis=1)
    y, x = y[has_proxies], x[has_proxies]
    if len(x) < MINIMUM_DAYS or (x.var(axis=0) <= 1e-18).any():
        return None
    observations = (~np.isnan(y)).sum(axis=0)
    is_young = observations < FULL_SHARE * observations.max(initial=0)
    old = np.flatnonzero(~is_young)
    shared = ~np.isnan(y[:, old]).any(axis=1)
    if shared.sum() < MINIMUM_DAYS:
        return None
    kept = np.flatnonzero(non_negative_slopes(y[np.ix_(shared, old)] @ values[old], x[shared]) > 0.0)
    betas, errors = np.zeros((2, len(coins), len(proxies)))
    for column in range(len(coins)):
        days = ~np.isnan(y[:, column]) if is_young[column] else shared
        betas[column], errors[column] = _slopes(y[days, column], x[days], kept)
    if is_young.any():
        weight = np.minimum(observations[is_young] / window, 1.0)[:, None]
        own = np.where(np.isnan(betas[is_young]), 0.0, betas[is_young])
        weight = np.where(np.isnan(betas[is_young]), 0.0, weight)
        own_error = np.where(np.isnan(errors[is_young]), 0.0, errors[is_young])
        spread = betas[old].var(axis=0, ddof=1) if len(old) > 1 else np.zeros(len(proxies))
        betas[is_young] = weight * own + (1.0 - weight) * betas[old].mean(axis=0)
        errors[is_young] = np.sqrt((weight * own_error) ** 2 + (1.0 - weight) ** 2 * spread)
    if is_bitcoin_alone:
        betas, errors = BITCOIN_WEIGHT * betas + (1.0 - BITCOIN_WEIGHT), BITCOIN_WEIGHT * errors
    return BagFit(tuple(coins), tuple(proxies), betas, errors, observations.astype(np.int64), is_young, window)


def bag_target(exposure: Floats, value: float, hedge_ratio: float) -> Floats:
    """USD to short in each proxy: h·(½·exposure + ½·value / k); with a single proxy h·exposure."""
    k = len(exposure)
    return hedge_ratio * exposure if k == 1 else hedge_ratio * (0.5 * exposure + 0.5 * value / k)


def exposures(fit: BagFit, values: Mapping[str, float]) -> Floats:
    """The bag's exposure to each proxy, USD: sum of value times beta."""
    held = np.array([values[coin] for coin in fit.coins])
    total: Floats = held @ fit.betas
    return total


def non_negative_slopes(y: Floats, x: Floats) -> Floats:
    """Least squares with an intercept and slopes that are not negative, y (days,) on x (days, proxies)."""
    from scipy.optimize import nnls

    spread = x.std(axis=0)
    slopes: Floats = nnls((x - x.mean(axis=0)) / spread, y - y.mean())[0] / spread
    return slopes


def _slopes(y: Floats, x: Floats, kept: npt.NDArray[np.intp]) -> tuple[Floats, Floats]:
    """Least squares with an intercept on the proxies `kept`, and errors; zero for the others, NaN if too few days."""
    betas, errors = np.zeros(x.shape[1]), np.zeros(x.shape[1])
    if len(y) < MINIMUM_DAYS:
        return np.full_like(betas, np.nan), np.full_like(errors, np.nan)
    if kept.size:
        dx, dy = x[:, kept] - x[:, kept].mean(axis=0), y - y.mean()
        inverse = np.linalg.pinv(dx.T @ dx)
        betas[kept] = inverse @ dx.T @ dy
        residual = dy - dx @ betas[kept]
        freedom = len(y) - 1 - kept.size
        errors[kept] = np.sqrt(float(residual @ residual) / freedom * np.diag(inverse))
    return betas, errors
