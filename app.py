"""Altcoin Hedge Planner: `streamlit run app.py`."""

import streamlit as st

from pages.ui import shell

st.set_page_config(
    page_title="Altcoin Hedge Planner",
    page_icon="🛡️",  # a Material icon here would be fetched from a font service
    layout="wide",
    initial_sidebar_state="auto",
    menu_items={"About": "Altcoin Hedge Planner: from a bag to a hedge in whole contracts. Not financial advice."},
)
shell.run()
