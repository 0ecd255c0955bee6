"""Hazards on paths, by hand, against a loop over single paths, and switched off.

By hand: 10 lots of $100 of LINK short, deleveraged by half, on three days of −40%, −10% and +5%:

    day 1   the level falls to 0.6; 10 lots have gained $400, and 5 are closed there, for 0.1% of $300 = $0.30
    day 2   0.54: 5 lots gain 5 · $6 = $30; the other 5 are opened again at 0.54, for 0.1% of $270 = $0.27
    day 3   0.567: 10 lots lose 10 · $2.70 = $27
"""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from hedge_core.hedge.basis_noise import deviation
from hedge_core.hedge.deleveraging import DeleveragingRule
from hedge_core.plan.dangers import Dangers
from hedge_core.simulation.bag import BagOnPaths
from hedge_core.simulation.engine import run_paths
from hedge_core.simulation.hazards import Hazards
from hedge_core.simulation.paths import Given
from hedge_core.simulation.simulation import simulate
from tests.simulation.test_account import book_of, margin_leg
from tests.simulation.test_simulation import hedged
from tests.support.scale import scaled

COINS = ("BTC", "ETH", "LINK", "DOT")
BAG = BagOnPaths(np.array([1_000.0]), np.array([2]), np.array([1.0]))
OFF = Dangers(deleveraged_share=0.0, loss_chance=0.0, basis_noise=0.0)


def book(collateral=None, *, lots=10, cost=0.001):
    """`lots` lots of $100 of LINK, which cost 0.1% a side."""
    made = book_of([margin_leg(100.0 * lots)], collateral)
    return dataclasses.replace(
        made,
        columns=np.array([2]),
        lot_notional=np.array([100.0]),
        side_cost=np.array([cost]),
        carry_a_day=np.zeros(1),
        peak=np.ones(1),
    )


def hazards(share=0.0, *, loss=0.0, noise=0.0):
    return Hazards(
        rule=DeleveragingRule(share, Dangers()),
        loss_chances=(loss,),
        basis_noise=noise,
        leg_coins=("LINK",),
        columns=np.array([2]),
        legs=1,
        altcoins=np.array([2, 3]),
        proxies=np.array([0, 1]),
    )


def run(returns, one, *, collateral=None, paths=1, seed=0, lots=10, cost=0.001):
    """The hedge on one stated path; `returns` are those of all coins, or one row of coins by day."""
    rows = np.array([np.broadcast_to(row, len(COINS)) for row in returns], dtype=np.float64)
    made = book(collateral, lots=lots, cost=cost)
    return run_paths(Given(COINS, rows), BAG, made, horizon=len(rows), paths=paths, seed=seed, hazards=one).hedge


def test_half_of_a_short_is_missing_for_one_day_by_hand():
    found = run([-0.4, -0.1, 0.05], hazards(0.5))
    gains, fees = 400.0 + 30.0 - 27.0, 0.001 * (1_000.0 + 300.0 + 270.0 + 567.0)

    assert found.hedge.tolist() == [pytest.approx(gains - fees)]
    assert found.fees.tolist() == [pytest.approx(fees)]
    assert found.deleveraged_on.tolist() == [1.0]
    assert found.closed_on.tolist() == [0.0]


def test_what_the_venue_closes_on_the_last_day_costs_what_you_would_have_paid_to_close_it():
    """20 lots of $100 for 0.2% a side: opened for $4; worth $1,080 at 0.54, and closed there by you or the venue."""
    shares = (0.0, 0.5, 1.0)
    found = [run([-0.1, -0.4], hazards(share), lots=20, cost=0.002) for share in shares]

    assert [one.deleveraged_on.tolist() for one in found] == [[0.0], [2.0], [2.0]]
    for one in found:
        assert one.fees.tolist() == [pytest.approx(4.0 + 2.16)]
        assert one.hedge.tolist() == [pytest.approx(2_000.0 - 1_080.0 - 6.16)]


def test_a_closing_that_no_share_asks_for_costs_exactly_nothing():
    plain, off = (run([-0.4, -0.5], one) for one in (None, hazards(0.0)))

    assert plain.fees.tolist() == off.fees.tolist()
    assert plain.hedge.tolist() == off.hedge.tolist()


def test_a_fall_of_less_than_the_thresholds_or_of_one_coin_alone_takes_nothing():
    free = [run(days, hazards(1.0)).hedge for days in ([-0.19, -0.1], [[0.0, 0.0, -0.5, 0.2], [0.0, 0.0, -0.1, 0.0]])]
    plain = [run(days, None).hedge for days in ([-0.19, -0.1], [[0.0, 0.0, -0.5, 0.2], [0.0, 0.0, -0.1, 0.0]])]

    assert np.array_equal(free, plain)


def test_a_short_that_loses_is_not_deleveraged():
    """After a rise to 2, a fall of 45% ends at 1.1, above the entry; a second one, at 0.605, is below it."""
    assert run([1.0, -0.45], hazards(1.0)).deleveraged_on.tolist() == [0.0]
    assert run([1.0, -0.45, -0.45], hazards(1.0)).deleveraged_on.tolist() == [3.0]


def test_what_was_opened_again_wins_only_below_its_new_entry():
    """Closed whole at 0.6, opened again at 0.9 (+50%); a fall to 0.63 is below the new entry, one at 1.35 was not."""
    found = run([-0.4, 0.5, 0.5, -0.3], hazards(1.0))
    assert found.deleveraged_on.tolist() == [1.0]
    assert found.fees.tolist() == [
        pytest.approx(0.001 * (1_000.0 + 600.0 + 900.0 + 945.0))
    ]  # 0.945 is above the entry of 0.9
    again = run([-0.4, 0.5, 0.0, -0.3], hazards(1.0))
    assert again.fees.tolist() == [pytest.approx(0.001 * (1_000.0 + 600.0 + 900.0 + 630.0))]  # whole again at 0.63


