"""What has changed since the plan on the screen was saved, until the user has read it."""

from __future__ import annotations

import streamlit as st

from hedge_core.hedge.since_saved import CODE
from hedge_core.plan.plan import EDITION
from pages.ui.parts.format import md
from pages.ui.session import state, worked_out


def draw() -> None:
    """The changes and a button that says they are read; nothing if there are none."""
    result = worked_out.assessment()
    changes = [] if result is None else [notice.text for notice in result.notices if notice.code == CODE]
    if not changes:
        return
    with st.container(border=True, key="since_saved"):
        st.markdown(":material/history: **This plan is worked out by today's rules, so its numbers may differ.**")
        for text in changes:
            st.markdown(f"- {md(text)}")
        st.button("I have read this", key="since_saved_read", on_click=_read)


def _read() -> None:
    """Callback: the plan is of today's edition from now on, and a file or link of it says so."""
    state.change(edition=EDITION)
