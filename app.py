"""Altcoin Hedge Planner: `streamlit run app.py`."""

import streamlit as st

from pages.ui import shell

st.set_page_config(
    page_title="Altcoin Hedge Planner",
    page_icon=":material/shield:",
    layout="wide",
    initial_sidebar_state="auto",
)
shell.run()
