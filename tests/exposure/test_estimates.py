"""Estimates: the same questions answered from history and from a pin.

By hand: NOVA moves exactly 1.5 times ETH plus nothing, so its beta is 1.5 and its correlation with what that beta
predicts is 1; its volatility is 1.5 times that of ETH.
"""

from __future__ import annotations

import inspect
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from hedge_core import HedgePlan, Holding, MarketSnapshot, PriceHistory, assess
from hedge_core.documents import pin_of, pinned_market
from hedge_core.exposure import estimates
from hedge_core.exposure.estimates import Estimates, HistoryEstimates, PinnedEstimates
from hedge_core.hedge.held_coins import plan_estimates
from hedge_core.market.contracts import catalogue
from hedge_core.market.snapshot import MAX_PRICE_AGE_DAYS
from tests.support.markets import make_market

PLAN = HedgePlan(holdings=(Holding(coin="NOVA", quantity=3_000), Holding(coin="VEGA", quantity=2_000)))


@pytest.fixture(scope="module")
def market() -> MarketSnapshot:
    random = np.random.default_rng(5)
    eth, btc, own = (random.normal(0.0, scale, 400) for scale in (0.03, 0.02, 0.02))
    returns = np.column_stack([btc, eth, 1.5 * eth, 0.8 * eth + own])
    closes = np.array([60_000.0, 2_000.0, 15.0, 8.0]) * np.cumprod(np.vstack([np.ones(4), 1 + returns]), axis=0)
    days = np.arange(np.datetime64("2025-01-01"), np.datetime64("2025-01-01") + 401)
    history = PriceHistory(days, ("BTC", "ETH", "NOVA", "VEGA"), closes)
    as_of = datetime(2026, 2, 6, tzinfo=UTC)
    return MarketSnapshot(source="made by hand", as_of=as_of, simulated=True, history=history)


def test_co_movement_is_that_of_the_worked_example(market):
    found = plan_estimates(PLAN, market)
    beta = found.betas(["NOVA"])["NOVA"]["ETH"]

    volatility, correlation = found.co_movement("NOVA", [beta], is_in_bag=False)

    eth = market.history.returns_of("ETH")[-365:]
    assert beta.beta == pytest.approx(1.5)
    assert (volatility, correlation) == pytest.approx((1.5 * eth.std(), 1.0))


def test_covariance_needs_a_history_of_every_coin(market):
    found = plan_estimates(PLAN, market)

    assert found.covariance(["ETH", "BTC"]).shape == (2, 2)
    assert found.covariance(["ETH", "UNHEARD"]) is None
    assert found.co_movement("UNHEARD", found.betas(["NOVA"])["NOVA"].values(), is_in_bag=False) is None


def test_a_proxy_that_is_too_small_is_left_out_and_the_bag_is_fitted_again(market):
    contracts = {contract.underlying: contract for contract in catalogue() if contract.underlying in ("BTC", "ETH")}
    asked = []

    def too_small(fit):
        asked.append(fit.proxies)
        return "BTC" if "BTC" in fit.proxies else None

    joint = plan_estimates(PLAN, market).joint_fit({"NOVA": 30_000.0, "VEGA": 20_000.0}, contracts, too_small)

    assert joint.left_out == ("BTC",)
    assert joint.fit.proxies == ("ETH",)
    assert [len(proxies) for proxies in asked] == [2, 1]


def test_without_a_contract_there_is_no_joint_fit(market):
    assert plan_estimates(PLAN, market).joint_fit({"NOVA": 1.0}, {}, lambda fit: None) is None


def test_a_pin_answers_every_question_as_the_history_did(market):
    """To the digits that a pin keeps; the counts that follow are the same."""
    original = assess(PLAN, market)
    again = assess(PLAN, pinned_market(pin_of(original)))

    assert isinstance(original.estimates, HistoryEstimates)
    assert isinstance(again.estimates, PinnedEstimates)
    assert [leg.contracts for leg in again.legs] == [leg.contracts for leg in original.legs]
    assert (again.joint.left_out, again.joint.unfit) == (original.joint.left_out, original.joint.unfit)
    assert {held.route for held in again.held_coins} == {"bag"}
    for then, now in zip(original.held_coins, again.held_coins, strict=True):
        assert again.co_movement(now) == pytest.approx(original.co_movement(then), rel=1e-4)
    assert original.estimates.fit_any_size
    assert not again.estimates.fit_any_size


