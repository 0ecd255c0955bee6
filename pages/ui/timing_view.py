"""When to hedge: how far the coins have run, the calendar, the checklist. Signals inform; they forecast nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pandas as pd
import streamlit as st

from hedge_core import HedgeAssessment, HedgeError
from hedge_core.calendar_file import from_ics, to_ics
from hedge_core.checklist import CHECKLIST
from hedge_core.events import CalendarEvent, expiry_events, merged, upcoming
from hedge_core.path_setup import traded_legs
from hedge_core.signals import SIGNALS, Overextension, Signal, SignalName, overextension
from hedge_core.track_record import track_record
from pages.ui import state, text
from pages.ui.format import md

AHEAD_DAYS = 120
NAMES: dict[SignalName, str] = {
    "rsi": "RSI 14",
    "distance_50": "From 50-day average",
    "distance_200": "From 200-day average",
    "return_30": "30-day return, rank",
    "funding": "Funding, rank",
}


def draw(result: HedgeAssessment) -> None:
    """The three parts side by side, the calendar and the checklist folded."""
    st.header("Is it time?", divider=False)
    signals(result)
    with st.expander(f"Calendar of the next {AHEAD_DAYS} days", icon=":material/event:"):
        calendar(result)
    checked = len(result.plan.watch.checked)
    with st.expander(f"Is the story running out? ({checked} of {len(CHECKLIST)} say yes)", icon=":material/checklist:"):
        checklist(result)


@st.fragment
def signals(result: HedgeAssessment) -> None:
    """How far each coin has run beyond its own past, and what followed when it last had."""
    coins = list(dict.fromkeys(position.moves_with for position in result.hedged_positions))
    found = state.memo(
        "signals", (result.market, coins), lambda: {coin: overextension(result.market, coin) for coin in coins}
    )
    if not coins:
        st.markdown("No coin is hedged.")
        return
    st.dataframe(
        pd.DataFrame([_row(found[coin]) for coin in coins]), hide_index=True, width="stretch", key="signals_table"
    )
    stretched = [coin for coin in coins if found[coin].count("stretched")]
    text.reading(
        (f"Stretched in at least one way: {', '.join(stretched)}. " if stretched else "No coin is stretched. ")
        + "RSI 70 and more, 30% above the 50-day or 60% above the 200-day average, and a rank above 90% of its own "
        "past count as stretched. A dash: too little is known."
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        coin = st.selectbox("What followed for", coins, key="record_coin", width=180)
        name = st.selectbox(
            "when this was stretched", SIGNALS, format_func=NAMES.__getitem__, key="record_signal", width=240
        )
    record = track_record(result.market, coin, name)
    one = next(signal for signal in found[coin].signals if signal.name == name)
    past = " (simulated prices)" if result.market.simulated else ""
    st.markdown(f"{md(one.sentence)}  \n{md(record.sentence)}{past}")


def _row(found: Overextension) -> dict[str, str]:
    return {"Coin": found.coin, **{NAMES[signal.name]: _cell(signal) for signal in found.signals}}


def _cell(signal: Signal) -> str:
    if signal.value is None:
        return "–"
    shape = "{:.0f}" if signal.name == "rsi" else "{:+.0%}" if "distance" in signal.name else "{:.0%}"
    value = shape.format(signal.value)
    return ("▲ " if signal.state == "stretched" else "") + value.replace("-", "−")


def calendar(result: HedgeAssessment) -> None:
    """Expiries by rule and the user's own dates; .ics in and out."""
    today = result.market.as_of.date()
    contracts = list({leg.contract.id: leg.contract for leg in traded_legs(result)}.values())
    own = result.plan.watch.events
    events = upcoming(merged(own, expiry_events(contracts, today, AHEAD_DAYS)), today, AHEAD_DAYS)
    for event in events:
        days = (event.day - today).days
        note = f" *{md(event.note)}*" if event.note else ""
        st.markdown(f"- **{event.day:%a %d %b %Y}** (in {days} days): {md(event.title)}{note}")
    if not events:
        st.markdown("Nothing is known to lie ahead.")
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
            to_ics(events, stamp=datetime.now(UTC)),
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
    st.session_state.event_title = ""
    _set_events((*state.plan().watch.events, event))


def _set_events(events: tuple[CalendarEvent, ...]) -> None:
    kept = merged(events)[:200]
    state.set_plan(state.plan().with_watch(events=kept))


def _read(content: bytes) -> None:
    try:
        read = from_ics(content)
    except HedgeError as error:
        text.faults("This calendar cannot be read. Nothing has changed.", str(error).splitlines())
        return
    _set_events((*state.plan().watch.events, *read.events))
    for remark in read.remarks:
        st.caption(md(str(remark)))
    st.toast(f"{len(read.events)} dates taken", icon=":material/check:")
    st.rerun()


def checklist(result: HedgeAssessment) -> None:
    """Questions that no price answers."""
    st.markdown("None of this is measured, and no number of yeses is a forecast.")
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
