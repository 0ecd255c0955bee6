"""Out-of-sample evidence on the proxies of each coin.

It answers two questions for every coin and proxy. How well did a hedge with this proxy work, with its ratio estimated
on one window and held for the next 30 days (`effectiveness`)? And how far was the beta of the next 90 days from its
estimate (`Calibration`)? These distances, in standard errors and pooled over all coins of the market, give the width
of an interval that contains 95% of the next betas. No constant is tuned.

Evidence depends on the market and the window only, not on the quantities held, so it is computed once and passed to
`assess` every time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from hedge_core.exposure.betas import BetaEstimate
from hedge_core.exposure.effectiveness import Effectiveness, measure
from hedge_core.exposure.estimators import PLAN_ESTIMATOR, Estimator
from hedge_core.market.snapshot import Floats, PriceHistory

REFIT_DAYS = 30
"""Days for which a ratio is held before it is estimated again."""

FORECAST_DAYS = 90
FORECAST_STEP_DAYS = 15
MINIMUM_FORECASTS = 50
MINIMUM_SPAN_DAYS = 180
"""Forecasts made on the same day are not independent, so the first and the last must be this far apart."""

LEVEL = 0.95
"""Probability of the interval."""

FULL_SHARE = 0.95
"""A past forecast needs this share of the days both before and after it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """How far the betas of the next 90 days were from their estimates, in standard errors of the estimate.

    Of `forecasts` past ones, pooled over the market's coins, 95% were within `factor` standard errors. The textbook's
    1.96 standard errors contained only `textbook_share` of them. A forecast counts once its 90 days are over.
    """

    proxy: str
    factor: float
    forecasts: int
    textbook_share: float

    def interval(self, estimate: BetaEstimate) -> tuple[float, float] | None:
        """Return the interval of the next beta, or None if the estimate has no standard error."""
        if estimate.standard_error is None:
            return None
        reach = self.factor * estimate.standard_error
        return estimate.beta - reach, estimate.beta + reach


@dataclass(frozen=True, eq=False, kw_only=True)
class Evidence:
    """Out-of-sample results for `coins` and `proxies` on one history, with betas of `estimator` over `window_days`.

    `effectiveness` and `beta_ranges` are by coin and proxy. `beta_ranges` holds the least and the greatest beta used in
    a test, which shows how stable it was. `calibrations` are by proxy.
    """

    history: PriceHistory
    coins: frozenset[str]
    proxies: frozenset[str]
    window_days: int
    effectiveness: Mapping[tuple[str, str], Effectiveness]
    beta_ranges: Mapping[tuple[str, str], tuple[float, float]]
    calibrations: Mapping[str, Calibration]
    estimator: Estimator = PLAN_ESTIMATOR

    @classmethod
    def empty(cls, history: PriceHistory, window_days: int, estimator: Estimator = PLAN_ESTIMATOR) -> Evidence:
        """Return evidence without any results."""
        return cls(
            history=history,
            coins=frozenset(),
            proxies=frozenset(),
            window_days=window_days,
            effectiveness={},
            beta_ranges={},
            calibrations={},
            estimator=estimator,
        )

    def covers(self, history: PriceHistory, coins: Iterable[str], proxies: Iterable[str], window_days: int) -> bool:
        """Whether this evidence covers these coins and proxies on the same history object and window."""
        return (
            self.history is history
            and self.window_days == window_days
            and self.coins.issuperset(coins)
            and self.proxies.issuperset(proxies)
        )

    def of(self, coin: str, proxy: str) -> Effectiveness | None:
        """Return the result of hedging the coin with the proxy; None if the history is too short."""
        return self.effectiveness.get((coin, proxy))

    def completed(self, estimate: BetaEstimate) -> BetaEstimate:
        """Return the estimate with the interval of the next beta, or unchanged if there is no calibration for it.

        Calibrated on full windows only; young coins get no interval.
        """
        calibration = self.calibrations.get(estimate.proxy)
        is_whole = estimate.method == self.estimator.name and estimate.observations >= FULL_SHARE * self.window_days
        if calibration is None or not is_whole:
            return estimate
        return replace(estimate, interval_to_come=calibration.interval(estimate))


