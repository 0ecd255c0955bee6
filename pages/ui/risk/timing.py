"""When to hedge: how far the coins have run, the calendar, the checklist. Signals inform; they forecast nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import streamlit as st

from hedge_core import HedgeAssessment, HedgeError
from hedge_core.documents.calendar_file import calendar_to_ics, read_calendar
from hedge_core.history.checklist import CHECKLIST
from hedge_core.history.fall_record import FallRecord, track_record
from hedge_core.history.signals import SIGNALS, Overextension, Signal, SignalName, overextension
from hedge_core.monitoring.rolls import roll_events
from hedge_core.plan.calendar import CalendarEvent, merged
from hedge_core.text import UNKNOWN, days_text, some_listed
from pages.ui.parts import elements, fragments
from pages.ui.parts.format import md
from pages.ui.session import memo, state

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from hedge_core import MarketSnapshot

T = TypeVar("T")

MOST_DATES = 200
NAMES: dict[SignalName, str] = {
    "rsi": "RSI 14",
    "distance_50": "From 50-day average",
    "distance_200": "From 200-day average",
    "return_30": "30-day return, rank",
    "funding": "Funding, rank",
}


def draw(result: HedgeAssessment) -> None:
    """One honest line on the signals; their table, the calendar and the checklist are folded."""
    st.header("Is it time?")
    signals(result)
    elements.fold("Calendar", partial(calendar, result), key="calendar", icon=":material/event:")
    elements.fold("Is the story running out?", partial(checklist, result), key="story", icon=":material/checklist:")


@fragments.fragment
def signals(result: HedgeAssessment) -> None:
    """How far each coin has run beyond its own past, and what followed when it last had."""
    coins = list(dict.fromkeys(held.moves_with for held in result.hedged_coins))
    if not coins:
        st.markdown("No coin is hedged.")
        return
    st.markdown(memo.memo("records", (result.market, coins), lambda: _records(result, coins)))
    title = "Signals by coin, and what followed them"
    elements.fold(title, partial(_table, result, coins), key="signals", icon=":material/monitoring:")


def _table(result: HedgeAssessment, coins: list[str]) -> None:
    """Every signal of every coin, and the record of one of them."""
    found = memo.memo(
        "signals", (result.market, coins), lambda: {coin: _signals_of(result.market, coin) for coin in coins}
    )
    elements.table([_row(found[coin]) for coin in coins], key="signals_table")
    stretched = [coin for coin in coins if found[coin].count("stretched")]
    which = "every coin" if len(stretched) == len(coins) > 1 else some_listed(stretched) if stretched else ""
    elements.reading(
        (f"Stretched in at least one way: {which}. " if which else "No coin is stretched. ")
        + "RSI 70 and more, 30% above the 50-day or 60% above the 200-day average, and a rank above 90% of its own "
        "past count as stretched. A dash: too little is known."
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        coin = st.selectbox("What followed for", coins, key="record_coin", width=180)
        name = st.selectbox(
            "when this was stretched", SIGNALS, format_func=NAMES.__getitem__, key="record_signal", width=240
        )
    record = memo.memo("record", (result.market, coin, name), lambda: _record_of(result.market, coin, name))
    one = next(signal for signal in found[coin].signals if signal.name == name)
    past = " (simulated prices)" if result.market.simulated else ""
    st.markdown(f"{md(one.sentence)}  \n{md(record.sentence)}{past}")


def _records(result: HedgeAssessment, coins: list[str]) -> str:
    """Whether any of these signals has told anything, in one sentence."""
    records = {(coin, name): _record_of(result.market, coin, name) for coin in coins for name in SIGNALS}
    known = {pair: record for pair, record in records.items() if record.verdict != "too few"}
    telling = [f"{NAMES[name]} of {coin}" for (coin, name), record in known.items() if record.verdict == "more often"]
    if not known:
        return "**The history is too short to say whether any of these signals predicts a fall.**"
    if not telling:
        return (
            "**None of these signals has predicted falls of your coins better than chance** ("
            f"{len(known)} {'record' if len(known) == 1 else 'records'}; one in forty would seem to by chance)."
        )
    return (
        f"**{len(telling)} of {len(known)} {'record' if len(known) == 1 else 'records'} "
        f"{'was' if len(telling) == 1 else 'were'} followed by a fall more often than other days were: "
        f"{md(some_listed(telling))}** (one in forty would be by chance)."
    )


def _signals_of(market: MarketSnapshot, coin: str) -> Overextension:
    return _for_all("signals", market, coin, coin, lambda: overextension(market, coin))


def _record_of(market: MarketSnapshot, coin: str, name: SignalName) -> FallRecord:
    return _for_all("records", market, coin, (coin, name), lambda: track_record(market, coin, name))


def _for_all(name: str, market: MarketSnapshot, coin: str, key: Hashable, compute: Callable[[], T]) -> T:
    """Shared by all sessions if the market knows the coin; a plan may name any other."""
    return memo.for_all(name, market, key, compute) if coin in market.coins else compute()


def _row(found: Overextension) -> dict[str, str]:
    return {"Coin": found.coin, **{NAMES[signal.name]: _cell(signal) for signal in found.signals}}


def _cell(signal: Signal) -> str:
    if signal.value is None:
        return UNKNOWN
    shape = "{:.0f}" if signal.name == "rsi" else "{:+.0%}" if "distance" in signal.name else "{:.0%}"
    value = shape.format(signal.value)
    return ("▲ " if signal.state == "stretched" else "") + value.replace("-", "−")


def calendar(result: HedgeAssessment) -> None:
    """Expiries by rule and the user's own dates; .ics in and out."""
    today = result.market.as_of.date()
    own = result.plan.watch.events
    events = merged(own, roll_events(result))
    events = tuple(event for event in events if event.day >= today)
    for event in events:
        days = (event.day - today).days
        note = f" *{md(event.note)}*" if event.note else ""
        st.markdown(f"- **{event.day:%a %d %b %Y}** (in {days_text(days)}): {md(event.title)}{note}")
    if not events:
        st.markdown("No known events ahead.")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        title = st.text_input("Add a date", max_chars=120, placeholder="Fed decision", key="event_title")
        day = st.date_input("Day", today + timedelta(days=7), key="event_day")
        st.button("Add", key="event_add", disabled=not title.strip(), on_click=_add, args=(title, day))
        if own:
            st.button("Remove my dates", key="event_clear", type="tertiary", on_click=_set_events, args=((),))
    left, right = st.columns(2)
    with left:
        st.download_button(
            "Save as calendar (.ics)",
            calendar_to_ics(events, stamp=datetime.now(UTC)),
            file_name="hedge.ics",
            mime="text/calendar",
            icon=":material/download:",
            on_click="ignore",
            key="ics_out",
        )
    with right:
        upload = st.file_uploader("Read a calendar (.ics)", type=["ics"], key="ics_in")
    if upload is not None and st.session_state.get("ics_id") != upload.file_id:
        st.session_state.ics_id = upload.file_id
        _read(upload.getvalue())


