"""Why a number is what it is: its formula, the same with the user's own figures, and the inputs that change it."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from hedge_core import HedgeAssessment
from hedge_core.reports.why import Derivation, derivations
from pages.ui.parts import as_filled, panels
from pages.ui.parts.format import md
from pages.ui.session import link_market
from pages.ui.size import what_if

TITLE = "Why this number"

BEHIND = {"Net per month": ("Carry per month", "Fees"), "Survives a rally of": ("Margin to open",)}
"""The derivations of the figures that a figure is made of: folded below its own."""

WHAT_IF: dict[str, Callable[[HedgeAssessment], None]] = {
    "Hedged": what_if.draw_hedge,
    "Survives a rally of": what_if.draw_rates,
    "Net per month": what_if.draw_rates,
}
"""The inputs that change a figure, in the panel that explains it."""


@st.dialog(TITLE, width="large")
def show_all(result: HedgeAssessment) -> None:
    """The derivations of all figures, in the order in which one follows from another."""
    _hidden(result)
    _note()
    for derivation in derivations(result):
        _folded(derivation)


def show(name: str) -> None:
    """The panel of the figure whose derivation is called `name`: its derivation, and the inputs that change it.

    With fills, it explains the figure of what is filled, as the page shows it.
    """
    panels.show(TITLE, lambda result: _draw(result, name))


def _draw(result: HedgeAssessment, name: str) -> None:
    _hidden(result)
    found = derivations(as_filled.shown(result))
    chosen = next(derivation for derivation in found if derivation.name.startswith(name))
    st.markdown(f"**{md(f'{chosen.name}: {chosen.result}')}**")
    st.markdown(_steps(chosen))
    _note()
    for derivation in found:
        if derivation.name.startswith(BEHIND.get(name, ())):
            _folded(derivation)
    if name in WHAT_IF:
        WHAT_IF[name](result)


def _hidden(result: HedgeAssessment) -> None:
    """What is to be known of the amounts of a link that hides them."""
    if link_market.is_without_amounts(result.plan):
        st.info(
            md("Amounts are hidden: every figure is per $100 of the bag, with contracts that can be divided at will."),
            icon=":material/visibility_off:",
        )


def _note() -> None:
    st.caption(
        "You can check each line with a pocket calculator. Shown figures are rounded, so a last digit may differ."
    )


def _folded(derivation: Derivation) -> None:
    with st.expander(md(f"{derivation.name}: {derivation.result}")):
        st.markdown(_steps(derivation))


def _steps(derivation: Derivation) -> str:
    return f"*{md(derivation.formula)}*\n\n" + "\n".join(f"- {md(step)}" for step in derivation.steps)