def gather_evidence(
    history: PriceHistory,
    coins: Iterable[str],
    proxies: Iterable[str],
    *,
    window_days: int,
    known: Evidence | None = None,
    estimator: Estimator = PLAN_ESTIMATOR,
) -> Evidence:
    """Test every coin with every proxy on the whole history, and calibrate the intervals.

    Results in `known` for the same history, window and estimator are reused, so adding a coin costs the tests of that
    coin only.
    """
    wanted, wanted_proxies = frozenset(coins), frozenset(proxies)
    if known is None or known.estimator != estimator or not known.covers(history, (), (), window_days):
        known = Evidence.empty(history, window_days, estimator)
    if known.covers(history, wanted, wanted_proxies, window_days):
        return known
    effectiveness, calibrations = dict(known.effectiveness), dict(known.calibrations)
    ranges = dict(known.beta_ranges)
    for proxy in sorted(wanted_proxies | known.proxies):
        if proxy not in history:
            continue
        is_new = proxy not in known.proxies
        calibration = calibrate(history, proxy, window_days=window_days, estimator=estimator) if is_new else None
        if calibration is not None:
            calibrations[proxy] = calibration
        untested = wanted | known.coins if is_new else wanted - known.coins
        others = [coin for coin in sorted(untested) if coin in history and coin != proxy]
        hedged, slopes = walk_forward(history, others, proxy, window_days=window_days, estimator=estimator)
        for column, coin in enumerate(others):
            result = measure(history.returns_of(coin), hedged[:, column])
            if result is not None:
                effectiveness[coin, proxy] = result
                ranges[coin, proxy] = float(np.nanmin(slopes[:, column])), float(np.nanmax(slopes[:, column]))
    return Evidence(
        history=history,
        coins=wanted | known.coins,
        proxies=wanted_proxies | known.proxies,
        window_days=window_days,
        effectiveness=effectiveness,
        beta_ranges=ranges,
        calibrations=calibrations,
        estimator=estimator,
    )


def walk_forward(
    history: PriceHistory,
    coins: Sequence[str],
    proxy: str,
    *,
    window_days: int,
    estimator: Estimator = PLAN_ESTIMATOR,
) -> tuple[Floats, Floats]:
    """Return daily returns of each coin hedged with a short of beta times the proxy, and the betas.

    Shapes (days − 1, coins) and (spans, coins). Each beta is estimated on the `window_days` before a span of 30 days
    and held through it. Returns are NaN before the first whole window, without a beta (fewer than 30 returns), and if
    a return is missing.
    """
    columns = np.array([history.column_of[coin] for coin in coins], dtype=np.intp)
    y, x = history.returns[:, columns], history.returns_of(proxy)
    hedged = np.full_like(y, np.nan)
    starts = range(window_days, len(x), REFIT_DAYS)
    slopes = np.full((len(starts), len(coins)), np.nan)
    for row, start in enumerate(starts):
        span = slice(start, start + REFIT_DAYS)
        past = history.returns[start - window_days : start]
        slopes[row] = estimator.fit_coins(past, columns, history.column_of[proxy]).slope
        hedged[span] = y[span] - slopes[row] * x[span, None]
    return hedged, slopes


def forecast_errors(
    history: PriceHistory, proxy: str, *, window_days: int, estimator: Estimator = PLAN_ESTIMATOR
) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Return how far the betas of the next 90 days were from each estimate, in standard errors, and when it was made.

    Shapes (forecasts, coins) and (forecasts,). The coins are all coins of the history except the proxy. NaN if a coin
    lacks days before or after the estimate. The time of an estimate is the number of returns before it.
    """
    columns = [column for coin, column in history.column_of.items() if coin != proxy]
    y, x = history.returns[:, columns], history.returns_of(proxy)
    is_known = ~np.isnan(y + x[:, None])
    days = np.arange(window_days, len(x) - FORECAST_DAYS + 1, FORECAST_STEP_DAYS, dtype=np.int64)
    errors: Floats = np.full((len(days), len(columns)), np.nan)
    for row, t in enumerate(days):
        past, to_come = slice(t - window_days, t), slice(t, t + FORECAST_DAYS)
        before, after = estimator.fit(y[past], x[past]), estimator.fit(y[to_come], x[to_come])
        is_whole = (is_known[past].mean(axis=0) >= FULL_SHARE) & (is_known[to_come].mean(axis=0) >= FULL_SHARE)
        with np.errstate(invalid="ignore", divide="ignore"):
            errors[row] = np.where(is_whole, (after.slope - before.slope) / before.standard_error, np.nan)
    return errors, days


def calibrate(
    history: PriceHistory, proxy: str, *, window_days: int, estimator: Estimator = PLAN_ESTIMATOR
) -> Calibration | None:
    """Return the calibration of the proxy from all past forecasts; None if there are too few."""
    errors, days = forecast_errors(history, proxy, window_days=window_days, estimator=estimator)
    return calibration_of(errors, days, proxy)


def calibration_of(errors: Floats, days: npt.NDArray[np.int64], proxy: str) -> Calibration | None:
    """Return the calibration from forecast errors (days, coins), in standard errors; NaN is ignored.

    The factor is the (1 + 1/n)·95% quantile of their absolute values, as in conformal prediction (Vovk and others
    2005). None with fewer than MINIMUM_FORECASTS, or if they do not span MINIMUM_SPAN_DAYS.
    """
    is_known = np.isfinite(errors)
    sizes, dates = np.abs(errors[is_known]), days[is_known.any(axis=1)]
    if len(sizes) < MINIMUM_FORECASTS or dates[-1] - dates[0] < MINIMUM_SPAN_DAYS:
        return None
    factor = float(np.quantile(sizes, min(1.0, LEVEL * (1.0 + 1.0 / len(sizes))), method="higher"))
    return Calibration(proxy=proxy, factor=factor, forecasts=len(sizes), textbook_share=float((sizes <= 1.96).mean()))
