"""Lows of a crash, by hand: a close 20% down at 49% of it is a low 60.8% down; known lows of 2025-10-10 come first."""

from __future__ import annotations

from datetime import date

import pytest

from hedge_core.hedge.planner import assess
from hedge_core.market.contracts import CustomContract
from hedge_core.plan.bag import Holding
from hedge_core.plan.plan import Decisions, HedgePlan, Overrides, Pledge
from hedge_core.scenarios.crash import Crash
from hedge_core.scenarios.crash_days import crash_day
from hedge_core.scenarios.dangers import what_hurts
from hedge_core.scenarios.lows import known_lows, low_of
from hedge_core.scenarios.stress import run_stress, stress_windows, window_shock
from tests.hedge.test_pledged_coins import FREE, MARKET, planned

FLASH = date(2025, 10, 10)


def test_a_low_is_the_known_one_or_a_share_of_the_close_and_never_above_it():
    assert low_of("NOVA", -0.2, FLASH) == pytest.approx(0.8 * 0.49 - 1.0)
    assert low_of("LINK", -0.2128, FLASH) == pytest.approx(known_lows(FLASH)["LINK"])
    assert low_of("LINK", -0.9, FLASH) == -0.9
    assert low_of("LINK", -0.3, date(2020, 3, 12)) == pytest.approx(0.7 * 0.49 - 1.0)
    assert known_lows(date(2020, 3, 12)) == {}


def backed(**plan):
    return assess(planned({"AVAX": Pledge(), "LINK": Pledge()}, **plan), MARKET)


def test_pledged_coins_count_at_their_lows_in_crashes_and_at_their_closes_in_squeezes():
    found = backed()
    by_name = {window.name: window_shock(found, window)[0] for window in stress_windows()}

    flash, rally = by_name["2025-10-10 flash"], by_name["2025-07 Ether rally"]
    assert flash.pledged_moves["LINK"] == pytest.approx(known_lows(FLASH)["LINK"])
    assert flash.pledged_moves["LINK"] < flash.stated_moves["LINK"] < 0.0
    assert rally.pledged_moves == {}


def test_a_crash_with_the_coins_at_their_lows_is_checked_against_the_account_written_out():
    """$500 of cash, and coins that count 90% of $9,000 and 50% of $1,500 at their lows, against every leg's loss."""
    found = backed(collateral=500.0, rounding="nearest")
    crash = Crash(found, crash_day("2025-10-10"))
    falls = [crash.shock.stated_moves[leg.underlying] for leg in found.traded_legs]
    lows = [1.0 + crash.shock.pledged_moves[coin] for coin in ("AVAX", "LINK")]

    room = 500.0 + 8_100.0 * lows[0] + 750.0 * lows[1]
    for leg, fall in zip(found.margin.legs, falls, strict=True):
        room -= leg.notional * fall + leg.tiers[0].maintenance_rate * leg.notional * (1.0 + fall)
    assert found.margin.room([*falls, *(low - 1.0 for low in lows)]) == pytest.approx(room)
    assert crash.first_day.pledged_moves == tuple(pytest.approx(low - 1.0) for low in lows)
    avax, link = (crash.shock.stated_moves[coin] for coin in ("AVAX", "LINK"))
    assert crash.pledged_at_venue == pytest.approx(9_000.0 * (1.0 + avax) + 1_500.0 * (1.0 + link))


def test_a_failed_venue_takes_the_pledged_coins_too():
    plain, found = (
        assess(planned(rounding="nearest", collateral=20_000.0), MARKET),
        backed(rounding="nearest", collateral=20_000.0),
    )
    losses = [next(one for one in what_hurts(each) if one.key == "venue_loss") for each in (plain, found)]
    crash = Crash(found, crash_day("2025-10-10"))

    assert losses[1].cost - losses[0].cost == pytest.approx(crash.pledged_at_venue)
    assert "coins worth" in losses[1].happens
    assert "coins worth" not in losses[0].happens


def test_a_short_whose_margin_is_a_coin_at_its_low_is_closed_there_by_hand():
    """$10,000 of ETH short at 30% on $3,200 of LINK, counted in full, against $10,000 of LINK.

    On 2025-10-10 ETH closes 12.33% down and LINK's low is 64.5% down: 1,233 + 3,200·0.355 − 0.3·8,767 is below zero, so
    everything is closed and what the coins count for is lost. Counted at their closes the short lives.
    """
    contract = CustomContract(code="ETH-CENT", underlying="ETH", coins=0.01, maintenance_margin_rate=0.3)
    plan = HedgePlan(
        holdings=(Holding(coin="LINK", quantity=10_000.0 / 15.0),),
        decisions=Decisions(
            risk_accepted=0.0,
            venue="OKX",
            collateral=0.0,
            approach="coin_by_coin",
            pledges={"LINK": Pledge(share=0.32, haircut=0.0)},
        ),
        overrides=Overrides(contracts=(contract,), costs=FREE, proxies={"LINK": "ETH"}, betas={"LINK": 1.0}),
    )
    found = assess(plan, MARKET)
    crash = Crash(found, crash_day("2025-10-10"))
    low = 3_200.0 * (1.0 + known_lows(FLASH)["LINK"])
    danger = next(one for one in what_hurts(found) if one.key == "pledged_coins")

    assert found.margin.notional == pytest.approx(10_000.0)
    assert 1_233.0 + low < 0.3 * 8_767.0
    assert crash.first_day.open_share == 0.0
    assert crash.first_day.hedge_pnl == pytest.approx(-low)
    assert crash.with_pledged_at_closes.open_share == 1.0
    after = 1.0 - 0.8767 * 0.78
    assert danger.cost == pytest.approx(10_000.0 * after - crash.both_days.hedge_pnl)
    assert crash.missing_at_low == pytest.approx(0.3 * 8_767.0 - 1_233.0 - low)
    assert "LINK count as margin" in danger.happens


def test_the_stress_of_a_plan_without_pledges_is_untouched():
    found = assess(planned(collateral=500.0), MARKET)

    assert all(window_shock(found, window)[0].pledged_moves == {} for window in stress_windows())
    assert run_stress(found) == run_stress(assess(planned(collateral=500.0), MARKET))
