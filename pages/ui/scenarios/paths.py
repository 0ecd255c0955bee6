"""Thousands of paths on the scenarios page: where they end without and with the hedge, and what they ask of you."""

from __future__ import annotations

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from hedge_core import HedgeAssessment
from hedge_core.simulation.distributions import Distribution
from hedge_core.simulation.simulation import Simulation, simulate
from hedge_core.text import UNKNOWN, days_text
from pages.ui import charts
from pages.ui.parts import elements, inputs
from pages.ui.parts.format import percent, signed_usd, usd
from pages.ui.scenarios import frontier, path_inputs, pictures
from pages.ui.scenarios.lead import LeadPlace, prepared
from pages.ui.scenarios.path_inputs import Drawing
from pages.ui.session import memo

HEIGHT = 560
"""Pixels of the field that keeps the place of figures and histograms."""


def draw(result: HedgeAssessment, lead: LeadPlace) -> None:
    """The inputs, the two histograms, the way there, and folded: other hedge ratios, all figures, how it is drawn."""
    with st.container(horizontal=True, key="path_inputs"):
        inputs.hedge_slider()
        path_inputs.expected_move()
        inputs.horizon_input()
        inputs.collateral_input()
    path_inputs.warn_if_not_open(result)
    drawing = path_inputs.drawing()
    found, place = run(result, drawing, lead)
    lead.say(charts.paths_lead(found))
    with place:
        _metrics(found)
        title = f"Where {found.paths:,} paths end after {days_text(found.horizon)}"
        elements.chart(
            charts.outcomes(found.bag_results, found.net_results, worst=_tails(found), title=title),
            key="simulation_outcomes",
            alt=charts.outcomes_reading(found),
        )
        pictures.draw_button("paths")
    elements.reading(found.sentence)
    _on_the_way(result, found)
    with st.expander(
        "How much to hedge: other ratios on the same paths", key="paths_frontier", on_change="rerun"
    ) as box:
        if box.open:
            frontier.draw(result, drawing)
    with st.expander("The figures, with their errors", icon=":material/table:", key="paths_figures"):
        elements.table(_table(found), key="simulation_table")
        for note in found.notes:
            elements.reading(note)
    with st.expander("How paths are drawn", key="paths_details"):
        path_inputs.details()
        elements.reading(
            f"{found.paths:,} paths: {found.model}. Each coin's own trend is taken out, funding scatters around the "
            "rate that the plan counts with, margin is checked within the day. After ± you see the sampling error "
            "(95%), which does not cover that the future may differ from the past."
        )


def run(result: HedgeAssessment, drawing: Drawing, lead: LeadPlace) -> tuple[Simulation, DeltaGenerator]:
    """The simulation, from this session's memory where nothing has changed, and the place to show it."""
    return prepared(
        "simulation",
        (memo.basis(result), drawing),
        lambda progress: simulate(result, progress=progress, **drawing._asdict()),
        lead=lead,
        doing=f"Drawing {drawing.paths:,} paths of your bag and hedge",
        height=HEIGHT,
    )


def _on_the_way(result: HedgeAssessment, found: Simulation) -> None:
    """Bag and hedge by day, and the collateral that the short has asked for by then."""
    left, right = st.columns(2, gap="large")
    with left:
        title = f"Bag and hedge over {days_text(found.horizon)}"
        elements.chart(charts.fan(found.fans, title=title), key="simulation_fan", alt=charts.fan_reading(found))
    with right:
        collateral = result.plan.decisions.collateral
        elements.chart(
            charts.cash_needed(found.fans["cash"], collateral=collateral, title="Cash that the short needs by then"),
            key="simulation_cash",
            alt=f"Collateral needed by day: {usd(found.cash_needed)} is enough on 95% of the paths.",
        )


def _metrics(found: Simulation) -> None:
    with st.container(horizontal=True, key="simulation_metrics"):
        st.metric("Bag, worst 5%", _worst(found.bag), help="Mean result of the worst 5% of the paths.")
        st.metric(
            "Together, worst 5%",
            _worst(found.net),
            help="The same for bag and hedge, with fees, spread and carry. What your cash could earn elsewhere is not "
            "taken off here; under Alternatives it is.",
        )
        unknown = "not watched" if found.initial_margin > 0.0 else UNKNOWN
        closed = unknown if found.closed is None else percent(found.closed.value)
        st.metric("Liquidated", closed, help="Chance that the collateral runs out before the horizon.")
        st.metric("Both lose", percent(found.both_lose.value), help="Chance that bag and short both end with a loss.")
        st.metric("Gain given up", usd(found.given_up), help="What the short takes on average where the bag gains.")


def _tails(found: Simulation) -> tuple[float, float]:
    """The mean results of the worst 5%, of the bag and of bag and hedge."""
    return -found.bag.expected_shortfall.value, -found.net.expected_shortfall.value


def _worst(outcome: Distribution) -> str:
    return signed_usd(-outcome.expected_shortfall.value)


def _table(found: Simulation) -> pd.DataFrame:
    def row(name: str, outcome: Distribution) -> dict[str, str]:
        return {
            "": name,
            "Mean": f"{signed_usd(outcome.mean.value)} ± {usd(1.96 * outcome.mean.error)}",
            "Median": signed_usd(outcome.median),
            "90% between": f"{signed_usd(outcome.quantiles[0])} and {signed_usd(outcome.quantiles[-1])}",
            "Value at risk (95%)": f"{usd(outcome.value_at_risk.value)} ± {usd(1.96 * outcome.value_at_risk.error)}",
            "Mean of the worst 5%": (
                f"{signed_usd(-outcome.expected_shortfall.value)} ± {usd(1.96 * outcome.expected_shortfall.error)}"
            ),
        }

    return pd.DataFrame([row("Bag", found.bag), row("Hedge", found.hedge), row("Together", found.net)])
