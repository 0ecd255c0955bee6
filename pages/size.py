"""Step 4: whole contracts, what they take, what can end them, and the same elsewhere."""

import streamlit as st

from pages.ui import cost_view, gate, inputs, paths, shell, size_view, steps_view, text, venue_view

shell.guard()
result = gate.open_page(paths.QUESTIONS["size"])

size_view.draw_legs(result)

controls, picture = st.columns([3, 8], gap="medium")
with controls, st.container(border=True):
    inputs.venue_choice()
    inputs.rounding_choice()
    inputs.method_choice()
    place = size_view.leg_choice(result)
with picture:
    if place is not None:
        size_view.draw_neighbours(result, place)
    text.ticket(result)
    text.notices(result)
cost_view.draw_insurance(result)
cost_view.draw_margin(result)
if place is not None:
    st.header("Which contract?")
    venue_view.draw_options(result, place)
    cost_view.draw_carry(result, result.legs[place])
    size_view.draw_methods(result)
venue_view.draw_venues(result)
size_view.draw_contracts(result)
steps_view.draw_next("size")
