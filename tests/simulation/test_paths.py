"""Paths: drawn days keep what their history was like.

A block length by hand: for white noise no lag matters, m = 2, so that G = 2·(0 + window(1)·R(1)) with window(1) = 1 and
window(2) = 0: b = ((2·R(1))² / (R(0) + 2·R(1))² · n)^(1/3). With R(0) = 1, R(1) = 0.05, n = 400:
(0.01 / 1.21 · 400)^(1/3) = 3.3058^(1/3) = 1.4897.
"""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from arch.bootstrap import optimal_block_length

from hedge_core.errors import InvalidInput
from hedge_core.market.snapshot import PriceHistory
from hedge_core.simulation.panel import BOOTSTRAP_DAYS, Panel, StandIn, make_panel
from hedge_core.simulation.paths import Bootstrap, FatTails, Given, Windows, block_length, fit_fat_tails
from tests.support.markets import make_history

NO_FUNDING = np.zeros((0, 0))


def panel_of(returns: np.ndarray, funding: np.ndarray | None = None) -> Panel:
    days, coins = returns.shape
    means = returns.mean(axis=0)
    return Panel(
        days=np.datetime64("2025-01-01") + np.arange(days),
        core=tuple(f"C{column}" for column in range(coins)),
        attached=(),
        returns=returns - means,
        means=means,
        funding=np.zeros((days, 0)) if funding is None else funding,
        loadings=np.zeros((coins, 0)),
        residual_root=np.zeros((0, 0)),
        drift=np.zeros(coins),
        stand_ins={},
    )


def clustered(seed: int, days: int, *, a: float = 0.15, b: float = 0.8, size: int = 1) -> np.ndarray:
    """Normal returns with one common GARCH(1,1) variance, daily deviation 3%."""
    random = np.random.default_rng(seed)
    variance, rows = 1.0, []
    for _ in range(days):
        z = random.standard_normal(size) * np.sqrt(variance)
        rows.append(z)
        variance = (1 - a - b) + a * float((z**2).mean()) + b * variance
    return 0.03 * np.array(rows)


def squared_autocorrelation(returns: np.ndarray, lags: int = 5) -> np.ndarray:
    """Autocorrelation of squares along the first axis, (lags, ...)."""
    square = returns**2 - (returns**2).mean(axis=0)
    return np.array([(square[lag:] * square[:-lag]).sum(axis=0) for lag in range(1, lags + 1)]) / (square**2).sum(
        axis=0
    )


def draw(model: Bootstrap | FatTails | Windows | Given, paths: int, horizon: int, seed: int = 0) -> np.ndarray:
    """Daily returns, shape (days, paths, coins)."""
    return np.array([day.growth for day in model.draw(np.random.default_rng(seed), paths, horizon)]) - 1.0


def test_a_block_length_worked_by_hand() -> None:
    random = np.random.default_rng(0)
    series = random.standard_normal(400)
    centred = series - series.mean()
    first, zero = float(centred[1:] @ centred[:-1]) / 400, float(centred @ centred) / 400
    by_hand = ((2 * first) ** 2 / (zero + 2 * first) ** 2 * 400) ** (1 / 3)
    assert block_length(series) == pytest.approx(max(1.0, by_hand))


@pytest.mark.parametrize("seed", range(40))
def test_block_lengths_equal_those_of_arch(seed: int) -> None:
    random = np.random.default_rng(seed)
    days, memory = int(random.integers(60, 1100)), random.uniform(-0.5, 0.95)
    series = random.standard_normal(days)
    for day in range(1, days):
        series[day] += memory * series[day - 1]
    expected = float(optimal_block_length(series).iloc[0]["stationary"])
    assert block_length(series) == pytest.approx(max(1.0, expected), rel=1e-9)


def test_a_block_length_needs_thirty_days_and_copes_with_a_still_price() -> None:
    with pytest.raises(InvalidInput, match="30 days"):
        block_length(np.zeros(29))
    assert block_length(np.zeros(100)) == 1.0


