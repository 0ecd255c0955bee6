"""Step 1: what you hold, and which of it is hedged."""

import streamlit as st

from pages.ui.app import navigation, progress, shell
from pages.ui.bag import import_table, table
from pages.ui.bag.lead import lead, over_roles
from pages.ui.parts.lead import draw
from pages.ui.session import examples, worked_out

shell.guard()

is_empty = table.starts_empty()
result = worked_out.assessment()
question = over_roles(navigation.QUESTIONS["bag"])
draw(question if result is None else lead(result, worked_out.unpriced()))
if not is_empty:
    table.draw_editor(result)
with st.expander("Add coins: paste or upload", icon=":material/add:", expanded=is_empty, key="bag_drawer"):
    import_table.draw()
if is_empty:
    st.markdown("**Or type it**")
    table.draw_editor(result)
examples.buttons("bag")
if result is not None:
    progress.draw_next("bag")
