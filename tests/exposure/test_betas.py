"""Betas: the slope of a coin's returns on its proxy's, and how sure that is.

By hand, with returns that repeat so that there are enough days: x = −1%, 0, +1% and y = −2%, 0.3%, +1.7%. The
mean of both is 0. sxx = 2e-4 and sxy = (1%·2% + 1%·1.7%) = 3.7e-4 for each three days, so beta is 1.85. syy =
4e-4 + 0.09e-4 + 2.89e-4 = 6.98e-4, so correlation² = 3.7²/(2·6.98) = 0.98066.
"""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, strategies as st
from sklearn.covariance import ledoit_wolf
from statsmodels.regression.rolling import RollingOLS

from hedge_core.errors import InsufficientHistory, InvalidInput
from hedge_core.exposure.betas import (
    BetaEstimate,
    correlations,
    covariance,
    estimate_betas,
    rolling_betas,
    rolling_exposure,
)
from hedge_core.exposure.estimators import OLS
from hedge_core.market.snapshot import MINIMUM_DAYS, PriceHistory
from tests.support.markets import make_history

TOLERANCE = 1e-9


def history_of(**returns):
    """Closes from 100 that make these returns."""
    columns = [np.concatenate([[100.0], 100.0 * np.cumprod(1 + np.asarray(r, dtype=float))]) for r in returns.values()]
    days = np.datetime64("2025-01-01") + np.arange(len(columns[0]))
    return PriceHistory(days, tuple(returns), np.column_stack(columns))


def test_the_beta_worked_by_hand():
    history = history_of(ETH=[-0.01, 0.0, 0.01] * 20, NOVA=[-0.02, 0.003, 0.017] * 20)

    estimate = estimate_betas(history, ["NOVA"], "ETH", window_days=60, estimator=OLS)["NOVA"]

    assert estimate.beta == pytest.approx(1.85, abs=TOLERANCE)
    assert estimate.alpha == pytest.approx(0.0, abs=TOLERANCE)
    assert estimate.r_squared == pytest.approx(3.7**2 / (2 * 6.98), abs=TOLERANCE)
    assert (estimate.observations, estimate.window_days, estimate.method) == (60, 60, "ols")
    assert estimate.textbook_interval == pytest.approx(
        (1.85 - 1.96 * estimate.standard_error, 1.85 + 1.96 * estimate.standard_error)
    )


@pytest.mark.parametrize(
    ("seed", "days", "gaps", "window_days"),
    [
        (1, 400, 0.0, 365),
        (2, 400, 0.05, 365),
        (3, 400, 0.2, 365),
        (4, 60, 0.0, 365),
        (5, 1100, 0.02, 90),
        (6, 32, 0, 30),
    ],
)
def test_every_estimate_equals_the_one_of_statsmodels(seed, days, gaps, window_days):
    young = {"NEAR": 45} if days > 100 else {}
    history = make_history(seed, days=days, gaps=gaps, young=young)

    for proxy in ("ETH", "BTC"):
        coins = [coin for coin in history.coins if coin != proxy]
        estimates = estimate_betas(history, coins, proxy, window_days=window_days, estimator=OLS)
        for coin in coins:
            y = history.returns_of(coin)[-window_days:]
            x = history.returns_of(proxy)[-window_days:]
            shared = ~(np.isnan(y) | np.isnan(x))
            estimate = estimates[coin]
            if shared.sum() < MINIMUM_DAYS:
                assert isinstance(estimate, InsufficientHistory)
                assert estimate.found == shared.sum()
                continue
            peer = sm.OLS(y[shared], sm.add_constant(x[shared])).fit()
            assert estimate.beta == pytest.approx(peer.params[1], abs=TOLERANCE)
            assert estimate.alpha == pytest.approx(peer.params[0], abs=TOLERANCE)
            assert estimate.standard_error == pytest.approx(peer.bse[1], abs=TOLERANCE)
            assert estimate.r_squared == pytest.approx(peer.rsquared, abs=TOLERANCE)
            assert estimate.correlation == pytest.approx(np.corrcoef(x[shared], y[shared])[0, 1], abs=TOLERANCE)
            assert estimate.observations == peer.nobs
            used = history.days[1:][-window_days:][shared]
            assert (estimate.first_day, estimate.last_day) == (used[0].item(), used[-1].item())


