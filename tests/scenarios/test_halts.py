"""A venue that is shut while the market rises, by hand, against the same rise in a market that trades.

By hand, through a broker: $10,000 of BTC short at 30% on $4,000. In a market that trades, margin runs out where
4,000 − 10,000·r = 3,000·(1 + r), at r = 1/13, and the short is closed with a loss of $769.23. After a gap of 15% it is
closed with a loss of $1,500, and $950 of margin are missing there: 4,000 − 1,500 − 3,450. After a gap of 50% the broker
is owed 5,000 − 4,000 = $1,000.

Closed position by position, at 5% on $1,000, each forced close at 1%: closed at r = 500/10,500 for 476.19 + 104.76, and
after a gap of 15% for 1,500 + 115, of which 615 are owed. A reserve of $5,000 keeps the short open in a market that
trades, and does nothing in the gap.
"""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from hedge_core.hedge.planner import assess
from hedge_core.market.contracts import CustomContract
from hedge_core.plan.bag import Holding
from hedge_core.plan.dangers import Dangers
from hedge_core.plan.plan import CostAssumptions, Decisions, HedgePlan, Overrides
from hedge_core.scenarios.dangers import what_hurts
from hedge_core.scenarios.halts import PRESETS, Halt, HaltPreset, halt_of, halts, rise_in, usual_preset
from hedge_core.scenarios.run import run_scenario
from hedge_core.scenarios.shocks import Shock
from tests.support.markets import make_market

MARKET = make_market(seed=4)
FREE = CostAssumptions(fee_rate=0.0, half_spread_rate=0.0, carry_rate=0.0)
WEEKEND = PRESETS[-1]


def planned(collateral, *, venue="CME", rate=0.3, rally=0.15, **decisions):
    """$10,000 of BTC, hedged in full with lots of a dollar; `rally` is that of BTC itself."""
    contract = CustomContract(code="BTC-DOLLAR", underlying="BTC", coins=1.0 / 60_000.0, maintenance_margin_rate=rate)
    plan = HedgePlan(
        holdings=(Holding(coin="BTC", quantity=10_000.0 / 60_000.0),),
        decisions=Decisions(risk_accepted=0.0, venue=venue, collateral=collateral, **decisions),
        overrides=Overrides(contracts=(contract,), contract_choice={"BTC": "My contracts:BTC-DOLLAR"}, costs=FREE),
    )
    beta = assess(plan, MARKET).market_betas.of("BTC")
    return assess(plan.with_overrides(dangers=Dangers(weekend_rally=rally / beta)), MARKET)


def with_broker(assessment):
    """The same account carried by a broker."""
    legs = tuple(replace(leg, is_exchange_traded=True) for leg in assessment.margin.legs)
    return replace(assessment, margin=replace(assessment.margin, legs=legs))


def weekend(assessment) -> Halt:
    return halt_of(assessment, WEEKEND)


def lost(halt, rise, *, is_shut=True):
    """What the short has lost: net result less what the bag has gained."""
    return 10_000.0 * rise - (halt.with_it if is_shut else halt.without)


def test_a_broker_closes_at_the_gap_by_hand():
    halt = weekend(with_broker(planned(4_000.0)))

    assert lost(halt, 0.15, is_shut=False) == pytest.approx(10_000.0 / 13.0, rel=1e-3)
    assert lost(halt, 0.15) == pytest.approx(1_500.0, rel=1e-3)
    assert halt.room == pytest.approx(-950.0, rel=1e-3)
    assert (halt.open_share, halt.owed) == (0.0, 0.0)
    assert halt.needed == pytest.approx(4_950.0, rel=1e-3)
    assert weekend(with_broker(planned(4_000.0, rally=0.5))).owed == pytest.approx(1_000.0, rel=1e-3)


def test_positions_are_closed_at_the_gap_and_what_is_missing_is_owed_by_hand():
    plain = weekend(planned(1_000.0, venue="OKX", rate=0.05, breach="by_position"))
    kept = weekend(planned(1_000.0, venue="OKX", rate=0.05, breach=None, reserve=5_000.0))

    assert lost(plain, 0.15, is_shut=False) == pytest.approx(476.19 + 104.76, rel=1e-3)
    assert lost(plain, 0.15) == pytest.approx(1_615.0, rel=1e-3)
    assert plain.owed == pytest.approx(615.0, rel=1e-3)
    assert lost(kept, 0.15, is_shut=False) == pytest.approx(1_500.0, rel=1e-3)
    assert lost(kept, 0.15) == pytest.approx(1_615.0, rel=1e-3)


def test_a_rise_that_is_survived_costs_nothing_and_is_no_danger():
    found = with_broker(planned(6_000.0))
    halt = weekend(found)

    assert (halt.open_share, halt.cost) == (1.0, 0.0)
    assert halt.room > 0.0
    assert halt.without == run_scenario(found, Shock(move=halt.rise, of="market")).net_pnl
    assert "halt_in_rally" not in {one.key for one in what_hurts(found)}


def test_a_rally_of_nothing_gives_exactly_the_numbers_without():
    halt = weekend(planned(4_000.0, rally=0.0))

    assert (halt.rise, halt.cost, halt.owed, halt.open_share) == (0.0, 0.0, 0.0, 1.0)


def test_the_rise_grows_with_the_root_of_the_hours():
    found = planned(4_000.0)
    whole = rise_in(found, 49.0)

    assert [rise_in(found, one.hours) for one in PRESETS] == pytest.approx(
        [whole / 7.0, whole * math.sqrt(8.0 / 49.0), whole]
    )


def test_a_longer_halt_never_needs_less_and_every_preset_is_shown():
    found = halts(with_broker(planned(4_000.0)))

    assert [one.preset.key for one in found] == ["break", "outage", "weekend"]
    assert sorted(one.needed for one in found) == [one.needed for one in found]
    assert sorted((one.room for one in found), reverse=True) == [one.room for one in found]
    assert halts(planned(None)) == ()


def test_the_danger_fits_the_venue_and_says_what_is_missing():
    found = with_broker(planned(4_000.0))
    danger = next(one for one in what_hurts(found) if one.key == "halt_in_rally")

    assert usual_preset(found) == WEEKEND
    assert usual_preset(planned(1_000.0, venue="OKX")).key == "outage"
    assert "a weekend of 49 hours" in danger.happens
    assert "In a break of an hour" in danger.happens
    assert "$950 of margin is missing" in danger.happens
    stated = found.plan.with_overrides(dangers=Dangers(halt_hours=12.0))
    assert usual_preset(assess(stated, MARKET)) == HaltPreset("stated", "12 hours, as you stated it", 12.0)
