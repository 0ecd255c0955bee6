"""Expiry days against calendars that exchanges have published, and the rolls that follow from them.

CME Bitcoin futures ended on 2024-03-28 (the 29th was Good Friday), 2024-12-27 and 2025-05-30, offshore quarterlies on
2025-06-27 and 2025-09-26.

By hand, CME monthly futures: the last Friday of the month, and the business day before where that Friday is a holiday
in London or New York. From 2024 to 2027 that moves three of the forty-eight: the last Friday of March 2024 (the 29th)
is Good Friday, so the 28th; that of December 2025 (the 26th) is Boxing Day and the 25th Christmas, so the 24th; that
of December 2026 (the 25th) is Christmas, so the 24th. Good Friday falls on 18 April 2025, 3 April 2026 and 26 March
2027: the last of these is the last Friday of its month, so the 25th, which makes four. New Year's Eve 2027 is a Friday
on which the exchange is open.
"""

from __future__ import annotations

import dataclasses
from datetime import date, timedelta

import pytest
from hypothesis import given, strategies as st

from hedge_core.errors import InvalidInput
from hedge_core.market.contracts import catalogue
from hedge_core.market.expiries import business_day_before, expiries, held_expiry, last_friday, rolls

MET = catalogue().get("CME:MET")
WEEKLY = catalogue().get("CME:BFF")
ETP = catalogue().get("Coinbase Derivatives:ETP")
DATED = dataclasses.replace(ETP, kind="future", expiry="dated", expires_on=date(2025, 6, 27))
QUARTERLY = dataclasses.replace(
    ETP, kind="future", expiry="dated", expires_on=date(2024, 3, 29), expiry_rule="last Friday 08:00 UTC"
)

MONTHLY = {
    2024: "01-26 02-23 03-28 04-26 05-31 06-28 07-26 08-30 09-27 10-25 11-29 12-27",
    2025: "01-31 02-28 03-28 04-25 05-30 06-27 07-25 08-29 09-26 10-31 11-28 12-24",
    2026: "01-30 02-27 03-27 04-24 05-29 06-26 07-31 08-28 09-25 10-30 11-27 12-24",
    2027: "01-29 02-26 03-25 04-30 05-28 06-25 07-30 08-27 09-24 10-29 11-26 12-31",
}
QUARTERLIES = {
    2024: "03-29 06-28 09-27 12-27",
    2025: "03-28 06-27 09-26 12-26",
    2026: "03-27 06-26 09-25 12-25",
    2027: "03-26 06-25 09-24 12-31",
}


@pytest.mark.parametrize("year", MONTHLY)
@pytest.mark.parametrize(("contract", "table"), [(MET, MONTHLY), (QUARTERLY, QUARTERLIES)], ids=["CME", "offshore"])
def test_futures_end_on_the_days_worked_by_hand(contract, table, year):
    by_hand = tuple(date.fromisoformat(f"{year}-{day}") for day in table[year].split())

    assert expiries(contract, date(year - 1, 12, 31), date(year, 12, 31)) == by_hand


@pytest.mark.parametrize(
    ("after", "until", "days"),
    [
        (date(2024, 3, 1), date(2024, 3, 31), [date(2024, 3, 28)]),
        (date(2024, 12, 1), date(2024, 12, 31), [date(2024, 12, 27)]),
        (date(2025, 5, 1), date(2025, 5, 31), [date(2025, 5, 30)]),
        (date(2025, 12, 1), date(2025, 12, 31), [date(2025, 12, 24)]),  # 26 December is Boxing Day in London
        (date(2026, 12, 1), date(2027, 1, 31), [date(2026, 12, 24), date(2027, 1, 29)]),
        (date(2025, 5, 30), date(2025, 6, 26), []),
    ],
)
def test_monthly_futures(after, until, days):
    assert list(expiries(MET, after, until)) == days


def test_weekly_futures_end_every_friday_and_a_day_before_a_holiday():
    days = expiries(WEEKLY, date(2025, 4, 1), date(2025, 4, 30))

    assert days == (date(2025, 4, 4), date(2025, 4, 11), date(2025, 4, 17), date(2025, 4, 25))


