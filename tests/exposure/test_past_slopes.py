"""Slopes that are kept with a history are those that a fresh regression gives, whoever asked first."""

from __future__ import annotations

import numpy as np
import pytest

from hedge_core.exposure import past_slopes as module
from hedge_core.exposure.estimators import ESTIMATORS, HUBER, OLS
from hedge_core.exposure.past_slopes import past_slopes
from tests.support.markets import make_market


@pytest.mark.parametrize("estimator", ESTIMATORS.values(), ids=ESTIMATORS)
def test_a_kept_slope_is_that_of_a_fresh_regression(estimator):
    history = make_market(seed=2, days=300).history
    first, both = np.array([2]), np.array([3, 2, 4])
    past = history.returns[80:200]

    def asked(coins):
        return past_slopes(history, estimator, proxy=0, window=120, end=200, coins=coins)

    asked(first)
    everyone = np.arange(1, past.shape[1])  # all coins but the proxy: the peers, for an estimator that uses them
    fresh = estimator.fit(past[:, everyone], past[:, 0]).of(both - 1)
    np.testing.assert_allclose(asked(both), [fresh.slope, fresh.correlation], rtol=1e-9)
    np.testing.assert_allclose(asked(both), [fresh.slope, fresh.correlation], rtol=1e-9)


def test_estimators_proxies_windows_and_days_are_kept_apart():
    history = make_market(seed=2, days=300).history
    coins = np.array([2, 3])
    asked = [
        past_slopes(history, estimator, proxy=proxy, window=window, end=end, coins=coins)[0]
        for estimator in (OLS, HUBER)
        for proxy in (0, 1)
        for window in (90, 120)
        for end in (200, 230)
    ]
    assert len({tuple(slopes) for slopes in asked}) == len(asked)


def test_what_is_kept_is_bounded(monkeypatch):
    monkeypatch.setattr(module, "MOST_KEPT", 5)
    history = make_market(seed=2, days=300).history
    for end in range(100, 120):
        past_slopes(history, OLS, proxy=0, window=90, end=end, coins=np.array([2]))
    assert len(history.kept) <= 5
