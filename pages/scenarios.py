"""Step 5: what bag and hedge make together when the market moves."""

import streamlit as st

from pages.ui.app import gate, navigation, progress, shell
from pages.ui.scenarios import views

shell.guard()
result = gate.open_page(navigation.QUESTIONS["scenarios"], draws_lead=True)

if not result.legs:
    st.title(navigation.QUESTIONS["scenarios"])
    st.info("Nothing in this bag can be hedged, so there is no hedge to test.")
    st.stop()
views.draw(result)
progress.draw_next("scenarios")
