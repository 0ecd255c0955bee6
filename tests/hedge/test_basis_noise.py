"""Basis noise, against the law of an AR(1) written out day by day and against many draws.

By hand, one leg of $10,000 over one day without a crash: e(1) − e(0) = −0.5·e(0) + η has the variance
0.25·σ² + 0.75·σ² = σ², so the standard deviation is $30 at σ = 0.3%. On a crash day it is 0.25·σ² + 9·0.75·σ² = 7·σ².
"""

from __future__ import annotations

import numpy as np
import pytest

from hedge_core.hedge.basis_noise import BasisNoise, deviation

SIGMA = 0.003


def test_one_leg_over_one_day_by_hand():
    assert deviation([10_000.0], SIGMA, 1) == pytest.approx(30.0)
    assert deviation([10_000.0], SIGMA, 1, is_crash=True) == pytest.approx(30.0 * 7**0.5)


def test_legs_are_independent_and_a_long_time_forgets_the_start():
    assert deviation([3_000.0, 4_000.0], SIGMA, 1) == pytest.approx(15.0)
    assert deviation([10_000.0], SIGMA, 400) == pytest.approx(30.0 * 2**0.5)
    assert deviation([10_000.0], 0.0, 30) == 0.0


@pytest.mark.parametrize("days", [1, 2, 5])
@pytest.mark.parametrize("crash", [False, True])
def test_many_draws_have_the_deviation_of_the_formula(days, crash):
    """Each leg of each path is an independent draw, so the error of the estimate is about 1%; tails are fat."""
    noise = BasisNoise(np.random.default_rng(1), SIGMA, 20_000, 2)
    for day in range(1, days + 1):
        noise.step(np.full(20_000, -0.2 if crash and day == days else 0.01))

    assert noise.level.std() == pytest.approx(deviation([1.0], SIGMA, days, is_crash=crash), rel=0.04)
    assert abs(np.corrcoef(noise.level.T)[0, 1]) < 0.03


def test_the_first_distance_is_that_of_the_stationary_law_and_no_noise_is_none():
    noise = BasisNoise(np.random.default_rng(2), SIGMA, 40_000, 1)

    assert noise._first.std() == pytest.approx(SIGMA, rel=0.03)
    none = BasisNoise(np.random.default_rng(2), 0.0, 5, 3)
    none.step(np.full(5, 0.5))
    assert (none.level == 0.0).all()
