"""The views of the scenarios page, one of which is drawn at a time."""

from __future__ import annotations

from hedge_core import HedgeAssessment
from pages.ui import frontier_view, move_view, policy_view, simulation_view, stress_view, views

VIEWS = {
    "One move": move_view.draw,
    "Past crashes": stress_view.draw,
    "Thousands of paths": simulation_view.draw,
    "Hedge, stop or sell": policy_view.draw,
    "How much to hedge": frontier_view.draw,
}


def draw(result: HedgeAssessment) -> None:
    """The choice of a view, and the view."""
    views.draw("scenario_view", VIEWS, result)
