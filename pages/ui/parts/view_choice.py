"""Several views in one page, one of which is drawn at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from hedge_core import HedgeAssessment
from pages.ui.session import state


def draw(
    key: str,
    views: Mapping[str, Callable[[HedgeAssessment], None]],
    result: HedgeAssessment,
    *,
    is_folded: bool = False,
    label: str = "View",
) -> None:
    """The choice of a view, remembered under the key, and the view; the first at the start, or none if `is_folded`."""
    chosen = st.segmented_control(
        label,
        list(views),
        key=state.seed(key, state.remember(key, None if is_folded else next(iter(views)))),
        on_change=state.keep,
        args=(key,),
        label_visibility="visible" if is_folded else "collapsed",
        required=not is_folded,
    )
    if chosen is not None:
        views[str(chosen)](result)
