"""Policies: what each does on a path.

By hand, $1,000 of a coin with a stop 10% below, no slippage and no cost: at 0.88 of its price it is sold at 0.90, so
that $900 are kept; with a reentry of 5% it is bought back when it closes at 0.945 or above. At 1.00 that is 900 units:
at 1.10 they are worth $990, while holding gives $1,100.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from hedge_core.errors import InvalidInput
from hedge_core.market.contracts import MarginTier
from hedge_core.simulation.bag import BagOnPaths
from hedge_core.simulation.policies import Hedge, Hold, Policy, Running, Sell, StopLoss
from tests.simulation.test_account import book_of, margin_leg
from tests.support.scale import scaled

ONE = BagOnPaths(np.array([1_000.0]), np.array([0]), np.ones(1))


def run(policy: Policy, levels, bag: BagOnPaths = ONE, funding: float = 0.0) -> Running:
    """One path; each day a level, or one for each coin."""
    running = policy.start(bag, 1)
    for day, level in enumerate(levels, start=1):
        running.step(day, np.atleast_2d(np.asarray(level, dtype=np.float64)), np.full((1, 1), funding))
    running.finish()
    return running


def free_stop(distance: float = 0.1, reentry: float | None = 0.05, **changes: float) -> StopLoss:
    return StopLoss(distance, reentry, **{"spot_cost": 0.0, "slippage": 0.0, "gap_share": 0.0} | changes)


def test_the_stop_loss_worked_by_hand() -> None:
    assert run(free_stop(), [0.95, 0.88]).worth[0] == pytest.approx(900.0)
    whipsawed = run(free_stop(), [0.95, 0.88, 0.94, 1.0, 1.1])
    assert (whipsawed.worth[0], whipsawed.trades_regretted[0]) == (pytest.approx(990.0), 1.0)
    assert run(Hold(), [0.95, 0.88, 0.94, 1.0, 1.1]).worth[0] == pytest.approx(1_100.0)


def test_a_stop_that_is_never_bought_back_is_regretted_when_the_coin_stands_higher() -> None:
    assert run(free_stop(reentry=None), [0.88, 1.5]).trades_regretted[0] == 1.0
    assert run(free_stop(reentry=None), [0.88, 0.5]).trades_regretted[0] == 0.0
    assert run(free_stop(reentry=None), [0.88, 1.5]).worth[0] == pytest.approx(900.0)


def test_slippage_gap_and_cost_come_off_the_stop() -> None:
    running = run(StopLoss(0.1, None, spot_cost=0.004, slippage=0.01, gap_share=0.25), [0.8])
    price = 0.9 * 0.99 - 0.25 * (0.9 - 0.8)
    assert running.worth[0] == pytest.approx(1_000 * price * 0.996)
    assert running.costs[0] == pytest.approx(1_000 * price * 0.004)


def test_after_buying_back_the_stop_hangs_below_the_new_price() -> None:
    again = run(free_stop(), [0.88, 1.0, 0.89])
    assert again.worth[0] == pytest.approx(900.0 * 0.9)


def test_each_coin_has_its_own_stop() -> None:
    bag = BagOnPaths(np.array([1_000.0, 500.0]), np.array([1, 0]), np.ones(2))
    assert run(free_stop(), [[1.2, 0.8]], bag).worth[0] == pytest.approx(900.0 + 600.0)


def test_the_lowest_price_of_the_day_reaches_the_stop() -> None:
    bag = BagOnPaths(np.array([1_000.0]), np.array([0]), np.array([0.97]))
    assert run(free_stop(), [0.92], bag).worth[0] == pytest.approx(900.0)
    assert run(free_stop(), [0.94], bag).worth[0] == pytest.approx(940.0)


def test_selling_a_part_keeps_the_rest() -> None:
    running = run(Sell(0.4, 0.01), [0.5])
    assert running.worth[0] == pytest.approx(400 * 0.99 + 300)
    assert running.costs[0] == pytest.approx(4.0)
    assert running.trades_regretted[0] == 0.0
    assert run(Sell(0.4, 0.0), [1.5]).trades_regretted[0] == 1.0
    assert run(Sell(1.0, 0.0), [1.5]).trades_regretted[0] == 1.0
    assert run(Hold(), [1.5]).trades_regretted[0] == 0.0


def test_the_hedge_left_alone_is_bag_and_short() -> None:
    running = run(Hedge(book_of([margin_leg(600.0)], None, side_cost=0.001)), [0.9, 0.8])
    assert running.worth[0] == pytest.approx(800 + 120 - 0.6 - 0.48)
    assert running.costs[0] == pytest.approx(1.08)


def in_a_band(band: float, notional: float, lot: float, collateral: float | None = None, **leg) -> Hedge:
    made = book_of([margin_leg(notional, **leg)], collateral, lot=lot)
    return Hedge(made, "band", band, np.ones((1, 1)))


@pytest.mark.parametrize("is_inverse", [False, True])
def test_a_coin_hedged_with_its_own_future_never_leaves_the_band(is_inverse) -> None:
    """Bag and contract grow alike: the lots asked for stay the same."""
    alone = run(Hedge(book_of([margin_leg(1_000.0, is_inverse=is_inverse)], None, lot=10.0)), [0.5, 2.0, 1.3])
    banded = run(in_a_band(0.1, 1_000.0, 10.0, is_inverse=is_inverse), [0.5, 2.0, 1.3])
    assert banded.worth[0] == pytest.approx(alone.worth[0])


def test_an_inverse_hedge_is_set_anew_by_its_dollars() -> None:
    """The coin doubles while the proxy stands: twice the dollars are shorted, 200 lots of $10 instead of 100."""
    bag = BagOnPaths(np.array([1_000.0]), np.array([1]), np.ones(1))
    running = run(in_a_band(0.1, 1_000.0, 10.0, is_inverse=True), [[1.0, 2.0], [0.9, 2.0]], bag)
    assert running.worth[0] == pytest.approx(2_000 + 2_000 * 0.1)


def test_a_bag_that_falls_by_itself_is_hedged_less() -> None:
    """The coin halves, its proxy stands: 100 lots become 50; when the proxy falls by 10%, the short earns on 50."""
    bag = BagOnPaths(np.array([1_000.0]), np.array([1]), np.ones(1))
    path = [[1.0, 0.5], [0.9, 0.5]]
    banded = run(in_a_band(0.1, 1_000.0, 10.0), path, bag)
    assert banded.worth[0] == pytest.approx(500 + 500 * 0.1)
    wide = run(in_a_band(1.5, 1_000.0, 10.0), path, bag)
    assert wide.worth[0] == pytest.approx(500 + 1_000 * 0.1)


def test_lots_are_not_added_beyond_the_collateral() -> None:
    bag = BagOnPaths(np.array([1_000.0]), np.array([1]), np.ones(1))
    path = [[1.0, 3.0], [0.9, 3.0]]
    rich, poor = (run(in_a_band(0.1, 1_000.0, 10.0, cash), path, bag) for cash in (100.0, 25.0))
    assert rich.worth[0] == pytest.approx(3_000 + 3_000 * 0.1)
    assert poor.worth[0] == pytest.approx(3_000 + 1_000 * 0.1)


def test_the_margin_of_added_lots_is_that_of_the_tier_that_they_reach() -> None:
    """3,000 asks 5% = 150 in its tier, where the 2% of the first would ask 60: 100 of cash does not open it."""
    tiers = (MarginTier(0.0, 0.02, 0.01), MarginTier(2_000.0, 0.05, 0.025))
    bag = BagOnPaths(np.array([1_000.0]), np.array([1]), np.ones(1))
    path = [[1.0, 3.0], [0.9, 3.0]]
    rich, poor = (run(in_a_band(0.1, 1_000.0, 10.0, cash, tiers=tiers), path, bag) for cash in (151.0, 100.0))
    assert rich.worth[0] == pytest.approx(3_000 + 3_000 * 0.1)
    assert poor.worth[0] == pytest.approx(3_000 + 1_000 * 0.1)


@settings(deadline=None, max_examples=scaled(30))
@given(st.lists(st.floats(0.2, 3.0), min_size=1, max_size=30), st.floats(0.02, 0.5), st.floats(0.0, 0.3))
def test_a_stop_without_costs_against_a_loop_over_days(levels, distance, reentry) -> None:
    units, cash, stop, back = 1_000.0, 0.0, 1.0 - distance, None
    for level in levels:
        if units and level <= stop:
            cash, units, back = units * stop, 0.0, stop * (1.0 + reentry)
        elif not units and back is not None and level >= back:
            units, cash, stop = cash / level, 0.0, level * (1.0 - distance)
    assert run(free_stop(distance, reentry), levels).worth[0] == pytest.approx(units * levels[-1] + cash, rel=1e-9)


@pytest.mark.parametrize(
    "make",
    [
        lambda: StopLoss(0.0),
        lambda: StopLoss(1.0),
        lambda: StopLoss(0.1, -0.1),
        lambda: StopLoss(0.1, slippage=1.5),
        lambda: Sell(1.1),
        lambda: Sell(0.5, -0.1),
        lambda: Hedge(book_of([margin_leg(1.0)], None), "band", -1.0),
        lambda: Hedge(book_of([margin_leg(1.0)], None), "band", float("nan")),
    ],
)
def test_settings_out_of_range_are_refused(make) -> None:
    with pytest.raises(InvalidInput):
        make()
