"""The row under the summary strip: why its numbers are what they are, undo, and the words of the page."""

from __future__ import annotations

import streamlit as st

from pages.ui.app import glossary, why
from pages.ui.session import undo, worked_out


def draw(stem: str) -> None:
    """Draw the row; what there is nothing for is left out."""
    result = worked_out.assessment()
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="toolbar"):
        if result is not None and st.button(
            "Why these numbers?", icon=":material/calculate:", type="tertiary", key="why"
        ):
            why.show(result)
        glossary.draw(stem)
        undo.draw()