def test_the_bootstrap_draws_whole_real_days_and_their_funding() -> None:
    returns = np.random.default_rng(1).normal(0, 0.03, (300, 3))
    funding = np.arange(300.0)[:, None]
    panel = panel_of(returns, funding)
    for day in Bootstrap(panel, 5.0).draw(np.random.default_rng(2), 50, 10):
        rows = day.funding[:, 0].astype(int)
        np.testing.assert_allclose(day.growth, 1.0 + panel.returns[rows], rtol=0, atol=1e-15)


def test_blocks_are_as_long_as_asked_for() -> None:
    panel = panel_of(np.zeros((500, 1)), np.arange(500.0)[:, None])
    rows = np.array([day.funding[:, 0] for day in Bootstrap(panel, 8.0).draw(np.random.default_rng(3), 4_000, 60)])
    is_next = rows[1:] - rows[:-1] == 1
    # A block goes on but with a chance of 1/8, and where the history ends; a new one may begin just there.
    share = (1.0 - 1.0 / 8.0) * (499.0 / 500.0) + (1.0 / 8.0 + 7.0 / 8.0 / 500.0) / 500.0
    error = math.sqrt(share * (1 - share) / is_next.size)
    assert is_next.mean() == pytest.approx(share, abs=4 * error)


def test_the_bootstrap_keeps_the_autocorrelation_of_squares_and_single_days_lose_it() -> None:
    history = clustered(4, 1_000)
    panel = panel_of(history)
    length = max(block_length(history[:, 0]), block_length(history[:, 0] ** 2))
    measured = squared_autocorrelation(panel.returns)[:, 0]
    in_blocks = squared_autocorrelation(draw(Bootstrap(panel, length), 400, 1_000)[:, :, 0])
    low, high = np.quantile(in_blocks, (0.025, 0.975), axis=1)
    assert ((low <= measured) & (measured <= high)).all()
    alone = squared_autocorrelation(draw(Bootstrap(panel, 1.0), 400, 1_000)[:, :, 0])
    assert (np.quantile(alone, 0.975, axis=1) < measured).sum() >= 3


def test_fat_tails_find_the_parameters_that_made_the_days() -> None:
    size, days, a, b, degrees = 4, 3_000, 0.12, 0.8, 5.0
    made = FatTails(panel_of(np.zeros((2, size))), 0.03 * np.linalg.cholesky(0.5 * np.eye(size) + 0.5), (a, b), degrees)
    returns = draw(made, 1, days, seed=5)[:, 0, :]
    found = fit_fat_tails(panel_of(returns))
    assert found.persistence[0] == pytest.approx(a, abs=0.05)
    assert sum(found.persistence) == pytest.approx(a + b, abs=0.06)
    assert found.degrees == pytest.approx(degrees, abs=1.2)


def test_fat_tails_of_normal_days_are_thin_and_steady() -> None:
    found = fit_fat_tails(panel_of(np.random.default_rng(6).normal(0, 0.02, (1_500, 3))))
    assert found.degrees > 20.0
    assert found.persistence[0] < 0.03


def test_fat_tails_find_clusters_in_clustered_days() -> None:
    found = fit_fat_tails(panel_of(clustered(7, 2_000, a=0.1, b=0.85, size=3)))
    assert found.persistence[0] == pytest.approx(0.1, abs=0.04)
    assert sum(found.persistence) == pytest.approx(0.95, abs=0.04)


def test_fat_tails_draw_the_covariance_that_they_are_given() -> None:
    S = 0.03**2 * np.array([[1.0, 0.6, 0.2], [0.6, 2.0, 0.5], [0.2, 0.5, 1.5]])
    model = FatTails(panel_of(np.zeros((2, 3))), np.linalg.cholesky(S), (0.1, 0.8), 8.0)
    drawn = draw(model, 40_000, 1)[0]
    products = drawn[:, :, None] * drawn[:, None, :]
    error = products.std(axis=0) / math.sqrt(len(drawn))
    assert (np.abs(products.mean(axis=0) - S) < 4 * error).all()
    assert (np.abs(drawn.mean(axis=0)) < 4 * drawn.std(axis=0) / math.sqrt(len(drawn))).all()


