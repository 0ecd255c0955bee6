"""Intervals of a basket's betas, against plain least squares with penalty rows, and their coverage on new days."""

from __future__ import annotations

import numpy as np
import pytest

from hedge_core.exposure.basket_intervals import basket_calibration, forecast_errors, intervals
from hedge_core.exposure.evidence import FORECAST_DAYS, calibration_of
from hedge_core.market.snapshot import PriceHistory
from tests.exposure.test_basket import PROXIES, fitter, make_market, penalised

COINS = ("UNI", "ATOM", "ARB", "TIA")
LEGS = ("ETH", "LINK", "AVAX")


def history_of(seed=0, days=900):
    y, x = make_market(seed, days=days)
    returns = np.column_stack([x, y])
    closes = np.vstack([np.ones(returns.shape[1]), np.cumprod(1.0 + np.maximum(returns, -0.5), axis=0)])
    return PriceHistory(np.datetime64("2023-01-01") + np.arange(days + 1), (*PROXIES, *COINS), closes)


def slopes_and_errors(returns, coin, legs):
    """Ridge slopes and their errors, by least squares with penalty rows; BTC and ETH are columns 0 and 1."""
    x, y = returns[:, [0, 1, *(leg for leg in legs if leg > 1)]], returns[:, coin]
    kept = [[0, 1, *(leg for leg in legs if leg > 1)].index(leg) for leg in legs]
    rows, target = penalised(x, y, kept)
    slopes = np.linalg.lstsq(rows, target, rcond=None)[0]
    X = x[:, kept] - x[:, kept].mean(axis=0)
    left = y - y.mean() - X @ slopes
    H = np.linalg.inv(rows.T @ rows)
    return slopes, np.sqrt(np.diag(H @ X.T @ X @ H) * (left @ left) / (len(y) - 1 - len(kept)))


def test_errors_are_distances_to_the_betas_of_the_next_90_days_in_standard_errors():
    history = history_of()
    returns, legs = history.returns, [PROXIES.index(leg) for leg in LEGS]

    errors, days = forecast_errors(history, LEGS, window_days=365)

    others = [column for column in range(len(history.coins)) if column not in legs]
    assert days.tolist() == list(range(365, len(returns) - 90 + 1, 15))
    assert errors.shape == (len(days), len(others) * 3)
    for row in (0, 17, len(days) - 1):
        t = days[row]
        for place, coin in enumerate(others[-4:], start=len(others) - 4):
            before, error = slopes_and_errors(returns[t - 365 : t], coin, legs)
            after, _ = slopes_and_errors(returns[t : t + 90], coin, legs)
            found = errors[row, 3 * place : 3 * place + 3]
            np.testing.assert_allclose(found, (after - before) / error, rtol=1e-6, atol=1e-9)


def test_intervals_hold_about_95_percent_of_the_next_betas_with_factors_of_earlier_days_only():
    hits = []
    for seed in range(6):
        errors, days = forecast_errors(history_of(seed, days=1_400), LEGS, window_days=365)
        for row, t in enumerate(days):
            known = days + FORECAST_DAYS <= t
            found = calibration_of(errors[known], days[known], "") if known.any() else None
            if found is not None:
                hits += (np.abs(errors[row]) <= found.factor).tolist()
    assert len(hits) > 1_000
    assert 0.88 <= np.mean(hits) <= 0.97


def test_an_interval_is_the_factor_times_the_standard_error_and_a_young_coin_has_none():
    history = history_of()
    y, x = history.returns[-365:, 7:].copy(), history.returns[-365:, :7]
    y[:200, 3] = np.nan
    basket = fitter(y, x).fit(2)

    found = basket_calibration(history, basket.proxies, window_days=365)

    errors, _ = forecast_errors(history, basket.proxies, window_days=365)
    assert found.factor == pytest.approx(np.quantile(np.abs(errors), 0.95), rel=0.05)
    for (low, high), beta, error in zip(
        intervals(basket, found, 0), basket.betas[0], basket.standard_errors[0], strict=True
    ):
        assert (low, high) == pytest.approx((beta - found.factor * error, beta + found.factor * error))
    assert intervals(basket, found, 3) == (None,) * len(basket.proxies)
    assert intervals(basket, None, 0) == (None,) * len(basket.proxies)
    assert basket_calibration(history, basket.proxies, window_days=365) is found


def test_gaps_and_short_histories_give_no_forecast():
    history = history_of()
    values = history.values.copy()
    values[500, 1] = np.nan
    gappy = PriceHistory(history.days, history.coins, values)
    _, whole = forecast_errors(history, LEGS, window_days=365)
    _, days = forecast_errors(gappy, LEGS, window_days=365)

    assert set(days) < set(whole)
    assert not any(t - 365 <= at < t + 90 for t in days for at in (499, 500))
    assert basket_calibration(history_of(days=400), LEGS, window_days=365) is None
