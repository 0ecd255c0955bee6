"""The timing part of the risk page: signals, calendar, checklist."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from hedge_core import SampleSource, load_plan
from hedge_core.documents.calendar_file import calendar_to_ics
from hedge_core.history.fall_record import track_record
from hedge_core.history.signals import overextension
from hedge_core.plan.calendar import CalendarEvent
from tests.pages.test_pages import calm, on_page, words

LAYER1 = load_plan(Path(__file__).parents[2] / "examples" / "layer1_bag.json")


def test_the_table_shows_what_the_signals_say() -> None:
    test = on_page("risk", LAYER1, opened="signals")
    table = next(frame.value for frame in test.dataframe if "RSI 14" in frame.value.columns)
    found = overextension(SampleSource().snapshot(), "ETH")
    row = table[table["Coin"] == "ETH"].iloc[0]
    rsi = found.signals[0]
    assert rsi.value is not None
    assert row["RSI 14"].endswith(f"{rsi.value:.0f}")
    assert ("▲" in row["RSI 14"]) == (rsi.state == "stretched")


def test_what_followed_is_said_for_the_coin_and_the_signal_that_are_chosen() -> None:
    test = on_page("risk", LAYER1, opened="signals")
    test.selectbox(key="record_coin").set_value("SOL").run()
    test.selectbox(key="record_signal").set_value("distance_50").run()
    record = track_record(SampleSource().snapshot(), "SOL", "distance_50")
    calm(test)
    assert record.sentence in words(test).replace("\\", "")
    assert "(simulated prices)" in words(test)


def test_a_date_is_added_and_taken_away() -> None:
    test = on_page("risk", LAYER1, opened="calendar")
    test.text_input(key="event_title").set_value("Fed decision").run()
    test.button(key="event_add").click().run()
    assert [event.title for event in test.session_state.plan.watch.events] == ["Fed decision"]
    assert "Fed decision" in words(test)
    test.button(key="event_clear").click().run()
    assert test.session_state.plan.watch.events == ()
    calm(test)


def test_a_calendar_is_read_and_a_file_that_is_none_is_refused() -> None:
    test = on_page("risk", LAYER1, opened="calendar")
    event = CalendarEvent(day=datetime(2026, 11, 20, tzinfo=UTC).date(), title="Unlock")
    content = calendar_to_ics((event,), stamp=datetime(2026, 11, 1, tzinfo=UTC))
    test.file_uploader(key="ics_in").set_value([("dates.ics", content, "text/calendar")]).run()
    assert [one.title for one in test.session_state.plan.watch.events] == ["Unlock"]
    test.file_uploader(key="ics_in").set_value([("no.ics", b"nothing", "text/calendar")]).run()
    calm(test)
    assert [one.title for one in test.session_state.plan.watch.events] == ["Unlock"]


def test_a_question_is_ticked_and_stays_ticked() -> None:
    test = on_page("risk", LAYER1, opened="story")
    test.checkbox(key="check_unlock").check().run()
    assert test.session_state.plan.watch.checked == ("unlock",)
    test.checkbox(key="check_unlock").uncheck().run()
    assert test.session_state.plan.watch.checked == ()
    calm(test)
