"""Estimators of beta: functions from arrays of returns to slopes with standard errors, for all coins at once.

An `Estimator` is a value: a function with its name, its words and the backtests it appears in. `ESTIMATORS` lists them
all, and `PLAN_ESTIMATOR` is the one whose betas size a plan's hedges. Nothing else asks which one it has.

The function takes `y` (days, coins) and `x` (days,), daily simple returns with NaN if missing, and returns a `Fit`
with one entry per coin. A day on which either return is missing is skipped for that coin only. Without enough data
(fewer than `MINIMUM_DAYS` common returns, or a price that never moved), slope and error are NaN, never zero, and
`is_usable` is False.

    ols          least squares with an intercept: the minimum-variance hedge ratio (Ederington 1979)
    ewma         least squares with weights that halve every `half_life` days
    huber        least squares for small residuals, least absolute deviations for large ones (Huber 1964)
    weekly       least squares on returns of seven days
    downside     least squares on the days on which the proxy fell
    vasicek      a fit shrunk towards the cross-section of its peers (Vasicek 1973)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from hedge_core.errors import InvalidInput
from hedge_core.market.snapshot import MINIMUM_DAYS, Floats

MINIMUM_WEEKS = 12
HALF_LIFE_DAYS = 60.0
HUBER_THRESHOLD = 1.345
"""In robust standard deviations: 95% efficient if the errors are normal (Huber 1981)."""

MAD_OF_NORMAL = 0.6744897501960817
"""Median absolute deviation of a standard normal variable."""

Bools = npt.NDArray[np.bool_]
Columns = npt.NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Fit:
    """Regressions of several coins on one proxy; each array has shape (coins,).

    `standard_error` assumes independent errors of equal variance (for the Huber estimator it is the asymptotic one).
    `observations` counts the returns used, which are weeks in a weekly fit. Other entries are NaN without a fit.
    """

    slope: Floats
    intercept: Floats
    standard_error: Floats
    correlation: Floats
    observations: npt.NDArray[np.int64]

    @property
    def is_usable(self) -> Bools:
        """Whether each coin has a slope, shape (coins,)."""
        return ~np.isnan(self.slope)

    def of(self, coins: Columns | Bools) -> Fit:
        """Return the regressions of some of the coins."""
        return Fit(
            slope=self.slope[coins],
            intercept=self.intercept[coins],
            standard_error=self.standard_error[coins],
            correlation=self.correlation[coins],
            observations=self.observations[coins],
        )


class Trial(NamedTuple):
    """A row of the backtest: an estimator's hedge with this proxy, on `days` days (None: the plan's window)."""

    proxy: str
    days: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimator:
    """A way to estimate betas to one proxy.

    `name` is stable and appears in JSON and links; `words` describe its betas in a table. `fit` is the function (see
    the module). `trials` are the rows of the backtest that show it beside the plan. `uses_peers`: the slope of one coin
    depends on the other coins in `y`.
    """

    name: str
    words: str
    fit: Callable[[Floats, Floats], Fit]
    trials: tuple[Trial, ...] = ()
    uses_peers: bool = False

    def fit_coins(self, returns: Floats, coins: Columns, proxy: int) -> Fit:
        """Return the fit of the columns `coins` of `returns` (days, all coins) on the column `proxy`.

        If the estimator uses peers, they are all other columns.
        """
        if not self.uses_peers:
            return self.fit(returns[:, coins], returns[:, proxy])
        everyone = np.union1d(np.setdiff1d(np.arange(returns.shape[1]), proxy), coins)
        return self.fit(returns[:, everyone], returns[:, proxy]).of(np.searchsorted(everyone, coins))


def ols(y: Floats, x: Floats) -> Fit:
    """Return the ordinary least squares fit with an intercept."""
    return _least_squares(y, x, np.ones(len(x)), MINIMUM_DAYS)


def ewma(y: Floats, x: Floats, half_life: float = HALF_LIFE_DAYS) -> Fit:
    """Return the least squares fit with weights 0.5^(age / half_life); ages are in days and the newest day weighs 1.

    The standard error treats the weights as inverse variances of the errors, as in weighted least squares. Raises
    InvalidInput unless `half_life` > 0.
    """
    if not half_life > 0:
        raise InvalidInput(f"The half-life must be more than zero days, not {half_life}.")
    ages = np.arange(len(x))[::-1]
    return _least_squares(y, x, 0.5 ** (ages / half_life), MINIMUM_DAYS)


def downside(y: Floats, x: Floats) -> Fit:
    """Return the least squares fit on the days on which the proxy fell."""
    fell = np.where(x < 0.0, 1.0, 0.0)
    return _least_squares(y, x, fell, MINIMUM_DAYS)


def weekly(y: Floats, x: Floats) -> Fit:
    """Return the least squares fit on weekly returns, counted back from the last day; incomplete weeks are skipped."""
    weeks = len(x) // 7
    if weeks == 0:
        return _least_squares(y, x, np.zeros(len(x)), MINIMUM_WEEKS)

    def compounded(returns: Floats) -> Floats:
        grouped = (1.0 + returns[len(returns) - 7 * weeks :]).reshape(weeks, 7, *returns.shape[1:])
        total: Floats = grouped.prod(axis=1) - 1.0
        return total

    return _least_squares(compounded(y), compounded(x), np.ones(weeks), MINIMUM_WEEKS)


def huber(y: Floats, x: Floats) -> Fit:
    """Return Huber's M-estimate, with the scale from the median absolute residual, by reweighted least squares.

    The standard error is the asymptotic one with Huber's correction for few observations (Huber 1981, H1).
    """
    fit = ols(y, x)
    x_of = np.broadcast_to(x[:, None], y.shape)
    both = ~(np.isnan(y) | np.isnan(x_of))
    for _ in range(500):
        residual = np.where(both, y - fit.intercept - fit.slope * x_of, np.nan)
        scale = _median_of(np.abs(residual)) / MAD_OF_NORMAL
        with np.errstate(invalid="ignore", divide="ignore"):
            size = np.abs(residual) / scale
            weights = np.where(size <= HUBER_THRESHOLD, 1.0, HUBER_THRESHOLD / size)
        weights = np.where(np.isnan(weights), 1.0, weights)
        before, fit = fit.slope, _least_squares(y, x, weights, MINIMUM_DAYS)
        if not (np.abs(fit.slope - before) > 1e-13 * (1.0 + np.abs(before))).any():
            break
    n = both.sum(axis=0)
    residual = np.where(both, y - fit.intercept - fit.slope * x_of, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        scale = _median_of(np.where(both, np.abs(residual), np.nan)) / MAD_OF_NORMAL
        inside = both & (np.abs(residual) <= HUBER_THRESHOLD * scale)
        share = inside.sum(axis=0) / n
        psi = np.clip(residual / scale, -HUBER_THRESHOLD, HUBER_THRESHOLD)
        correction = 1.0 + 2.0 / n * (share * (1.0 - share)) / share**2
        variance = correction**2 * ((psi**2).sum(axis=0) / (n - 2) * scale**2) / share**2
        spread = np.where(both, x_of, 0.0) - np.where(both, np.where(both, x_of, 0.0).sum(axis=0) / n, 0.0)
        error = np.sqrt(variance / (np.where(both, spread, 0.0) ** 2).sum(axis=0))
    return replace(fit, standard_error=np.where(fit.is_usable, error, np.nan), observations=n)


def vasicek(fit: Fit, peers: Fit | None = None) -> Fit:
    """Return the fit shrunk towards the mean slope of `peers` (default: its own coins), less for precise slopes.

    With m and v the mean and the variance of the peers' slopes and e the standard error of a slope b, the shrunk
    slope is (b/e² + m/v) / (1/e² + 1/v) and its error (1/e² + 1/v)^(-1/2) (Vasicek 1973). A coin without a slope gets
    m and the error v^(1/2). With fewer than two peers the fit is returned unchanged.
    """
    known = (peers or fit).slope
    known = known[~np.isnan(known)]
    if len(known) < 2:
        return fit
    mean, variance = float(known.mean()), float(known.var(ddof=1))
    if variance <= 0.0:
        return replace(fit, slope=np.full_like(fit.slope, mean), standard_error=np.zeros_like(fit.slope))
    precision = np.where(fit.is_usable, 1.0 / np.maximum(fit.standard_error, 1e-12) ** 2, 0.0)
    total = precision + 1.0 / variance
    slope = (precision * np.where(fit.is_usable, fit.slope, 0.0) + mean / variance) / total
    return replace(fit, slope=slope, standard_error=1.0 / np.sqrt(total))


def towards_peers(own: Floats, error: Floats, weight: float, peers: Floats) -> tuple[Floats, Floats]:
    """Return a young coin's slopes, weight·own + (1 − weight)·mean of its peers, and their standard errors.

    `own` and `error` have shape (proxies,), `peers`, the slopes of the other coins, (coins, proxies). The error is
    sqrt((weight·error)² + ((1 − weight)·spread)²), spread being the standard deviation of the peers (0 for one peer).
    """
    spread = peers.std(axis=0, ddof=1) if len(peers) > 1 else np.zeros(peers.shape[1])
    slopes: Floats = weight * own + (1.0 - weight) * peers.mean(axis=0)
    return slopes, np.sqrt((weight * error) ** 2 + ((1.0 - weight) * spread) ** 2)


def block_starts(days: int, block: int, samples: int, seed: int) -> npt.NDArray[np.int64]:
    """Return days drawn by the circular block bootstrap (Politis, Romano 1992), shape (samples, days).

    Each sample consists of blocks of `block` consecutive days with random starts; the first day follows the last.
    `seed` fixes the draws. Raises InvalidInput if a count is below 1.
    """
    if days < 1 or block < 1 or samples < 1:
        raise InvalidInput("A bootstrap needs at least one day, one day per block and one sample.")
    blocks = -(-days // block)
    starts = np.random.default_rng(seed).integers(0, days, (samples, blocks, 1))
    drawn: npt.NDArray[np.int64] = ((starts + np.arange(block)) % days).reshape(samples, -1)[:, :days]
    return drawn


def ledoit_wolf(returns: Floats) -> Floats:
    """Return the covariance shrunk towards a multiple of the identity (Ledoit, Wolf 2004), shape (coins, coins).

    `returns` has shape (days, coins) and no missing values. The sample covariance divides by the number of days, as in
    the paper.
    """
    days, coins = returns.shape
    centred = returns - returns.mean(axis=0)
    sample: Floats = centred.T @ centred / days
    mean = float(np.trace(sample)) / coins
    dispersion = float(((sample - mean * np.eye(coins)) ** 2).sum())
    if dispersion <= 0.0:
        return sample
    noise = float(((centred**2).T @ (centred**2)).sum() / days - (sample**2).sum()) / days
    intensity = min(max(noise, 0.0), dispersion) / dispersion
    shrunk: Floats = (1.0 - intensity) * sample + intensity * mean * np.eye(coins)
    return shrunk


OLS = Estimator(
    name="ols",
    words="Betas",
    fit=ols,
    trials=(Trial("ETH"), Trial("ETH", 90), Trial("BTC"), Trial("BTC", 90)),
)
EWMA = Estimator(name="ewma", words="Recency-weighted betas", fit=ewma, trials=(Trial("ETH"),))
HUBER = Estimator(name="huber", words="Robust betas (Huber)", fit=huber, trials=(Trial("BTC", 90),))
VASICEK = Estimator(
    name="vasicek",
    words="Shrunk betas (Vasicek)",
    fit=lambda y, x: vasicek(ols(y, x)),
    trials=(Trial("ETH", 180),),
    uses_peers=True,
)
WEEKLY = Estimator(name="weekly", words="Weekly betas", fit=weekly, trials=(Trial("ETH"),))
DOWNSIDE = Estimator(name="downside", words="Downside betas", fit=downside, trials=(Trial("ETH"),))

ESTIMATORS: Mapping[str, Estimator] = {
    estimator.name: estimator for estimator in (OLS, EWMA, HUBER, VASICEK, WEEKLY, DOWNSIDE)
}
"""All estimators with one proxy, by name, in the order in which a backtest lists them."""

PLAN_ESTIMATOR = OLS
"""The estimator of the betas that size a plan's hedges, and of the evidence on them."""


