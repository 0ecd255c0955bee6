"""Step 3: what to short for each coin, and how well it fits."""

import streamlit as st

from hedge_core.exposure.proxies import ranking_sentence
from pages.ui.app import gate, navigation, progress, shell
from pages.ui.parts import inputs
from pages.ui.parts.format import md
from pages.ui.proxy import choices, evidence
from pages.ui.session import worked_out

shell.guard()
result = gate.open_page(navigation.QUESTIONS["proxy"])

st.markdown(
    "The coin's own future is the most exact. Without one, Ether and Bitcoin stand in: a correlation of **0.7 and "
    "above is good**, below 0.5 it is not worth it. Beta says how far the coin moves when the proxy moves by 1%."
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
