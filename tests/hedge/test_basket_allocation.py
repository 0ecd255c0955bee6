"""Coins hedged with a basket: who joins it, what is shorted, and what is said.

By hand, for one coin y on the proxies ETH and SOL with daily returns X, all demeaned: with d the sum of squares of SOL
that BTC and ETH do not explain, the slopes are those of least squares on X with one row (0, sqrt(d)) and y = 0 added.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy.optimize import nnls

from hedge_core.documents.link.pin import pinned_market
from hedge_core.documents.link.pinning import pin_of
from hedge_core.exposure.basket import Basket
from hedge_core.exposure.estimates import HistoryEstimates
from hedge_core.hedge.planner import assess
from hedge_core.hedge.sizing import achieved_hedge_ratio
from hedge_core.market.contracts import CustomContract, catalogue
from hedge_core.market.snapshot import PriceHistory
from hedge_core.plan.bag import Holding
from hedge_core.plan.fills import Fill
from hedge_core.plan.plan import Decisions, Execution, HedgePlan, Overrides
from hedge_core.scenarios.run import run_scenario
from hedge_core.scenarios.shocks import Shock
from tests.support.markets import PRICES, make_market
from tests.support.scale import scaled
from tests.support.strategies import tradable_plans

MARKET = make_market(seed=1)
PERPETUALS = tuple(
    CustomContract(code=f"MICRO-{coin}", underlying=coin, coins=size, kind="perpetual")
    for coin, size in (("BTC", 0.0001), ("ETH", 0.001), ("SOL", 0.01), ("AVAX", 0.05))
)


def plan_of(values, *, contracts=PERPETUALS, **decisions):
    holdings = tuple(Holding(coin=coin, quantity=value / PRICES[coin]) for coin, value in values.items())
    return HedgePlan(
        holdings=holdings,
        decisions=Decisions(**{"risk_accepted": 0.3, "venue": "CME", **decisions}),
        overrides=Overrides(contracts=contracts),
    )


def codes(assessment):
    return {notice.code for notice in assessment.notices}


def penalised_slopes(values, proxies, market=MARKET, days=365):
    """Slopes of the bag's USD on the proxies, by scipy, with rows diag(sqrt(d)) below the demeaned returns."""
    returns = {coin: market.history.returns_of(coin)[-days:] for coin in (*values, *proxies, "BTC", "ETH")}
    y = sum(value * returns[coin] for coin, value in values.items())
    x, core = (np.column_stack([returns[coin] for coin in coins]) for coins in (proxies, ("BTC", "ETH")))
    x, core = x - x.mean(axis=0), core - core.mean(axis=0)
    d = ((x - core @ np.linalg.pinv(core) @ x) ** 2).sum(axis=0)
    rows = np.vstack([x, np.diag(np.sqrt(d))])
    return dict(zip(proxies, nnls(rows, np.concatenate([y - y.mean(), np.zeros(len(proxies))]))[0], strict=True))


def test_the_target_is_the_hedge_ratio_times_the_penalised_slopes():
    values = {"UNI": 5_000.0, "NEAR": 5_000.0}

    assessment = assess(plan_of(values), MARKET)

    legs = {leg.underlying: leg.target_notional for leg in assessment.legs}
    assert isinstance(assessment.bag_fit, Basket)
    expected = {proxy: 0.7 * slope for proxy, slope in penalised_slopes(values, tuple(legs)).items()}
    assert legs == pytest.approx(expected, rel=1e-9)
    assert {"basket", "leg_outruns"} <= codes(assessment)
    assert "blended" not in codes(assessment)


