"""Thousands of paths on the scenarios page: a fragment of its own, so that nothing else waits for it."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from hedge_core import HedgeAssessment, HedgeError
from hedge_core.simulation.distributions import Distribution
from hedge_core.simulation.simulation import Simulation, simulate
from hedge_core.text import days_text
from pages.ui import charts
from pages.ui.parts import elements, fragments, inputs
from pages.ui.parts.format import md, percent, signed_usd, usd
from pages.ui.scenarios import path_inputs
from pages.ui.scenarios.path_inputs import Drawing
from pages.ui.session import memo

LONG = 6_000_000
"""Paths times days from which a run is long enough to show how far it is."""


@fragments.fragment
def draw(result: HedgeAssessment) -> None:
    """The inputs, and what may become of bag and hedge over the horizon."""
    controls, picture = st.columns([3, 8], gap="medium")
    with controls, st.container(border=True):
        inputs.horizon_input()
        inputs.collateral_input()
        path_inputs.expected_move()
        path_inputs.details()
    with picture:
        path_inputs.warn_if_not_open(result)
        found = run(result, path_inputs.drawing())
        if found is None:
            return
        _metrics(found)
        elements.chart(
            charts.fan(found.fans, title=f"Bag and hedge over {days_text(found.horizon)}"), key="simulation_fan"
        )
    elements.reading(found.sentence)
    left, right = st.columns(2, gap="large")
    with left:
        title = f"Where it ends after {days_text(found.horizon)}"
        elements.chart(charts.outcomes(found.bag_results, found.net_results, title=title), key="simulation_outcomes")
    with right:
        collateral = result.plan.decisions.collateral
        title = "Collateral that the short has asked for by then"
        elements.chart(
            charts.cash_needed(found.fans["cash"], collateral=collateral, title=title), key="simulation_cash"
        )
    with st.expander("The figures, with their errors", icon=":material/table:"):
        elements.table(_table(found), key="simulation_table")
    for note in found.notes:
        elements.reading(note)
    elements.reading(
        f"{found.paths:,} paths: {found.model}. Each coin's own trend is taken out, funding scatters around the rate "
        "that the plan counts with, margin is checked within the day. After ± you see the sampling error (95%), "
        "which does not cover that the future may differ from the past."
    )


def run(result: HedgeAssessment, drawing: Drawing) -> Simulation | None:
    """The simulation, from this session's memory where nothing has changed; None with a message where it cannot be."""
    bar = None
    if drawing.paths * result.plan.decisions.horizon_days > LONG:
        bar = st.progress(0.0, text="Drawing paths")

    def compute() -> Simulation | str:
        try:
            # Told how far it is, the bar also notices when the user has moved on, which ends the run.
            return simulate(result, progress=bar.progress if bar is not None else None, **drawing._asdict())
        except HedgeError as error:
            return str(error)

    found = memo.memo("simulation", (memo.basis(result), drawing), compute, is_long=True)
    if bar is not None:
        bar.empty()
    if isinstance(found, str):
        st.info(md(found))
        return None
    return found


def _metrics(found: Simulation) -> None:
    with st.container(horizontal=True, key="simulation_metrics"):
        st.metric("Bag, worst 5%", _worst(found.bag), help="Mean result of the worst 5% of the paths.")
        st.metric("Together, worst 5%", _worst(found.net), help="The same for bag and hedge, costs included.")
        closed = "not watched" if found.closed is None else percent(found.closed.value)
        st.metric("Short closed out", closed, help="Chance that the collateral runs out before the horizon.")
        st.metric("Both lose", percent(found.both_lose.value), help="Chance that bag and short both end with a loss.")
        st.metric("Gain given up", usd(found.given_up), help="What the short takes on average where the bag gains.")


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
