"""The bag-level hedge: the bag as a whole regressed on several proxies, and a short in each.

The bag's return at present weights, on the days that all its coins share, is regressed with an intercept on the
proxies' returns with coefficients that are not negative (a negative one would be a long position). The target is
half that regression and half equal notional, which on real history is hard to beat:

    x = h·(½·x_nnls + ½·V/k for each of k proxies)

Non-negative least squares is ordinary least squares on the proxies that it keeps, so the bag's coefficients are
exactly the weighted mean of its coins' coefficients on those proxies; each coin has betas of its own. A coin
with fewer days is left out of the fit; its betas are w·own + (1 − w)·mean of its peers, w = its share of the days. With
Bitcoin as the only proxy the beta is two thirds of the regression over 180 days and a third of 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hedge_core.market.snapshot import MINIMUM_DAYS, Floats

BAG_PROXIES = ("BTC", "ETH", "SOL")
"""The proxies of a bag-level hedge, where the venue has contracts on them."""

FULL_SHARE = 0.95
"""A coin with this share of the days of the oldest in the window counts as old enough for the fit."""

BITCOIN_WINDOW_DAYS = 180
BITCOIN_WEIGHT = 2.0 / 3.0


@dataclass(frozen=True, eq=False)
class BagFit:
    """Betas of each coin to each proxy, jointly, in the order of `coins` and `proxies`; shape (coins, proxies).

    `standard_errors` are textbook ones. `observations` counts the days that each coin's betas rest on, `is_young` says
    which coins were left out of the fit and shrunk to their peers.
    """

    coins: tuple[str, ...]
    proxies: tuple[str, ...]
    betas: Floats
    standard_errors: Floats
    observations: npt.NDArray[np.int64]
    is_young: npt.NDArray[np.bool_]
    window_days: int


def sound_proxies(returns: Floats) -> npt.NDArray[np.bool_]:
    """Which proxies can carry a fit over these days, `returns` (days, proxies): those that moved and have few gaps.

    A proxy with fewer than 95% of the returns of the one with the most would cut the days of all others.
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
    """Fit a bag on its proxies, or None where there are too few days or a proxy is not sound.

    `returns` (days, coins) and `proxy_returns` (days, proxies) are daily simple returns, NaN where there is none;
    the last `window` of them are used. `values` are USD held of each coin (their scale does not matter).
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
        own = _slopes(y[days, column], x[days], kept) if days.sum() >= MINIMUM_DAYS else None
        weight = 0.0 if own is None else observations[column] / observations.max()
        betas[column], errors[column] = _shrunk(own, weight, betas[old])
    if is_bitcoin_alone:
        betas, errors = BITCOIN_WEIGHT * betas + (1.0 - BITCOIN_WEIGHT), BITCOIN_WEIGHT * errors
    used = np.where(is_young, observations, int(shared.sum())).astype(np.int64)
    return BagFit(tuple(coins), tuple(proxies), betas, errors, used, is_young, window)


def _shrunk(own: tuple[Floats, Floats] | None, weight: float, peers: Floats) -> tuple[Floats, Floats]:
    """A young coin's betas and errors: weight·own + (1 − weight)·mean of its peers', none of them negative."""
    spread = peers.std(axis=0, ddof=1) if len(peers) > 1 else np.zeros(peers.shape[1])
    slopes, errors = own if own is not None else (np.zeros(peers.shape[1]), np.zeros(peers.shape[1]))
    betas = np.maximum(weight * slopes + (1.0 - weight) * peers.mean(axis=0), 0.0)
    return betas, np.sqrt((weight * errors) ** 2 + ((1.0 - weight) * spread) ** 2)


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
    """Least squares with an intercept and slopes that are not negative, y (days,) on x (days, proxies).

    The slope on a proxy that never moved is zero.
    """
    from scipy.optimize import nnls

    slopes, spread = np.zeros(x.shape[1]), x.std(axis=0)
    moved = spread > 0.0
    if moved.any():
        slopes[moved] = nnls((x - x.mean(axis=0))[:, moved] / spread[moved], y - y.mean())[0] / spread[moved]
    return slopes


def _slopes(y: Floats, x: Floats, kept: npt.NDArray[np.intp]) -> tuple[Floats, Floats]:
    """Least squares with an intercept on the proxies `kept`, with errors; zero for the others."""
    betas, errors = np.zeros(x.shape[1]), np.zeros(x.shape[1])
    if kept.size:
        dx, dy = x[:, kept] - x[:, kept].mean(axis=0), y - y.mean()
        inverse = np.linalg.pinv(dx.T @ dx)
        betas[kept] = inverse @ dx.T @ dy
        residual = dy - dx @ betas[kept]
        freedom = len(y) - 1 - kept.size
        errors[kept] = np.sqrt(float(residual @ residual) / freedom * np.diag(inverse))
    return betas, errors
