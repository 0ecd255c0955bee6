"""When to roll: the calendar of CME by hand (MET ends on Friday 27 November 2026; a week before is the 20th)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from hedge_core import CustomContract, Holding, assess
from hedge_core.monitoring.execution import as_proposed
from hedge_core.monitoring.rolls import Rolls, roll_dates, roll_events, roll_sentence, roll_statements, rolls_of_orders
from hedge_core.plan.calendar import merged
from hedge_core.plan.plan import Decisions, HedgePlan, Thresholds
from hedge_core.reports.html.outlook import calendar
from hedge_core.reports.orders import order_ticket
from tests.support.markets import make_market

MARKET = replace(make_market(simulated=False), as_of=datetime(2026, 11, 2, 12, tzinfo=UTC))


def plan(venue: str) -> HedgePlan:
    return HedgePlan(holdings=(Holding(coin="ETH", quantity=10),), decisions=Decisions(venue=venue, horizon_days=20))


def test_a_monthly_future_is_rolled_a_week_before_it_ends_and_everything_says_so():
    found = assess(plan("CME"), MARKET)

    (roll,) = roll_dates(found)

    assert (roll.contract_id, roll.ends_on, roll.roll_by) == ("CME:MET", date(2026, 11, 27), date(2026, 11, 20))
    assert roll_sentence(found) == (
        "Roll CME:MET by 20 Nov 2026 (it expires on 27 Nov 2026): buy back the short and sell the next month."
    )
    (order,) = order_ticket(found)
    assert order.ends_on == roll.ends_on
    assert "× METX6 (contracts of 0.1 ETH, expires 27 Nov 2026) on CME" in order.sentence


def test_the_calendar_goes_on_for_ninety_days_with_the_futures_that_follow():
    found = assess(plan("CME"), MARKET)
    ends = [date(2026, 11, 27), date(2026, 12, 24), date(2027, 1, 29)]  # the last Friday of December is a holiday

    events = roll_events(found)

    assert [event.day for event in events if event.kind == "expiry"] == ends
    assert [event.day for event in events if event.kind == "roll"] == [day - timedelta(days=7) for day in ends]
    assert {event.title for event in events} == {"CME:MET ends", "Roll CME:MET"}
    rule = "Rule: last Friday 16:00 London. Exchanges make exceptions, so check the date."
    assert [event.note for event in events if event.kind == "expiry"] == [
        rule,
        f"Applies if you keep rolling until then. {rule}",
        f"Applies if you keep rolling until then. {rule}",
    ]
    assert calendar(found) == merged(events)


def test_the_users_own_lead_counts_and_a_day_gone_by_is_today():
    opened = as_proposed(assess(plan("CME"), MARKET), datetime(2026, 11, 2, tzinfo=UTC))
    wider = opened.with_watch(thresholds=Thresholds(roll_days=40))

    assert roll_dates(assess(wider, MARKET))[0].roll_by == date(2026, 11, 2)


def test_what_is_said_of_orders_and_of_fills_is_labelled():
    opened = as_proposed(assess(plan("CME"), MARKET), datetime(2026, 11, 2, tzinfo=UTC))
    later = replace(MARKET, as_of=datetime(2026, 11, 23, 12, tzinfo=UTC))

    orders, filled = roll_statements(assess(opened, later))

    assert orders == (
        "These orders: roll CME:MET by 17 Dec 2026 (it expires on 24 Dec 2026): buy back the short and sell the next "
        "month."
    )
    assert filled.startswith("What is filled: roll CME:MET by 23 Nov 2026 (it expires on 27 Nov 2026)")
    assert len(roll_statements(assess(plan("CME"), MARKET))) == 1
    assert roll_statements(assess(HedgePlan(), MARKET)) == ()


def test_what_holds_of_orders_and_of_fills_alike_is_said_once():
    opened = as_proposed(assess(plan("Binance"), MARKET), datetime(2026, 11, 2, tzinfo=UTC))

    assert roll_statements(assess(opened, MARKET)) == (
        "These orders and what is filled: no roll is needed, since these contracts do not expire.",
    )


def test_a_position_is_rolled_by_its_own_expiry_and_not_by_that_of_todays_proposal():
    opened = as_proposed(assess(plan("CME"), MARKET), datetime(2026, 11, 2, tzinfo=UTC))
    later = replace(MARKET, as_of=datetime(2026, 11, 23, 12, tzinfo=UTC))

    assert [roll.ends_on for roll in roll_dates(assess(opened, later))] == [date(2026, 11, 27)]
    assert roll_dates(assess(plan("CME"), later))[0].ends_on > date(2026, 11, 27)


def test_perpetuals_have_nothing_to_roll_and_an_empty_plan_says_nothing():
    assert (
        roll_sentence(assess(plan("Kraken Futures"), MARKET))
        == "No roll is needed, since these contracts do not expire."
    )
    assert roll_sentence(assess(HedgePlan(), MARKET)) == ""


def test_of_an_own_future_nobody_says_that_it_does_not_expire():
    own = CustomContract(code="MINI-ETH", underlying="ETH", coins=0.1, kind="future")
    name = own.contract().id
    chosen = plan("Coinbase Derivatives").with_overrides(contracts=(own,), contract_choice={"ETH": name})
    found = assess(chosen, MARKET)

    assert [leg.contract.id for leg in found.traded_legs] == [name]
    assert rolls_of_orders(found) == Rolls((), (name,))
    assert roll_sentence(found) == f"Ask your venue when {name} expires, and roll before its last day."
    assert roll_statements(found) == (
        f"These orders: ask your venue when {name} expires, and roll before its last day.",
    )
