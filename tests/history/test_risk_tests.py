"""Tests of VaR and expected shortfall against textbook formulas, enumeration and simulation.

Losses are mostly standard normal: VaR 95% is 1.645 and ES 2.063. Beyond the VaR the mean square of a loss is
1 + 1.645·2.063 = 4.393, which is 1.0323 times ES².
"""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from hedge_core.history.risk_tests import (
    TAIL,
    Outcome,
    coverage_p,
    independence_p,
    pinball,
    risk_test,
    shortfall_p,
)
from tests.support.scale import scaled

V = 0.0323


def outcomes_of(losses, at_risk=1.645, shortfall=2.063):
    return {date: [Outcome(at_risk, shortfall, float(loss), V) for loss in row] for date, row in enumerate(losses)}


def test_right_forecasts_pass_and_too_low_ones_fail():
    losses = np.random.default_rng(5).normal(size=(200, 5))

    right, low = risk_test(outcomes_of(losses)), risk_test(outcomes_of(losses, 1.2, 1.6))

    assert right.exceeded == np.mean(losses > 1.645)
    assert (right.forecasts, right.dates) == (1_000, 200)
    assert min(right.coverage, right.independence, right.shortfall) > 0.05
    assert low.coverage < 0.001
    assert low.shortfall < 0.001
    assert risk_test(outcomes_of(losses[:19])) is None


def kupiec(exceeded, count):
    """The likelihood ratio of Kupiec (1995), equation 1."""
    share = exceeded / count
    free = stats.binom.logpmf(exceeded, count, share)
    return stats.chi2.sf(2.0 * (free - stats.binom.logpmf(exceeded, count, TAIL)), 1)


@pytest.mark.parametrize("exceeded", [0, 1, 4, 9, 20])
def test_with_one_forecast_per_date_coverage_is_the_test_of_kupiec(exceeded):
    k = np.zeros(80)
    k[:exceeded] = 1.0

    assert coverage_p(k, np.ones(80)) == pytest.approx(kupiec(exceeded, 80), rel=1e-3)


@pytest.mark.parametrize("exceeded", [1, 4, 9])
def test_subjects_that_always_fall_together_count_once(exceeded):
    k = np.zeros(80)
    k[:exceeded] = 12.0

    assert coverage_p(k, np.full(80, 12.0)) == pytest.approx(kupiec(exceeded, 80), rel=0.02)


def test_coverage_is_that_of_a_grid_of_all_shares_and_correlations():
    random = np.random.default_rng(0)
    m = random.integers(1, 15, 60)
    k = random.binomial(m, random.beta(0.12, 2.2, 60))

    def likeliest(shares):
        share, odds = np.reshape(shares, (-1, 1, 1)), 1.0 / np.linspace(0.005, 0.95, 150)[:, None] - 1.0
        return stats.betabinom.logpmf(k, m, share * odds, (1.0 - share) * odds).sum(axis=2).max()

    ratio = 2.0 * (likeliest(np.linspace(0.01, 0.2, 40)) - likeliest([TAIL]))
    assert coverage_p(k.astype(float), m.astype(float)) == pytest.approx(stats.chi2.sf(ratio, 1), abs=0.01)


def test_independence_is_that_of_all_orders_of_the_dates():
    shares = np.array([0.0, 0.0, 0.5, 0.25, 0.0, 0.0, 0.75])
    apart = shares - shares.mean()
    sums = np.array([np.dot(order[1:], order[:-1]) for order in itertools.permutations(apart)])
    found = np.dot(apart[1:], apart[:-1])
    exact = 2.0 * min((sums >= found - 1e-12).mean(), (sums <= found + 1e-12).mean())

    assert independence_p(shares) == pytest.approx(min(exact, 1.0), abs=0.04)
    assert independence_p(np.zeros(30)) is None


def test_exceedances_in_a_row_are_not_independent():
    losses = np.repeat(np.random.default_rng(6).normal(size=(60, 1)), 5, axis=0)

    assert risk_test(outcomes_of(losses, 1.0, 1.6)).independence < 0.05


def test_the_shortfall_of_one_subject_by_hand():
    # 40 dates, two of them with a loss of 3 beyond a VaR of 1 and an ES of 2: the mean of loss/(5%·ES) is
    # 2·30/40 = 1.5. One date has the variance (0.05·1.2 − 0.05²)/0.05² = 23 if losses vary by a fifth of ES².
    dates = [[Outcome(1.0, 2.0, 3.0 if date < 2 else 0.0, 0.2)] for date in range(40)]

    assert shortfall_p(dates, 0.0) == pytest.approx(2 * stats.norm.sf(0.5 / math.sqrt(23 / 40)))
    assert shortfall_p(dates, 0.9) == pytest.approx(shortfall_p(dates, 0.0))


def test_right_forecasts_of_coins_that_fall_together_are_refused_about_as_often_as_they_should_be():
    random, refused, runs = np.random.default_rng(1), np.zeros(3), scaled(20)
    for _ in range(runs):
        market = random.normal(size=(80, 1))
        found = risk_test(outcomes_of(math.sqrt(0.6) * market + math.sqrt(0.4) * random.normal(size=(80, 12))))
        refused += np.array([found.coverage, found.independence, found.shortfall]) < 0.05

    assert (refused <= stats.binom.ppf(0.9999, runs, 0.06)).all()


def test_the_pinball_loss_by_hand_is_least_at_the_quantile():
    """A loss of 3 beyond a VaR of 1: 0.95·2; a loss of −1: 0.05·2. Of normal losses, 1.645 has the least."""
    assert pinball(Outcome(1.0, 2.0, 3.0, V)) == pytest.approx(1.9)
    assert pinball(Outcome(1.0, 2.0, -1.0, V)) == pytest.approx(0.1)
    losses = np.random.default_rng(9).normal(size=(200, 20))
    tried = {var: risk_test(outcomes_of(losses, var)).pinball for var in (1.3, 1.645, 2.0)}
    assert min(tried, key=tried.get) == 1.645
