"""Options that are held count in scenarios, past crashes, paths, dangers, alternatives and the backtest.

Independent: worths by QuantLib, payoffs by hand, and a loop over single paths that knows neither `OptionLeg` nor
`OptionHedge`. The plan holds 2 BTC at 60,000 USD; its fills are 1 BTC short, and 2 BTC of puts struck at 54,000 or
calls struck at 66,000, 27 days before their expiry.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import QuantLib

from hedge_core.hedge.breach import RULES, Breach
from hedge_core.hedge.option_legs import option_leg
from hedge_core.hedge.planner import assess
from hedge_core.history.backtest import compare_hedges
from hedge_core.market.options.contracts import option_of
from hedge_core.market.options.surface import assumed_surface
from hedge_core.monitoring.daily_check import check
from hedge_core.monitoring.filled import as_filled
from hedge_core.plan.bag import Holding
from hedge_core.plan.plan import CostAssumptions
from hedge_core.scenarios.crash import Crash
from hedge_core.scenarios.crash_days import crash_day
from hedge_core.scenarios.dangers import hurts_reading, what_hurts
from hedge_core.scenarios.halts import PRESETS, halt_of
from hedge_core.scenarios.run import run_scenario
from hedge_core.scenarios.shocks import Shock
from hedge_core.scenarios.stress import run_stress, stress_reading
from hedge_core.simulation.alternatives import compare_alternatives
from hedge_core.simulation.bag import BagOnPaths
from hedge_core.simulation.engine import run_paths
from hedge_core.simulation.frontier import hedge_frontier
from hedge_core.simulation.hazards import Hazards
from hedge_core.simulation.option_policy import OptionHedge
from hedge_core.simulation.paths import Given
from hedge_core.simulation.policies import Hedge
from hedge_core.simulation.policy_comparison import compare_policies
from hedge_core.simulation.simulation import simulate
from tests.monitoring.test_option_ledger import CALL, PUT, SURFACE, fill, plan
from tests.simulation.test_account import book_of, margin_leg
from tests.simulation.test_hazards import hazards
from tests.support.markets import PRICES, make_market
from tests.support.scale import scaled

MARKET = make_market(futures=())
SPOT, DAYS, COINS = PRICES["BTC"], 27, 2.0
FREE = CostAssumptions(fee_rate=0.0, half_spread_rate=0.0, carry_rate=0.0, cash_rate=0.0)
SHORT = fill("Deribit:BTC-PERPETUAL", "sell", 6_000, SPOT)
BOUGHT, SOLD = fill(PUT, "buy", 200, 1_500.0), fill(CALL, "sell", 200, 900.0)


def held(*fills, **decisions):
    """What is filled of a plan without costs for its futures."""
    made = plan(*fills, **decisions).with_overrides(costs=FREE)
    found = as_filled(assess(made, MARKET))
    assert found is not None
    assert found.why == ""
    return found.assessment


def volatility(strike: float) -> float:
    return float(assumed_surface().of("BTC").volatility(strike / SPOT, DAYS))


def worth(kind: str, strike: float, level: float, days: float, sigma: float | None = None) -> float:
    """USD per coin by QuantLib, at the volatility of the strike; at expiry and later the payoff."""
    sign = {"put": QuantLib.Option.Put, "call": QuantLib.Option.Call}[kind]
    deviation = (volatility(strike) if sigma is None else sigma) * math.sqrt(max(DAYS - days, 0.0) / 365.0)
    return QuantLib.blackFormula(sign, strike, max(level, 1e-12) * SPOT, deviation)


def put_gain(level: float, days: float) -> float:
    return COINS * (worth("put", 54_000.0, level, days) - worth("put", 54_000.0, 1.0, 0))


def call_loss(level: float, days: float) -> float:
    return COINS * (worth("call", 66_000.0, level, days) - worth("call", 66_000.0, 1.0, 0))


@pytest.mark.parametrize("move", [-0.6, -0.2, 0.0, 0.15])
@pytest.mark.parametrize("horizon", [10, 27, 90])
def test_a_scenario_counts_a_put_as_quantlib_prices_it_at_the_horizon(move, horizon):
    with_put, without = (run_scenario(held(*fills, horizon_days=horizon), Shock(move=move))
                         for fills in ((SHORT, BOUGHT), (SHORT,)))  # fmt: skip
    gain = put_gain(1.0 + move, horizon)

    assert with_put.options_pnl == pytest.approx(gain, abs=0.005)
    assert with_put.hedge_pnl == pytest.approx(without.hedge_pnl + gain, abs=0.005)
    assert with_put.attribution.options == with_put.options_pnl
    assert with_put.bag_pnl == without.bag_pnl
    assert without.options_pnl == without.attribution.options == 0.0
    assert any(
        "27FEB26-54000-P is part of the hedge. It is priced at the volatility of its strike" in note
        for note in with_put.notes
    )


@pytest.mark.parametrize("move", [-0.3, 0.4])
def test_the_attribution_adds_up_and_ending_the_options_is_among_the_fees(move):
    assessment = held(SHORT, BOUGHT, SOLD, horizon_days=27, collateral=900_000.0)
    result = run_scenario(assessment, Shock(move=move))
    ideal = (1.0 - assessment.hedge_ratio) * result.bag_pnl
    delivered = COINS * 0.00015 * (1.0 + move) * SPOT  # of the one of both that is in the money, less than 12.5% of it

    assert result.net_after_costs - ideal == pytest.approx(result.attribution.total)
    assert result.attribution.fees == pytest.approx(-delivered)


def test_past_crashes_price_options_at_the_end_of_each_period():
    """The longest crash of the record lasts longer than the option: then it is worth its payoff."""
    with_put, without = ({one.window.name: one for one in run_stress(held(*fills))}
                         for fills in ((SHORT, BOUGHT), (SHORT,)))  # fmt: skip

    for name, result in with_put.items():
        window = result.window
        gain = put_gain(1.0 + window.moves["BTC"], (window.end - window.start).days)
        assert result.hedge_pnl == pytest.approx(without[name].hedge_pnl + gain, abs=0.005), name
    assert max((one.window.end - one.window.start).days for one in with_put.values()) > DAYS
    assessment = held(SHORT, BOUGHT)
    assert "exercised for cash, not rolled" in stress_reading(assessment, run_stress(assessment))


def test_sold_calls_and_shorts_share_the_collateral_by_what_opens_each():
    assessment, alone = held(SHORT, SOLD), held(SHORT)
    for_calls = COINS * SPOT * 0.10  # 10% out of the money: 15% less 10%, and at least 10%
    share = for_calls / (for_calls + alone.margin.initial)
    made = 900.0 * COINS - COINS * worth("call", 66_000.0, 1.0, 0)

    assert assessment.options.collateral == pytest.approx(50_000.0 * share + made)
    assert assessment.margin.collateral == pytest.approx(50_000.0 * (1.0 - share))
    assert held(SHORT, BOUGHT).margin == alone.margin
    assert held(SHORT, BOUGHT).options.collateral is None
    assert held(SOLD).options.collateral == pytest.approx(50_000.0 + made)
    assert held(SHORT, SOLD, collateral=None).options.collateral is None
    assert "their share by the margin that opens them" in assessment.options.assumed
    report = check(assess(plan(SHORT, SOLD), MARKET), now=MARKET.as_of)
    assert report.state.margin.collateral == pytest.approx(assessment.margin.collateral)


def test_a_rally_that_uses_up_the_margin_of_sold_calls_closes_them_and_says_so():
    poor, rich = (run_scenario(held(SHORT, SOLD, collateral=cash), Shock(move=0.8)) for cash in (25_000.0, 900_000.0))

    assert rich.options_pnl == pytest.approx(-call_loss(1.8, 30), abs=0.005)
    assert not rich.are_options_closed
    assert poor.options_pnl > rich.options_pnl
    assert poor.are_options_closed
    assert any("sold options are closed by force" in note for note in poor.notes)


def test_on_simulated_paths_the_net_result_differs_by_the_payoff_alone():
    """The bag is 2 BTC, so each path's end is read from it. The put ends on the last day: no path of it is needed."""
    with_put, without = (simulate(held(*fills, horizon_days=27), paths=300, seed=3)
                         for fills in ((SHORT, BOUGHT), (SHORT,)))  # fmt: skip
    ends = 1.0 + with_put.bag_results / (COINS * SPOT)
    paid = COINS * np.maximum(54_000.0 - ends * SPOT, 0.0)
    fees = COINS * np.minimum(0.00015 * ends * SPOT, 0.125 * paid / COINS)

    assert np.array_equal(with_put.bag_results, without.bag_results)
    assert with_put.net_results - without.net_results == pytest.approx(
        paid - COINS * worth("put", 54_000.0, 1.0, 0) - fees, abs=0.005
    )
    assert paid.any()
    assert with_put.has_options
    assert any("exercised for cash, not rolled" in note for note in with_put.notes)
    assert "the hedge" in with_put.sentence


