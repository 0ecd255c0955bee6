"""The study: results are those of plain loops over the past, and the same seed gives the same numbers."""

from __future__ import annotations

import dataclasses
import json
import re

import numpy as np
import pytest
from scipy import stats

from hedge_core.errors import InvalidInput
from hedge_core.exposure.effectiveness import measure
from hedge_core.exposure.inference import DIFFERENCE_COSINES, interval
from hedge_core.hedge.planner import assess
from hedge_core.history.forecasts import (
    PATHS,
    Forecast,
    chance_test,
    p_value,
    profit_on_paths,
)
from hedge_core.history.hedged_returns import worst_mean, worst_mean_saved
from hedge_core.history.past_market import market_on, past_history
from hedge_core.history.risk_tests import Outcome, pinball
from hedge_core.history.scaling import scaling_tests
from hedge_core.history.study import cost_range_tests, run_study, subjects_of
from hedge_core.history.walk import SPAN_DAYS, Book, Terms
from hedge_core.market.snapshot import FundingHistory, PriceHistory
from hedge_core.reports.study import study_document, study_html, study_markdown
from hedge_core.simulation.engine import run_paths
from hedge_core.simulation.paths import Bootstrap
from hedge_core.simulation.setup import prepare
from tests.support.markets import make_market

COINS = ("BTC", "ETH", "SOL", "LINK", "UNI")
MARKET = make_market(seed=9, days=260, coins=COINS, funding_rate_a_day=0.0002)
TERMS = Terms(venue="Coinbase Derivatives", value=30_000.0, ratio=0.6, window_days=120)


@pytest.fixture(scope="module")
def studied():
    return run_study(MARKET, TERMS, coins=("LINK", "UNI"), seed=3)


def test_each_subject_is_hedged_without_its_own_contracts():
    singles = subjects_of(MARKET, ())[:3]
    assert [one.name for one in singles] == ["SOL", "LINK", "UNI"]
    assert subjects_of(MARKET, ("UNI", "LINK"))[-1].barred == {"UNI", "LINK"}
    past, paid = past_history(MARKET, 200)
    there = market_on(MARKET, past, paid, {"LINK"})

    legs = assess(TERMS.plan(there, ("LINK",), 1.0), there).legs

    assert legs
    assert all(leg.underlying != "LINK" for leg in legs)
    with pytest.raises(InvalidInput, match="BTC: not a coin of this market that can be studied"):
        subjects_of(MARKET, ("BTC",))


def test_the_whole_contracts_held_are_those_of_plain_loops(studied):
    """The planner at each start day, then 30 days of dollars, fees for what changes, funding and interest."""
    steps, bag_steps, fees, cash, funding = [], [], 0.0, 0.0, 0.0
    held = {}
    closes = {coin: MARKET.history.of(coin) for coin in COINS}
    starts = range(121, 260 - SPAN_DAYS + 1, SPAN_DAYS)
    for days in starts:
        past, paid = past_history(MARKET, days)
        there = market_on(MARKET, past, paid, {"UNI"})
        done = assess(TERMS.plan(there, ("UNI",), 0.6), there)
        today = days - 1
        wanted = {}
        for leg, cost in zip(done.traded_legs, done.costs.legs, strict=True):
            wanted[leg.contract.id] = (leg.notional, (cost.commission + cost.spread) / 2 / leg.notional, leg.underlying)
        for contract in held.keys() | wanted.keys():
            before = held.get(contract, (0.0, 0.0, ""))
            after = wanted.get(contract, (0.0, before[1], ""))
            fees += abs(after[0] - before[0]) * after[1] / 30_000
        cash += done.market_margin.collateral_for(0.25) * 0.04 * 30 / 365 / 30_000
        bag = [closes["UNI"][today + n] / closes["UNI"][today] for n in range(SPAN_DAYS + 1)]
        shorts = np.zeros(SPAN_DAYS + 1)
        for notional, _, coin in wanted.values():
            levels = closes[coin][today : today + SPAN_DAYS + 1] / closes[coin][today]
            shorts -= notional * (levels - 1.0) / 30_000
            if coin in ("BTC", "ETH", "SOL"):
                funding += notional / 30_000 * 0.0002 * levels[1:].sum()
        steps += np.diff(shorts + bag).tolist()
        bag_steps += np.diff(bag).tolist()
        held = {
            contract: (n * closes[coin][today + SPAN_DAYS] / closes[coin][today] / bag[-1], rate, coin)
            for contract, (n, rate, coin) in wanted.items()
        }
    result = next(one for one in studied.subjects if one.subject.name == "UNI")
    a_year = 365 / 30 / len(starts)

    assert result.spans == len(starts)
    assert result.planned.variance_reduction == pytest.approx(1 - np.var(steps) / np.var(bag_steps))
    assert result.planned.fees == pytest.approx(fees * a_year)
    assert result.planned.cash == pytest.approx(cash * a_year)
    assert result.planned.funding == pytest.approx(funding * a_year)
    assert result.planned.yearly_cost == pytest.approx((fees + cash - funding) * a_year)
    measured = measure(np.array(bag_steps), np.array(steps))
    assert result.planned.effectiveness.variance_interval == pytest.approx(measured.variance_interval)
    assert result.planned.effectiveness.variance_reduction == pytest.approx(result.planned.variance_reduction)


