"""Alternatives: the short beside a put, a collar, a stop-loss and selling, on the scenarios page."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from hedge_core import HedgeAssessment, HedgeError
from hedge_core.market.options.surface import surface_of
from hedge_core.reports.alternatives import COLUMNS, reading, row
from hedge_core.simulation.alternatives import AlternativeSettings, compare_alternatives
from hedge_core.simulation.ways import Alternatives
from hedge_core.text import days_text
from pages.ui import charts
from pages.ui.parts import elements, fragments, inputs
from pages.ui.parts.format import md
from pages.ui.scenarios import path_inputs
from pages.ui.session import memo, state

MOST_PATHS = 4_000
"""Every way runs on each path, so this view draws fewer of them than the others."""


@fragments.fragment
def draw(result: HedgeAssessment) -> None:
    """The verdict, every way in the order of its rank, the options to trade, and what the figures rest on."""
    verdict = st.container()
    controls, picture = st.columns([3, 8], gap="medium")
    with controls, st.container(border=True):
        volatility = _volatility_input()
        inputs.collateral_input()
        inputs.horizon_input()
        path_inputs.expected_move()
    drawing = path_inputs.drawing()
    drawing = drawing._replace(paths=min(drawing.paths, MOST_PATHS))
    surface = None if volatility is None else surface_of(result.market).at_level(volatility)
    try:
        found = memo.memo(
            "alternatives",
            (memo.basis(result), volatility, drawing),
            lambda: compare_alternatives(result, AlternativeSettings(surface=surface), **drawing._asdict()),
            is_long=True,
        )
    except HedgeError as error:
        with picture:
            st.info(md(str(error)))
        return
    lead, _, rest = found.verdict.rstrip(".").partition("; ")
    verdict.markdown(f"#### {md(lead)}.")
    if rest:
        verdict.markdown(md(f"{rest[0].upper()}{rest[1:]}."))
    with picture:
        path_inputs.warn_if_not_open(result)
        elements.chart(
            charts.policies(found.ways, title=f"Results after {days_text(found.horizon)}, best protection first"),
            key="alternatives",
        )
    rows = pd.DataFrame([dict(zip(COLUMNS, row(way), strict=True)) for way in found.ways])
    elements.table(rows, key="alternatives_table")
    _orders(found)
    for sentence in reading(found):
        elements.reading(sentence)


def _volatility_input() -> float | None:
    """The volatility of options at the money that the user states; None for that of the market's own surface."""
    value = st.number_input(
        "Volatility of the options (% per year)",
        min_value=5.0,
        max_value=500.0,
        step=5.0,
        format="%.0f",
        placeholder="assumed by coin",
        key=state.seed("options_volatility", state.remember("options_volatility", None)),
        on_change=state.keep,
        args=("options_volatility",),
        help="At the money, for every coin. Left empty, each coin has its own, and the notes say where it comes from.",
    )
    return None if value is None else float(value) / 100.0


def _orders(found: Alternatives) -> None:
    """The options of put and collar, folded away."""
    traded = [way for way in found.ways if way.orders]
    if not traded:
        return
    with st.expander("The options to trade", icon=":material/receipt_long:"):
        for way in traded:
            st.markdown(f"**{md(way.label)}**")
            for order in way.orders:
                st.markdown(f"- {md(order.text)}")