def test_a_day_missing_for_one_coin_is_left_out_for_that_coin_alone():
    whole, gappy = make_history(seed=7), make_history(seed=7)
    closes = gappy.values.copy()
    closes[200, gappy.column_of["LINK"]] = np.nan
    gappy = PriceHistory(gappy.days, gappy.coins, closes)

    before = estimate_betas(whole, ["LINK", "SOL"], "ETH", window_days=365)
    after = estimate_betas(gappy, ["LINK", "SOL"], "ETH", window_days=365)

    assert asdict(before["SOL"]) == asdict(after["SOL"])
    assert after["LINK"].observations == before["LINK"].observations - 2


@pytest.mark.parametrize(
    ("coin", "proxy"),
    [("UNHEARD", "ETH"), ("SOL", "UNHEARD"), ("FLAT", "ETH"), ("SOL", "FLAT"), ("YOUNG", "ETH"), ("SOL", "YOUNG")],
)
def test_no_history_a_short_one_or_a_constant_price_give_a_reason_and_never_a_silent_zero(coin, proxy):
    random = np.random.default_rng(0)
    eth = random.normal(0, 0.02, 100)
    young = np.where(np.arange(100) < 71, np.nan, eth)
    history = history_of(ETH=eth, SOL=1.3 * eth + random.normal(0, 0.01, 100), FLAT=np.zeros(100))
    closes = np.column_stack(
        [history.values, np.concatenate([[np.nan], np.where(np.isnan(young), np.nan, 50.0 + young)])]
    )
    history = PriceHistory(history.days, (*history.coins, "YOUNG"), closes)

    estimate = estimate_betas(history, [coin], proxy, window_days=90)[coin]

    assert isinstance(estimate, InsufficientHistory)
    assert coin in str(estimate)
    assert proxy in str(estimate)


def test_a_window_too_short_for_any_estimate_is_refused():
    with pytest.raises(InvalidInput, match=f"at least {MINIMUM_DAYS} days, not 29"):
        estimate_betas(make_history(days=50), ["SOL"], "ETH", window_days=29)


def test_a_coin_against_itself_has_beta_one_and_no_error():
    estimate = estimate_betas(make_history(), ["ETH"], "ETH", window_days=90)["ETH"]

    assert estimate.beta == pytest.approx(1.0, abs=TOLERANCE)
    assert estimate.standard_error == pytest.approx(0.0, abs=TOLERANCE)


def test_a_beta_that_was_not_estimated_claims_no_error():
    assert BetaEstimate.own("ETH").beta == 1.0
    assert BetaEstimate.own("ETH").textbook_interval is None
    assert BetaEstimate.stated("NOVA", "ETH", 1.8).standard_error is None


@given(st.integers(0, 500), st.sampled_from([1e-6, 0.01, 0.92, 157.0, 1e6]))
def test_the_unit_of_currency_leaves_every_beta_alone(seed, rate):
    history = make_history(seed=seed, days=120, gaps=0.03)
    elsewhere = PriceHistory(history.days, history.coins, history.values * rate)

    here = estimate_betas(history, history.coins, "ETH", window_days=100, estimator=OLS)
    there = estimate_betas(elsewhere, history.coins, "ETH", window_days=100, estimator=OLS)

    for coin in history.coins:
        assert there[coin].beta == pytest.approx(here[coin].beta, abs=1e-9)
        assert there[coin].standard_error == pytest.approx(here[coin].standard_error, abs=1e-9)