def test_fat_tails_start_from_the_variance_of_today() -> None:
    calm = np.concatenate((clustered(8, 400), 0.001 * np.random.default_rng(8).standard_normal((60, 1))))
    assert fit_fat_tails(panel_of(calm)).variance_now < 0.3


@pytest.mark.parametrize("days", [31, 45, 80])
def test_fat_tails_can_be_fitted_to_a_few_days_of_many_coins(days: int) -> None:
    found = fit_fat_tails(panel_of(np.random.default_rng(days).normal(0, 0.04, (days, 20))))
    assert np.isfinite(draw(found, 100, 30)).all()


def test_windows_are_the_history_itself() -> None:
    history = make_history(9, days=300, coins=("BTC", "ETH"))
    panel = make_panel(history, ("BTC", "ETH"), funding=np.zeros((299, 0)), stand_ins={})
    assert panel is not None
    windows = Windows(panel, 30)
    assert (len(windows.starts), windows.independent) == (270, 9)
    grown = (1.0 + draw(windows, 270, 30)).prod(axis=0)
    np.testing.assert_allclose(grown, history.values[30:] / history.values[:-30], rtol=1e-12)


def test_no_stretch_and_no_block_runs_across_a_gap() -> None:
    panel = panel_of(np.zeros((400, 1)), np.arange(400.0)[:, None])
    days = panel.days.copy()
    days[200:] += np.timedelta64(40, "D")
    broken = dataclasses.replace(panel, days=days)
    windows = Windows(broken, 30)
    assert (len(windows.starts), windows.independent) == (2 * 171, 12)
    assert not set(windows.starts.tolist()) & set(range(171, 200))
    rows = np.array([day.funding[:, 0] for day in Bootstrap(broken, 1e9).draw(np.random.default_rng(1), 2_000, 60)])
    across = (rows[:-1] == 199) & (rows[1:] == 200)
    assert across.sum() <= 5  # by chance alone, where a new block happens to begin there


def test_young_coins_keep_their_correlation_and_their_own_volatility() -> None:
    """Two coins of 100 days with a common factor of their own, beside 600 days of Ether."""
    random = np.random.default_rng(3)
    ether, common = random.normal(0, 0.03, 599), random.normal(0, 0.03, 599)
    own = [1.2 * ether + common + random.normal(0, 0.01, 599) for _ in range(2)]
    closes = np.cumprod(1.0 + np.clip(np.column_stack([ether, *own]), -0.9, 2.0), axis=0)
    closes[:499, 1:] = np.nan
    history = PriceHistory(np.datetime64("2025-01-01") + np.arange(599), ("ETH", "A", "B"), closes)
    stand_ins = {coin: (StandIn("ETH", 1.2, 0.7),) for coin in ("A", "B")}
    panel = make_panel(history, ("ETH", "A", "B"), funding=np.zeros((598, 0)), stand_ins=stand_ins)
    assert panel is not None
    assert panel.attached == ("A", "B")
    ether, first, second = draw(Bootstrap(panel, 5.0), 60_000, 1)[0].T
    residuals = np.column_stack([first - 1.2 * ether, second - 1.2 * ether])
    measured = history.returns[-99:, 1:] - 1.2 * history.returns[-99:, :1]
    assert np.corrcoef(residuals.T)[0, 1] == pytest.approx(np.corrcoef(measured.T)[0, 1], abs=0.02)
    np.testing.assert_allclose(residuals.std(axis=0), measured.std(axis=0), rtol=0.05)


def test_given_paths_are_what_was_said() -> None:
    moves = np.array([[0.1, -0.2], [0.0, 0.5]])
    np.testing.assert_allclose(draw(Given(("A", "B"), moves), 3, 2)[:, 1], moves)


def test_a_panel_takes_out_the_trend() -> None:
    history = make_history(10, days=400)
    panel = make_panel(history, ("BTC", "ETH", "SOL"), funding=np.zeros((399, 0)), stand_ins={})
    assert panel is not None
    assert panel.core == ("BTC", "ETH", "SOL")
    np.testing.assert_allclose(panel.returns.mean(axis=0), 0.0, atol=1e-15)
    np.testing.assert_allclose(panel.returns + panel.means, history.returns[:, :3], atol=1e-15)


