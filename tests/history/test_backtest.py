"""The comparison of hedges on a bag against plain loops, and the sentences that it leads to."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
from scipy.optimize import nnls

from hedge_core.exposure.effectiveness import difference_interval, difference_intervals, measure
from hedge_core.exposure.estimators import PLAN_ESTIMATOR
from hedge_core.exposure.evidence import REFIT_DAYS, Evidence
from hedge_core.hedge.contract_choice import choose_contracts
from hedge_core.hedge.planner import assess
from hedge_core.history import alternatives, backtest
from hedge_core.history.alternatives import APPROACHES, approach_rule
from hedge_core.history.backtest import NOISE, Comparison, TestedHedge, compare_hedges, own_hedge_alone, untested_reason
from hedge_core.market.contracts import CustomContract
from hedge_core.market.snapshot import PriceHistory
from hedge_core.market.sources.sample import SampleSource
from hedge_core.plan.bag import Holding
from hedge_core.plan.plan import Decisions, HedgePlan, Overrides
from hedge_core.reports.backtest_json import backtest_document
from tests.support.markets import PRICES, make_market

WINDOW = 120
MARKET = make_market(seed=4, days=500)
TINY = tuple(
    CustomContract(code=f"MICRO-{coin}", underlying=coin, coins=size) for coin, size in (("BTC", 1e-5), ("ETH", 1e-4))
)
VALUES = {"UNI": 600.0, "NEAR": 300.0, "DOGE": 100.0}


def compared(values, *, market=MARKET, overrides=None, **decisions):
    """A bag with tiny contracts on Bitcoin and Ether; every coin is worth less than a contract on Solana."""
    plan = HedgePlan(
        holdings=tuple(Holding(coin=coin, quantity=value / PRICES[coin]) for coin, value in values.items()),
        decisions=Decisions(**{"venue": "CME", "window_days": WINDOW, **decisions}),
        overrides=overrides or Overrides(contracts=TINY),
    )
    return compare_hedges(assess(plan, market))


def by_loops(values, ratios):
    """The hedged returns of a bag, `ratios(past)` giving the short in each coin before each span."""
    returns = {coin: MARKET.history.returns_of(coin) for coin in MARKET.history.coins}
    total = sum(values.values())
    bag = sum(value / total * returns[coin] for coin, value in values.items())
    hedged = np.full(len(bag), np.nan)
    for start in range(WINDOW, len(bag), REFIT_DAYS):
        window = slice(start - WINDOW, start)
        past = {coin: r[window] for coin, r in returns.items()}
        for proxy, short in ratios(past, {c: v / total for c, v in values.items()}).items():
            span = slice(start, start + REFIT_DAYS)
            hedged[span] = (bag[span] if np.isnan(hedged[span]).all() else hedged[span]) - short * returns[proxy][span]
    bag[:WINDOW] = np.nan
    return bag, hedged


def slope(y, x):
    return np.polyfit(x, y, 1)[0]


def of_plans(past, coin):
    """The closest of Bitcoin and Ether and the slope on it, as plans estimate them (see tests/exposure)."""
    fits = {proxy: PLAN_ESTIMATOR.fit(past[coin][:, None], past[proxy]) for proxy in ("BTC", "ETH")}
    proxy = max(fits, key=lambda p: fits[p].correlation[0])
    return proxy, fits[proxy].slope[0]


def basket(past, weights):
    """Bitcoin and Ether pay no penalty, and no other contract is small enough for this bag: plain least squares."""
    x = np.column_stack([past["BTC"], past["ETH"]])
    bag = sum(w * past[coin] for coin, w in weights.items())
    slopes = nnls(x - x.mean(axis=0), bag - bag.mean())[0]
    return {"BTC": slopes[0], "ETH": slopes[1]}


def bag_level(past, weights):
    return {proxy: slope / 2 + 0.25 for proxy, slope in basket(past, weights).items()}


def coin_by_coin(past, weights):
    shorts = {"BTC": 0.0, "ETH": 0.0}
    for coin, w in weights.items():
        proxy, beta = of_plans(past, coin)
        shorts[proxy] += w * beta
    return shorts


@pytest.mark.parametrize(
    ("name", "ratios"),
    [
        ("recommended", basket),
        ("bag_level", bag_level),
        ("coin_by_coin", coin_by_coin),
        ("naive", lambda past, weights: {"BTC": 0.5, "ETH": 0.5}),
        (
            f"ols_{WINDOW}_eth",
            lambda past, weights: {"ETH": sum(w * slope(past[c], past["ETH"]) for c, w in weights.items())},
        ),
        (
            "ols_90_btc",
            lambda past, weights: {"BTC": sum(w * slope(past[c][-90:], past["BTC"][-90:]) for c, w in weights.items())},
        ),
    ],
)
def test_each_hedge_is_that_of_plain_loops(name, ratios):
    comparison = compared(VALUES)

    bag, hedged = by_loops(VALUES, ratios)
    np.testing.assert_allclose(comparison.unhedged, bag, atol=1e-12)
    np.testing.assert_allclose(comparison.of(name).hedged, hedged, atol=1e-10)
    assert comparison.of(name).effectiveness == measure(comparison.unhedged, comparison.of(name).hedged)


def test_every_hedge_is_compared_with_the_plans_own_on_the_same_days():
    comparison = compared(VALUES, approach="coin_by_coin")

    assert comparison.approach == "coin_by_coin"
    assert comparison.effectiveness == comparison.of("coin_by_coin").effectiveness
    others = [h for h in comparison.hedges if h.name != "coin_by_coin"]
    assert [h.name for h in others] == list(comparison.differences)
    own = comparison.of("coin_by_coin").hedged
    together = difference_intervals(comparison.unhedged, own, [h.hedged for h in others])
    assert list(comparison.differences.values()) == together
    low, high = difference_interval(comparison.unhedged, own, comparison.of("naive").hedged)
    assert comparison.differences["naive"][0] < low < high < comparison.differences["naive"][1]
    assert set(APPROACHES) <= {hedge.name for hedge in comparison.hedges}


def test_nothing_rests_on_a_later_day():
    changed = MARKET.history.values.copy()
    changed[420:] *= 1.0 + 0.03 * np.sin(np.linspace(0.0, np.pi, 80))[:, None] ** np.arange(1, 9)  # ends as it was
    market = dataclasses.replace(MARKET, history=PriceHistory(MARKET.history.days, MARKET.history.coins, changed))

    for one, other in zip(compared(VALUES).hedges, compared(VALUES, market=market).hedges, strict=True):
        np.testing.assert_allclose(one.hedged[:419], other.hedged[:419], atol=1e-9, err_msg=one.name)
        assert not np.allclose(one.hedged[421:], other.hedged[421:]), one.name


@pytest.mark.parametrize(
    ("venue", "coins"),
    [
        ("Coinbase Derivatives", ("NEAR", "UNI", "AAVE", "ATOM")),
        ("Coinbase Derivatives", ("BNB", "LINK", "XLM", "RENDER", "NOVX")),
        ("CME", ("LINK", "DOT", "LTC", "BCH")),
    ],
    ids=["several legs", "a young coin", "legs too small"],
)
def test_on_the_day_of_the_plan_the_walk_shorts_what_the_plan_shorts(venue, coins):
    market = SampleSource().snapshot()
    holdings = tuple(Holding(coin=coin, quantity=20_000.0 / len(coins) / market.price(coin)) for coin in coins)
    plan = HedgePlan(holdings=holdings, decisions=Decisions(venue=venue, risk_accepted=0.0))
    assessment = assess(plan, market, Evidence.empty(market.history, plan.decisions.window_days))
    tested, weights = backtest.tested_coins(assessment), np.zeros(len(market.history.coins))
    for held in tested:
        weights[market.history.column_of[held.moves_with]] += held.value

    rule = approach_rule(assessment, "recommended", choose_contracts(plan, market).in_use, tested)
    shorts = rule.shorts(market.history.returns, weights / weights.sum())

    basket = assessment.basket
    assert basket is not None
    wanted = basket.exposures({held.moves_with: held.value for held in tested})
    found = {market.history.coins[column]: shorts[column] * weights.sum() for column in np.flatnonzero(shorts)}
    assert found == pytest.approx(dict(zip(basket.proxies, wanted, strict=True)), rel=1e-12)


def test_the_walk_takes_the_cheapest_of_legs_that_hedge_equally_well():
    random = np.random.default_rng(3)
    core = random.normal(0.0, 0.03, (400, 2))
    twin = core @ [0.4, 0.4] + random.normal(0.0, 0.03, 400)
    coin = core @ [0.2, 0.2] + 0.8 * twin + random.normal(0.0, 0.01, 400)
    returns = np.column_stack([core, twin, twin + random.normal(0.0, 1e-4, 400), coin])
    legs = alternatives._Legs(("BTC", "ETH", "ONE", "TWO"), (0, 1, 2, 3), (0.0, 0.0, 0.02, 0.01), (), 1)

    assert 3 in legs.shorts(returns, {4: 1.0})
    assert 2 in dataclasses.replace(legs, charges=(0.0, 0.0, 0.01, 0.02)).shorts(returns, {4: 1.0})


def test_coins_with_futures_of_their_own_and_what_the_user_set_stay_as_they_are():
    own = CustomContract(code="MICRO-LINK", underlying="LINK", coins=0.01)
    overrides = Overrides(contracts=(*TINY, own), betas={"UNI": 1.5}, proxies={"UNI": "BTC"})

    comparison = compared({"LINK": 300.0, "UNI": 100.0}, overrides=overrides)

    r = {coin: MARKET.history.returns_of(coin)[WINDOW:] for coin in ("UNI", "BTC")}
    np.testing.assert_allclose(comparison.of("recommended").hedged[WINDOW:], r["UNI"] - 1.5 * r["BTC"], atol=1e-12)
    assert comparison.covered_share == pytest.approx(0.75)
    assert comparison.tested_share == pytest.approx(0.25)
    np.testing.assert_allclose(comparison.unhedged[WINDOW:], r["UNI"], atol=1e-15)
    assert comparison.effectiveness == measure(comparison.unhedged, comparison.of("recommended").hedged)
    assert "Coins hedged with their own future (75% of the hedged value) are covered by construction" in (
        comparison.verdict
    )


def test_a_bag_mostly_of_own_futures_has_figures_for_the_rest_but_no_grade_and_no_better_hedge():
    own = CustomContract(code="MICRO-LINK", underlying="LINK", coins=0.01)
    overrides = Overrides(contracts=(*TINY, own), betas={"UNI": 0.1}, proxies={"UNI": "BTC"})
    plan = HedgePlan(
        holdings=(
            Holding(coin="LINK", quantity=300 / PRICES["LINK"]),
            Holding(coin="UNI", quantity=100 / PRICES["UNI"]),
        ),
        decisions=Decisions(venue="CME", window_days=WINDOW),
        overrides=overrides,
    )
    assessment = assess(plan, MARKET)

    comparison = compare_hedges(assessment)
    document = backtest_document(assessment, comparison)

    assert comparison.differences["naive"][1] < -NOISE  # a beta of 0.1 is clearly too little
    assert comparison.better is None
    assert "no grade" in comparison.verdict
    assert "Consider switching" not in comparison.verdict
    assert document["effectiveness"]["variance_reduction"] == comparison.effectiveness.variance_reduction
    assert document["effectiveness"]["grade"] is None
    assert all(one["effectiveness"]["grade"] is None for one in document["alternatives"] if one["effectiveness"])


def test_a_rival_that_uses_own_futures_is_covered_by_construction_and_never_better():
    """As one bag, a coin that has a future of its own is pooled; the recommended hedge would use its future."""
    own = CustomContract(code="MICRO-LINK", underlying="LINK", coins=0.01)
    comparison = compared(
        {"LINK": 300.0, "UNI": 100.0}, approach="bag_level", overrides=Overrides(contracts=(*TINY, own))
    )

    assert comparison.covered_share == 0.0
    assert comparison.of("recommended").is_by_construction
    assert comparison.of("recommended").effectiveness is None
    assert "recommended" not in comparison.differences
    assert comparison.better is None


def test_counts_held_for_thirty_days_in_dollars_by_loops():
    comparison = compared(
        VALUES,
        overrides=Overrides(contracts=TINY, proxies=dict.fromkeys(VALUES, "ETH"), betas=dict.fromkeys(VALUES, 1.0)),
    )

    total = sum(VALUES.values())
    first, steps, ends = WINDOW, {"bag": [], "net": []}, {"bag": [], "net": []}
    closes = {coin: MARKET.history.of(coin) for coin in (*VALUES, "ETH")}
    for start in range(first, 499 - REFIT_DAYS + 1, REFIT_DAYS):
        for name in steps:
            worth = []
            for day in range(start, start + REFIT_DAYS + 1):
                bag = sum(v / total * closes[c][day] / closes[c][start] for c, v in VALUES.items())
                worth.append(bag if name == "bag" else bag - closes["ETH"][day] / closes["ETH"][start])
            steps[name] += np.diff(worth).tolist()
            ends[name].append(worth[-1] - worth[0])
    held = comparison.held
    assert held.spans == len(ends["bag"])
    assert held.variance_reduction == pytest.approx(1 - np.var(steps["net"]) / np.var(steps["bag"]))
    assert held.shortfall_bag == pytest.approx(-min(ends["bag"]))  # the worst tenth of twelve is one
    assert held.shortfall_hedged == pytest.approx(-min(ends["net"]))


def test_the_plans_own_ratio_in_whole_contracts_stands_beside():
    coarse = tuple(dataclasses.replace(contract, coins=contract.coins * 100) for contract in TINY)
    plan = HedgePlan(
        holdings=(Holding(coin="UNI", quantity=1_000 / PRICES["UNI"]),),
        decisions=Decisions(venue="CME", window_days=WINDOW, risk_accepted=0.4),
        overrides=Overrides(contracts=coarse),
    )
    assessment = assess(plan, MARKET)

    comparison = compare_hedges(assessment)

    share = 0.6 * sum(leg.notional for leg in assessment.legs) / sum(leg.target_notional for leg in assessment.legs)
    bag, hedged = comparison.unhedged, comparison.of("recommended").hedged
    expected = measure(bag, (1 - share) * bag + share * hedged)
    assert comparison.as_planned.variance_reduction == pytest.approx(expected.variance_reduction)
    assert comparison.as_planned.tail_reduction == pytest.approx(expected.tail_reduction)
    assert comparison.as_planned.variance_reduction < comparison.effectiveness.variance_reduction


def test_a_bag_too_small_for_any_contract_is_tested_in_theory_and_told_so():
    comparison = compared({"UNI": 5.0}, overrides=Overrides())

    assert comparison.verdict.startswith(
        "No whole contract is shorted (see the notes). In theory, tested on 379 unseen days"
    )
    assert comparison.as_planned.variance_reduction == 0.0


def test_a_bag_of_futures_of_their_own_has_nothing_to_test():
    comparison = compared({"ETH": 900.0, "BTC": 900.0})

    assert comparison.covered_share == 1.0
    assert (comparison.effectiveness, comparison.better, comparison.hedges) == (None, None, ())
    assert comparison.verdict.startswith("Every coin here is hedged with its own future")
    assert "no grade" in comparison.verdict


def test_coins_without_a_history_cannot_be_tested_and_the_reason_is_told_apart():
    nova = HedgePlan(
        holdings=(Holding(coin="NOVA", quantity=5_000),),
        overrides=Overrides(prices={"NOVA": 1.0}, betas={"NOVA": 1.8}),
    )

    assert compare_hedges(assess(nova, MARKET)) is None
    assert "no price history" in untested_reason(assess(nova, MARKET))
    assert "Nothing in this bag is hedged" in untested_reason(assess(HedgePlan(), MARKET))


def test_a_coin_that_did_not_trade_yet_gives_its_weight_to_the_others_and_is_named():
    young = make_market(seed=4, days=500, young={"NEAR": 200})

    comparison = compared({"UNI": 600.0, "NEAR": 300.0}, market=young)

    assert comparison.coins_missing == ("NEAR",)
    uni = young.history.returns_of("UNI")
    np.testing.assert_allclose(comparison.unhedged[WINDOW:300], uni[WINDOW:300])
    assert comparison.effectiveness.days == 499 - WINDOW


def test_days_on_which_most_of_the_bag_did_not_trade_are_not_tested():
    young = make_market(seed=4, days=500, young={"NEAR": 200})

    comparison = compared({"UNI": 100.0, "NEAR": 900.0}, market=young)

    assert np.isnan(comparison.unhedged[:300]).all()
    assert comparison.effectiveness.days < 200


def test_a_bag_with_nothing_hedged_has_nothing_to_compare():
    assert compare_hedges(assess(HedgePlan(holdings=(Holding(coin="USDC", quantity=5),)), MARKET)) is None


@pytest.mark.parametrize("days", [40, WINDOW, WINDOW + 60])
def test_too_short_a_history_is_unknown_and_says_so(days):
    comparison = compared(VALUES, market=make_market(seed=4, days=days))

    assert comparison.effectiveness is None
    assert comparison.better is None
    assert "cannot be tested: the price history is too short" in comparison.verdict


def made(own, naive, *, noise=0.0):
    """A comparison in which the plan's hedge leaves `own` of the standard deviation and the naive one `naive`."""
    random = np.random.default_rng(1)
    bag = random.normal(0, 0.03, 400)
    hedges = []
    for name, left in (("recommended", own), ("coin_by_coin", own), ("naive", naive)):
        hedged = left * bag + random.normal(0, noise, 400) if noise else left * bag
        hedges.append(TestedHedge(name=name, label=APPROACHES[name], unhedged=bag, hedged=hedged))
    return Comparison(
        days=np.datetime64("2025-01-01") + np.arange(400),
        unhedged=bag,
        hedges=tuple(hedges),
        approach="recommended",
        covered_share=0.0,
        as_planned=None,
        held=None,
        yearly_cost=None,
        tested_share=1.0,
        coins_missing=(),
        obstacle="",
    )


