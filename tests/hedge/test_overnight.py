"""Overnight and intraday margin.

By hand: SUI at Coinbase Derivatives asks 57% overnight and 24.99% intraday; ETH asks 33.48% overnight, and no intraday
rate of it is known. 4 lots of $1,200 SUI: 2,736.00 against 1,199.52.
"""

from __future__ import annotations

import pytest

from hedge_core.hedge.overnight import margin_by_time
from hedge_core.hedge.planner import assess
from hedge_core.market.contracts import catalogue
from hedge_core.market.venues import venue_of
from hedge_core.plan.bag import Holding
from hedge_core.plan.plan import Decisions, HedgePlan, OwnMargin
from tests.support.markets import make_market

SUP = "Coinbase Derivatives:SUP"


def bag(*, venue="Coinbase Derivatives", **quantities):
    prices = {"BTC": 60_000.0, "ETH": 3_000.0, "SOL": 150.0, "SUI": 2.4}
    market = make_market(coins=tuple(prices), prices=prices)
    holdings = tuple(Holding(coin=coin, quantity=quantity) for coin, quantity in quantities.items())
    plan = HedgePlan(holdings=holdings, decisions=Decisions(risk_accepted=0.0, venue=venue))
    return plan, market


def test_the_plan_rests_on_the_overnight_rates_and_says_what_the_end_of_the_day_asks():
    plan, market = bag(SUI=2_000.0, ETH=2.0)

    view = assess(plan, market)
    both = margin_by_time(view)

    sui, eth = (leg for leg in sorted(view.traded_legs, key=lambda leg: leg.underlying, reverse=True))
    assert (sui.contract.id, sui.notional, eth.notional) == (SUP, pytest.approx(4_800.0), pytest.approx(6_000.0))
    eth_margin = eth.notional * eth.contract.initial_margin_rate
    assert both.overnight == view.margin.initial == pytest.approx(2_736.0 + eth_margin)
    assert both.intraday == pytest.approx(1_199.52 + eth_margin)
    assert both.step == pytest.approx(1_536.48)
    assert both.lower == ((SUP, pytest.approx(0.57), 0.2499),)
    assert "24.99% instead of 57%" in both.sentence
    assert "until 16:00 New York time" in both.sentence
    assert [notice.text for notice in view.notices if notice.code == "overnight_margin"] == [both.sentence]


def test_without_a_known_intraday_rate_nothing_is_said():
    plan, market = bag(ETH=2.0)

    assert margin_by_time(assess(plan, market)) is None


def test_where_the_broker_asks_the_users_own_lower_rate_there_is_no_step():
    plan, market = bag(SUI=2_000.0)
    own = plan.with_overrides(margins={SUP: OwnMargin(initial=0.2, maintenance=0.2)})

    assert margin_by_time(assess(own, market)) is None


def test_every_contract_with_an_intraday_rate_is_at_a_venue_that_says_when_it_ends():
    with_rate = [contract for contract in catalogue() if contract.intraday_margin_rate is not None]

    assert with_rate
    for contract in with_rate:
        assert venue_of(contract.venue).intraday_margin is not None, contract.id
