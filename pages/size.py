"""Step 4: whole contracts, what one more or fewer does, and what it takes."""

import streamlit as st

from pages.ui import inputs, paths, shell, size_view, state, text

shell.guard()
result = state.require_assessment()

st.title("How many contracts?")
size_view.draw_legs(result)

controls, picture = st.columns([3, 8], gap="medium")
with controls, st.container(border=True):
    inputs.venue_choice()
    inputs.rounding_choice()
    inputs.method_choice()
    leg = size_view.leg_choice(result)
with picture:
    if leg is not None:
        size_view.draw_neighbours(result, leg)
    size_view.draw_methods(result)

left, right = st.columns(2, gap="large")
with left:
    text.ticket(result)
    text.notices(result)
with right:
    size_view.draw_costs(result)
size_view.draw_contracts(result)
st.page_link(paths.page("scenarios"), label="Next: what could happen?", icon=":material/arrow_forward:")
