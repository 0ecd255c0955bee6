"""What can take the hedge away, against plain arithmetic.

By hand, 100 lots of one AVAX (30 USD each) are short against 100 AVAX at OKX. On 2025-10-10 AVAX closes at 0.73 of the
close before, with a low at 0.29; half of the short is deleveraged, and coins fall by another 22% the day after:

    closed       50 lots of $30, at max(0.76 · 0.73, 0.29) = 0.5548 of today's price
    gain there   $1,500 · (0.73 − 0.5548)      = $262.80
    missing      $1,500 · 0.73 · 0.22          = $240.90
"""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from hedge_core.errors import InvalidInput
from hedge_core.hedge.planner import assess
from hedge_core.market.contracts import CustomContract
from hedge_core.plan.bag import Holding
from hedge_core.plan.dangers import Dangers
from hedge_core.plan.plan import CostAssumptions, Decisions, HedgePlan, Overrides
from hedge_core.scenarios.crash import HOURS_TO_CLOSE, Crash
from hedge_core.scenarios.crash_days import crash_day, crash_days
from hedge_core.scenarios.danger import left_text, of_the_short
from hedge_core.scenarios.dangers import chance_over, hurts_reading, what_hurts
from hedge_core.scenarios.run import run_scenario
from hedge_core.scenarios.shocks import Shock
from hedge_core.scenarios.stress import run_stress, stress_reading
from tests.support.markets import PRICES, make_market
from tests.support.scale import scaled

MARKET = make_market(seed=4)
FREE = CostAssumptions(fee_rate=0.0, half_spread_rate=0.0, carry_rate=0.0)
COSTLY = CostAssumptions(fee_rate=0.001, half_spread_rate=0.0, depth=None, slippage=0.0, carry_rate=0.0)
OFF = Dangers(deleveraged_share=0.0, halt_hours=0.0, loss_chance=0.0, peg_loss=0.0, basis_noise=0.0)


def planned(coin="AVAX", *, dangers=None, costs=FREE, rate=0.05, quantity=100.0, lot=1.0, **decisions):
    contract = CustomContract(code=f"{coin}-ONE", underlying=coin, coins=lot, maintenance_margin_rate=rate)
    return assess(
        HedgePlan(
            holdings=(Holding(coin=coin, quantity=quantity),),
            decisions=Decisions(**{"venue": "OKX", "risk_accepted": 0.0, "collateral": 5_000.0} | decisions),
            overrides=Overrides(contracts=(contract,), costs=costs, dangers=dangers or Dangers()),
        ),
        MARKET,
    )


def crash_of(assessment, day="2025-10-10"):
    return Crash(assessment, crash_day(day))


def test_half_of_a_short_is_deleveraged_by_hand():
    found = crash_of(planned()).deleveraged(0.5)
    low, close = 0.2896, 1.0 - 0.2713

    assert found.lots.tolist() == [50.0]
    assert found.fills[0] == pytest.approx(0.76 * close)
    assert low < found.fills[0]
    assert found.gain_at_fill == pytest.approx(1_500.0 * 0.24 * close)
    assert found.missing == pytest.approx(1_500.0 * close * 0.22)
    assert found.closing == found.reopening == 0.0


def test_the_rank_in_the_queue_by_hand_and_what_more_cash_does_to_it():
    """$3,000 of AVAX short on $5,000, 27.13% down: 0.2713 · 2,186.1 / 5,813.9 = 0.10, and 0.05 with $10,000."""
    found = planned()
    danger = next(one for one in what_hurts(found) if one.key == "deleveraging")

    assert crash_of(found).queue_score(5_000.0) == pytest.approx(0.2713 * 2_186.1 / 5_813.9)
    assert "ranks 0.10 there" in danger.to_do
    assert "0.05 with twice the cash" in danger.to_do


def test_opening_again_costs_one_side_at_the_price_of_the_day_after():
    found = crash_of(planned(costs=COSTLY)).deleveraged(1.0)

    assert found.reopening == pytest.approx(0.001 * 3_000.0 * (1.0 - 0.2713) * 0.78)


def test_what_the_venue_closes_costs_one_side_at_the_price_at_which_it_is_closed():
    """50 of 100 lots of $30, at 0.1% a side: $1,500 · 0.5538 closed, and $1,500 · 0.5684 opened again."""
    found = crash_of(planned(costs=COSTLY)).deleveraged(0.5)
    fill, after = 0.76 * 0.7287, 0.7287 * 0.78

    assert found.closing == pytest.approx(1.5 * fill)
    assert found.change == pytest.approx(1_500.0 * (0.7287 - fill) - 1_500.0 * (0.7287 - after) - 1.5 * (fill + after))
    assert crash_of(planned(costs=COSTLY)).deleveraged(0.0).change == 0.0