def test_what_a_hedge_leaves_is_that_of_plain_loops(studied):
    """At a ratio of 1 without rounding: in the 120 days before each start day, and in the 30 days after it."""
    alone, hedged = [], []
    returns = {coin: MARKET.history.of(coin)[1:] / MARKET.history.of(coin)[:-1] - 1.0 for coin in COINS}
    for coin in ("LINK", "UNI"):
        for days in range(121, 260 - SPAN_DAYS + 1, SPAN_DAYS):
            past, paid = past_history(MARKET, days)
            there = market_on(MARKET, past, paid, {coin})
            plan = assess(TERMS.plan(there, (coin,), 1.0), there)
            left = returns[coin] - sum(
                leg.target_notional / plan.bag_value * returns[leg.underlying] for leg in plan.legs
            )
            window, after = slice(days - 121, days - 1), slice(days - 1, days - 1 + SPAN_DAYS)
            alone.append(np.mean(returns[coin][after] ** 2) / np.var(returns[coin][window]))
            hedged.append(np.mean(left[after] ** 2) / np.var(left[window]))

    assert studied.residual_ratios["coins"] == pytest.approx(np.sqrt(np.mean(hedged) / np.mean(alone)))


def test_the_same_seed_gives_the_same_numbers_and_a_shorter_history_one_span_less(studied):
    again = run_study(MARKET, TERMS, coins=("LINK", "UNI"), seed=3)
    assert json.dumps(study_document(again)) == json.dumps(study_document(studied))

    history = MARKET.history
    shorter = PriceHistory(history.days[:-SPAN_DAYS], history.coins, history.values[:-SPAN_DAYS])
    cut, seen = dataclasses.replace(MARKET, history=shorter), []
    earlier = run_study(cut, TERMS, coins=("LINK", "UNI"), progress=lambda share, day: seen.append((share, day)))
    assert [one.spans for one in earlier.subjects] == [one.spans - 1 for one in studied.subjects]
    assert seen[-1][0] == 1.0
    assert len(seen) == earlier.subjects[0].spans


def test_the_influence_of_a_span_is_what_more_of_it_does_to_the_worst_tenth():
    random = np.random.default_rng(2)
    alone = random.normal(size=30)
    hedged = 0.5 * alone + 0.2 * random.normal(size=30)
    many, by_hand = 200, []
    for span in range(30):
        weights = np.full(30, many) + many * (np.arange(30) == span) // 10
        more, less = (worst_mean(np.repeat(results, weights)) for results in (alone, hedged))
        by_hand.append((more - less - worst_mean(alone) + worst_mean(hedged)) * weights.sum() / (many / 10))

    expected = interval(worst_mean(alone) - worst_mean(hedged), np.array(by_hand) - np.mean(by_hand))

    assert worst_mean_saved(alone, hedged) == pytest.approx(expected, rel=0.1)
    assert worst_mean_saved(alone, alone) == (0.0, 0.0)


def test_fees_are_added_up_in_the_order_of_the_contracts():
    """Sums in the order of a set would differ in the last digit from one process to the next."""
    names, order = [f"V:{n}" for n in range(40)], []

    class Rate(float):
        def __rmul__(self, other):
            order.append(float(self))
            return other * float(self)

    held = {name: (100.0, Rate(place)) for place, name in enumerate(names)}

    assert Book(held).change_to((), ()) == pytest.approx(sum(100.0 * place for place in range(40)))
    assert order == list(range(40))


def test_a_study_says_what_it_needs_and_prints_each_subject(studied):
    with pytest.raises(InvalidInput, match="A study needs 396 days of closes, not 260"):
        run_study(MARKET, dataclasses.replace(TERMS, window_days=365))
    text, page = study_markdown(studied), study_html(studied)
    for one in studied.subjects:
        assert f"| {one.subject.name} |" in text
        assert f"<td>{one.subject.name}</td>" in page
    assert any("| −" in line for line in text.splitlines()), "this market has a negative figure"
    assert not re.findall(r"[ (]-[0-9]", text), "a hyphen for a minus"
    assert "<script" not in page
    assert page.count("<svg") == 1  # too few dates for a test of chances


# --------------------------------------------------------------------------------------------------- tests of forecasts


