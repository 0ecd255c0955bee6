"""Which short stands against which holding, and how large, worked out again with plain least squares."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy.optimize import nnls

from hedge_core.hedge.planner import assess
from hedge_core.hedge.sizing import achieved_hedge_ratio
from hedge_core.market.contracts import CustomContract, MarginTier, catalogue
from hedge_core.market.snapshot import PriceHistory
from hedge_core.plan.bag import Holding
from hedge_core.plan.plan import Decisions, HedgePlan, Overrides
from tests.support.markets import PRICES, make_market
from tests.support.strategies import tradable_plans

MARKET = make_market(seed=1)
PERPETUALS = tuple(
    CustomContract(code=f"MICRO-{coin}", underlying=coin, coins=size, kind="perpetual")
    for coin, size in (("BTC", 0.0001), ("ETH", 0.001))
)
LARGE_SOL = {"SOL": "CME:MSL"}
"""Lots of $3,750, too large for the bags below."""


def plan_of(values, *, overrides=None, **decisions):
    """A plan that holds so many USD of each coin, with tiny contracts on Bitcoin and Ether alone."""
    holdings = tuple(Holding(coin=coin, quantity=value / PRICES[coin]) for coin, value in values.items())
    return HedgePlan(
        holdings=holdings,
        decisions=Decisions(**{"risk_accepted": 0.4, "venue": "CME", **decisions}),
        overrides=overrides or Overrides(contracts=PERPETUALS, contract_choice=LARGE_SOL),
    )


def routes(assessment):
    return {held.holding.coin: held.route for held in assessment.held_coins}


def joint_slopes(values, proxies, market=MARKET, days=365):
    """Non-negative slopes of the bag's return on the proxies, by scipy on demeaned days."""
    returns = {coin: market.history.returns_of(coin)[-days:] for coin in (*values, *proxies)}
    bag = sum(value * returns[coin] for coin, value in values.items())
    x = np.column_stack([returns[proxy] for proxy in proxies])
    return nnls(x - x.mean(axis=0), bag - bag.mean())[0]


def targets(assessment):
    return {leg.underlying: leg.target_notional for leg in assessment.legs}


def test_the_bag_is_shorted_half_by_regression_and_half_by_equal_notional():
    values = {"UNI": 5_000.0, "NEAR": 3_000.0, "DOGE": 2_000.0}

    assessment = assess(plan_of(values, approach="bag_level"), MARKET)

    slopes = joint_slopes(values, ("BTC", "ETH"))
    assert targets(assessment) == pytest.approx(
        {proxy: 0.6 * (slope / 2 + 10_000 / 4) for proxy, slope in zip(("BTC", "ETH"), slopes, strict=True)}, rel=1e-9
    )
    assert set(routes(assessment).values()) == {"bag"}
    np.testing.assert_allclose(assessment.exposure, slopes, rtol=1e-9, atol=1e-6)
    assert "blended" in {notice.code for notice in assessment.notices}


def test_the_betas_of_the_coins_add_up_to_the_bags():
    values = {"UNI": 5_000.0, "NEAR": 3_000.0, "DOGE": 2_000.0}

    assessment = assess(plan_of(values), MARKET)

    for leg, exposure in zip(assessment.legs, assessment.exposure, strict=True):
        total = sum(p.value * e.beta for p in assessment.held_coins for e in p.estimates if e.proxy == leg.underlying)
        assert total == pytest.approx(exposure)


def test_own_futures_first_then_what_the_user_set_and_the_rest_as_one_bag():
    own = CustomContract(code="MICRO-LINK", underlying="LINK", coins=1.0)
    overrides = Overrides(contracts=(*PERPETUALS, own), betas={"AVAX": 1.1}, proxies={"DOGE": "BTC"})
    values = {"LINK": 4_000.0, "AVAX": 2_000.0, "DOGE": 1_000.0, "ETH": 3_000.0, "UNI": 5_000.0, "NEAR": 2_500.0}

    assessment = assess(plan_of(values, overrides=overrides), MARKET)

    assert routes(assessment) == {
        "LINK": "own future",
        "AVAX": "set by you",
        "DOGE": "set by you",
        "ETH": "own future",
        "UNI": "bag",
        "NEAR": "bag",
    }
    rest = {"UNI": 5_000.0, "NEAR": 2_500.0}
    btc, eth = 0.6 * joint_slopes(rest, ("BTC", "ETH"))
    assert btc == 0.0
    stated = next(p for p in assessment.held_coins if p.holding.coin == "AVAX")
    doge = next(p for p in assessment.held_coins if p.holding.coin == "DOGE")
    expected = {"LINK": 0.6 * 4_000, "ETH": eth + 0.6 * 3_000, "BTC": btc + 0.6 * doge.value * doge.beta}
    expected[stated.proxy] += 0.6 * 2_000 * 1.1
    assert targets(assessment) == pytest.approx(expected)