@given(st.integers(0, 500), st.lists(st.floats(0.05, 1.0), min_size=3, max_size=3))
def test_the_beta_of_a_bag_is_the_weighted_mean_of_its_coins_betas(seed, weights):
    weights = np.array(weights) / sum(weights)
    coins = ["SOL", "LINK", "AVAX"]
    history = make_history(seed=seed, days=150)
    returns = history.returns[:, [history.column_of[coin] for coin in coins]]
    bag = history_of(ETH=history.returns_of("ETH"), BAG=returns @ weights)

    whole = estimate_betas(bag, ["BAG"], "ETH", window_days=140, estimator=OLS)["BAG"]
    parts = estimate_betas(history, coins, "ETH", window_days=140, estimator=OLS)

    assert whole.beta == pytest.approx(sum(w * parts[c].beta for w, c in zip(weights, coins, strict=True)), abs=1e-9)


@given(st.integers(0, 500), st.floats(-3.0, 3.0))
def test_adding_the_proxy_to_a_coin_adds_to_its_beta_and_not_to_its_error(seed, shift):
    random = np.random.default_rng(seed)
    x, noise = random.normal(0, 0.01, 100), random.normal(0, 0.01, 100)
    history = history_of(ETH=x, A=0.5 * x + noise, B=(0.5 + shift) * x + noise)

    estimates = estimate_betas(history, ["A", "B"], "ETH", window_days=100, estimator=OLS)

    assert estimates["B"].beta - estimates["A"].beta == pytest.approx(shift, abs=1e-9)
    assert estimates["B"].standard_error == pytest.approx(estimates["A"].standard_error, abs=1e-9)


@pytest.mark.parametrize("proxies", [["ETH"], ["ETH", "BTC"]])
@pytest.mark.parametrize("window", [30, 90])
def test_rolling_betas_equal_those_of_statsmodels(proxies, window):
    history = make_history(seed=11, days=420, young={"NEAR": 150})
    coins = ["SOL", "LINK", "NEAR", "DOGE"]
    y = history.returns[:, [history.column_of[coin] for coin in coins]]
    x = history.returns[:, [history.column_of[proxy] for proxy in proxies]]

    betas = rolling_betas(y, x, window=window)

    assert betas.shape == (419, 4, len(proxies))
    for column in range(len(coins)):
        known = ~np.isnan(y[:, column])
        first = int(np.argmax(known))
        peer = RollingOLS(y[first:, column], sm.add_constant(x[first:]), window=window).fit().params[:, 1:]
        np.testing.assert_allclose(betas[first:, column], peer, rtol=0, atol=TOLERANCE)
        assert np.isnan(betas[: first + window - 1, column]).all()


def test_the_rolling_correlation_is_that_of_pandas_with_its_sign():
    history = make_history(seed=11, days=200, young={"NEAR": 150})
    falls = history.returns_of("NEAR")
    closes = np.column_stack([history.values, 100 * np.cumprod(np.r_[1.0, 1 - np.nan_to_num(falls)])])
    history = PriceHistory(history.days, (*history.coins, "SHORT"), closes)

    for coin in ("NEAR", "SHORT"):
        betas, rho = rolling_exposure(history, coin, "ETH", window=60)
        y, x = pd.Series(history.returns_of(coin)), pd.Series(history.returns_of("ETH"))
        np.testing.assert_allclose(rho[110:], y.rolling(60).corr(x)[110:], rtol=0, atol=1e-9)
        np.testing.assert_allclose(
            betas, rolling_betas(y.to_numpy()[:, None], x.to_numpy()[:, None], window=60)[:, 0, 0]
        )
    assert (rho[110:] < 0).all()