@settings(max_examples=scaled(25))
@given(tradable_plans(method=st.just("beta_weighted"), approach=st.just("recommended")))
def test_before_rounding_every_plan_offsets_exactly_the_hedge_ratio(plan):
    assessment = assess(plan, MARKET)

    target = np.array([leg.target_notional for leg in assessment.legs])
    if assessment.legs and (assessment.basket or not assessment.bag_fit):
        ratio = achieved_hedge_ratio(target, assessment.exposure, assessment.covariance)
        assert ratio == pytest.approx(plan.decisions.hedge_ratio, abs=1e-9)
        np.testing.assert_allclose(target, plan.decisions.hedge_ratio * assessment.exposure, atol=1e-6)


def test_a_coin_with_a_weak_proxy_is_hedged_unless_hedges_of_it_failed_out_of_sample(monkeypatch):
    noisy = make_market(seed=3, noise=0.15)
    plan = plan_of({"UNI": 5_000.0, "NEAR": 5_000.0})

    hedged = assess(plan, noisy)
    monkeypatch.setattr(HistoryEstimates, "fails_alone", lambda self, coin: coin == "NEAR")
    left_out = assess(plan, noisy)

    assert [held.status for held in hedged.held_coins] == ["hedged", "hedged"]
    assert [held.status for held in left_out.held_coins] == ["hedged", "unhedgeable"]
    assert left_out.held_coins[1].route == "none"
    assert "unhedgeable" in codes(left_out)


def test_hedges_fail_if_every_test_of_180_days_or_more_raised_the_variance(monkeypatch):
    market = make_market(seed=2, days=1_200)
    found = assess(plan_of({"UNI": 5_000.0}), market).estimates
    assert not found.fails_alone("UNI")

    def results(reductions, days):
        one = found.evidence.of("UNI", "ETH")
        table = {proxy: replace(one, variance_reduction=x, days=days) for proxy, x in reductions.items()}
        monkeypatch.setattr(type(found.evidence), "of", lambda self, coin, proxy: table.get(proxy))
        return found.fails_alone("UNI")

    assert results({"ETH": -0.1, "BTC": -0.2}, 180)
    assert not results({"ETH": -0.1, "BTC": 0.2}, 180)
    assert not results({"ETH": -0.1, "BTC": -0.2}, 179)
    assert not results({}, 180)


def test_bitcoin_joins_the_rest_if_its_whole_short_is_less_than_a_contract():
    large = CustomContract(code="LARGE-BTC", underlying="BTC", coins=0.1)
    values = {"BTC": 1_000.0, "UNI": 5_000.0}

    assessment = assess(plan_of(values, contracts=(large, PERPETUALS[1])), MARKET)
    tiny = assess(plan_of(values), MARKET)

    assert {held.holding.coin: held.route for held in assessment.held_coins} == {"BTC": "bag", "UNI": "bag"}
    assert [leg.underlying for leg in assessment.legs] == ["ETH"]
    slope = penalised_slopes(values, ("ETH",))["ETH"]
    assert assessment.legs[0].target_notional == pytest.approx(0.7 * slope)
    assert {held.holding.coin: held.route for held in tiny.held_coins} == {"BTC": "own future", "UNI": "bag"}


def test_a_leg_of_less_than_a_contract_is_replaced_and_that_is_said():
    coarse = CustomContract(code="COARSE-SOL", underlying="SOL", usd=1_500.0)
    values = {"UNI": 5_000.0, "NEAR": 5_000.0}

    fine = assess(plan_of(values), MARKET)
    without = assess(plan_of(values, contracts=(*PERPETUALS[:2], coarse, PERPETUALS[3])), MARKET)

    assert fine.legs[1].target_notional < 750.0
    assert "SOL" not in [leg.underlying for leg in without.legs]
    assert "SOL" in without.joint.left_out
    assert "proxy_left_out" in codes(without)


