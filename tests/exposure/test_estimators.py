"""Estimators against statsmodels, scikit-learn and arch, and what they say of their own uncertainty."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, strategies as st

from hedge_core.errors import InvalidInput
from hedge_core.exposure.estimates import HistoryEstimates
from hedge_core.exposure.estimators import (
    ESTIMATORS,
    OLS,
    PLAN_ESTIMATOR,
    Fit,
    block_starts,
    downside,
    ewma,
    huber,
    ledoit_wolf,
    ols,
    vasicek,
    weekly,
)
from hedge_core.exposure.evidence import gather_evidence
from hedge_core.market.snapshot import MINIMUM_DAYS
from tests.support.markets import make_market, make_returns

COINS = ("ETH", "LINK", "AVAX", "NEAR", "UNI")
EQUAL = {"rtol": 1e-9, "atol": 1e-12}


@pytest.fixture(scope="module", params=["complete", "gaps", "fat tails"])
def returns(request):
    """Four coins and a proxy: y (days, coins), x (days,)."""
    made = make_returns(3, days=400, coins=COINS)
    if request.param == "fat tails":
        made = made + 0.03 * np.random.default_rng(5).standard_t(3, made.shape)
    x, y = made[:, 0].copy(), made[:, 1:].copy()
    if request.param == "gaps":
        y[np.random.default_rng(4).random(y.shape) < 0.1] = np.nan
        y[:150, 2] = np.nan
        x[200:205] = np.nan
    return y, x


def pairs(y, x):
    """Each coin's own complete days."""
    for coin in range(y.shape[1]):
        both = ~(np.isnan(y[:, coin]) | np.isnan(x))
        yield coin, y[both, coin], sm.add_constant(x[both]), both


def test_ols_is_that_of_statsmodels(returns):
    y, x = returns
    fit = ols(y, x)

    for coin, own, design, _ in pairs(y, x):
        peer = sm.OLS(own, design).fit()
        assert fit.observations[coin] == peer.nobs
        np.testing.assert_allclose([fit.intercept[coin], fit.slope[coin]], peer.params, **EQUAL)
        np.testing.assert_allclose(fit.standard_error[coin], peer.bse[1], **EQUAL)
        np.testing.assert_allclose(fit.correlation[coin] ** 2, peer.rsquared, **EQUAL)


@pytest.mark.parametrize("half_life", [20.0, 60.0])
def test_ewma_is_weighted_least_squares(returns, half_life):
    y, x = returns
    fit = ewma(y, x, half_life)

    weights = 0.5 ** (np.arange(len(x))[::-1] / half_life)
    for coin, own, design, both in pairs(y, x):
        peer = sm.WLS(own, design, weights=weights[both]).fit()
        np.testing.assert_allclose(fit.slope[coin], peer.params[1], **EQUAL)
        np.testing.assert_allclose(fit.standard_error[coin], peer.bse[1], **EQUAL)


def test_huber_is_the_robust_linear_model_of_statsmodels(returns):
    y, x = returns
    fit = huber(y, x)

    for coin, own, design, _ in pairs(y, x):
        peer = sm.RLM(own, design, M=sm.robust.norms.HuberT(1.345)).fit(maxiter=2000, tol=1e-15)
        np.testing.assert_allclose(fit.slope[coin], peer.params[1], rtol=1e-9)
        np.testing.assert_allclose(fit.standard_error[coin], peer.bse[1], rtol=1e-6)


def test_weekly_and_downside_are_least_squares_on_their_days(returns):
    y, x = returns
    weeks, falls = weekly(y, x), downside(y, x)

    for coin in range(y.shape[1]):
        weekly_y = [np.prod(1 + y[i : i + 7, coin]) - 1 for i in range(len(x) % 7, len(x), 7)]
        weekly_x = [np.prod(1 + x[i : i + 7]) - 1 for i in range(len(x) % 7, len(x), 7)]
        both = ~(np.isnan(weekly_y) | np.isnan(weekly_x))
        if both.sum() >= 12:
            peer = sm.OLS(np.array(weekly_y)[both], sm.add_constant(np.array(weekly_x)[both])).fit()
            np.testing.assert_allclose([weeks.slope[coin], weeks.standard_error[coin]], [peer.params[1], peer.bse[1]])
        else:
            assert not weeks.is_usable[coin]
        fell = ~np.isnan(y[:, coin]) & (x < 0)
        peer = sm.OLS(y[fell, coin], sm.add_constant(x[fell])).fit()
        np.testing.assert_allclose([falls.slope[coin], falls.standard_error[coin]], [peer.params[1], peer.bse[1]])