def test_options_alone_are_a_hedge_on_paths_and_nothing_says_that_nothing_is_there():
    found = simulate(held(BOUGHT), paths=200, seed=1)

    assert "nothing is shorted" not in found.sentence
    assert found.hedge.mean.value != 0.0
    assert found.net.expected_shortfall.value < found.bag.expected_shortfall.value
    assert found.closed is None
    assert simulate(held(SOLD, collateral=13_000.0), paths=200, seed=1).closed.value > 0.0


LEGS = tuple(option_leg(option_of(one), MARKET, SURFACE, SPOT, 200.0) for one in (PUT, CALL))


def option_book(collateral, *, short=0.0):
    """A book on paths of BTC alone: 1 BTC short or nothing, with a put and a call."""
    options = OptionHedge(
        legs=LEGS,
        columns=np.zeros(2, dtype=np.intp),
        peak=np.ones(2),
        breach=Breach(RULES["closed"], np.array([0.0])),
        collateral=collateral,
        are_held=True,
    )
    book = book_of([margin_leg(short or 1.0)], None)
    return replace(
        book,
        columns=np.zeros(1, dtype=np.intp),
        notional=np.array([short]),
        lot_notional=np.array([short or 1.0]),
        side_cost=np.zeros(1),
        carry_a_day=np.zeros(1),
        peak=np.ones(1),
        options=options,
    )


