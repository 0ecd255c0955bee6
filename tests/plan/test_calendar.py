"""The calendar: events as values."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, strategies as st
from pydantic import TypeAdapter, ValidationError

from hedge_core.errors import InvalidInput
from hedge_core.market.contracts import catalogue
from hedge_core.plan.calendar import MAX_DAYS, CalendarEvent, merged, upcoming

MET = catalogue().get("CME:MET")
PERPETUAL = catalogue().get("Coinbase Derivatives:ETP")
QUARTERLY = dataclasses.replace(
    PERPETUAL, kind="future", expiry="dated", expires_on=date(2024, 3, 29), expiry_rule="last Friday 08:00 UTC"
)

EVENTS = TypeAdapter(tuple[CalendarEvent, ...])
DAY = date(2026, 3, 18)


def event(title="Central bank", day=DAY, **fields):
    return CalendarEvent(day=day, title=title, **fields)


def test_the_nearest_comes_first_and_the_past_is_left_out():
    today, tomorrow = event("Today"), event("Tomorrow", DAY + timedelta(days=1))
    past, late = event("Past", DAY - timedelta(days=1)), event("Late", DAY + timedelta(days=31))

    assert upcoming([late, tomorrow, past, today, today], DAY, 30) == (today, tomorrow)


def test_both_the_first_and_the_last_day_count():
    first, last = event("First"), event("Last", DAY + timedelta(days=30))

    assert upcoming([last, first], DAY, 30) == (first, last)


@pytest.mark.parametrize("days", [-1, MAX_DAYS + 1])
def test_a_span_beyond_reason_is_refused(days):
    with pytest.raises(InvalidInput, match="days: must be between 0 and"):
        upcoming([], DAY, days)


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
