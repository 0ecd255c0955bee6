"""Altcoin Hedge Planner: `streamlit run app.py`."""

from pages.ui.app import shell

shell.run()
