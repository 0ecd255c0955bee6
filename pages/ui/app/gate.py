"""The gate of the pages that need a plan: their heading, and without a plan what is missing and how to get it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from pages.ui.app import first_words, navigation
from pages.ui.parts.lead import Lead, draw, draw_note
from pages.ui.session import address, examples, live_prices, prices, state, worked_out

if TYPE_CHECKING:
    from hedge_core import HedgeAssessment

WAITING = """<div role="img" aria-label="This page fills itself when the prices are here">
<div class="waiting" style="height:9rem"></div><div class="waiting" style="height:20rem"></div></div>"""
"""Grey fields where tables and charts will be (see `style.STYLE`)."""


def open_page(
    title: str, lead: Callable[[HedgeAssessment], Lead] | None = None, *, draws_lead: bool = False
) -> HedgeAssessment:
    """Draw the heading and return the assessment; without one, say what is missing and end the page.

    `lead` says what leads the page, in the user's own figures; without a plan the title stands in its place. A page
    that `draws_lead` draws that itself.
    """
    worked_out.note_on_screen()
    result = worked_out.assessment()
    if result is None or not draws_lead:
        draw(Lead(title) if result is None or lead is None else lead(result))
    if result is not None:
        return result
    if not state.plan().holdings:
        _ask_for_a_bag()
    elif prices.market(state.plan()) is not None and not worked_out.unpriced():
        st.info("This plan cannot be worked out: the message above says what to change.")
    elif live_prices.is_loading(state.plan().market):
        st.caption("This page fills itself as soon as the prices are here.")
        st.html(WAITING)
    else:
        st.info("Without prices there is nothing to show here: the message above says what to do.")
    st.stop()


def _ask_for_a_bag() -> None:
    draw_note(first_words.NO_BAG)
    with st.container(horizontal=True, vertical_alignment="center"):
        label, icon = "Go to the bag", ":material/arrow_back:"
        if st.button(label, type="primary", icon=icon, key="go_bag", on_click=address.forget_unreadable):
            st.switch_page(navigation.page("bag"))
        if st.button("See it with an example", icon=":material/science:", key="go_example"):
            state.open_plan(examples.example("layer1_bag"))
            st.rerun()