def test_lots_closed_for_want_of_margin_are_never_opened_again():
    """Half is closed at 0.6. On day 2 the price doubles four times: the rest is liquidated, and nothing comes back."""
    found = run([-0.4, 9.0, 0.0, 0.0], hazards(0.5), collateral=300.0)

    assert found.closed_on.tolist() == [2.0]
    assert found.hedge[0] >= -300.0 - found.fees[0] - 1e-9


@given(
    st.lists(st.integers(0, 100), min_size=2, max_size=2).map(sorted),
    st.floats(-0.6, 0.0),
    st.lists(st.floats(-0.15, 0.15), max_size=3),
)
@settings(max_examples=scaled(40), deadline=None)
def test_after_a_further_fall_a_larger_share_never_raises_the_result(percents, further, later):
    less, more = (run([-0.4, further, *later], hazards(percent / 100)).hedge[0] for percent in percents)

    assert more <= less + 1e-9


def test_switched_off_they_change_nothing_with_the_same_seed():
    plain = simulate(hedged(collateral=5_000.0), paths=1_500, seed=8)
    assessment = hedged(collateral=5_000.0)
    decided = assessment.plan.with_overrides(dangers=OFF)
    off = simulate(dataclasses.replace(assessment, plan=decided), paths=1_500, seed=8, with_hazards=True)

    assert np.array_equal(plain.net_results, off.net_results)
    assert np.array_equal(plain.bag_results, off.bag_results)
    assert (plain.net, plain.carry, plain.fees, plain.closed) == (off.net, off.carry, off.fees, off.closed)
    assert all(np.array_equal(plain.fans[name], off.fans[name]) for name in plain.fans)
    assert off.deleveraged is not None
    assert off.deleveraged.value == off.lost.value == 0.0
    assert plain.deleveraged is None


def test_the_paths_are_the_same_with_hazards_and_the_bag_does_not_feel_them():
    plain, struck = (simulate(hedged(venue="OKX"), paths=1_000, seed=2, with_hazards=on) for on in (False, True))

    assert np.array_equal(plain.bag_results, struck.bag_results)
    assert not np.array_equal(plain.net_results, struck.net_results)
    assert plain.cash_advised == struck.cash_advised


def test_the_venue_fails_with_its_chance_and_takes_collateral_and_profit():
    found = run([-0.1] * 20, hazards(loss=0.9), collateral=500.0, paths=20_000, seed=5, cost=0.0)
    lost = found.lost_on > 0.0
    expected = 1.0 - 0.1 ** (20 / 365)

    assert lost.mean() == pytest.approx(expected, abs=4 * np.sqrt(expected / 20_000))
    assert found.hedge[lost].tolist() == [-500.0] * int(lost.sum())
    assert found.hedge[~lost].tolist() == pytest.approx([1_000.0 * (1.0 - 0.9**20)] * int((~lost).sum()))


def test_what_is_owed_at_a_failed_venue_stays_owed():
    """Without stated collateral a short that has lost is not forgiven."""
    found = run([0.5] + [0.0] * 10, hazards(loss=1.0), paths=50, cost=0.0)

    assert (found.lost_on > 0).all()
    assert found.hedge.tolist() == [-500.0] * 50


def test_basis_noise_has_the_deviation_of_its_formula_on_paths():
    days = [0.0, 0.0, 0.0]
    found = run(days, hazards(noise=0.003), paths=20_000, seed=1, cost=0.0)
    crash = run([0.0, 0.0, -0.2], hazards(noise=0.003), paths=20_000, seed=1, cost=0.0)

    assert found.hedge.std() == pytest.approx(deviation([1_000.0], 0.003, 3), rel=0.04)
    assert crash.hedge.std() == pytest.approx(deviation([1_000.0], 0.003, 3, is_crash=True), rel=0.04)
    assert crash.hedge.mean() == pytest.approx(200.0, abs=0.2)


def walked(returns, share, lots, cost):
    """One path, one leg of $100 lots, by a loop: profit after costs."""
    level, entry, held, missing = 1.0, 1.0, lots, 0
    pnl = -cost * 100.0 * lots
    for row in returns:
        before, level = level, level * (1.0 + row[2])
        pnl -= held * 100.0 * (level - before)
        at_risk = held
        if missing:
            entry = (held * entry + missing * level) / (held + missing)
            pnl -= cost * missing * 100.0 * level
            held, missing = held + missing, 0
        median = (row[2] + row[3]) / 2.0
        if median <= -0.22 and row[2] <= -0.35 * 0.55 and level < entry:
            missing = int(share * 100 + 0.5) * at_risk // 100
            held -= missing
            pnl -= cost * missing * 100.0 * level
    return pnl - cost * held * 100.0 * level


@pytest.mark.parametrize("share", [0.2, 0.5, 1.0])
def test_a_loop_over_single_paths_agrees(share):
    """Falls of a fifth and more are drawn often, so that most paths are struck, some of them twice."""
    random = np.random.default_rng(7)
    struck = 0
    for _ in range(scaled(60)):
        moves = np.clip(random.normal(-0.03, 0.25, (8, 4)), -0.8, 1.0)
        found = run(list(moves), hazards(share), lots=7)
        struck += int(found.deleveraged_on[0] > 0)
        assert found.hedge[0] == pytest.approx(walked(moves, share, 7, 0.001), abs=1e-6)

    assert struck > 10
