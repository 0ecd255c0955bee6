"""Your plan: the answer in plain words, or the way to it."""

import numpy as np
import streamlit as st

from hedge_core import Shock, run_scenario
from hedge_core.scenarios.run import break_even_moves, run_range, to_the_border
from pages.ui import charts
from pages.ui.app import gate, navigation, progress, shell
from pages.ui.parts import elements, tickets
from pages.ui.parts.format import md
from pages.ui.session import examples, state

shell.guard()

if not state.plan().holdings:
    st.title("Hedge your altcoins through a bad month")
    st.markdown(
        "Keep your coins, and short small futures against them. Enter what you hold; this tool says **what to short, "
        "how many whole contracts, what it costs, what can kill the hedge**, and how bag and hedge fare together "
        "when the market falls or runs."
    )
    left, right = st.columns(2)
    with left, st.container(border=True):
        st.header("Start with your own bag")
        st.markdown("Type it, paste it or upload a CSV. Two columns are enough: coin and quantity.")
        if st.button("Enter my bag", type="primary", icon=":material/edit:", key="start_bag"):
            st.switch_page(navigation.page("bag"))
    with right, st.container(border=True):
        st.header("Or look at an example")
        st.markdown("One click gives a finished plan on a simulated market.")
        examples.buttons("start")
    st.markdown(
        "**The six steps:** 1 sort the bag into long-term holds and trades · 2 set the risk you accept · "
        "3 choose what to short · 4 size it in whole contracts · 5 see what could happen, execute and watch · "
        "6 lift it by rules set beforehand."
    )
    st.stop()

result = gate.open_page("Your plan")
st.caption(md(state.plan().name))

left, right = st.columns([5, 6], gap="large")
with left:
    tickets.draw(result)
    elements.notices(result)
    if state.plan().notes:
        with st.expander("Notes of this plan", icon=":material/notes:"):
            st.markdown(md(state.plan().notes))
with right:
    moves = np.linspace(-0.5, 0.5, 41)
    selected = run_scenario(result, Shock(move=-0.2, of="market"))
    results = to_the_border(result, run_range(result, [float(move) for move in moves], selected.shock))
    elements.chart(
        charts.pnl_range(
            results, selected=selected, break_evens=break_even_moves(results), title="If the market falls 20%"
        ),
        key="plan_range",
    )
    elements.reading(charts.pnl_reading(selected, hedge_ratio=result.hedge_ratio))

progress.draw_list()