def test_the_verdict_says_that_another_hedge_did_better_only_beyond_chance():
    worse, noise, better = made(0.7, 0.5), made(0.5, 0.505, noise=0.004), made(0.5, 0.7)

    assert worse.better.name == "naive"
    assert "'Half Bitcoin, half Ether' would have removed 24 percentage points more" in worse.verdict
    assert "Consider switching to it." in worse.verdict
    assert noise.better is None
    assert "neither clearly better nor clearly worse" in noise.verdict
    assert better.better is None
    assert (
        "This hedge did better than 'Half Bitcoin, half Ether' (51%), by more than chance explains." in better.verdict
    )


def test_a_difference_too_small_to_matter_is_not_told_apart_however_sure():
    left = np.sqrt(0.25 - 0.5 * NOISE)

    comparison = made(0.5, left)

    assert comparison.differences["naive"][1] < 0
    assert comparison.better is None
    assert "neither clearly better nor clearly worse" in comparison.verdict


def test_the_verdict_names_the_grade_and_the_interval():
    assert made(0.4, 0.5).verdict.startswith(
        "Tested on 400 unseen days, this hedge would have removed 84% of the daily variance of the coins that it "
        "hedges (95% range 84% to 84%, grade A). The test uses a hedge ratio of 100%, without costs or rounding. Half "
        "Bitcoin and half Ether, dollar for dollar: 75%. "
    )
    assert "more than 99% of the daily variance of the coins that it hedges (grade A)" in made(0.01, 0.5).verdict


