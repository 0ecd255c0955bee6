"""The joint regression of a bag against scipy, scikit-learn and statsmodels.

The rule for a young coin by hand: 73 days of 365 weigh 0.2, so an own beta of 2.0 beside peers of 1.0 and 1.4 makes
0.2·2.0 + 0.8·1.2 = 1.36.
"""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, strategies as st
from sklearn.linear_model import LinearRegression

from hedge_core.exposure.bag_fit import bag_target, exposures, fit_bag, non_negative_slopes
from tests.support.markets import make_returns

COINS = ("LINK", "AVAX", "NEAR", "UNI")
PROXIES = ("BTC", "ETH", "SOL")


def make_bag(seed=1, *, days=365, proxies=PROXIES, noise=0.02):
    made = make_returns(seed, days=days, coins=(*proxies, *COINS), noise=noise)
    return made[:, len(proxies) :].copy(), made[:, : len(proxies)].copy()


def fit(y, x, *, proxies=PROXIES, values=(4_000.0, 3_000.0, 2_000.0, 1_000.0), window=365):
    return fit_bag(y, x, coins=COINS, proxies=proxies, values=np.array(values), window=window)


@pytest.mark.parametrize("seed", range(5))
def test_the_bag_is_a_non_negative_regression_and_its_coins_are_least_squares_on_what_that_keeps(seed):
    y, x = make_bag(seed)
    values = np.array([4_000.0, 3_000.0, 2_000.0, 1_000.0])

    found = fit(y, x)

    peer = LinearRegression(positive=True).fit(x, y @ values).coef_
    np.testing.assert_allclose(exposures(found, dict(zip(COINS, values, strict=True))), peer, rtol=1e-9, atol=1e-6)
    kept = peer > 0
    for row in range(len(COINS)):
        model = sm.OLS(y[:, row], sm.add_constant(x[:, kept])).fit()
        np.testing.assert_allclose(found.betas[row, kept], model.params[1:], rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(found.standard_errors[row, kept], model.bse[1:], rtol=1e-9)
        assert (found.betas[row, ~kept] == 0).all()


def test_a_proxy_that_the_bag_would_have_to_buy_is_left_out():
    y, x = make_bag()
    y = y - 0.5 * x[:, [2]]

    found = fit(y, x, proxies=PROXIES)

    assert (found.betas[:, 2] == 0).all()
    assert (found.betas[:, 1] != 0).all()


def test_one_proxy_is_plain_least_squares():
    y, x = make_bag(proxies=("ETH",))

    found = fit(y, x, proxies=("ETH",))

    for row in range(len(COINS)):
        assert found.betas[row, 0] == pytest.approx(np.polyfit(x[:, 0], y[:, row], 1)[0])


def test_bitcoin_alone_is_two_thirds_of_180_days_and_a_third_of_one():
    y, x = make_bag(proxies=("BTC",))

    found = fit(y, x, proxies=("BTC",))

    assert found.window_days == 180
    for row in range(len(COINS)):
        slope = np.polyfit(x[-180:, 0], y[-180:, row], 1)[0]
        assert found.betas[row, 0] == pytest.approx(2 / 3 * slope + 1 / 3)


def test_a_young_coin_leans_on_the_coins_in_the_fit_by_its_days():
    y, x = make_bag()
    y[: 365 - 73, 3] = np.nan

    found = fit(y, x)
    without = fit_bag(
        y[:, :3], x, coins=COINS[:3], proxies=PROXIES, values=np.array([4_000.0, 3_000.0, 2_000.0]), window=365
    )

    assert found.is_young.tolist() == [False, False, False, True]
    np.testing.assert_allclose(found.betas[:3], without.betas)
    kept = without.betas.any(axis=0)
    own = sm.OLS(y[-73:, 3], sm.add_constant(x[-73:, kept])).fit().params[1:]
    np.testing.assert_allclose(found.betas[3, kept], 0.2 * own + 0.8 * without.betas[:, kept].mean(axis=0))


def test_a_coin_of_a_few_days_has_the_betas_of_its_peers():
    y, x = make_bag()
    y[:-10, 3] = np.nan

    found = fit(y, x)

    np.testing.assert_allclose(found.betas[3], found.betas[:3].mean(axis=0))
    np.testing.assert_allclose(found.standard_errors[3], found.betas[:3].std(axis=0, ddof=1))


def test_coins_that_are_all_as_young_are_fitted_on_what_there_is():
    y, x = make_bag()
    y[:165] = np.nan

    found = fit(y, x)

    assert not found.is_young.any()
    assert found.observations.tolist() == [200] * 4
    np.testing.assert_allclose(found.betas, fit(y[165:], x[165:]).betas)


@pytest.mark.parametrize("lack", ["days", "a proxy that never moved", "common days"])
def test_where_nothing_can_be_fitted_there_is_no_fit(lack):
    y, x = make_bag(days=100)
    if lack == "days":
        y, x = y[:20], x[:20]
    elif lack == "a proxy that never moved":
        x[:, 0] = 0.0
    else:
        y[::2, :2] = np.nan
        y[1::2, 2:] = np.nan

    assert fit(y, x) is None


def test_the_target_is_half_regression_and_half_equal_notional():
    x = bag_target(np.array([2_000.0, 9_000.0]), 10_000.0, 0.5)

    assert x == pytest.approx([0.5 * (1_000 + 2_500), 0.5 * (4_500 + 2_500)])
    assert bag_target(np.array([12_600.0]), 7_000.0, 0.5) == pytest.approx([6_300.0])


@given(seed=st.integers(0, 200), noise=st.floats(0.001, 0.2))
def test_no_slope_of_a_bag_is_negative_and_none_could_be_better(seed, noise):
    y, x = make_bag(seed, days=120, noise=noise)
    bag = y.mean(axis=1)

    slopes = non_negative_slopes(bag, x)

    assert (slopes >= 0).all()
    residual = (bag - bag.mean()) - (x - x.mean(axis=0)) @ slopes
    gradient = (x - x.mean(axis=0)).T @ residual
    assert (gradient <= 1e-10).all()  # no slope would gain from growing,
    assert np.abs(gradient[slopes > 0]).max(initial=0.0) <= 1e-10  # and none above zero from any change
