"""Step 4: whole contracts, what they cost, what can end them, when they are rolled, and the same elsewhere."""

import streamlit as st

from hedge_core.monitoring.filled import filled_sentences
from pages.ui.app import gate, navigation, progress, shell
from pages.ui.parts import elements, inputs, tickets, view_choice
from pages.ui.size import cards, carry, contracts, orders, venues
from pages.ui.size.lead import lead

VIEWS = {
    "Venues": venues.draw_venues,
    "Contracts": contracts.draw,
    "Perpetual or dated": carry.draw,
    "Your own contract": contracts.draw_own,
}


shell.guard()
result = gate.open_page(navigation.QUESTIONS["size"], lead)

controls, picture = st.columns([3, 8], gap="medium")
with controls, st.container(border=True, key="size_controls"):
    inputs.venue_choice()
    inputs.residence_choice()
    inputs.rounding_choice()
with picture:
    beside = " ".join(filled_sentences(result)[1:])
    if beside:
        elements.reading(beside)
    tickets.draw(result, orders.rows)
cards.draw(result)
elements.notices(result)
view_choice.draw("size_view", VIEWS, result, is_folded=True, label="Compare, or choose another contract")
progress.draw_next("size")
