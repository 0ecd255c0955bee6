"""Step 5: what bag and hedge make together when the market moves."""

import streamlit as st

from pages.ui import scenario_views, shell, state

shell.guard()
result = state.require_assessment()

st.title("What could happen?")
if not result.legs:
    st.info("Nothing in this bag can be hedged, so there is no hedge to test.")
    st.stop()
scenario_views.draw(result)
