"""Step 4: whole contracts, what they cost, what can end them, when they are rolled, and the same elsewhere."""

import streamlit as st

from hedge_core import HedgeAssessment
from hedge_core.monitoring.filled import filled_sentences
from hedge_core.text import percent, usd
from pages.ui.app import gate, navigation, progress, shell
from pages.ui.parts import as_filled, elements, inputs, tickets, view_choice
from pages.ui.size import cards, carry, contracts, orders, venues

VIEWS = {
    "Venues": venues.draw_venues,
    "Contracts": contracts.draw,
    "Perpetual or dated": carry.draw,
    "Your own contract": contracts.draw_own,
}


def lead(result: HedgeAssessment) -> str:
    """What is sold, in how many orders, and how much of the bag's move it offsets."""
    filled = filled_sentences(result)
    if filled:
        return filled[0]
    count = len(result.traded_legs)
    if not count:
        return f"Nothing is sold: {_why_nothing(result)}."
    if any(ticket.refused for ticket in as_filled.tickets(result)):
        which = "This order is" if count == 1 else f"Some of these {count} orders are"
        return f"{which} too large for what is traded there: sell fewer contracts or choose another venue."
    return (
        f"Sell {usd(result.margin.notional)} of futures in {count} {'order' if count == 1 else 'orders'}: that offsets "
        f"{percent(result.achieved_hedge_ratio)} of your bag's expected move (target {result.hedge_ratio:.0%})."
    )


def _why_nothing(result: HedgeAssessment) -> str:
    """Why the plan sells nothing."""
    if not result.legs:
        return "nothing in your bag can be hedged"
    own = [result.plan.overrides.lots.get(leg.contract.id) == 0 for leg in result.legs]
    if all(own):
        return "you set every count to 0"
    if result.is_limited:
        return "your collateral opens no contract"
    if result.hedge_ratio <= 0.0:
        return "your target is 0%"
    return "no whole contract fits this plan" + (" beside the counts that you set to 0" if any(own) else "")


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