def test_an_expected_move_is_shared_by_beta() -> None:
    history = make_history(11, days=800)
    with_move = make_panel(
        history, ("ETH", "SOL"), funding=np.zeros((799, 0)), stand_ins={}, proxy_move_a_day=0.01, leaders=("ETH",)
    )
    assert with_move is not None
    ether, sol = with_move.returns.T
    assert with_move.drift == pytest.approx([0.01, 0.01 * float(ether @ sol) / float(ether @ ether)])


def test_days_on_which_a_coin_is_missing_are_left_out_and_funding_goes_with_the_rest() -> None:
    history = make_history(12, days=500, gaps=0.05)
    funding = np.arange(499.0)[:, None]
    panel = make_panel(history, ("BTC", "ETH"), funding=funding, stand_ins={})
    assert panel is not None
    common = ~np.isnan(history.returns[:, :2]).any(axis=1)
    assert common.sum() < 499
    np.testing.assert_array_equal(panel.funding[:, 0], np.flatnonzero(common))
    np.testing.assert_array_equal(panel.days, history.days[1:][common])


def test_a_young_coin_follows_its_stand_in() -> None:
    history = make_history(13, days=600, coins=("BTC", "ETH", "NEAR"), young={"NEAR": 20})
    stand_ins = {"NEAR": (StandIn("SOL", 9.0, 0.5), StandIn("ETH", 1.6, 0.8))}
    panel = make_panel(history, ("NEAR", "BTC", "ETH"), funding=np.zeros((599, 0)), stand_ins=stand_ins)
    assert panel is not None
    assert (panel.core, panel.attached) == (("BTC", "ETH"), ("NEAR",))
    returns = draw(Bootstrap(panel, 3.0), 60_000, 1)[0]
    ether, near = returns[:, 1], returns[:, 2]
    assert np.corrcoef(ether, near)[0, 1] == pytest.approx(0.8, abs=0.01)
    assert float(ether @ near) / float(ether @ ether) == pytest.approx(1.6, abs=0.03)
    assert near.var() == pytest.approx(panel.variances[2], rel=0.03)


def test_a_young_coin_without_a_stand_in_leaves_no_panel() -> None:
    history = make_history(14, days=600, coins=("BTC", "NEAR"), young={"NEAR": 50})
    assert make_panel(history, ("NEAR", "BTC"), funding=np.zeros((599, 0)), stand_ins={}) is None


def test_a_coin_that_never_moved_is_not_drawn() -> None:
    history = PriceHistory(np.datetime64("2025-01-01") + np.arange(300), ("BTC",), np.full((300, 1), 5.0))
    assert make_panel(history, ("BTC",), funding=np.zeros((299, 0)), stand_ins={}) is None


def test_short_histories_are_told_from_long_ones() -> None:
    history = make_history(15, days=BOOTSTRAP_DAYS, coins=("BTC", "ETH"))
    funding = np.zeros((BOOTSTRAP_DAYS - 1, 0))
    assert make_panel(history, ("BTC",), funding=funding, stand_ins={}) is None
    assert make_panel(history, ("BTC",), funding=funding, stand_ins={}, least_days=30) is not None


def test_no_coin_falls_below_nothing() -> None:
    wild = FatTails(panel_of(np.zeros((2, 1))), np.array([[2.0]]), (0.0, 0.0), 2.6)
    assert draw(wild, 2_000, 5).min() >= -0.98 - 1e-12


def test_unknown_funding_is_taken_at_its_mean() -> None:
    funding = np.array([[0.1], [np.nan], [0.3]] * 100)
    model = Bootstrap(panel_of(np.zeros((300, 1)), funding), 2.0)
    rates = np.array([day.funding for day in model.draw(np.random.default_rng(0), 500, 5)])
    assert set(np.round(rates.ravel(), 12)) == {0.1, 0.2, 0.3}
