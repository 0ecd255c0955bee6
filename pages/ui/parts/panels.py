"""Panels that explain a figure and let the user change what it rests on: dialogs that stay open while the plan changes.

A change in a panel draws the whole page anew with the panel still over it. So the panel, the top line and the address
show the changed plan at once, as they do after a change on the page.
"""

from __future__ import annotations

from typing import NamedTuple

import streamlit as st

from hedge_core import HedgePlan
from pages.ui.parts import fragments
from pages.ui.session import state, worked_out

OPENED = "panel"


class _Opened(NamedTuple):
    """The panel that is open: the key of its button, and the plan as it was when the button was pressed."""

    key: str
    plan: HedgePlan


def is_open(label: str, *, key: str, icon: str | None = None) -> bool:
    """Draw the button that opens a panel; returns whether that panel is open. A change of page closes it."""
    st.button(label, key=key, icon=icon, type="tertiary", on_click=_open, args=(key,))
    opened: _Opened | None = st.session_state.get(OPENED)
    return opened is not None and opened.key == key


def show(title: str, draw: fragments.View) -> None:
    """Draw the open panel for the plan of now. Call this only in a run in which `is_open` said so, and once.

    After a change, the panel is drawn before the page around it: a panel that is empty for a moment loses the keyboard.
    """
    drawn_for = state.plan()

    @st.dialog(title, width="large", on_dismiss=close)
    def panel() -> None:
        with fragments.alone(), fragments.calm():
            result = worked_out.assessment()
            if result is not None:
                draw(result)
        if state.plan() is not drawn_for:
            st.rerun()

    panel()


def plan_before() -> HedgePlan:
    """The plan as it was when the open panel was opened; that of now if none is open."""
    opened: _Opened | None = st.session_state.get(OPENED)
    return state.plan() if opened is None else opened.plan


def close() -> None:
    """Close the open panel, if there is one. Where no plan can be worked out, it would come back unasked later."""
    st.session_state.pop(OPENED, None)
    worked_out.forget_earlier()


def _open(key: str) -> None:
    close()
    state.keep_on_page(OPENED, _Opened(key, state.plan()))
