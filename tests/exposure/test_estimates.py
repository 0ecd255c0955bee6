"""Estimates: the same questions answered from history and from a pin.

By hand: NOVA moves exactly 1.5 times ETH plus nothing, so its beta is 1.5 and its correlation with what that beta
predicts is 1; its volatility is 1.5 times that of ETH.
"""

from __future__ import annotations

import inspect
from datetime import UTC, datetime

import numpy as np
import pytest

from hedge_core import HedgePlan, Holding, MarketSnapshot, PriceHistory, assess
from hedge_core.documents import pin_of, pinned_market
from hedge_core.exposure import estimates
from hedge_core.exposure.estimates import Estimates, HistoryEstimates, PinnedEstimates
from hedge_core.hedge.held_coins import plan_estimates
from hedge_core.market.contracts import catalogue

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