def _add(title: str, day: object) -> None:
    try:
        event = CalendarEvent(day=day, title=title)  # type: ignore[arg-type]
    except HedgeError as error:
        st.toast(md(str(error)), icon=":material/error:")
        return
    if _set_events((*state.plan().watch.events, event)):
        st.session_state.event_title = ""


def _set_events(events: tuple[CalendarEvent, ...]) -> bool:
    """Whether they were taken: a plan holds so many dates and no more."""
    kept = merged(events)
    if len(kept) > MOST_DATES:
        st.toast(f"Not taken: a plan holds at most {MOST_DATES} dates of yours.", icon=":material/error:")
        return False
    state.set_plan(state.plan().with_watch(events=kept))
    return True


def _read(content: bytes) -> None:
    try:
        read = read_calendar(content)
    except HedgeError as error:
        elements.faults("This calendar cannot be read. Nothing has changed.", str(error).splitlines())
        return
    if _set_events((*state.plan().watch.events, *read.events)):
        remarks = " ".join(str(remark) for remark in read.remarks)
        st.toast(md(f"{len(read.events)} dates taken. {remarks}"), icon=":material/check:", duration="long")
        st.rerun()


def checklist(result: HedgeAssessment) -> None:
    """Questions that no price answers."""
    checked = len(result.plan.watch.checked)
    st.markdown(
        f"{checked} of {len(CHECKLIST)} apply. None of this is measured, and no count is a forecast: these are reasons "
        "to review your hedge ratio."
    )
    for question in CHECKLIST:
        st.checkbox(
            question.text,
            key=state.seed(f"check_{question.code}", question.code in result.plan.watch.checked),
            help=question.hint,
            on_change=_tick,
            args=(question.code,),
        )


def _tick(code: str) -> None:
    plan = state.plan()
    kept = [one for one in plan.watch.checked if one != code]
    if st.session_state[f"check_{code}"]:
        kept.append(code)
    state.set_plan(plan.with_watch(checked=tuple(kept)))