def test_vasicek_by_hand_is_the_mean_of_two_normal_beliefs():
    # Peers 1.0, 1.4, 1.8: mean 1.4, variance 0.16. A slope of 2.2 with the error 0.4 is as sure as the peers.
    peers = Fit(*(np.array([1.0, 1.4, 1.8]),) * 4, np.full(3, 365))
    own = Fit(np.array([2.2, np.nan]), np.zeros(2), np.array([0.4, np.nan]), np.ones(2), np.array([90, 3]))

    shrunk = vasicek(own, peers)

    np.testing.assert_allclose(shrunk.slope, [1.8, 1.4])
    np.testing.assert_allclose(shrunk.standard_error, [0.4 / np.sqrt(2), 0.4])


def test_vasicek_is_generalised_least_squares_with_the_peers_as_one_more_observation(returns):
    y, x = returns
    fit = ols(y, x)
    shrunk = vasicek(fit)

    for coin in range(y.shape[1]):
        beliefs = np.array([fit.slope[coin], fit.slope.mean()])
        precisions = 1 / np.array([fit.standard_error[coin] ** 2, fit.slope.var(ddof=1)])
        peer = sm.WLS(beliefs, np.ones(2), weights=precisions).fit()
        np.testing.assert_allclose(shrunk.slope[coin], peer.params[0], **EQUAL)
        assert shrunk.standard_error[coin] < fit.standard_error[coin]


def test_one_coin_alone_is_not_shrunk(returns):
    y, x = returns
    np.testing.assert_array_equal(vasicek(ols(y[:, :1], x)).slope, ols(y[:, :1], x).slope)


@pytest.mark.parametrize("days", [40, 365])
def test_the_shrunk_covariance_is_that_of_scikit_learn(days):
    from sklearn.covariance import ledoit_wolf as peer

    made = make_returns(7, days=days, coins=("BTC", "ETH", "SOL"))

    np.testing.assert_allclose(ledoit_wolf(made), peer(made)[0], rtol=1e-9)
    # Nothing to shrink: coins of equal variance that do not move together.
    exact = np.array([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]])
    np.testing.assert_allclose(ledoit_wolf(exact), np.eye(2))


def test_the_bootstrap_draws_blocks_as_arch_does(returns):
    """The spread of a slope over the samples: both draw circular blocks, so both quantiles agree but for the draw."""
    from arch.bootstrap import CircularBlockBootstrap

    y, x = returns
    both = ~(np.isnan(y[:, 0]) | np.isnan(x))
    y, x = y[both][:, :1], x[both]

    def slope(own, proxy):
        return ols(own, proxy).slope

    arch = CircularBlockBootstrap(10, y, x, seed=1).conf_int(slope, reps=3_000, method="percentile")
    slopes = [slope(y[drawn], x[drawn]) for drawn in block_starts(len(x), 10, 3_000, seed=2)]
    ours = np.quantile(slopes, (0.025, 0.975), axis=0)

    width = (arch[1] - arch[0]).item()
    np.testing.assert_allclose(ours, arch, atol=0.06 * width)


def test_blocks_are_consecutive_days_on_a_circle():
    drawn = block_starts(37, 5, 200, seed=3)

    assert drawn.shape == (200, 37)
    steps = np.diff(drawn, axis=1) % 37
    inside = np.arange(1, 37) % 5 != 0
    assert (steps[:, inside] == 1).all()
    counts = np.bincount(drawn.ravel(), minlength=37)
    assert counts.min() > 130
    assert counts.max() < 280


@pytest.mark.parametrize("name", ESTIMATORS)
def test_what_cannot_be_estimated_is_not_a_number_and_never_zero(name):
    made = make_returns(9, days=200, coins=("ETH", "LINK", "UNI", "AVAX", "NEAR", "DOGE"))
    x, y = made[:, 0], made[:, 1:].copy()
    y[:, 0] = np.nan
    y[: 200 - MINIMUM_DAYS + 1, 1] = np.nan
    y[:, 2] = 0.0

    fit = ESTIMATORS[name].fit(y, x)

    if ESTIMATORS[name].uses_peers:
        mean = ols(y, x).slope[3:].mean()
        np.testing.assert_allclose(fit.slope[:3], mean)
        return
    assert not fit.is_usable[:3].any()
    assert fit.is_usable[3:].all()
    flat = ESTIMATORS[name].fit(y[:, 3:], np.zeros(200))
    assert not flat.is_usable.any()


@pytest.mark.parametrize("name", ESTIMATORS)
@given(scale=st.floats(0.1, 10), shift=st.floats(-0.01, 0.01), seed=st.integers(0, 50))
def test_betas_scale_with_the_coin_and_ignore_its_drift(name, scale, shift, seed):
    made = make_returns(seed, days=210, coins=("ETH", "LINK", "AVAX"))
    x, y = made[:, 0], made[:, 1:]
    if name == "weekly":  # a drift compounds with the moves of a week, so that only a change of scale is exact
        shift, scale = 0.0, 1.0
    plain, changed = ESTIMATORS[name].fit(y, x), ESTIMATORS[name].fit(scale * y + shift, x)

    np.testing.assert_allclose(changed.slope, scale * plain.slope, rtol=1e-6)


