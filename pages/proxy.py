"""Step 3: what to short for each coin, and how well it fits."""

import streamlit as st

from pages.ui import inputs, paths, proxy_view, shell, state

shell.guard()
result = state.require_assessment()

st.title("What do you short for each coin?")
st.markdown(
    "The coin's own future is the most exact. Without one, Ether or Bitcoin stands in: a correlation of **0.7 "
    "and above is good**. Beta says how far the coin moves when the proxy moves by 1%."
)
proxy_view.draw_choices(result)

controls, picture = st.columns([3, 8], gap="medium")
with controls, st.container(border=True):
    position = proxy_view.coin_choice(result)
    inputs.venue_choice()
    inputs.window_choice()
    if position is not None:
        proxy_view.draw_override(position)
with picture:
    if position is not None:
        proxy_view.draw_evidence(result, position)
if position is not None:
    proxy_view.draw_candidates(position)
proxy_view.draw_correlations(result)
st.page_link(paths.page("size"), label="Next: how many contracts?", icon=":material/arrow_forward:")
