"""Step 1: what you hold, and which of it is to be hedged."""

import streamlit as st

from pages.ui import charts
from pages.ui.app import navigation, progress, shell
from pages.ui.bag import import_table, table
from pages.ui.parts import elements
from pages.ui.session import bag_rows, examples, worked_out

shell.guard()

st.title(navigation.QUESTIONS["bag"])
st.markdown(
    "**Hold** is for coins that you keep for years: they are hedged. **Speculative** is for trades: they get a "
    "stop-loss instead. Stablecoins are never hedged."
)

is_empty = not bag_rows.rows()
if not is_empty:
    table.draw_editor()

left, right = st.columns([3, 2], gap="large")
with left:
    import_table.draw()
with right, st.container(border=True):
    st.markdown("**Examples**" + ("" if is_empty else " (each replaces your bag)"))
    examples.buttons("bag")
if is_empty:
    st.markdown("**Or type it**")
    table.draw_editor()

result = worked_out.assessment()
if result is not None:
    st.header("Your bag, sorted")
    table.draw_positions(result)
    elements.chart(charts.bag_treemap(result), key="treemap")
    elements.reading(charts.treemap_reading(result))
    progress.draw_next("bag")