def test_the_test_follows_the_sizing_method_of_the_plan():
    even = compared(VALUES, method="notional")
    divided = compared(VALUES, method="guide_divided")

    _, half = by_loops(VALUES, lambda past, weights: {"BTC": 0.5, "ETH": 0.5})
    np.testing.assert_allclose(even.of("recommended").hedged, half, atol=1e-10)
    np.testing.assert_allclose(even.of("naive").hedged, half, atol=1e-10)

    def dividing(past, weights):
        shorts = {"BTC": 0.0, "ETH": 0.0}
        for coin, w in weights.items():
            proxy, beta = of_plans(past, coin)
            shorts[proxy] += w / beta
        return shorts

    np.testing.assert_allclose(divided.of("recommended").hedged, by_loops(VALUES, dividing)[1], atol=1e-10)


def test_all_hedges_are_measured_on_the_same_days():
    comparison = compared(VALUES, market=make_market(seed=4, days=700, gaps=0.02))

    days = {hedge.effectiveness.days for hedge in comparison.hedges if hedge.effectiveness}
    assert len(days) == 1
    assert comparison.effectiveness is not None


def test_coins_without_a_history_are_named_and_so_is_their_share():
    overrides = Overrides(contracts=TINY, prices={"NOVA": 1.0}, betas={"NOVA": 1.8})
    plan = HedgePlan(
        holdings=(Holding(coin="UNI", quantity=600 / PRICES["UNI"]), Holding(coin="NOVA", quantity=600.0)),
        decisions=Decisions(venue="CME", window_days=WINDOW),
        overrides=overrides,
    )

    comparison = compare_hedges(assess(plan, MARKET))

    assert comparison.coins_missing == ("NOVA",)
    assert comparison.tested_share == pytest.approx(0.5)
    assert "The test covers 50% of your bag" in comparison.verdict


