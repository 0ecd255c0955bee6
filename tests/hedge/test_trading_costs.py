"""Spread and slippage, by hand: max(h, tick/2P) + c·σ·√(Q/V), V = √(venue's volume × the largest).

$20,000 in a contract that trades $5m a day, σ 4.5%, no larger market known
    0.3·4.5%·√(20,000/5,000,000) = 0.3·0.045·0.0632456 = 0.00085381 = 8.5 bp = $17.08
an order four times as large: √4 = 2 times the rate
"""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

from hedge_core.hedge.costs import CostBasis, estimate_costs
from hedge_core.hedge.legs import ShortLeg
from hedge_core.hedge.trading_costs import TradingCosts, half_tick
from hedge_core.market.contracts import catalogue
from hedge_core.market.volumes import largest_volume
from hedge_core.plan.plan import CostAssumptions, OwnLiquidity
from tests.support.markets import make_market

MARKET = make_market(days=40)
ETP = catalogue().get("Coinbase Derivatives:ETP")
UNTRADED = replace(ETP, code="NEW", underlying="NEWCOIN", tick=None)
"""A contract on a coin of which no volume is known anywhere."""


def costs_of(**own):
    return CostAssumptions(half_spread_rate=None, depth=None, **own)


def test_an_order_of_20000_in_a_contract_of_5m_a_day_pays_eight_and_a_half_basis_points():
    own = {"Coinbase Derivatives:NEW": OwnLiquidity(daily_volume=5e6, daily_volatility=0.045, half_spread_rate=0.0)}

    cost = TradingCosts(costs_of(liquidity=own)).of_order(UNTRADED, 1.0, 20_000.0)

    assert cost.slippage_rate == pytest.approx(0.00085381, abs=1e-8)
    assert round(20_000 * cost.rate, 2) == 17.08
    old = TradingCosts(CostAssumptions()).of_order(UNTRADED, 1.0, 20_000.0)
    assert old.slippage_rate == pytest.approx(0.0005 * math.sqrt(0.02))  # the first edition: 0.7 bp


CLASSES_BY_HAND = [
    # contract, order, half spread bp, σ, volume at the venue, largest volume: None stands for that of the class
    ("CME:MCA", 5_000.0, 15.0, 0.06, 0.3e6),
    ("CME:MLN", 20_000.0, 15.0, 0.06, 0.3e6),
    ("Coinbase Derivatives:PEP", 1_000.0, 15.0, 0.06, 0.3e6),
    ("Coinbase Derivatives:DOP", 3_000.0, 6.0, 0.05, 3e6),
    ("Coinbase Derivatives:LCP", 30_000.0, 6.0, 0.05, 3e6),
    ("Coinbase Derivatives:ET", 10_000.0, 3.0, 0.045, 20e6),
    ("Coinbase Derivatives:XPP", 50_000.0, 3.0, 0.045, 20e6),
]


@pytest.mark.parametrize(("name", "order", "spread_bp", "sigma", "volume"), CLASSES_BY_HAND)
def test_orders_of_the_classes_by_hand(name, order, spread_bp, sigma, volume):
    contract = catalogue().get(name)
    from hedge_core.market.volumes import largest_volume

    V = math.sqrt(volume * max(largest_volume(contract.underlying) or 0.0, volume))

    cost = TradingCosts(costs_of()).of_order(replace(contract, tick=None), 1.0, order)

    assert cost.liquidity.is_volume_assumed
    assert order * cost.rate == pytest.approx(order * (spread_bp / 1e4 + 0.3 * sigma * math.sqrt(order / V)))


TEN = [250.0 * 2**step for step in range(10)]  # $250 to $128,000


@pytest.mark.parametrize(
    ("name", "spread_bp", "sigma", "volume"),
    [
        ("Coinbase Derivatives:BIT", 1.0, 0.035, 106e6),  # class A; its volume has a source
        ("Coinbase Derivatives:ET", 3.0, 0.045, 20e6),
        ("Coinbase Derivatives:DOP", 6.0, 0.05, 3e6),
        ("Coinbase Derivatives:PEP", 15.0, 0.06, 0.3e6),
    ],
)
def test_ten_orders_of_every_class_follow_the_formula(name, spread_bp, sigma, volume):
    from hedge_core.market.volumes import largest_volume

    contract = replace(catalogue().get(name), tick=None)
    V = math.sqrt(volume * max(largest_volume(contract.underlying) or 0.0, volume))
    for order in TEN:
        cost = TradingCosts(costs_of()).of_order(contract, 1.0, order)

        assert order * cost.half_spread_rate == pytest.approx(order * spread_bp / 10_000)
        assert order * cost.slippage_rate == pytest.approx(order * 0.3 * sigma * math.sqrt(order / V), rel=1e-6)


def test_the_venues_ticker_comes_before_the_tables_and_the_user_before_both():
    traded, own = {ETP.id: 5e6}, {ETP.id: OwnLiquidity(daily_volume=1e6)}

    by_ticker = TradingCosts(costs_of(), traded=traded).liquidity(ETP)
    by_user = TradingCosts(costs_of(liquidity=own), traded=traded).liquidity(ETP)

    assert (by_ticker.daily_volume, by_ticker.volume_source) == (5e6, "the venue's ticker, the last 24 hours")
    assert (by_user.daily_volume, by_user.volume_source) == (1e6, "stated by you")


