"""Betas of coins to proxies, with their standard errors, and covariances and correlations of coins.

The estimator of plans is ordinary least squares with an intercept: beta = cov(coin, proxy) / var(proxy) of simple daily
returns, the minimum-variance hedge ratio (Ederington 1979). The standard error is the textbook one. It describes
the past window and understates how far the *next* beta may be from this one. `evidence` adds an interval for the next
beta, calibrated on past forecasts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from hedge_core.errors import InsufficientHistory, InvalidInput
from hedge_core.exposure.estimators import OLS, PLAN_ESTIMATOR, Estimator, ledoit_wolf, towards_peers
from hedge_core.market.snapshot import MINIMUM_DAYS, Floats, PriceHistory

Method = str
"""The name of an estimator, "shrunk" (to the coin's peers), "joint" (a regression on several proxies), or without a
regression "own future" or "set by you"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BetaEstimate:
    """The beta of `coin` to `proxy`, with the statistics needed to judge it.

    `observations` counts the daily returns used out of a window of `window_days`. Statistics are None if no regression
    was run (a beta set by hand; a coin's own future has only its correlation of 1). `alpha` is the intercept per day.
    `interval_to_come` contains the beta of the next 90 days with 95% probability, calibrated on past forecasts; None
    if there were too few.
    """

    coin: str
    proxy: str
    beta: float
    method: Method
    standard_error: float | None = None
    correlation: float | None = None
    r_squared: float | None = None
    alpha: float | None = None
    interval_to_come: tuple[float, float] | None = None
    observations: int = 0
    window_days: int = 0
    first_day: date | None = None
    last_day: date | None = None

    @classmethod
    def own(cls, coin: str) -> BetaEstimate:
        """Return the beta of a coin hedged with its own future: 1 by construction."""
        return cls(coin=coin, proxy=coin, beta=1.0, method="own future", correlation=1.0)

    @classmethod
    def stated(cls, coin: str, proxy: str, beta: float) -> BetaEstimate:
        """Return a beta set by the user."""
        return cls(coin=coin, proxy=proxy, beta=beta, method="set by you")

    @property
    def is_measured(self) -> bool:
        """Whether the beta comes from a regression."""
        return not (self.is_own_future or self.is_stated)

    @property
    def is_shrunk(self) -> bool:
        """Whether the beta was shrunk towards those of other coins because the coin is young."""
        return self.method == "shrunk"

    @property
    def is_own_future(self) -> bool:
        """Whether the coin is hedged with a future on itself."""
        return self.method == "own future"

    @property
    def is_stated(self) -> bool:
        """Whether the user set the beta."""
        return self.method == "set by you"

    @property
    def textbook_interval(self) -> tuple[float, float] | None:
        """beta ± 1.96 standard errors: 95% if returns were independent, else too narrow. None without an error."""
        if self.standard_error is None:
            return None
        return self.beta - 1.96 * self.standard_error, self.beta + 1.96 * self.standard_error


def estimate_betas(
    history: PriceHistory,
    coins: Sequence[str],
    proxy: str,
    *,
    window_days: int,
    estimator: Estimator = PLAN_ESTIMATOR,
) -> Mapping[str, BetaEstimate | InsufficientHistory]:
    """Return the beta of every coin to one proxy over the last `window_days` daily returns.

    A coin without an estimate gets an InsufficientHistory that says why: fewer than MINIMUM_DAYS common returns, or a
    proxy or coin whose price never moved. A day on which either return is missing is skipped for that coin only.
    Raises InvalidInput if `window_days` is below MINIMUM_DAYS.
    """
    if window_days < MINIMUM_DAYS:
        raise InvalidInput(f"A window needs at least {MINIMUM_DAYS} days, not {window_days}.")
    known = [coin for coin in coins if coin in history] if proxy in history else []
    results: dict[str, BetaEstimate | InsufficientHistory] = {
        coin: InsufficientHistory(coin, proxy, needed=MINIMUM_DAYS, found=0) for coin in coins
    }
    if not known or len(history.days) < 2:
        return results
    returns, days = history.returns[-window_days:], history.days[1:][-window_days:]
    columns = np.array([history.column_of[coin] for coin in known])
    fit = estimator.fit_coins(returns, columns, history.column_of[proxy])
    is_used = ~np.isnan(returns[:, columns]) & ~np.isnan(returns[:, [history.column_of[proxy]]])
    observations, first, last = is_used.sum(axis=0), is_used.argmax(axis=0), -1 - is_used[::-1].argmax(axis=0)
    for row, coin in enumerate(known):
        if not fit.is_usable[row]:
            count = int(fit.observations[row])
            found = count if count < MINIMUM_DAYS else 0
            results[coin] = InsufficientHistory(coin, proxy, needed=MINIMUM_DAYS, found=found)
            continue
        results[coin] = BetaEstimate(
            coin=coin,
            proxy=proxy,
            beta=float(fit.slope[row]),
            method=estimator.name,
            standard_error=float(fit.standard_error[row]),
            correlation=float(fit.correlation[row]),
            r_squared=float(fit.correlation[row] ** 2),
            alpha=float(fit.intercept[row]),
            observations=int(observations[row]),
            window_days=window_days,
            first_day=days[first[row]].item(),
            last_day=days[last[row]].item(),
        )
    return results


def shrunk_to_peers(estimate: BetaEstimate, peers: Sequence[BetaEstimate], full_days: int) -> BetaEstimate:
    """Return the beta of a coin with few days: w·own + (1 − w)·mean of its peers, w = its days / `full_days`.

    `full_days` is the number of days of the oldest coin in the window. On real history this hedged coins with 60 to
    300 days better than their own regression. Without peers, or if w is 1, the estimate is returned unchanged.
    """
    weight = min(estimate.observations / full_days, 1.0)
    if not peers or weight >= 1.0 or estimate.standard_error is None:
        return estimate
    slopes = np.array([[peer.beta] for peer in peers])
    beta, error = towards_peers(np.array([estimate.beta]), np.array([estimate.standard_error]), weight, slopes)
    return replace(
        estimate,
        beta=float(beta[0]),
        standard_error=float(error[0]),
        alpha=None,
        method="shrunk",
    )


def rolling_betas(returns: Floats, proxies: Floats, *, window: int) -> Floats:
    """Return the slopes of a rolling OLS, with intercept, of each column of `returns` on all `proxies` jointly.

    `returns` has shape (days, coins), `proxies` (days, k), and the result (days, coins, k). It is NaN for the first
    `window` − 1 days, if a return in the window is missing, and if the proxies are constant or collinear in it.
    Sums over windows use cumulative sums of demeaned data, so the cost does not depend on `window`. Raises InvalidInput
    if the numbers of days differ or `window` < k + 2.
    """
    y = np.asarray(returns, dtype=np.float64)
    x = np.asarray(proxies, dtype=np.float64)
    days, k = x.shape
    if y.shape[0] != days or window < k + 2:
        raise InvalidInput("Coins and proxies must have the same days, and the window two days more than proxies.")
    betas = np.full((days, y.shape[1], k), np.nan)
    if days < window:
        return betas
    missing_y, missing_x = np.isnan(y), np.isnan(x)
    y = np.where(missing_y, 0.0, y - _column_means(y))
    x = np.where(missing_x, 0.0, x - _column_means(x))

    sum_x, sum_y = _windowed_sum(x, window), _windowed_sum(y, window)
    sxx = np.empty((sum_x.shape[0], k, k))
    sxy = np.empty((sum_x.shape[0], k, y.shape[1]))
    for i in range(k):
        for j in range(i, k):
            sxx[:, i, j] = _windowed_sum(x[:, i] * x[:, j], window) - sum_x[:, i] * sum_x[:, j] / window
            sxx[:, j, i] = sxx[:, i, j]
        sxy[:, i, :] = _windowed_sum(y * x[:, i, None], window) - sum_y * sum_x[:, i, None] / window

    incomplete = sliding_window_view(missing_x.any(axis=1), window).any(axis=1)
    scale = np.einsum("tii->ti", sxx)
    solvable = ~incomplete & (scale > 1e-18).all(axis=1)
    solvable[solvable] &= np.linalg.det(sxx[solvable]) > 1e-12 * scale[solvable].prod(axis=1)
    slopes = np.full_like(sxy, np.nan)
    slopes[solvable] = np.linalg.solve(sxx[solvable], sxy[solvable])
    gaps = _windowed_sum(missing_y.astype(np.float64), window) > 0.5
    betas[window - 1 :] = np.where(gaps[:, :, None], np.nan, slopes.transpose(0, 2, 1))
    return betas


def rolling_exposure(history: PriceHistory, coin: str, proxy: str, *, window: int) -> tuple[Floats, Floats]:
    """Return the rolling beta of a coin to one proxy and their rolling correlation, each of shape (days − 1,).

    The correlation is the geometric mean of the slopes in both directions, with the sign of the beta. Both are NaN
    where `rolling_betas` is.
    """
    y, x = history.returns_of(coin)[:, None], history.returns_of(proxy)[:, None]
    betas: Floats = rolling_betas(y, x, window=window)[:, 0, 0]
    backward: Floats = rolling_betas(x, y, window=window)[:, 0, 0]
    return betas, np.sign(betas) * np.sqrt(np.clip(betas * backward, 0.0, 1.0))


def covariance(history: PriceHistory, coins: Sequence[str], *, window_days: int) -> Floats | None:
    """Return the covariance of daily returns on the days that all `coins` share, shrunk (Ledoit, Wolf 2004).

    None if a coin has no history, there are fewer than MINIMUM_DAYS shared days, or a price never moved or overflows.
    """
    if any(coin not in history for coin in coins):
        return None
    returns = history.returns[-window_days:, [history.column_of[coin] for coin in coins]]
    shared = returns[~np.isnan(returns).any(axis=1)]
    if len(shared) < MINIMUM_DAYS:
        return None
    estimated = ledoit_wolf(shared)
    is_usable = bool(np.isfinite(estimated).all() and (np.diag(estimated) > 1e-18).all())
    return estimated if is_usable else None


def correlations(history: PriceHistory, coins: Sequence[str], *, window_days: int) -> Floats:
    """Return the correlation of each pair of coins on the days the pair shares; NaN below MINIMUM_DAYS days."""
    matrix = np.full((len(coins), len(coins)), np.nan)
    for column, proxy in enumerate(coins):
        for coin, estimate in estimate_betas(history, coins, proxy, window_days=window_days, estimator=OLS).items():
            if isinstance(estimate, BetaEstimate) and estimate.correlation is not None:
                matrix[coins.index(coin), column] = estimate.correlation
    return matrix


def _column_means(values: Floats) -> Floats:
    count = np.maximum((~np.isnan(values)).sum(axis=0), 1)
    means: Floats = np.nansum(values, axis=0) / count
    return means


def _windowed_sum(values: Floats, window: int) -> Floats:
    total = np.cumsum(values, axis=0)
    sums: Floats = total[window - 1 :].copy()
    sums[1:] -= total[:-window]
    return sums
