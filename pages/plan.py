"""Your plan: what it does, what it costs and what can go wrong; without a bag, the start."""

import streamlit as st

from pages.ui.app import shell, start
from pages.ui.session import currency, link_market, state, worked_out

shell.guard()

if not state.plan().holdings:
    start.draw()
    st.stop()

# With the first plan, and not before: a fresh server shows the start page without these.
from hedge_core import HedgeAssessment
from hedge_core.hedge.squeeze import LEAST_CASH, worst_squeeze
from pages.ui import charts
from pages.ui.app import gate, headline, navigation, payoff, progress
from pages.ui.parts import as_filled, elements, fragments, orders
from pages.ui.parts.format import md, signed_usd
from pages.ui.scenarios import pictures

is_hidden = link_market.is_without_amounts(state.plan())
result = gate.open_page("Your plan", lambda found: headline.lead(found, is_hidden=is_hidden))
held = as_filled.shown(result)


@fragments.fragment
def picture(result: HedgeAssessment) -> None:
    """The payoff of what is filled, or of the plan without fills, and a slider that reads it."""
    place = st.container(key="plan_place")
    move = payoff.scrubber(-20, key="plan_move")
    with place:
        selected = payoff.draw(as_filled.shown(result), move, key="plan_range")
    elements.reading(charts.pnl_reading(selected, hedge_ratio=result.hedge_ratio))
    if abs(selected.unhedged_pnl) >= 1.0:
        elements.reading(f"Coins outside the hedge: {signed_usd(selected.unhedged_pnl)}.")
    if result.legs:
        pictures.draw_button("plan")


left, right = st.columns([8, 5], gap="large")
with left:
    picture(result)
with right:
    orders.draw(result)

squeeze = worst_squeeze(held)
if squeeze is not None and squeeze.most_needed >= LEAST_CASH:
    st.warning(
        f"**What hurts most:** a rally before the fall. In the worst 30 days of the past year this short would have "
        f"needed {md(currency.shown(result).amount(squeeze.most_needed))} of cash.",
        icon=":material/warning:",
    )
elements.notices(result)
with st.expander("How good is this hedge?", icon=":material/verified:", key="plan_quality", on_change="rerun") as box:
    if box.open:
        comparison = worked_out.comparison(result)
        st.markdown(md(comparison.verdict) if comparison is not None else "There is no history to test it on.")
        st.page_link(navigation.page("proxy"), label="The evidence", icon=":material/compare_arrows:")
if state.plan().notes:
    with st.expander("Notes of this plan", icon=":material/notes:"):
        st.markdown(md(state.plan().notes))
progress.draw_list()
