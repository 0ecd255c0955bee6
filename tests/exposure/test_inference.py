"""Intervals from the lowest frequencies of a series, against scipy, plain loops and simulated markets.

By hand, with one cosine and two days: cos(π/4) and −cos(π/4), times sqrt(2/2). Influences (1, −1) project on
2·cos(π/4) = 1.4142, so P² = 2 and SE² = 2 / (1·2) = 1.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from hedge_core.exposure.inference import (
    DIFFERENCE_COSINES,
    LEVEL_COSINES,
    T_DIFFERENCE,
    T_LEVEL,
    interval,
    projections,
    simultaneous_intervals,
)


def test_the_projection_worked_by_hand():
    P = projections(np.array([[1.0], [-1.0]]), 1)

    assert P[0, 0] == pytest.approx(2.0 * math.cos(math.pi / 4.0))


def test_the_quantiles_are_those_of_student():
    assert pytest.approx(stats.t.ppf(0.975, LEVEL_COSINES), rel=1e-12) == T_LEVEL
    assert pytest.approx(stats.t.ppf(0.975, DIFFERENCE_COSINES), rel=1e-12) == T_DIFFERENCE


def test_the_projections_are_those_of_a_discrete_cosine_transform():
    from scipy.fft import dct

    psi = np.random.default_rng(1).normal(size=300)

    ours = projections(psi[:, None], 10)[:, 0]

    np.testing.assert_allclose(ours, dct(psi, type=2, norm="ortho")[1:11], atol=1e-12)


def test_the_interval_of_a_mean_by_loops():
    x = np.random.default_rng(2).normal(3.0, 1.0, 200)
    total = 0.0
    for j in range(1, LEVEL_COSINES + 1):
        total += sum((x[t] - x.mean()) * math.cos(math.pi * j * (t + 0.5) / 200) for t in range(200)) ** 2 * 2 / 200
    error = math.sqrt(total / LEVEL_COSINES / 200)

    low, high = interval(float(x.mean()), x - x.mean())

    assert low == pytest.approx(x.mean() - T_LEVEL * error)
    assert high == pytest.approx(x.mean() + T_LEVEL * error)


def test_the_interval_of_a_mean_with_memory_contains_the_truth_where_a_plain_one_does_not():
    """An autoregression of .8: the plain standard error is a third of the true one."""
    ours = plain = 0
    for seed in range(400):
        random = np.random.default_rng(seed)
        shocks = random.normal(size=600)
        x = np.zeros(600)
        for day in range(1, 600):
            x[day] = 0.8 * x[day - 1] + shocks[day]
        x = x[100:]
        low, high = interval(float(x.mean()), x - x.mean())
        ours += low <= 0.0 <= high
        plain += abs(x.mean()) <= 1.96 * x.std() / math.sqrt(500)

    assert 0.92 <= ours / 400 <= 0.98
    assert plain / 400 < 0.6


def test_one_difference_has_the_quantile_of_student_and_equal_ones_cost_nothing():
    psi = np.random.default_rng(3).normal(size=(400, 1))
    psi -= psi.mean()

    ((low, high),) = simultaneous_intervals(np.array([0.5]), psi)
    twice = simultaneous_intervals(np.array([0.5, 0.5]), np.hstack([psi, psi]))

    error = math.sqrt((projections(psi, DIFFERENCE_COSINES) ** 2).mean() / 400)
    assert (low, high) == pytest.approx((0.5 - T_DIFFERENCE * error, 0.5 + T_DIFFERENCE * error))
    for bounds in twice:
        assert bounds == pytest.approx((low, high), rel=0.05)


def test_independent_differences_are_together_right_as_often_as_promised():
    held = 0
    for seed in range(300):
        psi = np.random.default_rng(seed).normal(size=(250, 4))
        means = psi.mean(axis=0)
        held += all(low <= 0.0 <= high for low, high in simultaneous_intervals(means, psi - means))

    assert 0.92 <= held / 300 <= 0.985


def test_a_difference_without_influence_is_exact_and_widens_no_other():
    psi = np.random.default_rng(4).normal(size=(400, 1))
    psi -= psi.mean()

    alone = simultaneous_intervals(np.array([0.1]), psi)
    beside = simultaneous_intervals(np.array([0.1, 0.0]), np.hstack([psi, np.zeros((400, 1))]))

    assert beside == [alone[0], (0.0, 0.0)]
