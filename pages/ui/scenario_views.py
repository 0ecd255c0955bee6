"""The views of the scenarios page, one of which is drawn at a time."""

from __future__ import annotations

import streamlit as st

from hedge_core import HedgeAssessment
from pages.ui import frontier_view, move_view, policy_view, simulation_view, state, stress_view

VIEWS = {
    "One move": move_view.draw,
    "Past crashes": stress_view.draw,
    "Thousands of paths": simulation_view.draw,
    "Hedge, stop or sell": policy_view.draw,
    "How much to hedge": frontier_view.draw,
}


def draw(result: HedgeAssessment) -> None:
    """The choice of a view, and the view."""
    chosen = st.segmented_control(
        "View",
        list(VIEWS),
        key=state.seed("scenario_view", state.remember("scenario_view", "One move")),
        on_change=state.keep,
        args=("scenario_view",),
        label_visibility="collapsed",
        required=True,
    )
    VIEWS[str(chosen)](result)
