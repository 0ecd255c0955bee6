"""Betas to the market and in crashes, by hand, against statsmodels, and their laws.

By hand: on twenty days Bitcoin and Ether both return −10% twice and +1% otherwise; the two worst days are the market's
worst tenth. A coin that returns −15% and −25% there has the stress beta −20% / −10% = 2.
"""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from arch.bootstrap import CircularBlockBootstrap

from hedge_core.exposure.market_moves import BLOCK_DAYS, market_betas, market_returns, stress_betas
from tests.support.markets import make_returns

COINS = ("BTC", "ETH", "SOL", "LINK", "AVAX", "NEAR")


def returns(seed=0, days=365):
    return make_returns(seed, days=days, coins=COINS)


@pytest.mark.parametrize("seed", range(5))
def test_the_beta_to_the_market_is_a_regression_on_the_mean_of_bitcoin_and_ether(seed):
    r = returns(seed)
    r[:200, 3], r[50:60, 0], r[70:72, 1], r[5, 4] = np.nan, np.nan, np.nan, np.nan

    found = market_betas(r, COINS)

    for column, coin in enumerate(COINS):
        known = ~np.isnan(r[:, [0, 1, column]]).any(axis=1)
        f = (r[known, 0] + r[known, 1]) / 2
        peer = sm.OLS(r[known, column], sm.add_constant(f)).fit()
        assert found.of(coin) == pytest.approx(peer.params[1], rel=1e-9)
        assert found.observations[column] == known.sum()
    assert not found.is_assumed.any()
    assert found.of("BTC") + found.of("ETH") == pytest.approx(2.0, abs=1e-12)


def test_a_coin_of_a_few_days_or_without_a_move_is_assumed_to_move_as_the_market():
    r = returns(1, days=100)
    r[:-29, 2], r[:-30, 3], r[:, 4] = np.nan, np.nan, 0.0

    found = market_betas(r, COINS)

    assert found.is_assumed.tolist() == [False, False, True, False, True, False]
    assert found.betas[[2, 4]].tolist() == [1.0, 1.0]
    assert found.observations[[2, 3]].tolist() == [29, 30]
    assert found.of("UNHEARD") == 1.0


def test_a_market_without_bitcoin_or_ether_is_unknown():
    r = returns(2)

    found = market_betas(r[:, 1:], COINS[1:])

    assert found.is_assumed.all()
    assert np.isnan(market_returns(r[:, 1:], COINS[1:])).all()
    assert stress_betas(r[:, 1:], COINS[1:]) is None


def test_the_beta_of_a_bag_is_the_weighted_mean_of_its_coins():
    r = returns(3)
    weights = np.array([0.1, 0.0, 0.3, 0.2, 0.3, 0.1])

    bag = market_betas(np.column_stack([r, r @ weights]), (*COINS, "BAG"))

    assert bag.of("BAG") == pytest.approx(weights @ bag.betas[:-1], rel=1e-12)


def test_the_stress_beta_by_hand():
    market = np.full(40, 0.01)
    market[[3, 17, 25, 30]] = -0.10
    coin = np.full(40, 0.02)
    coin[[3, 17, 25, 30]] = -0.15, -0.25, -0.15, -0.25

    found = stress_betas(np.column_stack([market, market, coin]), ("BTC", "ETH", "SOL"))

    assert found.worst_days == 4
    np.testing.assert_allclose(found.own, [1.0, 1.0, 2.0])
    w = found.weights
    np.testing.assert_allclose(found.betas, w * [1.0, 1.0, 2.0] + (1 - w) * 4 / 3)
    between = np.var([1.0, 1.0, 2.0], ddof=1)
    np.testing.assert_allclose(w, between / (between + found.standard_errors**2))
    assert w[0] == 1.0  # Bitcoin is half of the market, and here it is the market: no error
    assert 0.0 < w[2] < 1.0


@pytest.mark.parametrize("gap", [0, 150])
def test_own_ratios_are_those_of_plain_loops(gap):
    r = returns(4)
    r[:gap, 5] = np.nan

    found = stress_betas(r, COINS)

    f = r[:, :2].mean(axis=1)
    worst = np.argsort(f)[:37]  # 10% of 365 days, rounded up
    for column in range(len(COINS)):
        shared = [day for day in worst if not np.isnan(r[day, column])]
        assert found.own[column] == pytest.approx(r[shared, column].mean() / f[shared].mean(), rel=1e-9)
    assert found.worst_days == 37


def test_the_errors_are_those_of_archs_block_bootstrap():
    r = returns(5)
    f = r[:, :2].mean(axis=1)

    def ratio(market, coin):
        worst = np.argsort(market)[:37]
        return coin[worst].mean() / market[worst].mean()

    found = stress_betas(r, COINS)

    for column in (2, 4):
        peer = CircularBlockBootstrap(BLOCK_DAYS, f, r[:, column], seed=3)
        spread = np.std([ratio(*drawn[0]) for drawn in peer.bootstrap(3_000)], ddof=1)
        assert found.standard_errors[column] == pytest.approx(spread, rel=0.15)


def test_a_coin_without_enough_days_has_the_mean_of_the_others():
    r = returns(6)
    r[:-20, 2] = np.nan

    found = stress_betas(r, COINS)

    assert np.isnan(found.own[2])
    assert found.weights[2] == 0.0
    assert found.betas[2] == pytest.approx(np.delete(found.own, 2).mean())


def test_more_leverage_is_more_stress_and_the_result_is_the_same_every_time():
    r = returns(7)
    doubled = np.column_stack([r, 2 * r[:, 2]])

    found = stress_betas(doubled, (*COINS, "DOUBLED"))

    assert found.own[-1] == pytest.approx(2 * found.own[2])
    assert found.standard_errors[-1] == pytest.approx(2 * found.standard_errors[2])
    np.testing.assert_array_equal(found.betas, stress_betas(doubled, (*COINS, "DOUBLED")).betas)


def test_too_few_days_or_no_falls_give_no_stress_betas():
    r = returns(8)

    assert stress_betas(r[:29], COINS) is None
    assert stress_betas(np.abs(r) + 0.01, COINS) is None
