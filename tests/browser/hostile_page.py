"""A page that shows hostile text through `markdown` in every kind of place, for `test_hostile_text.py`."""

import streamlit as st

from hedge_core.text import markdown
from tests.support.hostile import MARKUP

for number, text in enumerate(MARKUP):
    shown = markdown(text)
    with st.container(key=f"body_{number}"):
        st.markdown(shown)
    with st.container(key=f"caption_{number}"):
        st.caption(shown)
    with st.container(key=f"label_{number}"):
        st.button(shown, key=f"button_{number}")
    with st.container(key=f"list_{number}"):
        st.markdown(f"- {shown}")
    with st.container(key=f"box_{number}"):
        st.error(shown)
st.markdown("All drawn")
