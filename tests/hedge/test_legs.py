"""Legs, and the seam of instruments: a put that only this file knows goes through everything that a plan is used for.

The put has the strike 1,900. Its stub price per coin is max(1,900 − S, 0) + 76·exp(−8·(S/1,900 − 1)²): 74.33 at 2,000.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from datetime import date, timedelta
from typing import ClassVar

import numpy as np
import pytest

from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.legs import ShortLeg, notional_by_coin, traded
from hedge_core.hedge.planner import assess
from hedge_core.market.contracts import Contract, CustomContract, MarginTier
from hedge_core.market.instruments import INSTRUMENTS, A, Carry, Future, Perpetual
from hedge_core.market.snapshot import MarketSnapshot
from hedge_core.monitoring.drift import trades_to_target
from hedge_core.monitoring.execution import as_proposed
from hedge_core.monitoring.position import position_state
from hedge_core.monitoring.season import season
from hedge_core.plan.bag import Holding
from hedge_core.plan.plan import Decisions, HedgePlan, Overrides
from hedge_core.reports.orders import order_ticket
from hedge_core.reports.why import derivations
from hedge_core.scenarios.run import run_scenario
from hedge_core.scenarios.shocks import Shock
from hedge_core.simulation.rebalancing import cheapest_band
from hedge_core.simulation.simulation import simulate
from tests.support.markets import make_market

STRIKE = 1_900.0


def premium(spot: A) -> A:
    time_value: A = 76.0 * np.exp(-8.0 * (spot / STRIKE - 1.0) ** 2)
    worth: A = np.maximum(STRIKE - spot, 0.0) + time_value
    return worth


@dataclass(frozen=True, slots=True)
class BoughtPut(Future):
    """A put that is bought; its premium is its margin."""

    price: float
    direction: ClassVar[int] = 1
    order: ClassVar[str] = "Buy"
    adds: ClassVar[str] = "buy"
    lifts: ClassVar[str] = "sell"

    @classmethod
    def of(cls, contract: Contract, price: float) -> BoughtPut:
        return cls(price)

    def spot_mark(self, spot: A) -> A:
        return premium(spot)

    def gain(self, units: A, level: A, move: A) -> A:
        return units * (premium((level + move) * self.price) - premium(level * self.price)) / self.price

    def margin_table(self, contract: Contract) -> tuple[MarginTier, ...]:
        return (MarginTier(0.0, premium(self.price) / self.price, 0.0),)

    def carry(self, contract: Contract, market: MarketSnapshot) -> Carry:
        return Carry(0.0, "the premium is paid at the start")

    def mark(self, contract: Contract, market: MarketSnapshot, spot: float, expiry: date | None) -> float | None:
        return float(premium(spot))

    def coin_price(self, mark: float, spot: float) -> float:
        return spot


PUT = Contract(
    venue="Deribit",
    code="ETH-PUT",
    underlying="ETH",
    kind="put",  # type: ignore[arg-type]
    style="linear",
    contract_size=0.1,
    expiry="dated",
    expires_on=date(2026, 6, 26),
    taker_fee_rate=0.0003,
    margin_is_assumed=False,
)
MARKET = dataclasses.replace(make_market(), contracts=(PUT,))
COINS = 10.0


@pytest.fixture
def hedged_with_a_put(monkeypatch) -> HedgeAssessment:
    monkeypatch.setitem(INSTRUMENTS, ("put", "linear"), BoughtPut)
    plan = HedgePlan(
        holdings=(Holding(coin="ETH", quantity=COINS),),
        decisions=Decisions(venue="Deribit", risk_accepted=0.0, collateral=5_000.0),
        overrides=Overrides(contract_choice={"ETH": PUT.id}),
    )
    return assess(plan, MARKET)


def test_a_put_is_bought_and_its_premium_is_the_margin(hedged_with_a_put):
    (leg,), margin = hedged_with_a_put.traded_legs, hedged_with_a_put.margin

    assert (leg.contracts, leg.lots, leg.side) == (100, 100, "long")
    assert margin.initial == pytest.approx(COINS * premium(2_000.0))
    assert (margin.maintenance, margin.rally_survived) == (0.0, math.inf)
    assert next(one for one in derivations(hedged_with_a_put) if one.name == "Margin to open").value == margin.initial


@pytest.mark.parametrize("move", [-0.5, -0.1, 0.3, 3.0])
def test_a_put_gains_the_change_of_its_premium_and_is_never_closed(hedged_with_a_put, move):
    result = run_scenario(hedged_with_a_put, Shock(move=move))

    assert result.hedge_pnl == pytest.approx(COINS * (premium(2_000.0 * (1.0 + move)) - premium(2_000.0)))
    assert not result.is_liquidated
    assert result.attribution.total == pytest.approx(result.net_after_costs)


def test_a_put_limits_the_loss_on_every_path(hedged_with_a_put):
    paths = simulate(hedged_with_a_put, paths=300, seed=4)

    worst = COINS * (2_000.0 - (STRIKE - premium(2_000.0))) + hedged_with_a_put.costs.fees
    assert paths.closed is not None
    assert paths.closed.value == 0.0
    assert paths.net_results.min() >= -1.05 * worst
    assert cheapest_band(hedged_with_a_put, paths=200).outcomes


def test_a_put_is_ordered_booked_and_marked_at_its_premium(hedged_with_a_put):
    (order,) = order_ticket(hedged_with_a_put)
    executed = as_proposed(hedged_with_a_put, MARKET.as_of - timedelta(days=20))
    (fill,) = executed.execution.fills
    assessment = assess(executed, MARKET)
    state = position_state(assessment)

    assert (order.action, order.quantity, order.price) == ("Buy", 100.0, pytest.approx(premium(2_000.0), abs=0.01))
    assert (fill.side, fill.price) == ("buy", pytest.approx(premium(2_000.0)))
    assert state is not None
    assert state.short_of("ETH") == pytest.approx(COINS * 2_000.0)
    assert state.pnl == pytest.approx(-fill.fee)
    assert state.margin.initial == pytest.approx(hedged_with_a_put.margin.initial)
    assert trades_to_target(assessment, state) == ()
    (day_before, today) = season(state).hedge[-2:]
    close = MARKET.history.of("ETH")[-2]
    assert today - day_before == pytest.approx(COINS * (premium(2_000.0) - premium(close)))


def test_a_leg_is_an_instrument_with_a_count():
    contract = CustomContract(code="MICRO", underlying="ETH", coins=0.1).contract()
    leg = ShortLeg.of(contract, 2_000.0, -3)

    assert leg.instrument == Perpetual()
    assert (leg.underlying, leg.lots, leg.side) == ("ETH", 3, "short")
    assert (leg.notional, leg.coins) == (600.0, pytest.approx(0.3))
    assert traded((leg, ShortLeg.of(contract, 2_000.0, 0))) == (leg,)


def test_what_is_short_of_a_coin_is_added_up_over_its_legs_the_largest_first():
    """In lots of 0.1 ETH at $2,000 and 0.01 BTC at $60,000: $3,000 of Bitcoin, $400 + $3,200 of Ether."""
    market = make_market(prices={"ETH": 2_000.0, "BTC": 60_000.0})
    wanted = {"ETH": "CME:MET", "BTC": "Coinbase Derivatives:BIP"}
    assessment = assess(
        HedgePlan(
            holdings=(Holding(coin="ETH", quantity=10.0), Holding(coin="BTC", quantity=1.0)),
            decisions=Decisions(rounding="nearest"),
            overrides=Overrides(contract_choice=wanted),
        ),
        market,
    )
    ether = next(leg for leg in assessment.legs if leg.underlying == "ETH")
    bitcoin = next(leg for leg in assessment.legs if leg.underlying == "BTC")
    legs = [dataclasses.replace(leg, contracts=-lots) for leg, lots in ((ether, 2), (bitcoin, 5), (ether, 16))]

    assert notional_by_coin([*legs, dataclasses.replace(bitcoin, contracts=0)]) == {"ETH": 3_600.0, "BTC": 3_000.0}
    assert list(notional_by_coin(legs)) == ["ETH", "BTC"]
    assert notional_by_coin([]) == {}