def test_each_approach_can_be_forced():
    own = CustomContract(code="MICRO-LINK", underlying="LINK", coins=1.0)
    overrides = Overrides(contracts=(*PERPETUALS, own), betas={"AVAX": 1.1})
    values = {"LINK": 4_000.0, "AVAX": 2_000.0, "ETH": 3_000.0, "UNI": 5_000.0}

    one_by_one, as_one = (
        routes(assess(plan_of(values, overrides=overrides, approach=approach), MARKET))
        for approach in ("coin_by_coin", "bag_level")
    )

    assert one_by_one == {"LINK": "own future", "AVAX": "set by you", "ETH": "own future", "UNI": "proxy"}
    assert as_one == {"LINK": "bag", "AVAX": "set by you", "ETH": "own future", "UNI": "bag"}


def test_three_proxies_where_the_venue_has_a_contract_on_solana():
    sol = CustomContract(code="MICRO-SOL", underlying="SOL", coins=0.01)
    values = {"UNI": 5_000.0, "NEAR": 5_000.0}

    overrides = Overrides(contracts=(*PERPETUALS, sol))
    assessment = assess(plan_of(values, overrides=overrides, approach="bag_level"), MARKET)

    slopes = joint_slopes(values, ("BTC", "ETH", "SOL"))
    assert list(targets(assessment)) == ["BTC", "ETH", "SOL"]
    assert list(targets(assessment).values()) == pytest.approx(0.6 * (slopes / 2 + 10_000 / 6))


@pytest.mark.parametrize(
    ("codes", "underlying"), [(("MICRO-ETH",), "ETH"), (("MICRO-BTC",), "BTC")], ids=["Ether", "Bitcoin"]
)
def test_one_contract_only(codes, underlying, monkeypatch):
    market = make_market(seed=1)
    contracts = tuple(c for c in PERPETUALS if c.code in codes)
    monkeypatch.setattr(
        "hedge_core.hedge.contract_choice.contracts_in_use",
        lambda plan, known: {c.underlying: c.contract() for c in contracts},
    )

    assessment = assess(plan_of({"UNI": 10_000.0}), market)

    days = 365 if underlying == "ETH" else 180
    x, y = (market.history.returns_of(coin)[-days:] for coin in (underlying, "UNI"))
    slope = np.polyfit(x, y, 1)[0]
    beta = slope if underlying == "ETH" else 2 / 3 * slope + 1 / 3
    assert targets(assessment) == pytest.approx({underlying: 0.6 * 10_000 * beta})
    assert ("bitcoin_only" in {n.code for n in assessment.notices}) == (underlying == "BTC")


def test_a_proxy_of_which_no_whole_contract_can_be_had_is_left_out_and_that_is_said():
    large = CustomContract(code="LARGE-BTC", underlying="BTC", coins=1.0)

    overrides = Overrides(contracts=(large, PERPETUALS[1]), contract_choice=LARGE_SOL)
    assessment = assess(plan_of({"UNI": 10_000.0}, overrides=overrides, approach="bag_level"), MARKET)

    assert list(targets(assessment)) == ["ETH"]
    x, y = (MARKET.history.returns_of(coin)[-365:] for coin in ("ETH", "UNI"))
    assert targets(assessment)["ETH"] == pytest.approx(6_000 * np.polyfit(x, y, 1)[0])
    assert "proxy_left_out" in {notice.code for notice in assessment.notices}


def test_what_other_coins_short_of_a_proxy_counts_towards_its_whole_contract():
    large = CustomContract(code="LARGE-BTC", underlying="BTC", coins=0.1)
    overrides = Overrides(contracts=(large, PERPETUALS[1]), contract_choice=LARGE_SOL)

    alone = assess(plan_of({"UNI": 10_000.0}, overrides=overrides, approach="bag_level"), MARKET)
    bag = {"UNI": 10_000.0, "BTC": 10_000.0}
    beside = assess(plan_of(bag, overrides=overrides, approach="bag_level"), MARKET)

    assert list(targets(alone)) == ["ETH"]
    assert set(targets(beside)) == {"BTC", "ETH"}