def test_a_leg_below_the_smallest_order_of_the_venue_is_replaced_and_the_order_is_named():
    sol, uni, near = (catalogue().get(f"OKX:{coin}-USDT-SWAP") for coin in ("SOL", "UNI", "NEAR"))
    unlisted = [replace(contract, conflict="not in OKX's own list") for contract in (uni, near)]
    plan = replace(plan_of({"UNI": 5_000.0, "NEAR": 5_000.0}, venue="OKX"), overrides=Overrides())

    lists = ((sol, *unlisted), (replace(sol, minimum_amount=1_000.0), *unlisted))
    fine, without = (assess(plan, replace(MARKET, contracts=contracts)) for contracts in lists)
    (text,) = (notice.text for notice in without.notices if notice.code == "proxy_left_out")

    assert "SOL" in [leg.underlying for leg in fine.legs]
    assert "SOL" not in [leg.underlying for leg in without.legs]
    assert "would be less than the smallest order (1,000 SOL for OKX:SOL-USDT-SWAP), so the bag" in text


def test_a_young_coin_is_hedged_by_its_peers_and_one_without_any_price_history_is_not():
    market = make_market(seed=1, young={"UNI": 15})
    plan = plan_of({"UNI": 5_000.0, "NEAR": 5_000.0})

    young, near = assess(plan, market).held_coins

    assert (young.status, {estimate.method for estimate in young.estimates}) == ("hedged", {"shrunk"})
    assert young.beta > 0.0
    assert "shrunk" in codes(assess(plan, market))
    assert near.status == "hedged"


@pytest.mark.parametrize(
    ("young", "is_chosen_by_history", "is_said_of_young_coins"),
    [((), True, ""), (("UNI",), True, "shrunk"), (("UNI", "NEAR"), False, "basket")],
)
def test_the_record_of_old_coins_is_not_claimed_for_young_ones(young, is_chosen_by_history, is_said_of_young_coins):
    market = make_market(seed=1, young=dict.fromkeys(young, 100))

    said = {n.code: n.text for n in assess(plan_of({"UNI": 5_000.0, "NEAR": 5_000.0}), market).notices}

    assert ("removed about 55% of a coin's variance" in said["basket"]) == is_chosen_by_history
    assert ("too little history to choose contracts by" in said["basket"]) != is_chosen_by_history
    record = (
        "In the first year of eight coins, from 2021 to 2024, hedges removed about 32% of a coin's variance and 22% "
    )
    assert [code for code, text in said.items() if record in text] == ([is_said_of_young_coins] if young else [])


def test_without_a_fit_the_bag_falls_back_to_bitcoin_ether_and_solana_and_says_so(monkeypatch):
    monkeypatch.setattr(HistoryEstimates, "basket", lambda *arguments: None)

    assessment = assess(plan_of({"UNI": 5_000.0, "NEAR": 5_000.0}), MARKET)
    forced = assess(plan_of({"UNI": 5_000.0, "NEAR": 5_000.0}, approach="bag_level"), MARKET)

    assert {"basket_unknown", "blended"} <= codes(assessment)
    assert "DOGE" not in next(n.text for n in assessment.notices if n.code == "basket_unknown")  # its prices are known
    assert [leg.target_notional for leg in assessment.legs] == [leg.target_notional for leg in forced.legs]


def test_contracts_without_prices_are_named():
    assessment = assess(plan_of({"UNI": 5_000.0, "NEAR": 5_000.0}), MARKET)

    text = next(notice.text for notice in assessment.notices if notice.code == "proxy_unfit")
    assert text.startswith("Not considered, for lack of recent prices: ")
    assert "XRP" in text


