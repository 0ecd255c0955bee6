"""Days scaled to today's volatility.

By hand, one coin with returns +2%, −2%, +4%, −4%: its variance is 10 (%²), so the squares in its units are 0.4, 0.4,
1.6, 1.6 with mean 1. With a half-life of one day (λ = 1/2), σ² before the days is 1, 0.7, 0.55, 1.075, and 1.3375
after them: a power of 1 multiplies the days by √(1.3375 / 1) and so on, and one of ½ by the roots of these factors.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from hedge_core.simulation.account import peak_factors
from hedge_core.simulation.cash_advice import advise_cash
from hedge_core.simulation.paths import Bootstrap
from hedge_core.simulation.setup import path_model, prepare
from hedge_core.simulation.simulation import simulate
from hedge_core.simulation.volatility import MOST_SCALE, ewma_variances, scaled, todays_paths, volatility_now
from tests.simulation.test_paths import clustered, panel_of
from tests.simulation.test_simulation import hedged
from tests.support.markets import make_market

FOUR = panel_of(np.array([[0.02], [-0.02], [0.04], [-0.04]]))
FACTORS = np.sqrt(1.3375 / np.array([1.0, 0.7, 0.55, 1.075]))


def test_the_example_worked_by_hand():
    np.testing.assert_allclose(
        ewma_variances(np.array([0.4, 0.4, 1.6, 1.6]), 1.0), [1.0, 0.7, 0.55, 1.075, 1.3375], rtol=1e-12
    )
    for power in (0.5, 1.0):
        days = FOUR.returns[:, 0] * FACTORS**power
        found = scaled(FOUR, power, half_life=1.0)
        np.testing.assert_allclose(found.returns[:, 0], days - days.mean(), rtol=1e-12)
    assert scaled(FOUR, 0.0) is FOUR


def test_ewma_variances_are_those_of_pandas():
    squares = np.random.default_rng(2).chisquare(3, 400)
    theirs = pd.Series([squares.mean(), *squares]).ewm(halflife=30, adjust=False).mean()

    np.testing.assert_allclose(ewma_variances(squares), theirs, rtol=1e-12)


def test_all_coins_of_a_day_share_one_factor_so_that_betas_of_a_day_stay():
    panel = panel_of(clustered(3, 400, size=3))
    moved = scaled(panel, 1.0).returns
    ratio = (moved - moved.mean(axis=0) + 1e-300) / panel.returns
    spread = np.ptp(ratio, axis=1) / np.abs(ratio).mean(axis=1)

    assert np.median(spread) < 0.05  # but for the mean that is taken out again


@pytest.mark.parametrize("tail", [0.2, 3.0])
def test_days_drawn_at_todays_volatility_are_as_volatile_as_the_last_ones(tail):
    random = np.random.default_rng(4)
    returns = 0.03 * random.standard_normal((700, 2))
    returns[-200:] *= tail
    panel = panel_of(returns)

    now = scaled(panel, 1.0).returns.std(axis=0)

    np.testing.assert_allclose(now, 0.03 * tail, rtol=0.25)
    assert volatility_now(panel) == pytest.approx(0.03 * tail / panel.returns.std(), rel=0.2)
    half = scaled(panel, 0.5).returns.std(axis=0)
    assert (np.minimum(now, panel.returns.std(axis=0)) < half).all()
    assert (half < np.maximum(now, panel.returns.std(axis=0))).all()


def test_a_coin_that_woke_up_today_is_not_scaled_beyond_the_limit():
    returns = 1e-6 * np.random.default_rng(5).standard_normal((400, 1))
    returns[-1] = 0.3
    panel = panel_of(returns)
    found = scaled(panel, 1.0).returns

    assert np.isfinite(found).all()
    assert found[-100:-1].std() == pytest.approx(MOST_SCALE * panel.returns[-100:-1].std(), rel=1e-3)


def test_highest_prices_follow_the_scaled_days_and_block_lengths_do_not():
    setup = prepare(hedged(collateral=2_000.0))
    model, _ = path_model(setup)
    today = todays_paths(setup, model)

    deviations = today.setup.panel.returns.std(axis=0)
    columns = setup.book.columns
    np.testing.assert_allclose(today.setup.book.peak, peak_factors(deviations[columns]))
    np.testing.assert_allclose(today.setup.bag.trough, 1.0 / peak_factors(deviations[setup.bag.columns]))
    assert isinstance(today.model, Bootstrap)
    assert today.model.block_length == model.block_length
    assert f"{volatility_now(setup.panel):.2f} times" in today.remarks[0]


def test_a_short_history_starts_from_todays_variance_and_stays_as_it_is():
    setup = prepare(hedged(market=make_market(seed=4, days=120)))
    model, _ = path_model(setup)
    today = todays_paths(setup, model)

    assert (today.setup, today.model, today.remarks) == (setup, model, ())


def test_margin_is_watched_at_todays_volatility_and_results_are_not():
    """The last 60 days half as volatile: less cash is needed, and the losses of bag and hedge stay as they were."""
    market = make_market(seed=3, days=500)
    calm = market.history.values.copy()
    calm[-61:] = calm[-61] * (calm[-61:] / calm[-61]) ** 0.25
    quiet = type(market.history)(market.history.days, market.history.coins, calm)
    same = {"collateral": 2_000.0}
    before = simulate(hedged(**same), paths=4_000)
    there = dataclasses.replace(market, history=quiet)
    after = simulate(hedged(market=there, prices={"ETH": market.price("ETH")}, **same), paths=4_000)

    assert after.cash_needed < 0.8 * before.cash_needed
    assert after.closed.value < before.closed.value
    assert after.net.expected_shortfall.value > 0.8 * before.net.expected_shortfall.value


def test_simulation_and_cash_advice_speak_of_the_same_paths():
    plan = hedged(collateral=2_000.0)
    result, advice = simulate(plan, paths=4_000), advise_cash(plan, paths=4_000)

    assert advice.advised.post == result.cash_advised.post
    assert advice.stated.lived_through.value == pytest.approx(1.0 - result.closed.value)
    assert advice.stated.shortfall.value == pytest.approx(result.net.expected_shortfall.value)
