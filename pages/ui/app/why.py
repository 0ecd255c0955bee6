"""The dialog that says why the numbers are what they are: formula, then the same with the user's own figures."""

from __future__ import annotations

import streamlit as st

from hedge_core import HedgeAssessment
from hedge_core.reports.why import derivations
from pages.ui.parts.format import md
from pages.ui.session import link_market


@st.dialog("Why these numbers", width="large")
def show(result: HedgeAssessment) -> None:
    """Every figure of the strip and of the plan, in the order in which one follows from another."""
    draw(result)


def draw(result: HedgeAssessment) -> None:
    """The same without the dialog around it."""
    link = link_market.pinned(result.plan)
    if link is not None and link[0].is_hidden:
        st.info(
            md("Amounts are hidden: every figure is per $100 of the bag, with contracts that can be divided at will."),
            icon=":material/visibility_off:",
        )
    st.caption(
        "Each line with a result can be followed with a pocket calculator. What is shown is rounded, what is "
        "calculated with is not, so that a last digit may differ."
    )
    for derivation in derivations(result):
        with st.expander(md(f"{derivation.name}: {derivation.result}")):
            st.markdown(f"*{md(derivation.formula)}*\n\n" + "\n".join(f"- {md(step)}" for step in derivation.steps))
