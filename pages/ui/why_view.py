"""The dialog that says why the numbers of the plan are what they are."""

from __future__ import annotations

import streamlit as st

from hedge_core import HedgeAssessment
from hedge_core.derivations import derivations
from pages.ui import pins
from pages.ui.format import md


@st.dialog("Why these numbers", width="large")
def show(result: HedgeAssessment) -> None:
    """Each number with its formula, and the same with the plan's own figures."""
    link = pins.pinned(result.plan)
    if link is not None and link[0].is_hidden:
        st.caption(md("Amounts are hidden in the link that this came from: every figure is for a bag of $100."))
    st.caption("Figures are shown rounded and worked out exact, so the last digit may differ on your calculator.")
    for one in derivations(result):
        with st.container(border=True, gap="small"):
            st.markdown(f"**{md(one.name)}: {md(one.result)}**  \n*{md(one.formula)}*")
            st.markdown("\n".join(f"- {md(step)}" for step in one.steps))
