"""The dialog that says why a number is what it is: formula, then the same with the user's own figures."""

from __future__ import annotations

import streamlit as st

from hedge_core import HedgeAssessment
from hedge_core.reports.why import Derivation, derivations
from pages.ui.parts.format import md
from pages.ui.session import link_market


@st.dialog("Why this number", width="large")
def show(result: HedgeAssessment, name: str = "") -> None:
    """The derivation of the figure `name`; all figures, in the order in which one follows from another, without one."""
    draw(result, name)


def draw(result: HedgeAssessment, name: str = "") -> None:
    """The same without the dialog around it."""
    link = link_market.pinned(result.plan)
    if link is not None and link[0].is_hidden:
        st.info(
            md("Amounts are hidden: every figure is per $100 of the bag, with contracts that can be divided at will."),
            icon=":material/visibility_off:",
        )
    found = derivations(result)
    chosen = [derivation for derivation in found if derivation.name.startswith(name)] if name else []
    for derivation in chosen[:1]:
        st.markdown(f"**{md(f'{derivation.name}: {derivation.result}')}**")
        st.markdown(_steps(derivation))
    st.caption(
        "You can check each line with a pocket calculator. Shown figures are rounded, so a last digit may differ."
    )
    for derivation in found if not chosen else ():
        with st.expander(md(f"{derivation.name}: {derivation.result}")):
            st.markdown(_steps(derivation))


def _steps(derivation: Derivation) -> str:
    return f"*{md(derivation.formula)}*\n\n" + "\n".join(f"- {md(step)}" for step in derivation.steps)