def test_dollar_for_dollar_splits_the_bag_evenly_and_the_guides_division_goes_coin_by_coin():
    values = {"UNI": 3_000.0, "NEAR": 2_000.0}

    even = assess(plan_of(values, method="notional"), MARKET)
    divided = assess(plan_of(values, method="guide_divided"), MARKET)

    assert targets(even) == pytest.approx({"BTC": 1_500.0, "ETH": 1_500.0})
    assert set(routes(divided).values()) == {"proxy"}


def test_a_young_coin_leans_on_the_others_and_that_is_said():
    market = make_market(seed=1, young={"UNI": 80})

    assessment = assess(plan_of({"UNI": 6_000.0, "NEAR": 4_000.0}), market)

    young = next(p for p in assessment.held_coins if p.holding.coin == "UNI")
    assert {estimate.method for estimate in young.estimates} == {"shrunk"}
    assert young.estimates[0].observations == 79
    assert {"shrunk", "young_coin"} <= {notice.code for notice in assessment.notices}


def test_coins_that_share_too_few_days_are_hedged_one_by_one_and_that_is_said():
    market = make_market(seed=1, days=400, gaps=0.5)

    assessment = assess(plan_of({"UNI": 6_000.0, "NEAR": 4_000.0}), market)

    assert set(routes(assessment).values()) <= {"proxy", "none"}
    assert "bag_level_unknown" in {notice.code for notice in assessment.notices}


def test_the_best_joint_counts_fit_no_worse_than_rounding_one_by_one():
    coarse = tuple(
        CustomContract(code=f"C-{coin}", underlying=coin, coins=size) for coin, size in (("BTC", 0.03), ("ETH", 0.9))
    )
    plan = plan_of({"UNI": 11_000.0, "NEAR": 6_000.0}, overrides=Overrides(contracts=coarse))

    nearest, best = assess(plan, MARKET), assess(plan.with_decisions(rounding="optimal"), MARKET)

    def miss(assessment):
        rest = np.array([leg.notional - leg.target_notional for leg in assessment.legs])
        return float(rest @ assessment.covariance @ rest)

    assert best.optimum.is_proven
    assert miss(best) == pytest.approx(best.optimum.variance)
    assert miss(best) <= miss(nearest)
    assert nearest.optimum is None


def test_collateral_limits_the_best_counts_and_that_is_said():
    contracts = tuple(dataclasses.replace(contract, maintenance_margin_rate=0.3) for contract in PERPETUALS)
    plan = plan_of(
        {"UNI": 3_000.0, "NEAR": 2_000.0},
        overrides=Overrides(contracts=contracts),
        rounding="optimal",
        collateral=500.0,
    )

    limited = assess(plan, MARKET)

    assert limited.margin.is_enough_to_open
    assert limited.optimum.is_budget_binding
    assert "collateral_limits" in {notice.code for notice in limited.notices}
    none = assess(plan.with_decisions(collateral=0.0), MARKET)
    assert [leg.contracts for leg in none.legs] == [0]
    assert {"none_is_best", "too_small"}.isdisjoint(notice.code for notice in none.notices)
    small = assess(plan_of({"UNI": 30.0}, overrides=Overrides(), rounding="optimal"), MARKET)
    assert "none_is_best" in {notice.code for notice in small.notices}


def test_seven_contracts_are_rounded_together():
    coins = ("BTC", "ETH", "SOL", "LINK", "AVAX", "NEAR", "DOGE")
    contracts = tuple(CustomContract(code=f"C-{coin}", underlying=coin, usd=10.0) for coin in coins)
    plan = plan_of(dict.fromkeys(coins, 1_000.0), overrides=Overrides(contracts=contracts), rounding="optimal")

    assessment = assess(plan, MARKET)

    assert [leg.contracts for leg in assessment.legs] == [-60] * 7
    assert assessment.optimum.is_proven
    assert "optimum_unknown" not in {notice.code for notice in assessment.notices}


@given(tradable_plans(method=st.just("beta_weighted")))
def test_every_dollar_of_exposure_and_target_belongs_to_a_holding(plan):
    assessment = assess(plan, MARKET)
    h = plan.decisions.hedge_ratio

    bag = sum(p.value for p in assessment.hedged_coins if p.route == "bag")
    by_leg = dict.fromkeys(targets(assessment), 0.0)
    for held in assessment.hedged_coins:
        for estimate in held.estimates:
            by_leg[estimate.proxy] += held.value * estimate.beta
    assert list(by_leg.values()) == pytest.approx(list(assessment.exposure), abs=1e-6)
    for leg in assessment.legs:
        assert leg.ideal_notional == pytest.approx(h * by_leg[leg.underlying], abs=1e-6)
    k = len(assessment.bag_fit.proxies) if assessment.bag_fit else 1
    joint = sum(p.value * p.beta for p in assessment.hedged_coins if p.route == "bag")
    single = sum(p.value * p.beta for p in assessment.hedged_coins if p.route != "bag")
    asked = joint if k == 1 or assessment.basket else (joint + bag) / 2
    assert sum(targets(assessment).values()) == pytest.approx(h * (single + asked), abs=1e-6)