def test_one_coin_in_two_holdings_that_are_hedged_in_two_ways():
    overrides = Overrides(contracts=TINY, proxies={"STETH": "BTC"}, betas={"STETH": 1.0})
    plan = HedgePlan(
        holdings=(Holding(coin="ETH", quantity=1.0), Holding(coin="STETH", quantity=1.0)),
        decisions=Decisions(venue="CME", window_days=WINDOW),
        overrides=overrides,
    )

    comparison = compare_hedges(assess(plan, MARKET))

    r = {coin: MARKET.history.returns_of(coin)[WINDOW:] for coin in ("ETH", "BTC")}
    np.testing.assert_allclose(comparison.of("recommended").hedged[WINDOW:], r["ETH"] - r["BTC"], atol=1e-12)
    assert comparison.covered_share == pytest.approx(0.5)


def test_a_proxy_of_the_users_without_a_history_leaves_the_plan_untested():
    market = make_market(seed=4, days=500, coins=("BTC", "ETH", "UNI"))
    own = CustomContract(code="MICRO-LTC", underlying="LTC", coins=0.01)
    overrides = Overrides(contracts=(*TINY, own), prices={"LTC": 80.0}, proxies={"UNI": "LTC"}, betas={"UNI": 1.0})

    comparison = compared({"UNI": 600.0}, market=market, overrides=overrides)

    assert comparison.effectiveness is None
    assert comparison.of("naive").effectiveness is not None
    assert "cannot be tested" in comparison.verdict


