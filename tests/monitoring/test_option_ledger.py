"""The option ledger: premiums, closes and cash exercise by hand; a collar agrees with scenario and path to the cent.

By hand: 200 lots (2 BTC) of a put struck at 54,000 bought at 1,500 for a fee of 60; half of it sold at 2,500. Realised:
1 × 1,000. The rest is exercised at 45,000: 1 × (9,000 − 1,500) = 7,500, delivery fee 0.015% of 45,000 = 6.75.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pytest

from hedge_core.errors import InvalidInput
from hedge_core.hedge.breach import RULES, Breach
from hedge_core.hedge.option_legs import option_leg
from hedge_core.hedge.planner import assess
from hedge_core.market.options.contracts import option_of
from hedge_core.market.options.surface import Smile, VolatilitySurface
from hedge_core.monitoring.daily_check import check
from hedge_core.monitoring.option_ledger import (
    close_on,
    has_expired,
    option_book,
    post_options,
    without_options,
)
from hedge_core.plan.bag import Holding
from hedge_core.plan.fills import Fill
from hedge_core.plan.plan import Decisions, HedgePlan
from hedge_core.reports.tax_csv import records_of, tax_csv
from hedge_core.scenarios.option_outcome import option_outcome
from hedge_core.simulation.bag import BagOnPaths
from hedge_core.simulation.option_policy import OptionHedge
from tests.support.markets import AS_OF, PRICES, make_history, make_market

PUT, CALL = "Deribit:BTC_USDC-27FEB26-54000-P", "Deribit:BTC_USDC-27FEB26-66000-C"
SURFACE = VolatilitySurface({}, Smile.flat(0.5, put_over_call=0.04, half_spread=0.01), "stated")
DAYS = 27


def fill(contract: str, side: str, lots: int, price: float, *, day: int = 31, month: int = 1, fee: float = 0.0) -> Fill:
    at = datetime(2026, month, day, 9, tzinfo=UTC)
    return Fill(at=at, contract=contract, side=side, contracts=lots, price=price, fee=fee)


def plan(*fills: Fill, **decisions) -> HedgePlan:
    holdings = (Holding(coin="BTC", quantity=2.0),)
    decided = Decisions(**{"venue": "Deribit", "collateral": 50_000.0} | decisions)
    return HedgePlan(holdings=holdings, decisions=decided).with_execution(fills=fills, payments=())


def at_expiry(price: float):
    """The market on the day of expiry, with Bitcoin at this close."""
    market = make_market(futures=())
    history = make_history(prices={**PRICES, "BTC": price})
    return replace(
        market, history=replace(history, days=history.days + DAYS), as_of=datetime(2026, 2, 27, 23, tzinfo=UTC)
    )


def test_premium_close_and_exercise_are_those_worked_by_hand() -> None:
    fills = (fill(PUT, "buy", 200, 1_500.0, fee=60.0), fill(PUT, "sell", 100, 2_500.0, day=5, month=2))
    (position,) = post_options(fills)
    assert (position.lots, position.premium, position.realised, position.fees) == (100, 1_500.0, 1_000.0, 60.0)

    done = position.exercised(45_000.0)
    assert (done.lots, done.settlement) == (0, 45_000.0)
    assert done.realised == pytest.approx(8_500.0)
    assert done.fees == pytest.approx(66.75)
    assert position.exercised(60_000.0).realised == pytest.approx(1_000.0 - 1_500.0)
    assert position.exercised(60_000.0).fees == 60.0


def test_a_sold_call_keeps_its_premium_or_pays_what_the_coin_gains_above_the_strike() -> None:
    (position,) = post_options([fill(CALL, "sell", 50, 1_200.0)])
    assert position.coins == -0.5
    assert position.open_pnl(1_000.0) == pytest.approx(100.0)
    assert position.exercised(60_000.0).realised == pytest.approx(600.0)
    assert position.exercised(70_000.0).realised == pytest.approx(0.5 * (1_200.0 - 4_000.0))


def test_lots_sold_beyond_the_position_open_one_on_the_other_side() -> None:
    (position,) = post_options([fill(PUT, "buy", 10, 100.0), fill(PUT, "sell", 15, 150.0, day=1, month=2)])
    assert (position.lots, position.premium) == (-5, 150.0)
    assert position.realised == pytest.approx(0.1 * 50.0)


def test_fills_that_cannot_be_are_refused_together_with_their_rows() -> None:
    late = fill(PUT, "buy", 1, 100.0, day=28, month=2)
    other = replace(fill(CALL, "sell", 1, 100.0), expiry=date(2026, 3, 27))
    american = fill("US ETF:IBIT-27FEB26-60-P", "buy", 1, 3.0)
    with pytest.raises(InvalidInput) as caught:
        post_options([late, other, american])
    text = str(caught.value)
    assert "the day the option expired" in text
    assert "not on 2026-03-27" in text
    assert "American" in text


def test_futures_and_options_are_told_apart() -> None:
    future = fill("Deribit:BTC-PERPETUAL", "sell", 1, 60_000.0)
    assert without_options([future, fill(PUT, "buy", 1, 1.0)]) == (future,)
    assert post_options([future]) == ()


@pytest.mark.parametrize("price", [40_000.0, 57_500.0, 75_000.0])
def test_a_collar_agrees_to_the_cent_in_scenario_path_and_ledger(price: float) -> None:
    market = make_market(futures=())
    legs = tuple(option_leg(option_of(one), market, SURFACE, PRICES["BTC"], 200.0) for one in (PUT, CALL))
    level = price / PRICES["BTC"]

    scenario = option_outcome(legs, {"BTC": level}, DAYS).pnl

    columns = np.zeros(2, dtype=np.intp)
    nothing = Breach(RULES["closed"], np.array([0.0075]))
    policy = OptionHedge(legs=legs, columns=columns, peak=np.ones(2), breach=nothing)
    running = policy.start(BagOnPaths(np.array([1.0]), np.array([0], dtype=np.intp), np.ones(1)), 1)
    for day, at in enumerate(np.linspace(1.0, level, DAYS + 1)[1:], start=1):
        running.step(day, np.array([[at]]), np.zeros((1, 0)))
    running.finish()
    path = float(running.worth[0]) - level

    sides = {PUT: "buy", CALL: "sell"}
    fills = [fill(leg.option.id, sides[leg.option.id], 200, leg.price, fee=leg.opening_fee) for leg in legs]
    ledger = option_book(assess(plan(*fills), at_expiry(price)), SURFACE)

    assert ledger.open_positions == ()
    assert path == pytest.approx(scenario, abs=0.005)
    assert ledger.pnl == pytest.approx(scenario, abs=0.005)


def test_open_options_are_worth_what_their_volatility_says_and_count_to_today() -> None:
    market = make_market(futures=())
    book = option_book(
        assess(plan(fill(PUT, "buy", 200, 1_500.0, fee=60.0), fill(CALL, "sell", 100, 900.0)), market), SURFACE
    )
    put, call = book.legs
    worth = (put.spot * float(put.held.value(1.0)), call.spot * float(call.held.value(1.0)))
    assert book.pnl == pytest.approx(2 * (worth[0] - 1_500.0) - (worth[1] - 900.0) - 60.0)
    assert book.maintenance == pytest.approx(0.075 * 60_000.0)
    assert book.sold_pnl == pytest.approx(900.0 - worth[1])
    assert option_book(assess(plan(), market)) is None


def test_what_closes_everything_names_the_open_options_with_what_they_are_worth_now() -> None:
    market = make_market(futures=())
    fills = (fill(PUT, "buy", 200, 1_500.0), fill(CALL, "sell", 150, 900.0), fill(CALL, "buy", 50, 900.0))
    report = check(assess(plan(*fills), market), now=market.as_of)
    put, call = (leg.spot * float(leg.held.value(1.0)) for leg in report.options.legs)
    assert report.closing_order == (
        f"Sell 2 BTC of {PUT}, about ${2 * put:,.0f}, to close.",
        f"Buy 1 BTC of {CALL}, about ${call:,.0f}, to close.",
    )
    nothing = check(
        assess(plan(*fills, fill(PUT, "sell", 200, 1_500.0), fill(CALL, "buy", 100, 1.0)), market), now=AS_OF
    )
    assert nothing.closing_order == ()


def test_bought_calls_and_sold_puts_are_valued_on_their_side() -> None:
    market = make_market(futures=())
    book = option_book(assess(plan(fill(CALL, "buy", 100, 900.0), fill(PUT, "sell", 100, 1_500.0)), market), SURFACE)
    call, put = book.legs
    assert float(call.worth(np.ones(()), 0)) > 0.0 > float(put.worth(np.ones(()), 0))
    assert book.maintenance == pytest.approx(0.075 * 60_000.0)


def test_an_option_expires_at_eight_and_needs_the_close_of_that_day() -> None:
    option = option_of(PUT)
    market = make_market(futures=())
    early, late = (replace(market, as_of=datetime(2026, 2, 27, hour, tzinfo=UTC)) for hour in (7, 8))
    assert (has_expired(option, early), has_expired(option, late), has_expired(option, market)) == (False, True, False)
    assert close_on(market, "BTC", AS_OF.date()) == pytest.approx(60_000.0)
    assert close_on(market, "BTC", option.expiry) is None
    assert close_on(market, "XYZ", option.expiry) is None


def test_an_expired_option_without_a_close_is_listed_and_alerted_until_a_fill_settles_it() -> None:
    market = replace(make_market(futures=()), as_of=datetime(2026, 3, 2, tzinfo=UTC))
    bought = fill(PUT, "buy", 100, 1_500.0)
    report = check(assess(plan(bought), market), now=market.as_of)
    assert [one.option.id for one in report.options.unsettled] == [PUT]
    assert any(alert.code == "option_unsettled" for alert in report.alerts)

    settled = check(assess(plan(bought, fill(PUT, "sell", 100, 0.0 + 1e-9, day=27, month=2)), market), now=market.as_of)
    assert settled.options.unsettled == ()
    assert settled.options.realised == pytest.approx(-1_500.0)


def test_sold_calls_without_the_margin_that_they_need_raise_an_alert() -> None:
    market = make_market(futures=())
    sold = fill(CALL, "sell", 200, 900.0)
    # 2 BTC: 7.5% of 120,000 to keep, 10% to open.
    severities = {}
    for collateral in (8_000.0, 10_000.0, 40_000.0):
        report = check(assess(plan(sold, collateral=collateral), market), now=market.as_of)
        severities[collateral] = next((a.severity for a in report.alerts if a.code == "option_margin"), None)
    assert severities == {8_000.0: "critical", 10_000.0: "warning", 40_000.0: None}


def test_an_expiry_within_a_week_is_announced() -> None:
    market = replace(make_market(futures=()), as_of=datetime(2026, 2, 22, tzinfo=UTC))
    report = check(assess(plan(fill(PUT, "buy", 100, 1_500.0)), market), now=market.as_of)
    (alert,) = [one for one in report.alerts if one.code == "option_expiry"]
    assert "expires in 5 days" in alert.evidence


def test_the_records_for_a_tax_program_hold_premiums_and_the_exercise_and_add_up_to_the_book() -> None:
    held = plan(fill(PUT, "buy", 200, 1_500.0, fee=60.0), fill(PUT, "sell", 100, 2_500.0, day=5, month=2))
    assessment = assess(held, at_expiry(45_000.0))
    rows = bought, sold, exercised = records_of(assessment)
    assert [bought.event, sold.event, exercised.event] == ["buy", "sell", "exercise"]
    assert (bought.proceeds, bought.realised) == (-3_000.0, None)
    assert sold.realised == pytest.approx(1_000.0)
    assert (exercised.lots, exercised.lots_after) == (-100, 0)
    assert exercised.realised == pytest.approx(7_500.0)
    assert exercised.fee == pytest.approx(6.75)
    book = option_book(assessment)
    assert sum(row.realised or 0.0 for row in rows) - sum(row.fee for row in rows) == pytest.approx(book.pnl)
    assert records_of(assess(plan(), at_expiry(45_000.0))) == ()
    assert len(tax_csv(rows).splitlines()) == 4