def test_only_an_estimator_that_uses_peers_asks_who_the_other_coins_are(returns):
    y, x = returns
    market, coins = np.column_stack([x, y]), np.array([3, 1])

    for estimator in ESTIMATORS.values():
        among_all, alone = estimator.fit(y, x).of(coins - 1), estimator.fit(y[:, coins - 1], x)
        found = estimator.fit_coins(market, coins, 0)

        np.testing.assert_allclose(found.slope, among_all.slope, rtol=1e-9)
        np.testing.assert_array_equal(found.observations, among_all.observations)
        assert np.allclose(found.slope, alone.slope, rtol=1e-9) != estimator.uses_peers, estimator.name


def test_estimators_are_told_apart_by_their_names():
    assert [name for name, estimator in ESTIMATORS.items() if name != estimator.name] == []
    assert PLAN_ESTIMATOR in ESTIMATORS.values()


@pytest.mark.parametrize("name", [name for name, estimator in ESTIMATORS.items() if estimator is not OLS])
def test_a_plan_rests_on_whichever_estimator_it_is_given(name):
    """Its betas, the tests of them, their intervals and the backtest are those of the estimator of the evidence."""
    estimator = ESTIMATORS[name]
    market = make_market(seed=2, days=900, young={"NEAR": 200})
    history = market.history
    tested = gather_evidence(history, ["UNI", "NEAR"], ["ETH", "BTC"], window_days=365, estimator=estimator)
    estimates = HistoryEstimates(market=market, window_days=365, proxies=("ETH", "BTC"), evidence=tested)

    betas = {coin: row["ETH"] for coin, row in estimates.betas(["UNI", "NEAR"]).items()}

    everyone = [history.column_of[coin] for coin in history.coins if coin != "ETH"]
    slopes = estimator.fit(history.returns[-365:, everyone], history.returns_of("ETH")[-365:]).slope
    uni = slopes[[coin for coin in history.coins if coin != "ETH"].index("UNI")]
    assert betas["UNI"].beta == pytest.approx(uni, rel=1e-9)
    assert (betas["UNI"].method, betas["UNI"].observations) == (name, 365)
    assert (betas["NEAR"].method, betas["NEAR"].observations) == ("shrunk", 199)
    assert betas["UNI"].interval_to_come is not None
    assert betas["NEAR"].interval_to_come is None
    plain = gather_evidence(history, ["UNI"], ["ETH"], window_days=365, known=tested, estimator=OLS)
    assert plain.estimator is OLS
    assert tested.of("UNI", "ETH").variance_reduction != plain.of("UNI", "ETH").variance_reduction


def test_a_bag_has_the_weighted_mean_of_its_coins_betas(returns):
    y, x = returns
    whole = ~np.isnan(y).any(axis=1)
    weights = np.array([0.4, 0.3, 0.2, 0.1])

    bag = ols((y[whole] @ weights)[:, None], x[whole]).slope[0]

    assert bag == pytest.approx(weights @ ols(y[whole], x[whole]).slope, rel=1e-12)


def clustered(random, days, coins):
    """Volatility that persists and is shared, as in GARCH(1,1) with a = 0.08 and b = 0.9, plus noise of the coins."""
    variance, proxy, noise = 1.0, np.empty(days), np.empty((days, coins))
    for day in range(days):
        proxy[day] = np.sqrt(variance) * random.standard_normal()
        noise[day] = np.sqrt(variance) * random.standard_normal(coins)
        variance = 0.02 + 0.08 * proxy[day] ** 2 + 0.9 * variance
    return 0.03 * proxy, 0.03 * noise


@pytest.mark.parametrize(("is_clustered", "least", "most"), [(False, 0.93, 0.97), (True, 0.90, 0.98)])
def test_the_textbook_interval_holds_the_truth_on_2_000_simulated_markets(is_clustered, least, most):
    random = np.random.default_rng(11)
    held = 0
    markets, coins = 50, 40
    for _ in range(markets):
        beta = random.uniform(0.5, 2.0, coins)
        if is_clustered:
            x, noise = clustered(random, 365, coins)
        else:
            x, noise = random.normal(0, 0.03, 365), random.normal(0, 0.03, (365, coins))
        y = beta * x[:, None] + noise
        fit = ols(y, x)
        held += int((np.abs(fit.slope - beta) <= 1.96 * fit.standard_error).sum())

    assert least <= held / (markets * coins) <= most


def test_a_half_life_of_nothing_is_refused():
    with pytest.raises(InvalidInput, match="half-life"):
        ewma(np.zeros((3, 1)), np.zeros(3), 0.0)
    with pytest.raises(InvalidInput, match="at least one"):
        block_starts(0, 1, 1, 0)