def test_a_hedge_that_the_venue_cannot_give_is_shown_and_not_advised():
    worse = made(0.7, 0.5)
    elsewhere = dataclasses.replace(
        worse, hedges=tuple(dataclasses.replace(h, is_available=h.name != "naive") for h in worse.hedges)
    )

    assert elsewhere.better is None
    assert "Consider switching" not in elsewhere.verdict


@pytest.mark.parametrize("coins", [("BTC",), ("ETH",), ("BTC", "ETH", "UNI", "NEAR", "DOGE")])
def test_prices_that_never_moved_are_unknown_and_never_an_error(coins):
    values = MARKET.history.values.copy()
    for coin in coins:
        values[:, MARKET.history.column_of[coin]] = PRICES[coin]
    market = dataclasses.replace(MARKET, history=PriceHistory(MARKET.history.days, MARKET.history.coins, values))

    assessment = assess(
        HedgePlan(
            holdings=tuple(Holding(coin=coin, quantity=value / PRICES[coin]) for coin, value in VALUES.items()),
            decisions=Decisions(venue="CME", window_days=WINDOW),
            overrides=Overrides(contracts=TINY, betas={"UNI": 1.0}),
        ),
        market,
    )
    comparison = compare_hedges(assessment)

    json.dumps(backtest_document(assessment, comparison), allow_nan=False)


