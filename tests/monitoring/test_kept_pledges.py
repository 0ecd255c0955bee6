"""Pledged coins beside an open position: today's account by hand, and what the monitor asks for.

By hand: 3 ETH sold at $2,000 at 5% of margin, $1,000 of cash, ETH at $2,000, and $1,500 of LINK that counts for $750.
If ETH rises by r and LINK with it, 1,000 + 750·(1 + r) − 6,000·r − 300·(1 + r) is zero at r = 1,450 / 5,550 = 26.1%;
without the coins at 700 / 6,300 = 11.1%.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from hedge_core.hedge.planner import assess
from hedge_core.market.contracts import CustomContract
from hedge_core.monitoring.daily_check import check
from hedge_core.monitoring.drift import can_add
from hedge_core.monitoring.filled import as_filled
from hedge_core.monitoring.position import position_state
from hedge_core.plan.bag import Holding
from hedge_core.plan.fills import Fill
from hedge_core.plan.plan import CostAssumptions, Decisions, Execution, HedgePlan, Overrides, Pledge
from tests.support.markets import AS_OF, make_market

MARKET = make_market(seed=4)


def opened(pledges=None):
    contract = CustomContract(code="ETH-ONE", underlying="ETH", coins=1.0, maintenance_margin_rate=0.05)
    at = datetime(2026, 1, 30, tzinfo=UTC)
    plan = HedgePlan(
        holdings=(Holding(coin="ETH", quantity=3.0), Holding(coin="LINK", quantity=100.0)),
        decisions=Decisions(
            risk_accepted=0.0, venue="OKX", collateral=1_000.0, approach="coin_by_coin", pledges=pledges or {}
        ),
        overrides=Overrides(
            contracts=(contract,), costs=CostAssumptions(fee_rate=0.0, half_spread_rate=0.0, carry_rate=0.0)
        ),
        execution=Execution(
            fills=(Fill(at=at, contract="My contracts:ETH-ONE", side="sell", contracts=3, price=2_000.0),)
        ),
    )
    return assess(plan, MARKET)


def test_the_account_of_an_open_position_by_hand():
    plain, backed = (position_state(opened(pledges)) for pledges in ({}, {"LINK": Pledge(haircut=0.5)}))

    assert plain.margin.rally_survived == pytest.approx(700.0 / 6_300.0)
    assert backed.margin.rally_survived == pytest.approx(1_450.0 / 5_550.0)
    assert backed.equity == plain.equity == pytest.approx(1_000.0)
    assert backed.market_margin.rally_survived > plain.market_margin.rally_survived


def test_the_monitor_warns_later_and_asks_for_less():
    now = AS_OF + timedelta(hours=1)
    plain, small, backed = (
        check(opened(pledges), now=now) for pledges in ({}, {"LINK": Pledge(share=0.1)}, {"LINK": Pledge(haircut=0.0)})
    )

    def asked(report):
        alert = next(alert for alert in report.alerts if alert.code == "margin")
        return int(alert.action.split("$")[1].split(" ")[0].replace(",", ""))

    assert asked(small) < asked(plain)
    assert "margin" not in {alert.code for alert in backed.alerts}
    assert can_add(backed.state, (), 0.2)
    assert not can_add(plain.state, (), 0.2)


def test_the_plan_as_filled_keeps_its_pledged_coins():
    found = opened({"LINK": Pledge(haircut=0.5)})
    filled = as_filled(found).assessment

    assert filled.margin.pledged == found.margin.pledged
    assert filled.margin.rally_survived == pytest.approx(1_450.0 / 5_550.0)
