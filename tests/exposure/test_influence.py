"""How much one day's closes move a basket's short, against fits on closes from which the day was deleted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hedge_core import Holding, assess
from hedge_core.exposure.influence import largest_influence, slopes_without_each_close
from hedge_core.market.snapshot import MarketSnapshot
from hedge_core.plan.plan import HedgePlan
from tests.support.markets import make_market

DAYS = np.arange(np.datetime64("2026-01-01"), np.datetime64("2026-03-22"))
PENALTIES = np.array([0.0, 0.0, 0.02])


def prices(seed: int) -> np.ndarray:
    """Closes of three legs and a bag, one more than DAYS."""
    moves = np.random.default_rng(seed).normal(0.0, 0.03, (len(DAYS) + 1, 4))
    moves[:, 3] += moves[:, :3] @ (0.5, 0.4, 0.3)
    return np.exp(np.cumsum(moves, axis=0))


def returns(closes: np.ndarray) -> np.ndarray:
    return closes[1:] / closes[:-1] - 1.0


def slopes(found: np.ndarray) -> np.ndarray:
    """Independent: the ridge as ordinary least squares with a row of sqrt(d) for each leg."""
    centred = found - found.mean(axis=0)
    X = np.vstack([centred[:, :3], np.diag(np.sqrt(PENALTIES))])
    return np.linalg.lstsq(X, np.append(centred[:, 3], np.zeros(3)), rcond=None)[0]


@pytest.mark.parametrize("seed", range(3))
def test_it_is_what_a_fit_gives_on_closes_without_the_day(seed):
    closes = prices(seed)
    R = returns(closes)

    found = slopes_without_each_close(R[:, :3], R[:, 3], PENALTIES, DAYS)

    expected = [slopes(returns(np.delete(closes, row + 1, axis=0))) for row in range(len(DAYS))]
    assert found == pytest.approx(np.array(expected), abs=1e-10)


def test_a_day_before_a_gap_is_left_out_and_not_joined_to_the_day_after_the_gap():
    R, days = returns(prices(1)), np.delete(DAYS, 40)
    R = np.delete(R, 40, axis=0)

    found = slopes_without_each_close(R[:, :3], R[:, 3], PENALTIES, days)

    assert found[39] == pytest.approx(slopes(np.delete(R, 39, axis=0)), abs=1e-10)


def test_the_day_with_the_largest_influence_is_named():
    closes = prices(2)
    closes[51:, 3] *= 3.0
    R = returns(closes)
    b = slopes(R)

    found = largest_influence(R[:, :3], R[:, 3], PENALTIES, b, DAYS)

    shares = [
        np.abs(slopes(returns(np.delete(closes, row + 1, axis=0))) - b).sum() / b.sum() for row in range(len(DAYS))
    ]
    assert found is not None
    assert found.day == DAYS[int(np.argmax(shares))].item()
    assert found.share == pytest.approx(max(shares))


def test_without_a_short_nothing_has_an_influence():
    R = returns(prices(1))

    assert largest_influence(R[:, :3], R[:, 3], PENALTIES, np.zeros(3), DAYS) is None


def market(times: float) -> MarketSnapshot:
    """A market in which UNI is so many times as high in its last 60 days."""
    made = make_market()
    values = made.history.values.copy()
    values[-60:, made.history.column_of["UNI"]] *= times
    return replace(made, history=replace(made.history, values=values))


@pytest.mark.parametrize(("times", "is_named"), [(1.0, False), (6.0, True)])
def test_a_plan_names_the_day_if_its_closes_move_the_short_by_more_than_15_percent(times, is_named):
    plan = HedgePlan(holdings=(Holding(coin="UNI", quantity=5_000.0),))
    result = assess(plan, market(times))

    named = [notice for notice in result.notices if notice.code == "influence"]
    assert bool(named) == is_named
    assert result.joint is not None
    assert result.joint.influence is not None
    assert not named or str(result.market.history.days[-60]) in named[0].text