def test_profit_from_prices_alone_is_that_of_the_simulation_without_costs():
    """The engine draws other paths from the same days, so that quantiles agree within their error."""
    there = market_on(MARKET, *past_history(MARKET, 260), {"UNI"})
    setup = prepare(assess(TERMS.plan(there, ("UNI",), 1.0), there))
    model = Bootstrap(setup.panel, 5.0)
    none = np.zeros_like(setup.book.side_cost)
    free = dataclasses.replace(
        setup.book, side_cost=none, carry_a_day=none, funding_columns=np.full_like(setup.book.funding_columns, -1)
    )
    theirs = run_paths(model, setup.bag, free, horizon=30, paths=4_000, seed=1).hedge.fan

    ours = profit_on_paths(setup, model, 2)

    assert ours["net"].shape == (31, PATHS)
    np.testing.assert_allclose(ours["net"], ours["bag"] + ours["hedge"])
    for name in ("bag", "hedge", "net"):
        for day in (7, 30):
            deviation = float(theirs[name][day].std())
            assert ours[name][day].std() == pytest.approx(deviation, rel=0.1)
            assert ours[name][day].mean() == pytest.approx(float(theirs[name][day].mean()), abs=0.15 * deviation)
    assert np.corrcoef(ours["bag"][30], ours["hedge"][30])[0, 1] < -0.5


def scaled_forecasts(random, dates, calm, *, follows):
    """Forecasts of one coin: losses are normal with a deviation of 1 or `calm`, which scaled paths know in full."""
    made = {}
    for date in range(dates):
        now = calm if date % 4 < 2 else 1.0
        loss = float(random.normal(0.0, now if follows else 1.0))
        powers = {power: Outcome(1.645 * now**power, 2.06, loss, 0.03) for power in (0.0, 0.5, 1.0)}
        bag, net = ({7: powers[0.0], 30: powers[0.0]} for _ in range(2))
        scaled = {power: (powers[power],) * 4 for power in (0.5, 1.0)}
        made[date] = Forecast(bag=bag, net=net, close_chance=None, is_closed=False, scaled=scaled)
    return made


def test_a_power_is_chosen_on_some_coins_and_tested_on_the_others():
    random = np.random.default_rng(10)
    right = {name: scaled_forecasts(random, 80, 0.3, follows=True) for name in "ABCD"}

    first, second = scaling_tests(right)

    assert (first.chosen_on, first.tested_on) == (("A", "C"), ("B", "D"))
    assert (second.chosen_on, second.tested_on) == (("B", "D"), ("A", "C"))
    for test in (first, second):
        assert test.power == 1.0
        assert test.change < -0.05
        assert test.p < 0.05
    by_hand = [
        np.mean([pinball(made[date].scaled[1.0][0]) - pinball(made[date].bag[7]) for made in (right["B"], right["D"])])
        for date in range(80)
    ]
    usual = np.mean([pinball(made[date].bag[7]) for made in (right["B"], right["D"]) for date in range(80)])
    assert first.change == pytest.approx(np.mean(by_hand) / usual)


def test_a_power_that_knows_nothing_is_not_served():
    random = np.random.default_rng(11)
    wrong = {name: scaled_forecasts(random, 200, 0.3, follows=False) for name in "ABCD"}

    assert [(test.power, test.p) for test in scaling_tests(wrong)] == [(0.0, None)] * 2
    assert scaling_tests({name: scaled_forecasts(random, 19, 0.3, follows=True) for name in "AB"}) == ()


def test_the_p_value_is_about_that_of_the_t_test_where_days_are_independent():
    draws = np.random.default_rng(7).normal(0.0, 1.0, (400, 300))
    ours = np.array([p_value(row) for row in draws])

    assert 0.03 <= np.mean(ours < 0.05) <= 0.08
    assert np.corrcoef(ours, [stats.ttest_1samp(row, 0.0).pvalue for row in draws])[0, 1] > 0.8
    assert DIFFERENCE_COSINES == 10
    assert p_value(np.ones(50)) is None


def test_the_skill_of_chances_by_hand():
    """Half of the spans close. Chances of .9 and .1 that come true score .01, past shares about .25."""

    def forecast(chance, happened):
        return Forecast(bag={}, net={}, close_chance=chance, is_closed=happened)

    made = {date: [forecast(0.9 if date % 2 else 0.1, bool(date % 2))] for date in range(60)}

    test = chance_test(made)

    assert test.dates == 50
    assert test.brier == pytest.approx(0.01)
    assert test.climatology == pytest.approx(0.25, abs=0.01)
    assert test.skill == pytest.approx(1 - test.brier / test.climatology)
    assert test.skill_interval[0] > 0.9
    assert test.reliability == ((pytest.approx(0.1), 0.0, 25), (pytest.approx(0.9), 1.0, 25))


def test_ranges_of_costs_are_counted_one_by_one():
    from hedge_core.hedge.insurance import horizon_range

    rates = np.random.default_rng(8).normal(0.0002, 0.0004, 420)
    days = np.arange(np.datetime64("2024-01-01"), np.datetime64("2024-01-01") + 420)
    market = dataclasses.replace(MARKET, funding=FundingHistory(days, ("ETH",), rates[:, None]))

    week = cost_range_tests(market)[0]

    held, widths = [], []
    for day in range(365, 414, 7):
        low, high = horizon_range(rates[:day], 7)
        held.append(low <= rates[day : day + 7].sum() <= high)
        widths.append((high - low) * 365 / 7)
    assert (week.horizon_days, week.ranges, week.held) == (7, len(held), np.mean(held))
    assert week.width == pytest.approx(np.mean(widths))
