"""Plans in the address: opening the link that a visitor came with."""

from __future__ import annotations

import streamlit as st

from hedge_core.errors import HedgeError
from hedge_core.pin import pinned_market
from hedge_core.share import PARAMETER, decode
from pages.ui import state


def follow_address() -> None:
    """Open the plan in the address, once; one that cannot be read is said, and the open plan kept."""
    text = st.query_params.get(PARAMETER)
    if not text or st.session_state.get("followed_link") == text:
        return
    st.session_state.followed_link = text
    st.session_state.link_error = None
    try:
        shared = decode(text)
        market = pinned_market(shared.pin) if shared.pin is not None else None
    except HedgeError as error:
        st.session_state.link_error = str(error)
        return
    state.open_plan(shared.plan)
    st.session_state.pinned = None if market is None else (shared, market)
