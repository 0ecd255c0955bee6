"""Step 3: what to short for each coin, and how well it fits."""

import streamlit as st

from hedge_core import HedgeAssessment
from hedge_core.exposure.proxies import ranking_sentence
from hedge_core.text import whole_percent
from pages.ui.app import gate, navigation, progress, shell
from pages.ui.parts import inputs
from pages.ui.parts.format import md
from pages.ui.proxy import choices, evidence
from pages.ui.session import worked_out


def lead(result: HedgeAssessment) -> str:
    """How much of the daily variance the hedge would have removed, at the plan's own ratio and in whole contracts."""
    if not result.hedged_coins:
        return "None of your coins can be hedged."
    comparison = worked_out.comparison(result)
    if comparison is not None and comparison.is_by_construction:
        return "Every coin that you hedge has a future of its own, so there is no proxy to trust."
    tested = None if comparison is None else comparison.as_planned
    if comparison is None or tested is None:
        return "This history is too short to say how good your hedge is."
    low, high = tested.variance_interval
    whose = "coins without their own future" if comparison.covered_share else "your bag"
    return (
        f"At your hedge ratio this would have removed {whole_percent(tested.variance_reduction)} of the daily variance "
        f"of {whose} (95% range {whole_percent(low)} to {whole_percent(high)})."
    )


shell.guard()
result = gate.open_page(navigation.QUESTIONS["proxy"], lead)

st.markdown(
    "A coin's own future is the most exact hedge. Without one, a proxy stands in: a correlation of **0.7 or more is "
    "good**, and below 0.5 it is not worth the effort. Beta is how far the coin moves when its proxy moves by 1%."
)
controls, picture = st.columns([3, 8], gap="medium")
with controls, st.container(border=True):
    inputs.approach_choice()
    inputs.venue_choice()
    inputs.window_choice()
with picture:
    comparison = worked_out.comparison(result)
    evidence.draw_verdict(result, comparison)
choices.draw_choices(result)

st.header("One coin, closely")
controls, picture = st.columns([3, 8], gap="medium")
with controls, st.container(border=True):
    held = choices.coin_choice(result)
    if held is not None:
        choices.draw_override(held)
with picture:
    if held is not None:
        if held.choice is not None:
            st.markdown(f"**{md(ranking_sentence(held.choice))}**")
        choices.draw_evidence(result, held)
if held is not None:
    choices.draw_candidates(result, held)
evidence.draw_evidence(comparison)
choices.draw_correlations(result)
progress.draw_next("proxy")