def test_whole_counts_weigh_a_legs_own_risk_twice():
    """The miss of the counts in (S + D), S and D by hand from the daily returns; no neighbour does better."""
    coarse = tuple(
        CustomContract(code=f"C-{coin}", underlying=coin, usd=size)
        for coin, size in (("BTC", 700.0), ("ETH", 900.0), ("SOL", 800.0), ("LINK", 600.0))
    )
    values = {"LINK": 5_000.0, "SOL": 4_000.0, "BTC": 3_000.0, "ETH": 3_000.0}

    assessment = assess(plan_of(values, contracts=coarse, rounding="optimal"), MARKET)

    names = [leg.underlying for leg in assessment.legs]
    x = np.column_stack([MARKET.history.returns_of(name)[-365:] for name in names])
    x = x - x.mean(axis=0)
    core = x[:, [names.index("BTC"), names.index("ETH")]]
    left = x - core @ np.linalg.pinv(core) @ x
    matrix = x.T @ x / 365 + np.diag((left**2).sum(axis=0) / 365)
    target = np.array([leg.target_notional for leg in assessment.legs])
    lots = np.array([leg.lot_notional for leg in assessment.legs])

    def miss(counts):
        rest = lots * counts - target
        return float(rest @ matrix @ rest)

    best = np.array([leg.lots for leg in assessment.legs])
    assert miss(best) == pytest.approx(assessment.optimum.variance)
    steps = np.array(np.meshgrid(*[(-1, 0, 1)] * 4)).reshape(4, -1).T
    assert all(miss(best) <= miss(np.maximum(best + step, 0)) + 1e-9 for step in steps)
    losses = assessment.losses_of_fewer_legs
    explained = float(assessment.exposure @ assessment.covariance @ assessment.exposure)
    assert min(losses) > 0.0
    for place, loss in enumerate(losses):
        alone = np.delete(best, place)
        assert loss * explained <= miss(np.insert(alone, place, 0)) - miss(best) + 1e-6


def test_a_pin_gives_the_same_basket_counts_and_moves():
    plan = plan_of({"UNI": 5_000.0, "NEAR": 5_000.0, "ETH": 2_000.0}, rounding="optimal")

    original = assess(plan, MARKET)
    again = assess(plan, pinned_market(pin_of(original)))

    assert isinstance(again.bag_fit, Basket)
    assert [(leg.contract.id, leg.contracts) for leg in again.legs] == [
        (leg.contract.id, leg.contracts) for leg in original.legs
    ]
    assert again.achieved_hedge_ratio == pytest.approx(original.achieved_hedge_ratio, rel=1e-5)
    np.testing.assert_allclose(again.risk.matrix, original.risk.matrix, rtol=1e-4)
    for of in ("market", "bag", "proxy"):  # betas to the market are pinned to five digits
        then, now = (run_scenario(one, Shock(move=-0.2, of=of)) for one in (original, again))
        assert (now.bag_pnl, now.hedge_pnl) == pytest.approx((then.bag_pnl, then.hedge_pnl), rel=1e-4)


def test_a_bitcoin_too_small_for_one_contract_joins_the_rest_unless_its_beta_is_set():
    plan = HedgePlan(holdings=(Holding(coin="BTC", quantity=5.0 / PRICES["BTC"]),))
    stated = replace(plan, overrides=Overrides(betas={"BTC": 1.0}))

    alone, kept = assess(plan, MARKET), assess(stated, MARKET)

    assert [(leg.underlying, leg.contracts) for leg in alone.legs] == [("ETH", 0)]
    assert [(leg.underlying, leg.contracts) for leg in kept.legs] == [("BTC", 0)]
    assert kept.held_coins[0].route == "own future"
    for original in (alone, kept):
        again = assess(original.plan, pinned_market(pin_of(original)))
        assert [held.proxies for held in again.held_coins] == [held.proxies for held in original.held_coins]


def test_prices_without_the_histories_of_other_contracts_give_a_basket_of_what_they_have_and_name_the_rest():
    history = MARKET.history
    kept = ("BTC", "ETH", "UNI", "NEAR")
    columns = [history.column_of[coin] for coin in kept]
    few = replace(MARKET, history=PriceHistory(history.days, kept, history.values[:, columns]))

    assessment = assess(plan_of({"UNI": 5_000.0, "NEAR": 5_000.0}, venue="Coinbase Derivatives", contracts=()), few)

    (said,) = [notice.text for notice in assessment.notices if notice.code == "proxy_unfit"]
    assert set(assessment.basket.proxies) <= {"BTC", "ETH"}
    assert said.startswith("Not considered, for lack of recent prices: SOL, XRP, DOGE")


