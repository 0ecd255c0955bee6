"""Step 1: what you hold, and which of it is to be hedged."""

import streamlit as st

from pages.ui import bag_import_view, bag_table, charts, examples, paths, readings, shell, state, steps_view, text

shell.guard()

st.title(paths.QUESTIONS["bag"])
st.markdown(
    "**Hold** is for coins that you keep for years: they are hedged. **Speculative** is for trades: they get a "
    "stop-loss instead. Stablecoins are never hedged."
)

is_empty = not state.rows()
if not is_empty:
    bag_table.draw_editor()

left, right = st.columns([3, 2], gap="large")
with left:
    bag_import_view.draw()
with right, st.container(border=True):
    st.markdown("**Examples**" + ("" if is_empty else " (each replaces your bag)"))
    examples.buttons("bag")
if is_empty:
    st.markdown("**Or type it**")
    bag_table.draw_editor()

result = state.assessment()
if result is not None:
    st.header("Your bag, sorted")
    bag_table.draw_positions(result)
    text.chart(charts.bag_treemap(result), key="treemap")
    text.reading(readings.treemap_reading(result))
    steps_view.draw_next("bag")