def walked(levels, collateral, short):
    """One path day by day: a short, a put exercised on day 27, and a call that 7.5% of its coins must back."""
    sigmas = [leg.held.volatility for leg in LEGS]
    equity, calls, put, fees, last = collateral, True, None, 0.0, worth("call", 66_000.0, 1.0, 0, sigmas[1])
    for day, level in enumerate(levels, start=1):
        now = worth("call", 66_000.0, level, day, sigmas[1])
        if calls:
            equity -= COINS * (now - last)
            last = now
            if equity < 0.075 * COINS * SPOT * level:
                equity, calls = 0.0, False
        if day == DAYS:
            put = COINS * max(54_000.0 - level * SPOT, 0.0)
            fees += min(0.00015 * COINS * level * SPOT, 0.125 * put)
            if calls:
                fees += min(0.00015 * COINS * level * SPOT, 0.125 * COINS * now)
                calls = False
    return equity - collateral + put - COINS * worth("put", 54_000.0, 1.0, 0, sigmas[0]) - fees - short * (level - 1.0)


def test_a_loop_over_single_paths_with_quantlib_agrees():
    """Options expire on day 27 of 40. Some calls run out of margin on the way, some are exercised, some do neither."""
    random, ended = np.random.default_rng(11), set()
    bag = BagOnPaths(np.array([COINS * SPOT]), np.array([0], dtype=np.intp), np.ones(1))
    for _ in range(scaled(40)):
        returns = random.normal(0.0, 0.035, 40)
        levels = np.cumprod(1.0 + returns)
        collateral = float(random.choice([13_000.0, 20_000.0, 1e6]))
        short = float(random.choice([0.0, SPOT]))
        book = option_book(collateral, short=short)
        found = run_paths(Given(("BTC",), returns[:, None]), bag, book, [Hedge(book)], horizon=40, paths=1)
        mine = walked(levels, collateral, short)
        assert found.hedge.hedge[0] == pytest.approx(mine, abs=0.01)
        assert found.tracks[0].worth[0] - found.hedge.bag[0] == pytest.approx(mine, abs=0.01)
        ended.add("closed" if found.hedge.closed_on[0] else "in" if levels[26] > 1.1 else "out")

    assert ended == {"closed", "in", "out"}


def test_a_venue_that_fails_on_the_way_takes_its_options_and_the_cash_of_those_sold():
    book = option_book(30_000.0)
    one = replace(hazards(loss=1.0), columns=np.zeros(1, dtype=np.intp), altcoins=np.zeros(1, dtype=np.intp),
                  proxies=np.zeros(1, dtype=np.intp), leg_coins=("BTC",))  # fmt: skip
    bag = BagOnPaths(np.array([COINS * SPOT]), np.array([0], dtype=np.intp), np.ones(1))

    def lost(made: Hazards) -> float:
        days = Given(("BTC",), np.full((5, 1), -0.1))
        return float(run_paths(days, bag, book, horizon=5, paths=1, hazards=made).hedge.hedge[0])

    sigmas = [leg.held.volatility for leg in LEGS]
    paid = COINS * worth("put", 54_000.0, 1.0, 0, sigmas[0])
    assert lost(replace(one, venues=("Deribit",))) == pytest.approx(-paid - 30_000.0, abs=0.01)
    assert lost(replace(one, venues=("OKX",))) > 0.0


