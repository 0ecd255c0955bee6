"""The gate of the pages that need a plan: without one they say what is missing, and how to get it."""

from __future__ import annotations

import streamlit as st

from hedge_core import HedgeAssessment
from pages.ui import examples, live, paths, state


def require_assessment() -> HedgeAssessment:
    """The assessment, or a page that says what is missing and where to add it."""
    result = state.assessment()
    if result is not None:
        return result
    st.title("Nothing to show yet")
    if state.plan().holdings and live.is_live(state.plan().market) and live.held(state.plan().market).load is not None:
        st.info("This page fills itself as soon as the prices are here; see above how far they are.")
    if not state.plan().holdings:
        st.info("There is no bag yet. Enter what you hold, or open an example, and this page fills itself.")
        with st.container(horizontal=True, vertical_alignment="center"):
            if st.button("Go to the bag", type="primary", icon=":material/arrow_back:", key="go_bag"):
                st.switch_page(paths.page("bag"))
            if st.button("See it with an example", icon=":material/science:", key="go_example"):
                state.open_plan(examples.example("layer1_bag"))
                st.rerun()
    st.stop()