def test_the_achieved_ratio_of_a_blend_is_its_projection_on_the_exposure():
    assessment = assess(plan_of({"UNI": 5_000.0, "NEAR": 5_000.0}, approach="bag_level"), MARKET)
    hedge = np.array([leg.notional for leg in assessment.legs])

    ratio = achieved_hedge_ratio(hedge, assessment.exposure, assessment.covariance)

    assert assessment.achieved_hedge_ratio == ratio
    assert 0.3 < ratio < 0.9


def closes(market, coin, change):
    """The market with the closes of one coin changed."""
    values = market.history.values.copy()
    column = market.history.column_of[coin]
    values[:, column] = change(values[:, column])
    return dataclasses.replace(market, history=PriceHistory(market.history.days, market.history.coins, values))


def young(days):
    return lambda prices: np.where(np.arange(len(prices)) < len(prices) - days, np.nan, prices)


@pytest.mark.parametrize(
    "change",
    [
        young(40),
        young(15),
        lambda prices: np.full_like(prices, 150.0),
        lambda p: np.where(np.arange(400) > 300, np.nan, p),
    ],
    ids=["40 days old", "15 days old", "never moved", "delisted"],
)
def test_a_proxy_that_cannot_carry_the_fit_is_left_out_and_the_days_of_the_others_are_kept(change):
    sol = CustomContract(code="MICRO-SOL", underlying="SOL", coins=0.01)
    overrides = Overrides(contracts=(*PERPETUALS, sol))
    plan = plan_of({"UNI": 5_000.0, "NEAR": 5_000.0}, overrides=overrides, approach="bag_level")

    assessment = assess(plan, closes(MARKET, "SOL", change))

    assert list(targets(assessment)) == ["BTC", "ETH"]
    assert {estimate.observations for p in assessment.held_coins for estimate in p.estimates} == {365}
    text = next(notice.text for notice in assessment.notices if notice.code == "proxy_unfit")
    assert text.startswith("SOL: too little recent history")


def test_a_young_coin_that_moved_against_the_market_asks_for_no_long_position():
    market = closes(make_market(seed=1, young={"UNI": 300}), "UNI", lambda prices: 1_000.0 / prices)

    assessment = assess(plan_of({"UNI": 9_000.0, "NEAR": 1_000.0}, approach="bag_level"), market)

    assert all(target >= 0 for target in targets(assessment).values())
    assert all(estimate.beta >= 0 for p in assessment.held_coins for estimate in p.estimates if p.route == "bag")


def test_half_and_half_is_said_of_a_blend_only():
    values = {"UNI": 5_000.0, "NEAR": 3_000.0}

    for changes in ({"method": "notional"}, {"risk_accepted": 1.0}):
        plan = plan_of(values, **{"approach": "bag_level", **changes})
        assert "blended" not in {n.code for n in assess(plan, MARKET).notices}
    assert "blended" in {n.code for n in assess(plan_of(values, approach="bag_level"), MARKET).notices}
    assert "blended" not in {n.code for n in assess(plan_of(values), MARKET).notices}


def test_the_best_counts_can_be_opened_under_a_margin_table_too():
    """2% to $10,000 and half beyond: $5,000 open ten thousand, never the hundred thousand that 2% would suggest."""
    tiers = (MarginTier(0.0, 0.02, 0.01), MarginTier(10_000.0, 0.5, 0.25))
    listed = dataclasses.replace(
        catalogue().get("OKX:ETH-USDT-SWAP"), margin_tiers=tiers, initial_margin_rate=0.02, maintenance_margin_rate=0.01
    )
    plan = HedgePlan(
        holdings=(Holding(coin="ETH", quantity=50.0),),
        decisions=Decisions(venue="OKX", rounding="optimal", risk_accepted=0.0, collateral=5_000.0),
    )

    assessment = assess(plan, dataclasses.replace(MARKET, contracts=(listed,)))

    assert assessment.margin.is_enough_to_open
    assert assessment.optimum.is_budget_binding
    assert 9_000 < assessment.margin.notional <= 10_000