def test_a_single_dated_future_is_followed_by_the_offshore_quarterlies():
    days = expiries(DATED, date(2025, 1, 1), date(2026, 3, 31))

    assert days == (date(2025, 6, 27), date(2025, 9, 26), date(2025, 12, 26), date(2026, 3, 27))


def test_a_perpetual_never_ends():
    assert expiries(ETP, date(2025, 1, 1), date(2035, 1, 1)) == ()
    assert held_expiry(ETP, date(2025, 1, 1)) is None
    assert rolls(ETP, date(2025, 1, 1), 730) == ()


@pytest.mark.parametrize(
    ("today", "held"),
    [
        (date(2025, 5, 1), date(2025, 5, 30)),
        (date(2025, 5, 23), date(2025, 5, 30)),
        (date(2025, 5, 24), date(2025, 6, 27)),  # ends in less than a week: the next one
        (date(2025, 5, 29), date(2025, 6, 27)),
        (date(2025, 5, 30), date(2025, 6, 27)),
    ],
)
def test_the_future_that_is_opened_has_a_week_at_least(today, held):
    assert held_expiry(MET, today) == held


@pytest.mark.parametrize(
    ("contract", "horizon", "days"),
    [
        (MET, 29, []),
        (MET, 30, [date(2025, 5, 30)]),
        (MET, 90, [date(2025, 5, 30), date(2025, 6, 27), date(2025, 7, 25)]),
        (DATED, 57, []),
        (DATED, 150, [date(2025, 6, 27), date(2025, 9, 26)]),
    ],
)
def test_the_short_is_rolled_at_each_end_before_the_horizon(contract, horizon, days):
    assert list(rolls(contract, date(2025, 5, 1), horizon)) == days


@given(st.dates(date(2020, 1, 1), date(2035, 12, 31)))
def test_the_last_friday_is_a_friday_and_no_later_one_is_in_the_month(day):
    friday = last_friday(day.year, day.month)

    assert friday.weekday() == 4
    assert (friday.year, friday.month) == (day.year, day.month)
    assert (friday + timedelta(days=7)).month != day.month


@given(st.dates(date(2020, 1, 1), date(2035, 12, 31)))
def test_a_business_day_is_never_later_and_at_most_a_week_earlier(day):
    found = business_day_before(day)

    assert timedelta(0) <= day - found <= timedelta(days=6)
    assert found.weekday() < 5
    assert business_day_before(found) == found


def test_an_ended_future_gives_way_to_the_next_and_is_never_rolled_in_the_past():
    assert held_expiry(DATED, date(2025, 6, 27)) == date(2025, 9, 26)
    assert rolls(DATED, date(2025, 7, 1), 30) == ()


def test_a_series_goes_by_its_rule_whatever_day_a_listing_gives():
    listed = dataclasses.replace(MET, expires_on=date(2025, 5, 30))

    assert held_expiry(listed, date(2025, 5, 29)) == date(2025, 6, 27)


@pytest.mark.parametrize(("year", "day"), [(2027, date(2027, 12, 31)), (2028, date(2028, 12, 29))])
def test_a_holiday_that_the_exchange_does_not_keep_moves_nothing(year, day):
    """1 January 2028 is a Saturday: federal offices close on the Friday before, the exchange does not."""
    assert expiries(MET, date(year, 12, 1), date(year, 12, 31)) == (day,)


def test_a_dated_future_without_its_day_is_refused_by_name():
    with pytest.raises(InvalidInput, match=r"ETP: a dated future needs the day on which it expires \(expires_on\)\."):
        dataclasses.replace(ETP, kind="future", expiry="dated", expires_on=None)


def test_monthly_ends_agree_with_an_independent_calendar_of_london_and_new_york():
    """The last day up to the last Friday on which both exchanges trade, from 2026 to 2030."""
    calendars = pytest.importorskip("pandas_market_calendars")
    open_days = [
        {day.date() for day in calendars.get_calendar(name).valid_days("2026-01-01", "2030-12-31")}
        for name in ("LSE", "NYSE")
    ]
    both = open_days[0] & open_days[1]

    for year in range(2026, 2031):
        by_calendar = [max(day for day in both if day <= last_friday(year, month)) for month in range(1, 13)]

        assert list(expiries(MET, date(year - 1, 12, 31), date(year, 12, 31))) == by_calendar