@pytest.mark.parametrize(("days", "method"), [(340, "shrunk"), (360, "ols")])
def test_a_coin_is_young_below_95_percent_of_the_window(days, method):
    """339 and 359 returns of 365; Ether is never drawn towards other coins, however young."""
    market = make_market(1, young={"UNI": days, "ETH": 200})
    found = plan_estimates(PLAN, market).betas(["UNI", "ETH", "SOL"])

    assert found["UNI"]["BTC"].observations == days - 1
    assert found["UNI"]["BTC"].method == method
    assert found["ETH"]["BTC"].observations == 199
    assert found["ETH"]["BTC"].method == found["SOL"]["BTC"].method == "ols"


@pytest.mark.parametrize(("days", "is_known"), [(30, False), (31, True)])
def test_co_movement_needs_thirty_returns_and_is_the_textbook_correlation(days, is_known):
    market = make_market(1, young={"UNI": days})
    found = plan_estimates(PLAN, market)
    beta = replace(found.betas(["SOL"])["SOL"]["ETH"], coin="UNI", beta=-0.7)

    known = found.co_movement("UNI", [beta], is_in_bag=False)

    if not is_known:
        assert known is None
        return
    own, ether = (market.history.returns_of(coin)[-30:] for coin in ("UNI", "ETH"))
    assert known == pytest.approx((own.std(), np.corrcoef(own, -ether)[0, 1]))


def test_nothing_moves_with_a_hedge_that_does_not_move(market):
    found = plan_estimates(PLAN, market)
    still = replace(found.betas(["NOVA"])["NOVA"]["ETH"], beta=0.0)

    assert found.co_movement("NOVA", [still], is_in_bag=False) is None


def test_a_candidate_with_an_old_price_is_in_no_basket():
    """Ether's last close is three days old: it has a history, and no price to hedge with today."""
    market = make_market(1)
    closes = market.history.values.copy()
    closes[-3:, market.history.column_of["ETH"]] = np.nan
    stale = replace(market, history=PriceHistory(market.history.days, market.history.coins, closes))
    assert stale.price_age_days("ETH") > MAX_PRICE_AGE_DAYS
    charges = {"BTC": 0.001, "ETH": 0.001, "SOL": 0.001, "UNHEARD": 0.001}

    def basket(seen):
        found = plan_estimates(PLAN, seen).basket({"UNI": 9_000.0}, charges, 0, lambda fit: None, lambda fit: ())
        return found.fit.proxies, found.unfit

    assert "ETH" in basket(market)[0]
    assert "ETH" not in basket(stale)[0]
    assert set(basket(stale)[1]) >= {"ETH", "UNHEARD"}


def test_a_pin_says_which_betas_to_the_market_are_assumed(market):
    pinned = assess(PLAN, pinned_market(pin_of(assess(PLAN, market)))).estimates

    found = pinned.market_betas(["ETH", "UNHEARD"])

    assert found.is_assumed.tolist() == [False, True]
    assert found.betas[1] == 1.0


def test_a_pinned_coin_hedged_against_its_proxy_moves_the_other_way(market):
    """The sign is that of correlation x beta, and only the proxy of the pinned correlation has one."""
    plan = PLAN.with_decisions(approach="coin_by_coin")
    pinned = assess(plan, pinned_market(pin_of(assess(plan, market)))).estimates
    known = pinned.betas(["VEGA"])["VEGA"]["ETH"]
    volatility, rho = pinned.co_movement("VEGA", [known], is_in_bag=False)

    assert rho == known.correlation > 0.0
    assert pinned.co_movement("VEGA", [replace(known, beta=-known.beta)], is_in_bag=False) == (volatility, -rho)
    assert pinned.co_movement("VEGA", [replace(known, proxy="BTC")], is_in_bag=False) is None


def test_a_pin_knows_only_its_own_coins(market):
    pinned = assess(PLAN, pinned_market(pin_of(assess(PLAN, market)))).estimates

    assert pinned.betas(["UNHEARD"]) == {"UNHEARD": {}}
    assert pinned.covariance(["UNHEARD", "ETH"]) is None
    assert pinned.joint_fit({"UNHEARD": 1.0}, {}, lambda fit: None) is None


@pytest.mark.parametrize("kind", [HistoryEstimates, PinnedEstimates])
def test_each_kind_answers_every_question(kind):
    asked = [name for name in vars(Estimates) if not name.startswith("_")]

    assert [name for name in asked if name not in vars(kind) and name not in kind.__dataclass_fields__] == []


def test_nothing_asks_which_kind_of_market_it_has(project_root):
    home = inspect.getsourcefile(estimates)
    files = [path for folder in ("hedge_core", "pages") for path in (project_root / folder).rglob("*.py")]

    assert [str(path) for path in files if str(path) != home and "PinnedMarket)" in path.read_text("utf-8")] == []
