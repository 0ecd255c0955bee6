"""The bag-level hedge: regress the bag as a whole on several proxies and short each of them.

The return of the bag at present weights, on the days that all its coins share, is regressed with an intercept on the
returns of the proxies. Coefficients cannot be negative, because that would mean a long position. The target is half
that regression and half equal notional amounts, which is hard to beat on real history:

    x = h·(½·x_nnls + ½·V/k for each of k proxies)

h is the hedge ratio, V the value of the bag in USD and x the USD to short. Non-negative least squares equals ordinary
least squares on the proxies that it keeps. The bag's coefficients are therefore exactly the weighted mean of its coins'
coefficients on those proxies, and each coin gets its own betas. A coin with fewer days is left out of the fit; its
betas are w·own + (1 − w)·mean of its peers, w = its share of the days. If Bitcoin is the only proxy, the beta is two
thirds of the regression over 180 days plus one third of 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from hedge_core.exposure.estimators import towards_peers
from hedge_core.market.snapshot import MINIMUM_DAYS, Floats

BAG_PROXIES = ("BTC", "ETH", "SOL")
"""The proxies of a bag-level hedge, if the venue has contracts on them."""

FULL_SHARE = 0.95
"""A coin with at least this share of the days of the oldest coin in the window is included in the fit."""

BITCOIN_WINDOW_DAYS = 180
BITCOIN_WEIGHT = 2.0 / 3.0


@dataclass(frozen=True, eq=False)
class BagFit:
    """Joint betas of each coin to each proxy, shape (coins, proxies), in the order of `coins` and `proxies`.

    `standard_errors` are the textbook ones, of the same shape. `observations` counts the days behind each coin's betas.
    `is_young` marks the coins that were left out of the fit and shrunk to their peers.
    """

    coins: tuple[str, ...]
    proxies: tuple[str, ...]
    betas: Floats
    standard_errors: Floats
    observations: npt.NDArray[np.int64]
    is_young: npt.NDArray[np.bool_]
    window_days: int


def sound_proxies(returns: Floats) -> npt.NDArray[np.bool_]:
    """Return which proxies can be used in a fit, from their `returns` (days, proxies): they moved and have few gaps.

    A proxy with fewer than 95% of the returns of the most complete one would shorten the days of all others.
    """
    known = (~np.isnan(returns)).sum(axis=0)
    low, high = (reduce(np.where(np.isnan(returns), 0.0, returns), axis=0, initial=0.0) for reduce in (np.min, np.max))
    is_sound: npt.NDArray[np.bool_] = (
        (known >= MINIMUM_DAYS) & (known >= FULL_SHARE * known.max(initial=0)) & (high - low > 1e-9)
    )
    return is_sound


def fit_bag(
    returns: Floats, proxy_returns: Floats, *, coins: Sequence[str], proxies: Sequence[str], values: Floats, window: int
) -> BagFit | None:
    """Fit a bag on its proxies. None if there are too few days or a proxy is not sound.

    `returns` (days, coins) and `proxy_returns` (days, proxies) are daily simple returns, NaN if missing; the last
    `window` of them are used. `values` are USD held of each coin (their scale does not matter).
    """
    is_bitcoin_alone = tuple(proxies) == ("BTC",)
    window = min(window, BITCOIN_WINDOW_DAYS) if is_bitcoin_alone else window
    y, x = returns[-window:], proxy_returns[-window:]
    if not sound_proxies(x).all():
        return None
    has_proxies = ~np.isnan(x).any(axis=1)
    y, x = y[has_proxies], x[has_proxies]
    observations = (~np.isnan(y)).sum(axis=0)
    is_young = observations < FULL_SHARE * observations.max(initial=0)
    old = np.flatnonzero(~is_young)
    shared = ~np.isnan(y[:, old]).any(axis=1)
    if shared.sum() < MINIMUM_DAYS or (x[shared].var(axis=0) <= 1e-18).any():
        return None
    kept = np.flatnonzero(non_negative_slopes(y[np.ix_(shared, old)] @ values[old], x[shared]) > 0.0)
    betas, errors = np.zeros((2, len(coins), len(proxies)))
    for column in old:
        betas[column], errors[column] = _slopes(y[shared, column], x[shared], kept)
    for column in np.flatnonzero(is_young):
        days = ~np.isnan(y[:, column])
        has_own = days.sum() >= MINIMUM_DAYS
        own, error = _slopes(y[days, column], x[days], kept) if has_own else np.zeros((2, len(proxies)))
        weight = observations[column] / observations.max() if has_own else 0.0
        slopes, errors[column] = towards_peers(own, error, weight, betas[old])
        betas[column] = np.maximum(slopes, 0.0)
    if is_bitcoin_alone:
        betas, errors = BITCOIN_WEIGHT * betas + (1.0 - BITCOIN_WEIGHT), BITCOIN_WEIGHT * errors
    used = np.where(is_young, observations, int(shared.sum())).astype(np.int64)
    return BagFit(tuple(coins), tuple(proxies), betas, errors, used, is_young, window)


def bag_target(exposure: Floats, value: float, hedge_ratio: float) -> Floats:
    """Return USD to short in each of k proxies: h·(½·exposure + ½·value / k); h·exposure for a single proxy."""
    k = len(exposure)
    return hedge_ratio * exposure if k == 1 else hedge_ratio * (0.5 * exposure + 0.5 * value / k)


class JointBetas(Protocol):
    """Betas of each coin to each proxy, shape (coins, proxies)."""

    @property
    def coins(self) -> tuple[str, ...]:
        """The coins, in the order of the rows."""

    @property
    def betas(self) -> Floats:
        """The betas."""


def exposures(fit: JointBetas, values: Mapping[str, float]) -> Floats:
    """Return the bag's exposure to each proxy in USD: the sum of value times beta."""
    held = np.array([values[coin] for coin in fit.coins])
    total: Floats = held @ fit.betas
    return total


def non_negative_slopes(y: Floats, x: Floats) -> Floats:
    """Return the slopes of least squares with an intercept, slopes not below zero, of y (days,) on x (days, proxies).

    The slope on a proxy that never moved is zero. Missing values are not allowed.
    """
    from scipy.optimize import nnls

    slopes, spread = np.zeros(x.shape[1]), x.std(axis=0)
    moved = spread > 0.0
    if moved.any():
        slopes[moved] = nnls((x - x.mean(axis=0))[:, moved] / spread[moved], y - y.mean())[0] / spread[moved]
    return slopes


def _slopes(y: Floats, x: Floats, kept: npt.NDArray[np.intp]) -> tuple[Floats, Floats]:
    """Return OLS slopes, with an intercept, on the proxies `kept`, and their errors; zero for the others."""
    betas, errors = np.zeros(x.shape[1]), np.zeros(x.shape[1])
    if kept.size:
        dx, dy = x[:, kept] - x[:, kept].mean(axis=0), y - y.mean()
        inverse = np.linalg.pinv(dx.T @ dx)
        betas[kept] = inverse @ dx.T @ dy
        residual = dy - dx @ betas[kept]
        freedom = len(y) - 1 - kept.size
        errors[kept] = np.sqrt(float(residual @ residual) / freedom * np.diag(inverse))
    return betas, errors
