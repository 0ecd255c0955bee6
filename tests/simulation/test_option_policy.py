"""Options on paths: what they make at the end is what a leg says; puts are never closed, sold calls can be."""

from __future__ import annotations

import numpy as np
import pytest

from hedge_core.hedge.breach import RULES, Breach, ToppedUp
from hedge_core.hedge.option_legs import initial_margin, option_leg
from hedge_core.market.options.contracts import option_of
from hedge_core.market.options.surface import Smile, VolatilitySurface
from hedge_core.simulation.bag import BagOnPaths
from hedge_core.simulation.option_policy import OptionHedge
from tests.support.markets import PRICES, make_market

MARKET = make_market(futures=())
SURFACE = VolatilitySurface({}, Smile.flat(0.5, put_over_call=0.04, half_spread=0.01), "stated")
PUT = option_leg(option_of("Deribit:BTC_USDC-27FEB26-54000-P"), MARKET, SURFACE, PRICES["BTC"], 100.0)
CALL = option_leg(option_of("Deribit:BTC_USDC-27FEB26-66000-C"), MARKET, SURFACE, PRICES["BTC"], 100.0)
DAYS = 27
BAG = BagOnPaths(np.array([60_000.0]), np.array([0], dtype=np.intp), np.ones(1))
NO_FUNDING = np.zeros((1, 0))


def policy(*legs, collateral: float | None = None, rule: str = "reduced", peak: float = 1.0) -> OptionHedge:
    calls = [leg for leg in legs if not leg.is_bought]
    return OptionHedge(
        legs=legs,
        columns=np.zeros(len(legs), dtype=np.intp),
        peak=np.full(len(legs), peak),
        breach=Breach(RULES[rule], np.full(len(calls), 0.0075)),
        collateral=collateral,
    )


def follow(one: OptionHedge, levels: np.ndarray):
    """The policy after the days of `levels`, shape (paths, days)."""
    running = one.start(BAG, len(levels))
    for day, level in enumerate(levels.T, start=1):
        running.step(day, level[:, None], NO_FUNDING)
    running.finish()
    return running


def drawn(paths: int = 300, seed: int = 0) -> np.ndarray:
    moves = np.random.default_rng(seed).normal(0.0, 0.035, (paths, DAYS))
    return np.exp(np.cumsum(moves, axis=1))


@pytest.mark.parametrize("days", [DAYS, 11])
def test_a_collar_ends_with_what_its_legs_say_to_the_cent_whatever_the_way(days: int) -> None:
    levels = drawn()[:, :days]
    running = follow(policy(PUT, CALL), levels)
    end = levels[:, -1]
    expected = 60_000.0 * end + PUT.result(end, days) + CALL.result(end, days)
    assert np.abs(running.worth - expected).max() < 0.005
    assert running.is_closed.sum() == 0


def test_a_bought_put_is_never_closed_and_loses_no_more_than_it_cost() -> None:
    levels = np.tile(np.linspace(1.0, 3.0, DAYS), (1, 1))
    running = follow(policy(PUT, collateral=0.0), levels)
    assert running.is_closed.tolist() == [False]
    assert running.worth[0] == pytest.approx(60_000.0 * 3.0 - PUT.up_front)


def test_sold_calls_are_closed_in_a_rally_and_stay_closed() -> None:
    rally = np.array([[1.0 + 0.03 * day for day in range(1, DAYS)] + [1.0]])
    posted = initial_margin([CALL])
    everything, parts = (
        follow(policy(CALL, collateral=posted, rule=rule), rally) for rule in ("by_position", "reduced")
    )
    unwatched = follow(policy(CALL), rally)

    assert everything.calls.closed_on[0] > 0
    assert everything.is_closed.tolist() == [True]
    # Held to the end it would have expired worthless and kept its premium.
    assert unwatched.worth[0] == pytest.approx(60_000.0 - CALL.up_front)
    assert everything.worth[0] < unwatched.worth[0] - 1_000.0
    assert parts.calls.closed_on[0] == everything.calls.closed_on[0]


def test_a_call_closed_by_position_loses_its_worth_at_the_breach_and_the_forced_cost() -> None:
    level = 1.35
    path = np.array([[level, 1.0, 1.0]])
    posted = initial_margin([CALL])
    running = follow(policy(CALL, collateral=posted, rule="by_position"), path)
    lost = -float(CALL.worth(np.array(level), 1) - CALL.worth(np.array(1.0), 0))
    assert posted - lost < 0.075 * 60_000.0 * level
    expected = 60_000.0 - CALL.opening_cost - lost - 0.0075 * 60_000.0 * level
    assert running.worth[0] == pytest.approx(expected, abs=0.005)


def test_the_cash_needed_is_exactly_what_keeps_the_calls_open() -> None:
    levels = drawn(12, seed=4)
    needed = follow(policy(CALL, peak=1.02), levels).calls.cash_needed
    for place in range(12):
        cash, path = float(needed[place]), levels[[place]]
        assert follow(policy(CALL, collateral=cash + 0.01, peak=1.02), path).is_closed[0].item() is False
        if cash > initial_margin([CALL]) + 1.0:
            assert follow(policy(CALL, collateral=cash - 1.0, peak=1.02), path).is_closed[0].item() is True


def test_a_reserve_is_paid_in_and_counts_as_the_holders_own_money() -> None:
    path = np.array([[1.2, 1.1]])
    posted = initial_margin([CALL])
    with_reserve = OptionHedge(
        legs=(CALL,),
        columns=np.zeros(1, dtype=np.intp),
        peak=np.ones(1),
        breach=Breach(ToppedUp(RULES["by_position"]), np.array([0.0075]), 50_000.0),
        collateral=posted,
    )
    running = follow(with_reserve, path)
    assert running.is_closed.tolist() == [False]
    assert running.worth[0] == pytest.approx(66_000.0 + float(CALL.result(np.array(1.1), 2)), abs=0.005)
