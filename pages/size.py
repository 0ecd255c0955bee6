"""Step 4: whole contracts, what they take, what can end them, and the same elsewhere."""

import streamlit as st

from hedge_core import HedgeAssessment
from hedge_core.monitoring.filled import filled_sentence
from hedge_core.text import percent, usd
from pages.ui.app import gate, navigation, progress, shell
from pages.ui.parts import elements, inputs, tickets
from pages.ui.size import costs_and_margin, legs, venues


def lead(result: HedgeAssessment) -> str:
    """What is sold, in how many orders, and how much of the bag's move it offsets."""
    filled = filled_sentence(result)
    if filled:
        return filled
    count = len(result.traded_legs)
    if not count:
        return "Nothing is sold: no whole contract fits this plan."
    return (
        f"Sell {usd(result.margin.notional)} of futures in {count} {'order' if count == 1 else 'orders'}: that offsets "
        f"{percent(result.achieved_hedge_ratio)} of your bag's expected move (target {result.hedge_ratio:.0%})."
    )


shell.guard()
result = gate.open_page(navigation.QUESTIONS["size"], lead)

legs.draw_legs(result)

controls, picture = st.columns([3, 8], gap="medium")
with controls, st.container(border=True):
    inputs.venue_choice()
    inputs.residence_choice()
    inputs.rounding_choice()
    inputs.method_choice()
    place = legs.leg_choice(result)
with picture:
    if place is not None:
        legs.draw_neighbours(result, place)
    tickets.draw(result)
    elements.notices(result)
costs_and_margin.draw_insurance(result)
costs_and_margin.draw_margin(result)
if place is not None:
    st.header("Which contract?")
    venues.draw_options(result, place)
    costs_and_margin.draw_carry(result, result.legs[place])
    legs.draw_methods(result)
venues.draw_venues(result)
legs.draw_contracts(result)
progress.draw_next("size")
