"""The views of the scenarios page, one of which is drawn at a time."""

from __future__ import annotations

from hedge_core import HedgeAssessment
from pages.ui.parts import view_choice
from pages.ui.scenarios import alternatives, dangers, frontier, one_move, past_crashes, paths, policies

VIEWS = {
    "One move": one_move.draw,
    "Past crashes": past_crashes.draw,
    "Thousands of paths": paths.draw,
    "Hedge, stop or sell": policies.draw,
    "How much to hedge": frontier.draw,
    "What can take the hedge away": dangers.draw,
    "Alternatives": alternatives.draw,
}


def draw(result: HedgeAssessment) -> None:
    """The choice of a view, and the view."""
    view_choice.draw("scenario_view", VIEWS, result)
