"""Step 5: what bag and hedge make together when the market moves."""

import streamlit as st

from pages.ui import gate, paths, scenario_views, shell, steps_view

shell.guard()
result = gate.open_page(paths.QUESTIONS["scenarios"])

if not result.legs:
    st.info("Nothing in this bag can be hedged, so there is no hedge to test.")
    st.stop()
scenario_views.draw(result)
steps_view.draw_next("scenarios")
