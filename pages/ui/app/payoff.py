"""The payoff of a plan with its liquidation wall, and a slider that reads it at any move of the market."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from hedge_core import HedgeAssessment, Shock, run_scenario
from hedge_core.scenarios.run import ScenarioResult, break_even_moves, run_range, to_the_border
from pages.ui import charts
from pages.ui.parts import elements
from pages.ui.session import memo

if TYPE_CHECKING:
    import plotly.graph_objects as go

LOWEST, HIGHEST, FARTHEST = -0.5, 0.6, 1.2
"""The range of moves shown; it reaches beyond the liquidation, but not farther than the last."""


@dataclass(frozen=True, slots=True)
class Payoff:
    """The payoff of a plan, marked at one move of the market: that move's scenario, the chart, and its sentence."""

    selected: ScenarioResult
    figure: go.Figure
    reading: str

    def show(self, *, key: str) -> None:
        """Put the chart on the page."""
        alt = f"Profit and loss of bag, hedge and both by the move of the market. {self.reading}"
        elements.chart(self.figure, key=key, alt=alt)


def draw(result: HedgeAssessment, move: float, *, key: str) -> ScenarioResult:
    """Draw the payoff, marked at `move` of the market, and what that move does in words; return its scenario."""
    payoff = at(result, move, memo.for_now(f"{key}_range", memo.basis(result), lambda: over_moves(result)))
    payoff.show(key=key)
    return payoff.selected


def at(result: HedgeAssessment, move: float, results: tuple[ScenarioResult, ...]) -> Payoff:
    """The payoff of `result` marked at `move`; `results` are those of `over_moves`."""
    selected = run_scenario(result, Shock(move=move, of="market"))
    figure = charts.pnl_range(
        results, selected=selected, break_evens=break_even_moves(results), title="If the market moves"
    )
    return Payoff(selected, figure, charts.pnl_reading(selected, hedge_ratio=result.hedge_ratio))


def over_moves(result: HedgeAssessment) -> tuple[ScenarioResult, ...]:
    """What moves of the market do, over the range that is shown."""
    wall = result.market_rally_survived
    end = HIGHEST if wall is None or math.isinf(wall) else min(max(HIGHEST, wall + 0.15), FARTHEST)
    moves = [float(move) for move in np.linspace(LOWEST, end, round((end - LOWEST) / 0.025) + 1)]
    return to_the_border(result, run_range(result, moves, Shock(move=0.0, of="market")))


def scrubber(default: int, *, key: str) -> float:
    """A slider for the move of the market, a fraction."""
    return float(
        st.slider(
            "Move of the market",
            round(100 * LOWEST),
            round(100 * HIGHEST),
            default,
            5,
            "%+d%%",
            key=key,
            help="To read any other move at once, point at the chart.",
        )
        / 100
    )