def test_one_close_beyond_all_measure_makes_the_test_unknown_and_the_document_stays_finite():
    values = MARKET.history.values.copy()
    values[450, MARKET.history.column_of["UNI"]] *= 1e9
    market = dataclasses.replace(MARKET, history=PriceHistory(MARKET.history.days, MARKET.history.coins, values))
    plan = HedgePlan(
        holdings=(Holding(coin="UNI", quantity=100.0), Holding(coin="NEAR", quantity=100.0)),
        decisions=Decisions(venue="CME", window_days=WINDOW),
        overrides=Overrides(contracts=TINY, betas={"UNI": 1.0}),
    )
    assessment = assess(plan, market)

    document = backtest_document(assessment, compare_hedges(assessment))

    json.dumps(document, allow_nan=False)
    assert document["effectiveness"] is None


@pytest.mark.parametrize(
    "changes",
    [
        {"risk_accepted": 0.7},
        {"rounding": "up", "collateral": 5_000.0},
        {"approach": "coin_by_coin"},
        {"window_days": 90},
        {"horizon_days": 10},
        {"method": "notional"},
        {"venue": "Kraken Futures"},
    ],
    ids=lambda changes: ", ".join(changes),
)
def test_what_an_earlier_comparison_has_tested_is_taken_over_and_nothing_else(changes):
    plan = HedgePlan(
        holdings=tuple(Holding(coin=coin, quantity=value / PRICES[coin]) for coin, value in VALUES.items()),
        decisions=Decisions(venue="CME", window_days=WINDOW),
        overrides=Overrides(contracts=TINY),
    )
    earlier = compare_hedges(assess(plan, MARKET))
    changed = assess(plan.with_decisions(**changes), MARKET)
    fresh, reused = compare_hedges(changed), compare_hedges(changed, earlier)
    assert reused.sentences == fresh.sentences
    assert reused.differences == fresh.differences
    assert reused.as_planned == fresh.as_planned
    assert [hedge.effectiveness for hedge in reused.hedges] == [hedge.effectiveness for hedge in fresh.hedges]
    for one, other in zip(reused.hedges, fresh.hedges, strict=True):
        assert (one.name, one.label, one.is_available) == (other.name, other.label, other.is_available)
        np.testing.assert_array_equal(one.hedged, other.hedged)
    if "risk_accepted" in changes:
        assert reused.hedges is earlier.hedges


