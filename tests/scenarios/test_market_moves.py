"""Moves of the market: what each coin does if half Bitcoin and half Ether move, and what a hedge offsets of it.

By hand: Ether's beta to the market f = (BTC + ETH) / 2 is cov(ETH, f) / var(f) = b; Bitcoin's is then 2 − b. A coin
with beta 1.5 to Ether moves by 1.5·b·p if f moves by p.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from hedge_core.hedge.planner import assess
from hedge_core.plan.bag import Holding
from hedge_core.plan.plan import Decisions, HedgePlan, Overrides
from hedge_core.scenarios.presets import preset_named
from hedge_core.scenarios.run import collateral_to_outlive, net_grid, run_scenario
from hedge_core.scenarios.shocks import MOST_MOVE, Shock
from hedge_core.scenarios.stress import outrunning_leg, run_stress, stress_reading
from tests.support.markets import PRICES, make_market
from tests.support.scale import scaled
from tests.support.strategies import tradable_plans

MARKET = make_market(seed=1)


def plan_of(values, *, overrides=None, **decisions):
    holdings = tuple(Holding(coin=coin, quantity=value / PRICES[coin]) for coin, value in values.items())
    return HedgePlan(
        holdings=holdings,
        decisions=Decisions(**{"risk_accepted": 0.3, "venue": "Kraken Futures", **decisions}),
        overrides=overrides or Overrides(),
    )


def slope_on_the_market(coin):
    returns = MARKET.history.returns_of(coin)[-365:]
    market = (MARKET.history.returns_of("BTC")[-365:] + MARKET.history.returns_of("ETH")[-365:]) / 2
    return np.polyfit(market, returns, 1)[0]


def test_coins_move_by_their_own_betas_to_the_market():
    overrides = Overrides(betas={"UNI": 1.5}, proxies={"UNI": "ETH"})
    assessment = assess(plan_of({"BTC": 10_000.0, "ETH": 10_000.0, "UNI": 10_000.0}, overrides=overrides), MARKET)

    result = run_scenario(assessment, Shock(move=-0.1, of="market"))

    bitcoin, ether = slope_on_the_market("BTC"), slope_on_the_market("ETH")
    assert bitcoin + ether == pytest.approx(2.0)
    assert result.bag_pnl == pytest.approx(-1_000.0 * (bitcoin + ether + 1.5 * ether))
    assert result.moves == pytest.approx({"BTC": -0.1 * bitcoin, "ETH": -0.1 * ether})
    assert result.market_move == -0.1
    assert result.proxy_move == pytest.approx(-0.1 * (bitcoin + 2.5 * ether) / 3.5)
    assert run_scenario(assessment, Shock(move=-0.1)).market_move is None


def test_a_coin_without_a_hedge_moves_by_its_own_beta():
    plan = plan_of({"ETH": 1_000.0})
    trade = Holding(coin="NEAR", quantity=200.0, role="speculative")
    assessment = assess(replace(plan, holdings=(*plan.holdings, trade)), MARKET)

    result = run_scenario(assessment, Shock(move=-0.1, of="market"))

    assert result.unhedged_pnl == pytest.approx(-0.1 * slope_on_the_market("NEAR") * 200.0 * PRICES["NEAR"])


def test_the_move_of_the_bag_is_that_of_all_hedged_coins_together():
    assessment = assess(plan_of({"BTC": 10_000.0, "ETH": 10_000.0, "UNI": 10_000.0, "NEAR": 5_000.0}), MARKET)

    result = run_scenario(assessment, Shock(move=-0.15, of="bag"))

    assert result.bag_pnl == pytest.approx(-0.15 * 35_000.0)
    again = run_scenario(assessment, Shock(move=result.market_move, of="market"))
    assert (again.bag_pnl, again.hedge_pnl) == pytest.approx((result.bag_pnl, result.hedge_pnl))


@pytest.mark.long
@settings(max_examples=scaled(65))
@given(
    tradable_plans(method=st.just("beta_weighted"), approach=st.sampled_from(["recommended", "coin_by_coin"])),
    st.sampled_from(["proxy", "market", "bag"]),
)
def test_every_move_offsets_exactly_the_hedge_ratio_before_rounding(plan, of):
    """So the part of the gap that betas explain is nothing, unless a price would fall below zero."""
    assessment = assess(plan, MARKET)
    if not assessment.legs or (assessment.bag_fit and not assessment.basket):
        return

    result = run_scenario(assessment, Shock(move=-0.05, of=of))

    target = np.array([leg.target_notional for leg in assessment.legs])
    moved = float(target @ np.array(list(result.moves.values())))
    assert abs(result.proxy_move) < MOST_MOVE
    assert moved == pytest.approx(plan.decisions.hedge_ratio * result.bag_pnl, rel=1e-9, abs=1e-6)
    assert result.attribution.beta == pytest.approx(0.0, abs=1e-6 + 1e-9 * abs(result.bag_pnl))


def test_a_leg_that_outruns_the_bag_costs_what_it_rises():
    assessment = assess(plan_of({"UNI": 30_000.0}, venue="CME"), MARKET)

    coin = outrunning_leg(assessment)
    result = run_scenario(assessment, preset_named("leg_outruns").shock_on(assessment))

    leg = next(leg for leg in assessment.legs if leg.underlying == coin)
    assert result.bag_pnl == 0.0
    assert result.hedge_pnl == pytest.approx(-leg.notional)


def test_the_grid_of_a_move_of_the_market_moves_coins_by_their_own_betas():
    assessment = assess(plan_of({"ETH": 10_000.0, "UNI": 10_000.0}), MARKET)

    grid = net_grid(assessment, (-0.2, 0.1), (0.0, 0.5), of="market")

    shock = Shock(move=0.1, of="market", beta_shift=0.5)
    assert grid[1, 1] == run_scenario(assessment, shock).net_pnl
    assert grid[1, 1] != net_grid(assessment, (0.1,), (0.5,))[0, 0]


@pytest.mark.parametrize("of", ["market", "proxy"])
def test_with_the_collateral_to_outlive_a_move_the_short_survives_it_and_with_less_it_does_not(of):
    plan = plan_of({"ETH": 10_000.0, "UNI": 10_000.0})
    shock = Shock(move=0.5, of=of, basis_move=0.01)
    assessment = assess(plan, MARKET)
    needed = collateral_to_outlive(assessment, run_scenario(assessment, shock))

    for share, is_liquidated in ((1.001, False), (0.999, True)):
        stated = assess(plan.with_decisions(collateral=share * needed), MARKET)
        assert run_scenario(stated, shock).is_liquidated is is_liquidated


def test_past_crashes_say_what_a_leg_that_rises_alone_costs():
    assessment = assess(plan_of({"UNI": 20_000.0}, approach="recommended", venue="Coinbase Derivatives"), MARKET)
    coin = outrunning_leg(assessment)
    (leg,) = (leg for leg in assessment.legs if leg.underlying == coin)
    plain = assess(plan_of({"ETH": 20_000.0}), MARKET)

    text = stress_reading(assessment, run_stress(assessment))

    assert coin not in ("BTC", "ETH")
    assert text.endswith(
        f" If {coin} alone rises by 100%: bag $0, hedge −${leg.notional:,.0f}, net −${leg.notional:,.0f}."
    )
    assert "alone rises" not in stress_reading(plain, run_stress(plain))
