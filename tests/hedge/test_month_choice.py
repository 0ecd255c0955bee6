"""The month to sell, against brute force over the rule, and a case by hand.

By hand, 20 November 2026, 10 lots of MET at $2,000 ($2,000 in all) for 60 days. November expires on the 27th and would
be rolled on the 20th, so it cannot be sold. December expires on the 24th (the 25th is Christmas), before the horizon
ends on 19 January, so it is rolled on the 17th. January expires on the 29th: no roll.

    fee          $0.50 a lot a side                                     10·0.50 = 5.00 a side
    December     open, two sides on 17 December, close in January       4 sides
    January      open, close on 19 January                              2 sides

January is the second month behind the active one (November is rolled on this very day, so December is the active one):
it trades 809 / 78,747 of $55,192,500 = $567,015 a day, which is 283 times the order, so it qualifies and is cheaper.

Brute force here walks through the horizon day by day with a calendar written from the table of weeks; every day from
2026 to 2028 with every horizon from 7 to 120 days takes some minutes: MONTHS=all runs it.
"""

from __future__ import annotations

import calendar
import math
import os
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from hedge_core.hedge.costs import CostBasis, estimate_costs
from hedge_core.hedge.legs import ShortLeg
from hedge_core.market.contracts import catalogue
from hedge_core.market.expiries import months_ahead, roll_ahead_days, roll_day
from hedge_core.market.liquidity import liquidity_of
from hedge_core.market.snapshot import FutureQuote, MarketSnapshot
from hedge_core.market.volumes import largest_volume
from hedge_core.plan.plan import CostAssumptions, HedgePlan, Thresholds
from tests.support.markets import make_market

MET = catalogue().get("CME:MET")
BFF = catalogue().get("CME:BFF")
MCA = catalogue().get("CME:MCA")
BASE = make_market(days=40)
SPOT, VOLATILITY = 2_000.0, 0.04
COSTS = CostAssumptions(half_spread_rate=None, depth=None)

NOT_A_FRIDAY = {
    date(2026, 12, 25): date(2026, 12, 24),
    date(2027, 3, 26): date(2027, 3, 25),
    date(2029, 3, 30): date(2029, 3, 29),
}
"""Christmas, and Good Friday twice."""


def last_friday_by_calendar(year: int, month: int) -> date:
    friday = date(year, month, max(week[calendar.FRIDAY] for week in calendar.monthcalendar(year, month)))
    return NOT_A_FRIDAY.get(friday, friday)


ENDS = [last_friday_by_calendar(year, month) for year in range(2026, 2031) for month in range(1, 13)]


def basis_of(expiry: date) -> float:
    """A basis per year that goes up and down from month to month."""
    return 0.05 + 0.04 * math.sin(1.7 * (expiry.year * 12 + expiry.month))


def market_on(today: date) -> MarketSnapshot:
    quotes = [
        FutureQuote("ETH", end, SPOT * (1.0 + basis_of(end) * (end - today).days / 365.0))
        for end in ENDS
        if today < end <= today + timedelta(days=300)
    ]
    return replace(BASE, as_of=datetime.combine(today, time(12), UTC), futures=tuple(quotes))


def leg_of(lots: int) -> ShortLeg:
    return ShortLeg.of(MET, SPOT, -lots)


def chosen(today: date, horizon: int, lots: int, roll_ahead: int | None = None):
    basis = CostBasis(assumptions=COSTS, volatilities={"ETH": VOLATILITY}, roll_ahead=roll_ahead)
    (cost,) = estimate_costs([leg_of(lots)], market_on(today), horizon_days=horizon, basis=basis).legs
    return cost


def brute_force(today: date, horizon: int, lots: int) -> tuple[date, float]:
    """The month of least cost and that cost, by walking through the days."""
    notional, fee = lots * 0.1 * SPOT, lots * 0.5
    volume, largest = liquidity_of(MET).daily_volume, largest_volume("ETH")
    shares = [1.0, 809 / 78_747, 30 / 78_747, 11 / 78_747]

    def traded(end: date, day: date) -> float:
        before = [other for other in ENDS if day < other < end and other - timedelta(days=7) > day]
        return volume * shares[min(len(before), 3)]

    def side(end: date, day: date) -> float:
        half = 0.0008  # as published; the next class assumes less
        impact = 0.3 * VOLATILITY * math.sqrt(notional / math.sqrt(traded(end, day) * largest))
        return fee + notional * (half + impact)

    def can_be_sold(end: date, day: date) -> bool:
        return end - timedelta(days=7) >= day + timedelta(days=7) and traded(end, day) >= 20 * notional

    def far_enough(day: date) -> list[date]:
        return [end for end in ENDS if end - timedelta(days=7) >= day + timedelta(days=7)][:6]

    finish = today + timedelta(days=horizon)
    found = []
    for first in far_enough(today):
        held, cost = first, side(first, today)
        for ahead in range(1, horizon):
            day = today + timedelta(days=ahead)
            if day == held - timedelta(days=7) and held < finish:
                later = [end for end in far_enough(day) if end > held]
                new = next((end for end in later if can_be_sold(end, day)), later[0])
                cost += side(held, day) + side(new, day)
                held = new
        cost += side(held, finish) - basis_of(first) * notional * horizon / 365.0
        found.append((cost, first, can_be_sold(first, today)))
    enough = [(cost, first) for cost, first, is_enough in found if is_enough]
    cost, first = min(enough) if enough else found[0][:2]
    return first, cost