def test_where_only_closes_are_known_lots_are_closed_at_the_close():
    """2020-03-12: the median coin's low is known, LINK's is not, and its close is 47.78% down."""
    crash = crash_of(planned("LINK"), "2020-03-12")
    found = crash.deleveraged(1.0)

    assert found.fills.tolist() == crash.closes.tolist() == [pytest.approx(1.0 - 0.4778)]
    assert found.gain_at_fill == 0.0
    assert found.change == pytest.approx(-1_500.0 * (1.0 - 0.4778) * 0.22)


@pytest.mark.parametrize(("coin", "struck"), [("BTC", True), ("ETH", True), ("SOL", True), ("AVAX", True)])
def test_on_2025_10_10_the_coins_that_hyperliquid_closed_are_struck(coin, struck):
    assert crash_of(planned(coin, quantity=100.0)).struck.tolist() == [struck]


def test_a_coin_that_rises_on_the_day_is_not_struck():
    """ZEC rose by 6% from close to close on 2025-10-10; a short that is not below its entry is not closed."""
    day = crash_day("2025-10-10")
    assert day.window.moves["ZEC"] > 0.0
    crash = crash_of(planned())
    rising = dataclasses.replace(day.window, moves={**day.window.moves, "AVAX": 0.06})
    after = Crash(crash.assessment, dataclasses.replace(day, window=rising))

    assert after.deleveraged(1.0).lots.tolist() == [0.0]


def test_a_share_of_less_than_one_contract_closes_nothing_and_the_text_says_so():
    assessment = planned(quantity=3.0)
    danger = next(one for one in what_hurts(assessment) if one.key == "deleveraging")

    assert danger.cost == 0.0
    assert "less than one contract" in danger.happens
    assert danger.left == "The whole short."
    assert "with 100% of each short" in danger.happens


@given(
    st.lists(st.floats(0.0, 1.0), min_size=2, max_size=2).map(sorted),
    st.floats(0.0, 0.9),
    st.sampled_from(["2025-10-10", "2021-05-19", "2020-03-12"]),
)
@settings(max_examples=scaled(30), deadline=None)
def test_after_a_further_fall_from_the_fill_a_larger_share_never_raises_the_result(shares, further, day):
    """The fall is measured from the price of the event: closing at it and opening again lower gives up the fall."""
    dangers = Dangers(further_fall=further)
    crash = crash_of(planned(dangers=dangers, costs=COSTLY), day)
    fell = crash.closes * (1.0 - further) <= crash.deleveraged(1.0).fills + 1e-12

    less, more = (crash.deleveraged(share).change for share in shares)
    if fell.all():
        assert more <= less + 1e-9


def test_with_everything_off_nothing_takes_the_hedge_away_and_crash_and_scenario_are_the_same():
    assessment = planned(dangers=OFF)
    crash = crash_of(assessment)
    left = {one.key for one in what_hurts(assessment)}

    assert left == {"liquidation", "crash"}
    assert crash.deleveraged().change == 0.0
    assert crash.missed_in_halt == 0.0
    assert crash.basis_deviation == 0.0
    assert crash.first_day == crash_of(planned()).first_day


def test_the_day_after_goes_on_from_the_close_with_the_hedge_intact():
    crash = crash_of(planned())
    move = (1.0 - 0.2713) * 0.78 - 1.0

    assert crash.both_days.bag_pnl == pytest.approx(3_000.0 * move)
    assert crash.both_days.net_pnl == pytest.approx(0.0, abs=1e-9)


def test_a_halt_takes_the_way_back_from_the_low_in_proportion_to_its_hours():
    low, close = 0.2896, 1.0 - 0.2713
    whole = 3_000.0 * (close - low)

    assert crash_of(planned()).missed_in_halt == pytest.approx(whole / HOURS_TO_CLOSE)
    assert crash_of(planned(dangers=Dangers(halt_hours=9.0))).missed_in_halt == pytest.approx(whole)
    assert crash_of(planned(), "2020-03-12").missed_in_halt == 0.0


def test_a_venue_that_fails_takes_collateral_and_open_profit():
    crash = crash_of(planned())

    assert crash.lost_with_venue == pytest.approx(5_000.0 + 3_000.0 * 0.2713)
    unstated = crash_of(planned(collateral=None))
    assert unstated.at_venue == pytest.approx(unstated.assessment.margin.initial)


def test_a_broken_peg_is_a_rise_of_all_prices_in_the_currency():
    """Independent: equity in the currency after the rise, in dollars, less the collateral."""
    danger = next(one for one in what_hurts(planned()) if one.key == "broken_peg")
    rise = 0.05 / 0.95
    equity = (5_000.0 - 3_000.0 * rise) * 0.95

    assert danger.cost == pytest.approx(5_000.0 - equity)
    assert not any(one.key == "broken_peg" for one in what_hurts(planned(venue="CME")))


