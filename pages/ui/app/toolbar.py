"""The row under the top line: all calculations, the words of the page, a link to share, and undo."""

from __future__ import annotations

import streamlit as st

from pages.ui.app import glossary, kept, why
from pages.ui.parts import panels
from pages.ui.session import undo, worked_out


def draw(stem: str) -> None:
    """Draw the row; a page without a plan and without words has none."""
    result = worked_out.assessment()
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="toolbar"):
        if result is not None and st.button(
            "All calculations", icon=":material/calculate:", type="tertiary", key="why", on_click=panels.close
        ):
            why.show_all(result)
        if result is not None:
            glossary.draw(stem)
            if st.button("Share", icon=":material/link:", type="tertiary", key="share_top", on_click=panels.close):
                from pages.ui.app import share

                share.show(result)
        undo.draw(kept.draw_undo)