@pytest.mark.parametrize(
    ("order", "spread", "sigma", "volume", "usd"),
    [
        # worked on paper: order·(h + 0.3·σ·√(order/volume))
        (10_000.0, 0.0001, 0.035, 450e6, 1.49),  # 10,000·(0.0001 + 0.0105·0.0047140) = 1.00 + 0.49
        (50_000.0, 0.0003, 0.045, 75e6, 32.43),  # 15.00 + 50,000·0.0135·0.0258199 = 17.43
        (20_000.0, 0.0006, 0.05, 17e6, 22.29),  # 12.00 + 20,000·0.015·0.0342997 = 10.29
        (5_000.0, 0.0015, 0.06, 3e6, 11.17),  # 7.50 + 5,000·0.018·0.0408248 = 3.67
        (100.0, 0.0015, 0.06, 3e6, 0.16),  # 0.15 + 100·0.018·0.0057735 = 0.01
        (1_000_000.0, 0.0001, 0.035, 450e6, 594.97),  # 100.00 + 1,000,000·0.0105·0.0471405 = 494.97
        (250_000.0, 0.0003, 0.045, 75e6, 269.86),  # 75.00 + 250,000·0.0135·0.0577350 = 194.86
        (40_000.0, 0.0, 0.05, 4e6, 60.00),  # 40,000·0.015·0.1
        (90_000.0, 0.0010, 0.0, 1e6, 90.00),  # no volatility, no slippage
        (2_500.0, 0.0002, 0.04, 1e6, 2.00),  # 0.50 + 2,500·0.012·0.05 = 1.50
    ],
)
def test_ten_orders_to_the_cent(order, spread, sigma, volume, usd):
    own = {
        "Coinbase Derivatives:NEW": OwnLiquidity(half_spread_rate=spread, daily_volume=volume, daily_volatility=sigma)
    }

    cost = TradingCosts(costs_of(liquidity=own)).of_order(UNTRADED, 1.0, order)

    assert round(order * cost.rate, 2) == usd


@given(st.sampled_from(tuple(catalogue())), st.floats(10.0, 1e7), st.floats(0.001, 0.2))
def test_slippage_doubles_when_the_order_is_four_times_as_large(contract, order, sigma):
    trading = TradingCosts(costs_of(), {contract.underlying: sigma})

    one, four = trading.of_order(contract, 2.0, order), trading.of_order(contract, 2.0, 4.0 * order)

    assert four.slippage_rate == pytest.approx(2.0 * one.slippage_rate)
    assert four.half_spread_rate == one.half_spread_rate


def test_half_a_tick_is_the_narrowest_half_spread():
    assert half_tick(ETP, 2_000.0) == pytest.approx(0.25 / 2_000)
    cost = TradingCosts(costs_of(liquidity={ETP.id: OwnLiquidity(half_spread_rate=0.0)})).of_order(ETP, 100.0, 1_000.0)
    assert cost.half_spread_rate == pytest.approx(0.25 / 100)


def test_what_the_user_states_of_a_contract_is_said_to_be_the_users():
    own = {ETP.id: OwnLiquidity(daily_volume=1e6)}

    liquidity = TradingCosts(costs_of(liquidity=own)).liquidity(ETP)

    assert (liquidity.daily_volume, liquidity.volume_source) == (1e6, "stated by you")
    assert liquidity.half_spread_rate == pytest.approx(2.75e-4)


def test_a_stated_depth_keeps_its_meaning():
    old = CostAssumptions(half_spread_rate=0.001, depth=4_000.0)

    assert TradingCosts(old).of_order(ETP, 2_000.0, 1_000.0).rate == pytest.approx(0.001 * 1.5)


def test_opening_and_closing_ten_lots_of_ether_to_the_cent():
    """10 ETP at $2,000: fee 10·(0.2 + 0.12) = 3.20; half spread max(2.75 bp, 1.25 bp) of 2,000 = 0.55; slippage by the
    law with the volumes of the tables, $92m at the venue and the largest of Ether anywhere."""
    from hedge_core.market.volumes import largest_volume

    leg = ShortLeg.of(ETP, 2_000.0, -10)
    basis = CostBasis(assumptions=costs_of(), volatilities={"ETH": 0.04})
    V = math.sqrt(92_000_000 * largest_volume("ETH"))

    (cost,) = estimate_costs([leg], MARKET, horizon_days=30, basis=basis).legs

    assert cost.fees == pytest.approx(2 * (3.20 + 0.55 + 2_000 * 0.3 * 0.04 * math.sqrt(2_000 / V)))


def test_coins_themselves_slip_by_the_same_law():
    """$20,000 of a coin without a known volume: 0.3·6%·√(20,000/300,000) = 0.3·0.06·0.258199 = 0.0046476."""
    assert TradingCosts(costs_of()).of_coins("NEWCOIN", 20_000.0, 0.06) == pytest.approx(0.0046476, abs=1e-7)
    ether = TradingCosts(costs_of()).of_coins("ETH", 20_000.0, 0.04)
    assert ether == pytest.approx(0.3 * 0.04 * math.sqrt(20_000.0 / largest_volume("ETH")))
    of_old = CostAssumptions(half_spread_rate=0.001, depth=40_000.0)
    assert TradingCosts(of_old).of_coins("ETH", 10_000.0, 0.04) == pytest.approx(0.001 * 0.5)