@pytest.mark.parametrize("missing", ["coin", "proxy"])
def test_a_rolling_beta_is_nan_for_exactly_the_windows_that_hold_the_missing_day(missing):
    random = np.random.default_rng(3)
    x = random.normal(0, 0.02, (200, 2))
    y = x @ [[0.7, 1.1], [0.4, 0.2]] + random.normal(0, 0.01, (200, 2))
    whole = rolling_betas(y, x, window=40)
    (y if missing == "coin" else x)[100, 0] = np.nan

    betas = rolling_betas(y, x, window=40)

    touched = np.zeros((200, 2), dtype=bool)
    touched[100:140, slice(0, 1) if missing == "coin" else slice(0, 2)] = True
    touched[:39] = True
    np.testing.assert_array_equal(np.isnan(betas).all(axis=2), touched)
    np.testing.assert_allclose(betas[~touched], whole[~touched], rtol=0, atol=TOLERANCE)


def test_rolling_betas_on_constant_or_collinear_proxies_are_nan_and_not_a_number_out_of_the_air():
    random = np.random.default_rng(3)
    x = random.normal(0, 0.02, 100)
    y = x[:, None] * 1.5

    assert np.isnan(rolling_betas(y, np.full((100, 1), 0.01), window=30)).all()
    assert np.isnan(rolling_betas(y, np.column_stack([x, 2 * x]), window=30)).all()


def test_a_history_shorter_than_the_window_gives_only_nan():
    assert np.isnan(rolling_betas(np.ones((10, 2)), np.ones((10, 1)), window=30)).all()


@pytest.mark.parametrize(("days", "window"), [(20, 30), (30, 2)])
def test_rolling_betas_refuse_shapes_that_do_not_fit(days, window):
    with pytest.raises(InvalidInput):
        rolling_betas(np.ones((days, 2)), np.ones((30, 1)), window=window)


@given(st.integers(0, 300), st.integers(5, 60))
def test_the_last_rolling_beta_is_the_beta_of_the_last_window(seed, window):
    history = make_history(seed=seed, days=100)
    y, x = history.returns[:, 2:], history.returns[:, 1:2]

    last = rolling_betas(y, x, window=window)[-1, :, 0]

    expected = [np.cov(y[-window:, c], x[-window:, 0])[0, 1] / x[-window:, 0].var(ddof=1) for c in range(y.shape[1])]
    np.testing.assert_allclose(last, expected, rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("gaps", [0.0, 0.1])
def test_the_covariance_is_the_shrunk_one_of_the_days_that_all_coins_share(gaps):
    history = make_history(seed=4, gaps=gaps)
    frame = history.frame()[["ETH", "BTC", "SOL"]]
    returns = (frame / frame.shift(1) - 1).iloc[1:].iloc[-200:].dropna()

    ours = covariance(history, ["ETH", "BTC", "SOL"], window_days=200)

    np.testing.assert_allclose(ours, ledoit_wolf(returns.to_numpy())[0], rtol=1e-9)
    np.testing.assert_allclose(ours, returns.cov().to_numpy(), rtol=0.3)


def test_there_is_no_covariance_of_coins_that_share_too_few_days():
    history = make_history(days=60, young={"NEAR": 20})

    assert covariance(history, ["ETH", "NEAR"], window_days=60) is None
    assert covariance(history, ["ETH", "UNHEARD"], window_days=60) is None
    assert covariance(history, ["ETH"], window_days=60).shape == (1, 1)


@pytest.mark.parametrize(("days", "is_known"), [(MINIMUM_DAYS, False), (MINIMUM_DAYS + 1, True)])
def test_a_covariance_needs_as_many_returns_as_a_beta(days, is_known):
    """A history of n prices has n - 1 returns."""
    found = covariance(make_history(days=days), ["ETH", "SOL"], window_days=365)

    assert (found is not None) == is_known


def test_correlations_are_those_of_pandas_pair_by_pair_and_nan_where_a_pair_shares_too_little():
    history = make_history(seed=9, days=200, gaps=0.05, young={"NEAR": 20})
    coins = ["ETH", "BTC", "SOL", "NEAR"]
    frame = history.frame()[coins]
    peer = (frame / frame.shift(1) - 1).iloc[-150:].corr(min_periods=MINIMUM_DAYS).to_numpy()

    np.testing.assert_allclose(correlations(history, coins, window_days=150), peer, rtol=0, atol=1e-9)