@pytest.mark.parametrize("approach", ["recommended", "bag_level", "coin_by_coin"])
@pytest.mark.parametrize("values", [VALUES, {"SOL": 40_000.0, "UNI": 600.0}, {"NEAR": 300.0}], ids=", ".join)
def test_the_plans_hedge_own_hedge_alone_has_the_figures_that_it_has_beside_the_others(values, approach):
    plan = HedgePlan(
        holdings=tuple(Holding(coin=coin, quantity=value / PRICES[coin]) for coin, value in values.items()),
        decisions=Decisions(venue="CME", window_days=WINDOW, approach=approach),
        overrides=Overrides(contracts=TINY),
    )
    assessment = assess(plan, MARKET)

    alone, beside = own_hedge_alone(assessment), compare_hedges(assessment)

    assert [hedge.name for hedge in alone.hedges] == [approach]
    assert beside.as_planned is not None
    assert (alone.as_planned, alone.held, alone.yearly_cost) == (beside.as_planned, beside.held, beside.yearly_cost)
    assert (alone.covered_share, alone.tested_share) == (beside.covered_share, beside.tested_share)
    assert alone.effectiveness == beside.effectiveness
    np.testing.assert_array_equal(alone.alone, beside.of(approach).hedged)


def test_the_plans_own_result_keeps_days_on_which_another_hedge_cannot_be_tested():
    closes = MARKET.history.values.copy()
    closes[301:310, MARKET.history.column_of["BTC"]] = np.nan  # ten returns; what shorts Bitcoin is unknown on them
    history = PriceHistory(days=MARKET.history.days, coins=MARKET.history.coins, values=closes)
    plan = HedgePlan(
        holdings=(Holding(coin="UNI", quantity=600.0 / PRICES["UNI"]),),
        decisions=Decisions(venue="CME", window_days=WINDOW),
        overrides=Overrides(contracts=TINY, proxies={"UNI": "ETH"}),
    )
    assessment = assess(plan, dataclasses.replace(MARKET, history=history))

    comparison = compare_hedges(assessment)

    assert comparison.effectiveness.days == 499 - WINDOW - 10
    assert comparison.as_planned.days == 499 - WINDOW
    assert own_hedge_alone(assessment).as_planned == comparison.as_planned