def held(plan, *coins):
    """The plan with one lot short in its own contract on each coin."""
    when = datetime(2026, 1, 30, tzinfo=UTC)
    fills = tuple(
        Fill(at=when, contract=f"My contracts:MICRO-{coin}", contracts=1, price=PRICES[coin], side="sell")
        for coin in coins
    )
    return replace(plan, execution=Execution(fills=fills))


def objective(values, proxies):
    """The least penalised squares on exactly these proxies as a share of the bag's, by scipy; and the slopes."""
    slopes = penalised_slopes(values, proxies)
    returns = {coin: MARKET.history.returns_of(coin)[-365:] for coin in (*values, *proxies, "BTC", "ETH")}
    y = sum(value * (returns[coin] - returns[coin].mean()) for coin, value in values.items())
    x = np.column_stack([returns[coin] - returns[coin].mean() for coin in proxies])
    core = np.column_stack([returns[coin] - returns[coin].mean() for coin in ("BTC", "ETH")])
    d = ((x - core @ np.linalg.pinv(core) @ x) ** 2).sum(axis=0)
    b = np.array([slopes[proxy] for proxy in proxies])
    return float((((y - x @ b) ** 2).sum() + (d * b**2).sum()) / (y**2).sum())


@pytest.mark.parametrize("legs", [("BTC", "ETH"), ("ETH", "SOL"), ("BTC",), ("SOL",), ("BTC", "ETH", "AVAX")])
def test_legs_that_are_short_stay_unless_others_save_more_than_a_hundredth_of_the_variance(legs):
    values = {"UNI": 5_000.0, "NEAR": 5_000.0}
    best = assess(plan_of(values), MARKET)
    again = assess(held(plan_of(values), *legs), MARKET)

    gain = objective(values, legs) - objective(values, best.basket.proxies)
    needed = {leg for leg, slope in penalised_slopes(values, legs).items() if slope > 0.0}
    (said,) = [n for n in again.notices if n.code in ("legs_kept", "legs_changed")]
    assert set(best.basket.proxies) != set(legs)
    if gain <= 0.01:
        assert (said.code, set(again.basket.proxies)) == ("legs_kept", needed)
        assert ("of which the bag needs no contract any more" in said.text) is (needed != set(legs))
        assert f"only {max(gain, 0.0):.1%} of the bag's variance" in said.text
    else:
        assert (said.code, again.basket.proxies) == ("legs_changed", best.basket.proxies)
        assert f"saves {gain:.1%} of the bag's variance" in said.text


def test_nothing_is_said_of_legs_without_fills_with_the_same_legs_or_after_they_were_bought_back():
    plan = plan_of({"UNI": 5_000.0, "NEAR": 5_000.0})
    best = assess(plan, MARKET)
    sold = held(plan, *best.basket.proxies)
    other = held(plan, "SOL")
    bought = replace(other.execution.fills[0], side="buy")
    closed = replace(other, execution=Execution(fills=(*other.execution.fills, bought)))

    for one in (plan, sold, closed):
        assert not codes(assess(one, MARKET)) & {"legs_kept", "legs_changed"}
        assert assess(one, MARKET).basket.proxies == best.basket.proxies


def test_a_leg_that_no_longer_suits_is_replaced_and_that_is_said():
    history = MARKET.history
    values = history.values.copy()
    values[-200:-150, history.column_of["SOL"]] = np.nan
    gone = replace(MARKET, history=PriceHistory(history.days, history.coins, values))

    assessment = assess(held(plan_of({"UNI": 5_000.0, "NEAR": 5_000.0}), "SOL"), gone)

    (said,) = [notice.text for notice in assessment.notices if notice.code == "legs_changed"]
    assert said.startswith("The legs change from SOL to ")
    assert said.endswith(": the bag needs no contract of those that you hold any more.")
