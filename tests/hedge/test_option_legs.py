"""Option legs: what they cost and make, by hand and by QuantLib, and what a bag asks of them.

By hand: 2 BTC puts struck at 54,000 with Bitcoin at 60,000, bought 55 days before expiry and held to it. At 45,000 they
pay 2 × 9,000 = 18,000. The delivery fee is 0.015% of 2 × 45,000 = 13.50 (12.5% of the payoff is more).
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
import QuantLib

from hedge_core.hedge.option_demand import option_demand
from hedge_core.hedge.option_legs import call_account, initial_margin, listed_until, option_leg
from hedge_core.hedge.planner import assess
from hedge_core.market.options.contracts import option_of, option_series, proposed_series
from hedge_core.market.options.surface import Smile, VolatilitySurface
from hedge_core.plan.bag import Holding
from hedge_core.plan.plan import Decisions, HedgePlan
from tests.support.markets import PRICES, make_market

SURFACE = VolatilitySurface({}, Smile.flat(0.5, put_over_call=0.04, half_spread=0.01), "stated")
MARKET = make_market(futures=())
PUT = option_of("Deribit:BTC_USDC-27MAR26-54000-P")
CALL = option_of("Deribit:BTC_USDC-27MAR26-66000-C")
DAYS = 55


def leg(option, lots: float = 200.0):
    return option_leg(option, MARKET, SURFACE, PRICES["BTC"], lots)


def quantlib(kind, strike: float, forward: float, volatility: float, days: float) -> float:
    return QuantLib.blackFormula(kind, strike, forward, volatility * (days / 365) ** 0.5)


def test_a_put_held_to_expiry_makes_its_payoff_less_premium_and_fees_to_the_cent() -> None:
    put = leg(PUT)
    volatility = float(SURFACE.others.volatility(0.9, DAYS))
    paid = quantlib(QuantLib.Option.Put, 54_000.0, 60_000.0, volatility + 0.01, DAYS)

    assert put.price == pytest.approx(paid, abs=1e-6)
    assert put.up_front == pytest.approx(2 * paid + 2 * 0.0005 * 60_000.0, abs=1e-6)
    made = put.result(np.array([0.75, 0.9, 1.5]), DAYS)
    assert made.tolist() == pytest.approx([18_000.0 - 13.5 - put.up_front, -put.up_front, -put.up_front], abs=0.005)


def test_a_sold_call_receives_less_than_its_worth_and_pays_what_the_coin_gains_above_the_strike() -> None:
    call = leg(CALL)
    volatility = float(SURFACE.others.volatility(1.1, DAYS))
    received = quantlib(QuantLib.Option.Call, 66_000.0, 60_000.0, volatility - 0.01, DAYS)

    assert call.premium == pytest.approx(-2 * received, abs=1e-6)
    assert call.up_front == pytest.approx(-2 * received + 60.0, abs=1e-6)
    fee = 2 * 0.00015 * 78_000.0
    assert call.result(np.array([1.3, 1.0]), DAYS).tolist() == pytest.approx(
        [-call.up_front - 24_000.0 - fee, -call.up_front], abs=0.005
    )


def test_a_put_ended_early_is_sold_at_the_bid_of_its_own_volatility() -> None:
    put = leg(PUT)
    volatility = float(SURFACE.others.volatility(0.9, DAYS))
    bid = quantlib(QuantLib.Option.Put, 54_000.0, 48_000.0, volatility - 0.01, DAYS - 30)

    assert float(put.result(np.array(0.8), 30)) == pytest.approx(
        2 * bid - 2 * 0.0005 * 48_000.0 - put.up_front, abs=1e-6
    )


def test_opening_and_ending_at_once_costs_the_spread_and_two_fees() -> None:
    put = leg(PUT)
    assert float(put.result(np.array(1.0), 0)) == pytest.approx(
        -put.opening_cost - float(put.ending_cost(np.array(1.0), 0))
    )
    assert put.opening_cost > 60.0


def test_the_forward_of_the_nearest_future_prices_the_option() -> None:
    market = make_market()
    priced = option_leg(PUT, market, SURFACE, PRICES["BTC"])
    # The future of 27 March is quoted at 60,900: 1.5% above the coin.
    assert priced.held.basis == pytest.approx(0.015)
    half = option_leg(option_of("Deribit:BTC_USDC-27FEB26-54000-P"), market, SURFACE, PRICES["BTC"])
    assert half.held.basis == pytest.approx(0.015 * 27 / 55)


def test_the_margin_of_a_sold_call_is_that_of_the_venue_and_a_put_needs_none() -> None:
    put, call = leg(PUT), leg(CALL)
    # 10% out of the money: max(15% − 10%, 10%) = 10% of 2 × 60,000.
    assert initial_margin([put, call]) == pytest.approx(12_000.0)
    assert initial_margin([leg(option_of("Deribit:BTC_USDC-27MAR26-60000-C"))]) == pytest.approx(18_000.0)
    account = call_account([call], 0)
    assert float(account.maintenance(account.today)) == pytest.approx(0.075 * 120_000.0)


def plan(coins: dict[str, float], **decisions):
    holdings = tuple(Holding(coin=coin, quantity=usd / PRICES[coin]) for coin, usd in coins.items())
    return HedgePlan(holdings=holdings, decisions=Decisions(**{"venue": "Deribit"} | decisions))


def test_a_bag_of_bitcoin_asks_for_options_on_all_of_it_whatever_share_is_hedged() -> None:
    for accepted in (0.0, 0.4):
        assessment = assess(plan({"BTC": 50_000.0}, risk_accepted=accepted), make_market())
        demand = option_demand(assessment, proposed_series("Deribit"))
        assert demand.exposure == pytest.approx({"BTC": 50_000.0})
        assert demand.moved == ()
    assert assessment.underlying_price_or_none("BTC") == PRICES["BTC"]


def test_a_coin_without_options_is_covered_half_with_bitcoin_and_half_with_ether() -> None:
    assessment = assess(plan({"LINK": 30_000.0}, venue="OKX"), make_market())
    assert [leg.underlying for leg in assessment.legs] == ["LINK"]
    beta = assessment.market_betas.of("LINK")
    offered = proposed_series("Deribit")

    demand = option_demand(assessment, offered)
    assert demand.exposure == pytest.approx({"BTC": 15_000.0 * beta, "ETH": 15_000.0 * beta})
    assert demand.moved == ("LINK",)
    assert option_demand(assessment, {coin: one for coin, one in offered.items() if coin != "BTC"}).exposure == {}


def test_only_expiries_at_or_after_the_horizon_are_considered() -> None:
    series, today = option_series()["CME:MBT"], date(2026, 1, 31)
    assert listed_until(series, today, 27) == (date(2026, 2, 27), date(2026, 3, 27))
    assert listed_until(series, today, 28) == (date(2026, 3, 27),)
    assert listed_until(series, today, 90) == ()