DAYS = [date(2026, 1, 1) + timedelta(days=day) for day in range(1_096)]
SAMPLE = [(day, 7 + (number * 37) % 114) for number, day in enumerate(DAYS)][::23]
CASES = [(day, horizon) for day in DAYS for horizon in range(7, 121)] if os.environ.get("MONTHS") == "all" else SAMPLE


@pytest.mark.parametrize("lots", [10, 150])
def test_the_month_is_the_cheapest_by_brute_force(lots):
    """10 lots may be sold in several months, 150 ($30,000) only in the active one on most days."""
    for today, horizon in CASES:
        cost = chosen(today, horizon, lots)
        month, least = brute_force(today, horizon, lots)

        assert cost.held_until == month, (today, horizon)
        assert cost.fees - (cost.carry or 0.0) == pytest.approx(least), (today, horizon)


def test_the_month_that_would_be_rolled_the_same_day_is_not_sold():
    cost = chosen(date(2026, 11, 20), 60, 10)

    assert cost.held_until is not None
    assert cost.held_until > date(2026, 12, 1)
    assert all(day > date(2026, 11, 26) for day in cost.roll_days)


def test_january_saves_two_sides_by_hand():
    """Without a basis, as above: 4 sides against 2, of which one is dearer because January trades less."""
    market = replace(market_on(date(2026, 11, 20)), futures=())
    basis = CostBasis(assumptions=CostAssumptions(half_spread_rate=0.0), volatilities={})
    (cost,) = estimate_costs([leg_of(10)], market, horizon_days=60, basis=basis).legs

    months = {month.expiry: month for month in cost.month.candidates}
    slipped = 0.0  # no spread, and the plan's depth makes slippage a share of it
    assert months[date(2026, 12, 24)].trading_cost == pytest.approx(4 * (5.0 + slipped))
    assert months[date(2027, 1, 29)].trading_cost == pytest.approx(2 * (5.0 + slipped))
    assert months[date(2027, 1, 29)].daily_volume == pytest.approx(567_015, abs=1)
    assert cost.held_until == date(2027, 1, 29)
    assert cost.month.reason == "Jan 2027: costs $10.00 less up to your horizon than Dec 2026"


def test_of_two_equal_months_the_earlier_is_sold():
    market = replace(market_on(date(2026, 11, 2)), futures=())
    free = CostBasis(assumptions=CostAssumptions(fee_rate=0.0, half_spread_rate=0.0))

    (cost,) = estimate_costs([leg_of(1)], market, horizon_days=7, basis=free).legs

    assert cost.held_until == date(2026, 11, 27)


def test_a_volume_that_is_not_known_does_not_qualify_and_says_so():
    leg = ShortLeg.of(MCA, 0.5, -1)

    (cost,) = estimate_costs(
        [leg], market_on(date(2026, 11, 16)), horizon_days=30, basis=CostBasis(assumptions=COSTS)
    ).legs

    assert cost.held_until == date(2026, 12, 24)  # November is rolled within a week
    assert cost.month.is_thin
    assert "no month is known to trade 20 times the order" in cost.month.reason


def test_the_roll_ahead_is_the_venues_unless_the_plan_states_its_own():
    assert (roll_ahead_days(MET), roll_ahead_days(BFF), roll_ahead_days(MET, 3)) == (7, 1, 3)
    assert HedgePlan().watch.thresholds.stated_roll_days is None
    assert Thresholds(roll_days=3).stated_roll_days == 3
    assert roll_day(MET, date(2026, 11, 27)) == date(2026, 11, 20)
    assert chosen(date(2026, 11, 16), 7, 150, roll_ahead=3).held_until == date(2026, 11, 27)  # its roll day is the 24th


def test_months_are_counted_from_the_active_one():
    ends = [date(2026, 11, 27), date(2026, 12, 24), date(2027, 1, 29)]

    assert [months_ahead(MET, end, date(2026, 11, 2)) for end in ends] == [0, 1, 2]
    assert [months_ahead(MET, end, date(2026, 11, 20)) for end in ends] == [0, 0, 1]  # November is being rolled


def test_a_weekly_future_is_sold_for_the_friday_after_next_at_the_earliest():
    leg = ShortLeg.of(BFF, 60_000.0, -1)

    (cost,) = estimate_costs(
        [leg], market_on(date(2026, 11, 18)), horizon_days=10, basis=CostBasis(assumptions=COSTS)
    ).legs

    assert cost.held_until == date(2026, 11, 27)  # Friday the 20th is rolled tomorrow
    assert cost.roll_days == (date(2026, 11, 26),)
