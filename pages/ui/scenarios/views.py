"""The views of the scenarios page: one sentence that answers, the choice of a view, and the view."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from hedge_core import HedgeAssessment, HedgeError
from pages.ui.parts import as_filled, fragments
from pages.ui.parts.format import md
from pages.ui.scenarios import alternatives, dangers, one_move, past_crashes, paths
from pages.ui.scenarios.lead import LeadPlace
from pages.ui.session import state

VIEWS: dict[str, Callable[[HedgeAssessment, LeadPlace], None]] = {
    "One move": one_move.draw,
    "Past crashes": past_crashes.draw,
    "Thousands of paths": paths.draw,
    "Alternatives": alternatives.draw,
    "What can take the hedge away": dangers.draw,
}
KEY = "scenario_view"


@fragments.fragment
def draw(planned: HedgeAssessment) -> None:
    """The leading sentence, the tabs, and the chosen view, of what is filled once there are fills.

    Every view has a place of its own. Those that are not chosen are emptied first, so that nothing of the last view
    stays on the screen while the next one is worked out.
    """
    wanted = state.remember(KEY, "One move")
    with st.container(key="scenario_lead"):
        lead = LeadPlace(st.container())
        as_filled.say(planned)
    chosen = st.segmented_control(
        "View",
        list(VIEWS),
        key=state.seed(KEY, wanted if wanted in VIEWS else "One move"),
        on_change=state.keep,
        args=(KEY,),
        label_visibility="collapsed",
        required=True,
    )
    with st.container(key="scenario_place"):
        places = [st.container() if name == chosen else st.empty() for name in VIEWS]
    with places[list(VIEWS).index(str(chosen))]:
        try:
            VIEWS[str(chosen)](as_filled.shown(planned), lead)
        except HedgeError as error:
            lead.say("This view cannot be worked out.")
            st.info(md(str(error)))