def _least_squares(y: Floats, x: Floats, weights: Floats, minimum: int) -> Fit:
    """Return a weighted least squares fit; `weights` have shape (days,) or (days, coins), zero means unused."""
    x_of = np.broadcast_to(x[:, None], y.shape)
    w = np.where(np.isnan(y) | np.isnan(x_of), 0.0, weights if weights.ndim == 2 else weights[:, None])
    n = (w > 0.0).sum(axis=0)
    clean_x, clean_y = np.where(w > 0.0, x_of, 0.0), np.where(w > 0.0, y, 0.0)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        total = w.sum(axis=0)
        mean_x, mean_y = (w * clean_x).sum(axis=0) / total, (w * clean_y).sum(axis=0) / total
        dx, dy = np.where(w > 0.0, clean_x - mean_x, 0.0), np.where(w > 0.0, clean_y - mean_y, 0.0)
        sxx, syy, sxy = ((w * a * b).sum(axis=0) for a, b in ((dx, dx), (dy, dy), (dx, dy)))
        slope = sxy / sxx
        residuals = (w * (dy - slope * dx) ** 2).sum(axis=0)
        error = np.sqrt(residuals / (n - 2) / sxx)
        correlation = sxy / np.sqrt(sxx * syy)
        is_usable = (n >= minimum) & (sxx > 1e-18) & (sxx < np.inf) & (syy > 1e-18) & (syy < np.inf)
        intercept = mean_y - slope * mean_x
    none = np.nan
    return Fit(
        slope=np.where(is_usable, slope, none),
        intercept=np.where(is_usable, intercept, none),
        standard_error=np.where(is_usable, error, none),
        correlation=np.where(is_usable, correlation, none),
        observations=n.astype(np.int64),
    )


def _median_of(values: Floats) -> Floats:
    """Return the median of each column without its NaN values; NaN if there are no others."""
    ordered = np.sort(values, axis=0)  # NaN comes last
    count = (~np.isnan(values)).sum(axis=0)
    column = np.arange(values.shape[1])
    last = len(values) - 1
    low, high = ordered[np.clip((count - 1) // 2, 0, last), column], ordered[np.clip(count // 2, 0, last), column]
    medians: Floats = np.where(count > 0, (low + high) / 2.0, np.nan)
    return medians
