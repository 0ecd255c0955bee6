"""Outcomes: distributions with the errors of having drawn only so many.

By hand, results −100, −99, …, −1 (100 of them): the worst 5% are −100 … −96, VaR 96, CVaR 98, mean −50.5.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import norm

from hedge_core.errors import InvalidInput
from hedge_core.simulation.distributions import Chance, distribution


def test_a_distribution_worked_by_hand() -> None:
    found = distribution(-np.arange(1.0, 101.0))
    assert (found.value_at_risk.value, found.expected_shortfall.value) == (96.0, 98.0)
    assert (found.mean.value, found.median) == (-50.5, -50.5)


def test_a_normal_distribution_has_the_var_and_cvar_of_the_textbook() -> None:
    found = distribution(np.random.default_rng(0).standard_normal(200_000))
    z = norm.ppf(0.95)
    assert found.value_at_risk.value == pytest.approx(z, abs=4 * found.value_at_risk.error)
    assert found.expected_shortfall.value == pytest.approx(norm.pdf(z) / 0.05, abs=4 * found.expected_shortfall.error)


def test_standard_errors_are_the_scatter_over_repetitions() -> None:
    random = np.random.default_rng(1)
    draws = [distribution(random.standard_t(5, 4_000)) for _ in range(400)]
    for name in ("mean", "value_at_risk", "expected_shortfall"):
        figures = [getattr(one, name) for one in draws]
        scatter = np.std([figure.value for figure in figures])
        assert np.mean([figure.error for figure in figures]) == pytest.approx(scatter, rel=0.15)


def test_chances_have_the_error_of_a_coin_tossed() -> None:
    chance = Chance.of(np.array([True] * 25 + [False] * 75))
    assert (chance.value, chance.error) == (0.25, pytest.approx(math.sqrt(0.25 * 0.75 / 100)))
    assert Chance.of(np.zeros(300, dtype=bool)).error == pytest.approx(0.005)


def test_one_result_is_a_distribution_and_none_is_not() -> None:
    assert distribution(np.array([-5.0])).expected_shortfall.value == 5.0
    with pytest.raises(InvalidInput):
        distribution(np.array([]))
