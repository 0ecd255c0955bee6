"""What the monitor page keeps folded: what lies ahead, how to close, thresholds, journal, alerts on a phone."""

from __future__ import annotations

from functools import partial

import streamlit as st

from hedge_core import HedgeAssessment, HedgeError
from hedge_core.monitoring.daily_check import check
from hedge_core.monitoring.execution import noted
from hedge_core.monitoring.position import position_state
from hedge_core.simulation.rebalancing import chances_of_change, cheapest_band
from pages.ui.monitor import thresholds, today
from pages.ui.parts import elements, fragments
from pages.ui.parts.format import md
from pages.ui.session import memo, state


@fragments.fragment
def draw(result: HedgeAssessment) -> None:
    """The folds."""
    pieces = [
        ("When to warn", "notifications", "monitor_warn", thresholds.draw),
        ("Journal", "edit_note", "monitor_journal", _journal),
        ("Alerts on your phone", "phone_iphone", "monitor_phone", _phone),
    ]
    if result.plan.execution.fills:
        pieces = [
            ("What lies ahead", "update", "monitor_ahead", _ahead),
            ("To close everything", "logout", "monitor_close", _close),
            *pieces,
        ]
    for title, icon, key, draw_content in pieces:
        elements.fold(title, partial(draw_content, result), key=key, icon=f":material/{icon}:")


def _close(result: HedgeAssessment) -> None:
    """The orders that close every open position."""
    try:
        report = check(result, now=today.now())
    except HedgeError as error:
        elements.reading(str(error))
        return
    st.markdown("\n".join(f"- {md(line)}" for line in report.closing_order or ("Nothing is open.",)))


def _phone(result: HedgeAssessment) -> None:
    """The command that watches the plan while this page is closed."""
    st.markdown(
        "This page looks only while it is open. Save the plan (sidebar), and run this on a computer that stays on; it "
        "tells you once, with the orders of that moment:"
    )
    st.code("hedge monitor plan.json --notify ntfys://YOUR-TOPIC", language="bash")
    st.caption("Other ways to be told, such as Telegram, Pushover and e-mail, are in docs/monitor.md.")


def _journal(result: HedgeAssessment) -> None:
    line = st.text_input("What you decided, and why", max_chars=500, key="journal_line")
    if st.button("Write it down", key="journal_add", disabled=not line.strip()):
        state.set_plan(noted(state.plan(), today.now(), line.strip()))
        st.rerun()
    for entry in reversed(result.plan.execution.journal):
        st.markdown(f"- **{entry.day:%d %b %Y}** {md(entry.text)}")


def _ahead(result: HedgeAssessment) -> None:
    """The forecast: how soon the count changes, and the band that costs least."""
    band = result.plan.watch.thresholds.drift
    try:
        position = position_state(result)
        legs = result.traded_legs if position and not position.is_flat else ()
        held = [position.short_of(leg.underlying) / leg.lot_notional for leg in legs] if position else []
        chances = memo.memo(
            "chances",
            (memo.basis(result), band, tuple(held)),
            lambda: chances_of_change(result, held, band=band) if held else {},
        )
        choice = memo.memo("bands", memo.basis(result), lambda: cheapest_band(result) if held else None, is_long=True)
    except HedgeError as error:
        elements.reading(str(error))
        return
    if chances and min(chance.value for chance in chances.values()) >= 1.0:
        st.markdown(f"- A short is more than {band:.0%} off its target already: see above.")
        chances = {}
    for days, chance in chances.items():
        st.markdown(
            f"- Chance that you have to trade within {days} days: **{chance.value:.0%}** (a short moves more "
            f"than {band:.0%} off its target)."
        )
    is_asked = any(action.lots for action in check(result, now=today.now(), active=today.active(result)).actions)
    if choice is not None and not is_asked:  # "leave it alone" does not stand beside something to trade
        st.markdown(f"- {md(choice.sentence)}")
