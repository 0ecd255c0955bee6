"""The calendar: days on which futures end against a table worked by hand, and events as values.

By hand, CME monthly futures: the last Friday of the month, and the business day before where that Friday is a holiday
in London or New York. From 2024 to 2027 that moves three of the forty-eight: the last Friday of March 2024 (the 29th)
is Good Friday, so the 28th; that of December 2025 (the 26th) is Boxing Day and the 25th Christmas, so the 24th; that
of December 2026 (the 25th) is Christmas, so the 24th. Good Friday falls on 18 April 2025, 3 April 2026 and 26 March
2027: the last of these is the last Friday of its month, so the 25th, which makes four. New Year's Eve 2027 is a Friday
on which the exchange is open.
"""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from hedge_core.contracts import catalogue
from hedge_core.errors import InvalidInput
from hedge_core.events import MAX_DAYS, CalendarEvent, expiry_events, merged, upcoming

MET = catalogue().get("CME:MET")
PERPETUAL = catalogue().get("Coinbase Derivatives:ETP")
QUARTERLY = dataclasses.replace(
    PERPETUAL, kind="future", expiry="dated", expires_on=date(2024, 3, 29), expiry_rule="last Friday 08:00 UTC"
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

EVENTS = TypeAdapter(tuple[CalendarEvent, ...])
DAY = date(2026, 3, 18)


def event(title="Central bank", day=DAY, **fields):
    return CalendarEvent(day=day, title=title, **fields)


def days_of(table, year):
    return [date.fromisoformat(f"{year}-{day}") for day in table[year].split()]


@pytest.mark.parametrize("year", MONTHLY)
@pytest.mark.parametrize(("contract", "table"), [(MET, MONTHLY), (QUARTERLY, QUARTERLIES)], ids=["CME", "offshore"])
def test_futures_end_on_the_days_worked_by_hand(contract, table, year):
    events = expiry_events([contract], date(year, 1, 1), 365 if year % 4 else 366)

    assert [found.day for found in events if found.day.year == year] == days_of(table, year)


def test_an_end_says_whose_and_by_which_rule():
    (end,) = expiry_events([MET], date(2024, 3, 1), 30)

    assert (end.day, end.title, end.kind) == (date(2024, 3, 28), "CME MET ends", "expiry")
    assert "last Friday 16:00 London" in end.note
    assert "check it" in end.note


def test_both_the_first_and_the_last_day_count():
    ends = expiry_events([MET], date(2024, 3, 28), 29)

    assert [end.day for end in ends] == [date(2024, 3, 28), date(2024, 4, 26)]


def test_a_perpetual_has_no_end_and_a_contract_given_twice_has_one():
    assert expiry_events([PERPETUAL], DAY, 365) == ()
    assert len(expiry_events([MET, MET], date(2024, 3, 1), 30)) == 1


def test_the_nearest_comes_first_and_the_past_is_left_out():
    today, tomorrow = event("Today"), event("Tomorrow", DAY + timedelta(days=1))
    past, late = event("Past", DAY - timedelta(days=1)), event("Late", DAY + timedelta(days=31))

    assert upcoming([late, tomorrow, past, today, today], DAY, 30) == (today, tomorrow)


@pytest.mark.parametrize("days", [-1, MAX_DAYS + 1])
def test_a_span_beyond_reason_is_refused(days):
    with pytest.raises(InvalidInput, match="days: must be 0 to"):
        upcoming([], DAY, days)
    with pytest.raises(InvalidInput, match="days: must be 0 to"):
        expiry_events([MET], DAY, days)


def test_of_two_events_with_the_same_day_and_title_the_first_stays():
    mine, theirs = event(note="Sell nothing before it"), event()

    assert merged([mine], [theirs]) == (mine,)


def test_a_name_is_the_same_everywhere_and_another_for_another_day_title_or_kind():
    assert event(note="one").uid == event(note="other").uid
    assert event().uid == "user-e1b52144-991c-571c-aee7-48e01e8d6953@altcoin-hedge-planner"
    names = {event().uid, event("Inflation").uid, event(day=DAY + timedelta(days=1)).uid, event(kind="expiry").uid}
    assert len(names) == 4


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("  Unlock \t of\r\n a coin ", "Unlock of a coin"),
        ("A\x00B\x1b[31m\ud800", "AB[31m"),
        ("\u202eevil\u200b", "evil"),
        ("Zürich 会議 🚀", "Zürich 会議 🚀"),
    ],
)
def test_a_title_is_one_line_that_can_be_written_anywhere(written, kept):
    assert event(written).title == kept


def test_a_note_keeps_its_lines():
    assert event(note="one \x00\r\ntwo\n\n").note == "one\ntwo"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"title": " \n"}, "title"),
        ({"title": "x" * 121}, "title"),
        ({"note": "x" * 501}, "note"),
        ({"kind": "rumour"}, "kind"),
        ({"day": date(1999, 1, 1)}, "day"),
        ({"day": date(2200, 1, 1)}, "day"),
        ({"day": datetime(2026, 1, 1, tzinfo=UTC)}, "day"),
    ],
)
def test_an_event_that_cannot_be_names_its_field(fields, field):
    with pytest.raises(InvalidInput, match=f"^{field}: "):
        event(**fields)


@given(
    st.dates(date(2009, 1, 1), date(2199, 12, 31)),
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=100).filter(lambda text: any(map(str.isalnum, text))),
    st.text(st.characters(codec="utf-8"), max_size=400),
)
def test_an_event_stands_in_a_document_and_comes_back_the_same(day, title, note):
    events = (event(title, day, note=note),)

    assert EVENTS.validate_json(EVENTS.dump_json(events), strict=True) == events


@pytest.mark.parametrize(
    "document",
    [
        '[{"day": "2026-03-18", "title": "x", "colour": "red"}]',
        '[{"day": "2026-03-18", "title": 5}]',
        '[{"day": "18 March", "title": "x"}]',
        '[{"day": "2026-03-18", "title": "x", "kind": "rumour"}]',
        '[{"day": "2026-03-18", "title": ""}]',
        '[{"day": "1999-03-18", "title": "x"}]',
        '[{"title": "x"}]',
    ],
)
def test_a_document_that_is_not_of_this_form_is_refused(document):
    with pytest.raises(ValidationError):
        EVENTS.validate_json(document, strict=True)
