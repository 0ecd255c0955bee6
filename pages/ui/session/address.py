"""The plan in the address: opened from there, and written there after each change.

The address survives page changes and a reload, and going back in the browser takes a change back. It is a text input
that is bound to the query and not shown. A pinned link stays in the address until the plan is changed.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import streamlit as st

from hedge_core.documents.link.envelope import PARAMETER
from hedge_core.errors import HedgeError
from pages.ui.session import state

if TYPE_CHECKING:
    from hedge_core import HedgePlan

ON_ITS_WAY = 3.0
"""Seconds in which a browser may still send the address as it was before the last change."""


def follow_address() -> None:
    """Write the plan into the address if it has changed here, open the plan in the address if that has changed.

    The app's style sheet hides the input.
    """
    kept = st.session_state
    written: str = kept.get("address", "")
    if "addressed" not in kept:
        kept.addressed = state.plan()
    elif state.plan() is not kept.addressed:
        kept.address_before, kept.address_since = written, time.monotonic()
        written = kept.address = kept[PARAMETER] = _text(state.plan())
        kept.addressed = state.plan()
    elif (
        kept.get(PARAMETER) == kept.get("address_before")
        and time.monotonic() - kept.get("address_since", 0.0) < ON_ITS_WAY
    ):
        kept[PARAMETER] = written
    with st.container(key="address"):
        found = st.text_input("Plan", key=PARAMETER, bind="query-params", label_visibility="collapsed")
    if found != written:
        _open(found)


def forget_unreadable() -> None:
    """Callback of a button that leads to another page: Streamlit refuses to leave a page while a link that cannot be
    read is in the address."""
    if st.session_state.get("link_error"):
        st.session_state[PARAMETER] = st.session_state.address = ""
        st.session_state.link_error = None


def _text(plan: HedgePlan) -> str:
    """The plan as a text for the address; '' for an empty plan and for one that is too long."""
    if not plan.holdings:
        return ""
    from hedge_core.documents.link.link import Shared, encode

    try:
        return encode(Shared(plan=plan))
    except HedgeError:
        return ""


def _open(text: str) -> None:
    """Take the plan of a link; one that cannot be read is said, and the open plan kept."""
    st.session_state.address = text
    st.session_state.link_error = None
    if not text:
        return
    from hedge_core.documents.link.link import decode
    from hedge_core.documents.link.pin import pinned_market

    try:
        shared = decode(text)
        market = pinned_market(shared.pin) if shared.pin is not None else None
    except HedgeError as error:
        st.session_state.link_error = str(error)
        return
    state.open_plan(shared.plan)
    st.session_state.addressed = shared.plan
    st.session_state.address_since = 0.0
    st.session_state.pinned = None if market is None else (shared, market)