def test_a_rally_that_comes_back_costs_what_the_scenario_loses():
    assessment = planned(collateral=1_000.0, breach="closed")
    danger = next(one for one in what_hurts(assessment, liquidation_chance=0.2) if one.key == "liquidation")
    rally = assessment.market_rally_survived
    outcome = run_scenario(assessment, Shock(move=rally * 1.002, of="market"))

    assert outcome.is_liquidated
    assert danger.cost == pytest.approx(-outcome.hedge_pnl)
    assert danger.chance == 0.2


def test_a_reserve_that_is_paid_in_lifts_the_rally_that_ends_the_hedge_and_does_not_hide_it():
    """A short of N with maintenance 5% and cash W in all ends at r = (W − 0.05·N) / (1.05·N), if its coin leads."""
    assessment = planned(collateral=1_000.0, reserve=400.0, breach="topped_up")
    danger = next(one for one in what_hurts(assessment) if one.key == "liquidation")
    notional, beta = assessment.margin.notional, float(assessment.market_margin.betas[0])
    rise = (1_400.0 - 0.05 * notional) / (1.05 * notional)

    assert rise / beta > assessment.market_rally_survived
    assert danger.cost == pytest.approx(notional * rise, rel=0.05)  # closing by force costs something, too
    assert f"The market rises by {rise / beta:.1%}" in danger.happens
    assert "the reserve is paid in but does not suffice, and" in danger.happens


def test_dangers_are_ranked_by_what_they_cost_and_each_says_what_to_do():
    found = what_hurts(planned())

    assert [one.cost for one in found] == sorted((one.cost for one in found), reverse=True)
    assert all(one.happens and one.left and one.to_do and one.assumed for one in found)
    assert len({one.key for one in found}) == len(found)
    assert hurts_reading(planned(), found).startswith("What hurts most: ")


def test_cleared_venues_do_not_deleverage_and_nothing_short_has_no_danger():
    assert not any(one.key == "deleveraging" for one in what_hurts(planned(venue="CME")))
    nothing = planned(risk_accepted=1.0)
    assert what_hurts(nothing) == ()
    assert "no hedge to lose" in hurts_reading(nothing, ())


def test_the_days_know_their_medians():
    """The medians of dangers: 65% and 28% on Bybit on 2025-10-10 (49 coins of Binance: 64% and 22%)."""
    day = crash_days()["2025-10-10"]

    assert day.median_low == pytest.approx(-0.65, abs=0.005)
    assert day.median_close == pytest.approx(-0.22, abs=0.01)
    assert day.lows["BTC"] == pytest.approx(-0.169, abs=0.001)
    assert day.lows["ATOM"] == pytest.approx(0.355 - 1.0, abs=0.001)
    assert all(day.has_lows for day in crash_days().values())
    assert all(-1.0 < low <= 0.0 for low in day.lows.values())
    with pytest.raises(InvalidInput, match="2021-05-19"):
        crash_day("2022-01-01")


def test_a_chance_over_several_spans_is_that_of_at_least_one():
    assert chance_over(0.1, 2.0, 1.0) == pytest.approx(0.19)
    assert chance_over(0.01, 30.0, 365.0) == pytest.approx(1.0 - 0.99 ** (30 / 365))
    assert math.isclose(chance_over(0.0, 30.0, 1.0), 0.0)


def test_levels_are_those_of_the_legs():
    crash = crash_of(planned())

    assert np.allclose(crash.closes, 1.0 - 0.2713)
    assert np.allclose(crash.lows, 0.2896)
    assert PRICES["AVAX"] == 30.0


def test_stress_says_how_far_the_basis_may_be_off_and_noise_of_zero_leaves_every_figure():
    """One leg of $3,000 over a day of a crash: $3,000 · 0.3% · √7; on 2025-10-10 BTC and ETH closed 9.8% down."""
    noisy, still = planned(), planned(dangers=OFF)
    with_noise, without = ({one.window.name: one for one in run_stress(plan)} for plan in (noisy, still))

    assert with_noise["2020-03-12 day"].basis_deviation == pytest.approx(3_000.0 * 0.003 * 7**0.5)
    assert with_noise["2025-10-10 flash"].basis_deviation == pytest.approx(3_000.0 * 0.003)
    assert all(one.basis_deviation == 0.0 for one in without.values())
    assert [dataclasses.replace(one, basis_deviation=0.0) for one in run_stress(noisy)] == list(run_stress(still))
    assert "It was not tested." in stress_reading(noisy, run_stress(noisy))
    assert "not tested" not in stress_reading(still, run_stress(still))


def test_a_share_of_the_short_is_whole_a_part_or_nothing():
    assert [of_the_short(share) for share in (1.0, 0.125, 0.0)] == [
        "the whole short",
        "12.5% of the short",
        "nothing of the short",
    ]
    assert left_text(0.0) == "Nothing of the short."