def test_dangers_count_options_and_a_failed_venue_takes_those_that_are_there():
    assessment, without = held(SHORT, BOUGHT), held(SHORT)
    crash, plain = Crash(assessment, crash_day("2025-10-10")), Crash(without, crash_day("2025-10-10"))
    fall = 1.0 + crash.first_day.moves["BTC"]
    found = {one.key: one for one in what_hurts(assessment)}

    assert crash.first_day.hedge_pnl == pytest.approx(plain.first_day.hedge_pnl + put_gain(fall, 1), abs=0.005)
    assert crash.both_days.hedge_pnl == pytest.approx(plain.both_days.hedge_pnl + put_gain(fall * 0.78, 2), abs=0.005)
    assert crash.lost_with_venue == pytest.approx(
        plain.lost_with_venue + COINS * worth("put", 54_000.0, fall, 1), abs=0.005
    )
    assert "options worth" in found["venue_loss"].happens
    assert crash.deleveraged(1.0).change == plain.deleveraged(1.0).change
    assert "exercised for cash, not rolled" in hurts_reading(assessment, what_hurts(assessment))
    assert "no short can be taken away" in hurts_reading(held(BOUGHT), what_hurts(held(BOUGHT)))


def test_a_halt_in_a_rally_leaves_options_as_they_are():
    rise = halt_of(held(SHORT, BOUGHT), PRESETS[2])
    plain = halt_of(held(SHORT), PRESETS[2])
    gain = run_scenario(held(SHORT, BOUGHT), Shock(move=rise.rise, of="market"), days=0).options_pnl

    assert gain < 0.0
    assert (rise.without - plain.without, rise.with_it - plain.with_it) == (pytest.approx(gain), pytest.approx(gain))


def test_policies_ratios_and_alternatives_hold_the_options_beside_every_short():
    with_put, without = held(SHORT, BOUGHT, horizon_days=27), held(SHORT, horizon_days=27)
    policies, plain = (compare_policies(one, paths=200) for one in (with_put, without))
    ratios, bare = (hedge_frontier(one, ratios=(0.0, 0.5), paths=200) for one in (with_put, without))
    ways, other = (compare_alternatives(one, paths=200) for one in (with_put, without))

    moved = [
        one.end.mean.value - two.end.mean.value for one, two in zip(policies.simulated, plain.simulated, strict=True)
    ]
    assert moved[0] == moved[3] == moved[4] == moved[5] == 0.0
    assert moved[1] == pytest.approx(moved[2])
    assert moved[1] != 0.0
    for one, two in zip(ratios.points, bare.points, strict=True):
        assert one.net.mean.value - two.net.mean.value == pytest.approx(moved[1])
    sold = hedge_frontier(held(SHORT, SOLD), ratios=(0.0,), paths=100)
    assert any("the shorts have all of your collateral" in note for note in sold.notes)
    assert not any("have all of your collateral" in note for note in ratios.notes)
    shorts = [way for way in ways.ways if way.kind == "short"]
    assert shorts
    assert all(way.label.endswith("and your options") for way in shorts)
    for kind in ("hold", "stop_loss"):
        mean = {one: next(way for way in one.ways if way.kind == kind).end.mean.value for one in (ways, other)}
        assert mean[ways] == mean[other]
    own, plain_own = (next(way for way in one.ways if way.is_own) for one in (ways, other))
    assert own.end.mean.value - plain_own.end.mean.value == pytest.approx(moved[1])
    assert [way.label for way in compare_alternatives(held(BOUGHT), paths=100).ways if way.kind == "short"] == [
        "Your options"
    ]


def test_the_backtest_counts_options_as_the_short_that_they_are_today():
    """The bag is UNI, hedged with BTC: the own result mixes bag and tested hedge by ratio of shorts and options."""
    made = replace(plan(SHORT, BOUGHT, window_days=120), holdings=(Holding(coin="UNI", quantity=20_000.0),))
    found = as_filled(assess(made, make_market(seed=4, days=500, futures=())))
    assessment = found.assessment
    comparison = compare_hedges(assessment)
    own = comparison.of(assessment.plan.decisions.approach)
    share = assessment.achieved_hedge_ratio + assessment.options.offsets
    mixed = comparison.unhedged + share * (own.hedged - comparison.unhedged)
    days = ~np.isnan(mixed)

    assert assessment.options.offsets > 0.0
    assert comparison.as_planned.variance_reduction == pytest.approx(
        1.0 - np.var(mixed[days]) / np.var(comparison.unhedged[days]), abs=1e-6
    )
    assert any("as the short that they are as good as today" in sentence for sentence in comparison.sentences)
