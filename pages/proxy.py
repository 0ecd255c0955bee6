"""Step 3: what to short for each coin, and how well it fits."""

import streamlit as st

from hedge_core.exposure.proxies import ranking_sentence
from pages.ui import evidence_view, gate, inputs, paths, proxy_view, shell, state, steps_view
from pages.ui.format import md

shell.guard()
result = gate.open_page(paths.QUESTIONS["proxy"])

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
    comparison = state.comparison(result)
    evidence_view.draw_verdict(result, comparison)
proxy_view.draw_choices(result)

st.header("One coin, closely")
controls, picture = st.columns([3, 8], gap="medium")
with controls, st.container(border=True):
    position = proxy_view.coin_choice(result)
    if position is not None:
        proxy_view.draw_override(position)
with picture:
    if position is not None:
        if position.choice is not None:
            st.markdown(f"**{md(ranking_sentence(position.choice))}**")
        proxy_view.draw_evidence(result, position)
if position is not None:
    proxy_view.draw_candidates(result, position)
evidence_view.draw_evidence(comparison)
proxy_view.draw_correlations(result)
steps_view.draw_next("proxy")
