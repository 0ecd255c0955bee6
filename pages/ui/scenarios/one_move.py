"""One move of the market: what it does to bag, hedge and both, and why."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from hedge_core import HedgeAssessment
from hedge_core.scenarios.run import (
    ScenarioResult,
    break_even_moves,
    collateral_to_outlive,
    net_grid,
    run_range,
    run_scenario,
    to_the_border,
)
from hedge_core.scenarios.shocks import reachable_moves
from pages.ui import charts
from pages.ui.parts import elements, fragments
from pages.ui.parts.format import md, percent, signed_usd, usd
from pages.ui.scenarios import inputs


@fragments.fragment
def draw(result: HedgeAssessment) -> None:
    """The inputs, the outcome, the range of moves, the attribution and the grid of betas."""
    controls, picture = st.columns([3, 8], gap="medium")
    with controls, st.container(border=True):
        shock = inputs.draw(result)
    outcome = run_scenario(result, shock)
    with picture:
        metrics(outcome)
        _unfunded(result, outcome)
        moves = reachable_moves(result, inputs.moves(), shock.of)
        results = to_the_border(result, run_range(result, moves, shock))
        moved = "the bag" if shock.of == "bag" else "the market"
        elements.chart(
            charts.pnl_range(
                results,
                selected=outcome,
                break_evens=break_even_moves(results),
                title=f"If {moved} moves by {percent(shock.move, signed=True)}"
                if shock.move
                else f"If {moved} does not move",
            ),
            key="scenario_range",
        )
        elements.reading(charts.pnl_reading(outcome, hedge_ratio=result.hedge_ratio))
        if outcome.moves:
            parts = [f"{coin} {percent(move, signed=True)}" for coin, move in outcome.moves.items()]
            elements.reading(f"The short contracts then move: {', '.join(parts)}.")
        notes(outcome)
    left, right = st.columns(2, gap="large")
    with left:
        attribution(result, outcome, key="waterfall")
    with right:
        st.header("If beta is not what it was")
        grid_moves, shifts = inputs.GRID_MOVES, inputs.GRID_SHIFTS
        grid = net_grid(result, grid_moves, shifts, of="market")
        elements.chart(_heatmap(tuple(grid.ravel().tolist())), key="beta_grid")
        elements.reading(charts.heatmap_reading(moves=grid_moves, beta_shifts=shifts, grid=grid))
        elements.reading("The grid is that of your plan; it does not follow the other sliders.")
    st.caption(
        "Even a good hedge loses in altcoin cascades, when small coins fall 2.5 to 4.5 times as far as Bitcoin, and in "
        "squeezes, when the proxy runs and the bag does not. Move the sliders to see what that does to yours."
    )


@st.cache_resource(max_entries=64, show_spinner=False)
def _heatmap(cells: tuple[float, ...]) -> go.Figure:
    """The picture of a grid: while only the sliders above it move, it stays the same, and is not drawn anew."""
    moves, shifts = inputs.GRID_MOVES, inputs.GRID_SHIFTS
    grid = np.array(cells).reshape(len(shifts), len(moves))
    return charts.net_heatmap(moves=moves, beta_shifts=shifts, grid=grid, title="Bag and hedge together")


def _unfunded(result: HedgeAssessment, outcome: ScenarioResult) -> None:
    """Without stated collateral a short that loses looks as if it could be held whatever it costs."""
    if result.plan.decisions.collateral is not None or outcome.hedge_pnl >= 0:
        return
    needed = collateral_to_outlive(result, outcome)
    st.warning(
        md(
            f"You have not said how much collateral you have (page 2): the short loses {usd(-outcome.hedge_pnl)} here, "
            f"and with less than that and the margin it is closed. Living through this takes about {usd(needed)}."
        ),
        icon=":material/warning:",
    )


def notes(outcome: ScenarioResult) -> None:
    """What the outcome takes for granted; a short that is closed stands out."""
    for note in outcome.notes:
        if outcome.is_liquidated and note.startswith(("The short is", "The margin is", "Margin runs out")):
            st.warning(md(note), icon=":material/warning:")
        else:
            elements.reading(note)


def metrics(outcome: ScenarioResult) -> None:
    """The outcome in figures."""
    with st.container(horizontal=True, key="outcome"):
        st.metric("Hedged coins", signed_usd(outcome.bag_pnl), help="The holdings that the hedge is sized for.")
        st.metric("Hedge", signed_usd(outcome.hedge_pnl))
        st.metric("Together", signed_usd(outcome.net_pnl), help="Before costs.")
        st.metric("After costs", signed_usd(outcome.net_after_costs), help="Fees, spread and carry to the horizon.")
        st.metric("Offset", percent(outcome.offset), help="Share of the bag's move that the hedge took back.")
        if outcome.unhedged_pnl:
            st.metric("Not hedged", signed_usd(outcome.unhedged_pnl), help="Speculative and excluded holdings.")


def attribution(result: HedgeAssessment, outcome: ScenarioResult, *, key: str) -> None:
    """Why the outcome is not exactly the ideal."""
    st.header("Why not exactly the ideal?")
    elements.chart(charts.attribution_waterfall(outcome, hedge_ratio=result.hedge_ratio), key=key)
    elements.reading(charts.attribution_reading(outcome, result.hedge_ratio))
