"""Alternatives: the short beside a put, a collar, a stop-loss and selling, on the scenarios page."""

from __future__ import annotations

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from hedge_core import HedgeAssessment
from hedge_core.market.options.surface import surface_of
from hedge_core.reports.alternatives import COLUMNS, reading, row
from hedge_core.simulation.alternatives import AlternativeSettings, compare_alternatives
from hedge_core.simulation.policy_comparison import PolicySettings
from hedge_core.simulation.ways import Alternatives
from hedge_core.text import days_text
from pages.ui import charts
from pages.ui.parts import elements, inputs
from pages.ui.parts.format import md
from pages.ui.scenarios import path_inputs, stop_loss
from pages.ui.scenarios.lead import LeadPlace, prepared
from pages.ui.session import memo, state

MOST_PATHS = 4_000
"""Every way runs on each path, so this view draws fewer of them than the others."""

SHOWN = ("Way", "Worst 5%", "Average", "Behind holding", "Forced close", "Cash to keep ready")
"""The columns that are always shown; all of them are folded."""

HEIGHT = 530


def draw(result: HedgeAssessment, lead: LeadPlace) -> None:
    """The verdict, every way in the order of its rank, two stories, and folded what the figures rest on."""
    controls, picture = st.columns([3, 8], gap="medium")
    with controls, st.container(border=True):
        settings = stop_loss.settings(result)
        volatility = _volatility_input()
        inputs.collateral_input()
        inputs.horizon_input()
        path_inputs.expected_move()
    with picture:
        path_inputs.warn_if_not_open(result)
        found, place = _compared(result, settings, volatility, lead)
    lead.say(found.lead, " ".join(text for text in (found.terms, found.against_stop_loss) if text))
    with place:
        elements.chart(
            charts.policies(found.ways, title=f"Results after {days_text(found.horizon)}, best protection first"),
            key="alternatives",
            alt=found.verdict,
        )
    rows = pd.DataFrame([dict(zip(COLUMNS, row(way), strict=True)) for way in found.ways])
    elements.table(rows[list(SHOWN)], key="alternatives_table", right=SHOWN[1:])
    stop_loss.stories(result, settings)
    with st.expander("All figures, the options to trade, and what they rest on", key="alternatives_all"):
        elements.table(rows, key="alternatives_figures")
        _orders(found)
        for sentence in reading(found):
            elements.reading(sentence)
        elements.reading(stop_loss.assumed(settings))


def _compared(
    result: HedgeAssessment, settings: PolicySettings, volatility: float | None, lead: LeadPlace
) -> tuple[Alternatives, DeltaGenerator]:
    drawing = path_inputs.drawing()
    drawing = drawing._replace(paths=min(drawing.paths, MOST_PATHS))
    surface = None if volatility is None else surface_of(result.market).at_level(volatility)
    return prepared(
        "alternatives",
        (memo.basis(result), settings, volatility, drawing),
        lambda progress: compare_alternatives(
            result, AlternativeSettings(surface=surface, policies=settings), progress=progress, **drawing._asdict()
        ),
        lead=lead,
        doing=f"Comparing the hedge with put, collar, stop-loss and selling on {drawing.paths:,} paths",
        height=HEIGHT,
    )


def _volatility_input() -> float | None:
    """The volatility of options at the money that the user states; None for that of the market's own surface."""
    value = st.number_input(
        "Option volatility (% per year)",
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
    """The options of put and collar."""
    for way in found.ways:
        if way.orders:
            st.markdown("\n".join((f"**{md(way.label)}**", "", *(f"- {md(order.text)}" for order in way.orders))))
