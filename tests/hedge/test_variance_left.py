"""What a hedge leaves of a coin's variance, against numpy and against the regression's own R²."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hedge_core import HedgeAssessment, HedgePlan, Holding, MarketSnapshot, assess, load_plan
from hedge_core.documents.link.pin import pinned_market
from hedge_core.documents.link.pinning import pin_of
from hedge_core.hedge.variance_left import variance_left
from hedge_core.plan.plan import Decisions

DAYS = Decisions().window_days


def assessed(market: MarketSnapshot, approach: str = "recommended", **overrides: object) -> HedgeAssessment:
    plan = HedgePlan(holdings=(Holding(coin="UNI", quantity=900.0), Holding(coin="ETH", quantity=2.0)))
    return assess(plan.with_decisions(approach=approach).with_overrides(**overrides), market)


def returns(market: MarketSnapshot, coin: str) -> np.ndarray:
    closes = market.history.of(coin)
    return (closes[1:] / closes[:-1] - 1.0)[-DAYS:]


def test_a_basket_leaves_the_variance_of_what_its_betas_do_not_explain(sample: MarketSnapshot, examples: Path) -> None:
    result = assess(load_plan(examples / "layer1_bag.json"), sample)
    by_coin = {held.holding.coin: held for held in result.held_coins}
    atom = by_coin["ATOM"]
    y = returns(sample, "ATOM")
    rest = y - sum(one.beta * returns(sample, one.proxy) for one in atom.estimates)

    assert len(atom.estimates) > 1
    assert variance_left(result, atom) == pytest.approx(np.var(rest) / np.var(y), rel=1e-9)
    assert variance_left(result, by_coin["ETH"]) == 0.0


def test_with_one_regression_it_is_one_minus_its_r_squared(market: MarketSnapshot) -> None:
    result = assessed(market, "coin_by_coin")
    uni = result.held_coins[0]

    assert uni.estimate is not None
    assert uni.estimate.method == "ols"
    assert variance_left(result, uni) == pytest.approx(1.0 - uni.estimate.r_squared, rel=1e-9)
    view = assess(result.plan, pinned_market(pin_of(result)))
    assert variance_left(view, view.held_coins[0]) == pytest.approx(1.0 - uni.estimate.r_squared, abs=1e-4)


def test_a_beta_set_far_too_high_adds_variance_and_an_unhedged_coin_has_no_figure(market: MarketSnapshot) -> None:
    high = assessed(market, proxies={"UNI": "ETH"}, betas={"UNI": 6.0})

    assert variance_left(high, high.held_coins[0]) > 1.0
    trade = assess(
        HedgePlan(holdings=(Holding(coin="UNI", quantity=900.0, role="speculative", stop_loss=0.1),)), market
    )
    assert variance_left(trade, trade.held_coins[0]) is None
