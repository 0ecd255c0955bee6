"""Several views in one page, one of which is drawn at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from hedge_core import HedgeAssessment
from pages.ui.session import state


def draw(key: str, views: Mapping[str, Callable[[HedgeAssessment], None]], result: HedgeAssessment) -> None:
    """The choice of a view, the first at the start and then remembered under the key, and the view."""
    chosen = st.segmented_control(
        "View",
        list(views),
        key=state.seed(key, state.remember(key, next(iter(views)))),
        on_change=state.keep,
        args=(key,),
        label_visibility="collapsed",
        required=True,
    )
    views[str(chosen)](result)
