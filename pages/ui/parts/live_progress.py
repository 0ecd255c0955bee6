"""Live prices on their way: how far they are, or why there are none."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Literal

import streamlit as st

from hedge_core import HedgePlan
from hedge_core.market.venues import EXCHANGES
from pages.ui.parts.format import md
from pages.ui.session import live_prices, prices, state

PATIENCE = 20.0
"""Seconds of waiting after which other prices are offered: an exchange that answers slowly may take minutes."""

POLL = 0.5
"""Seconds between two looks at a load under way."""


def is_waiting() -> bool:
    """Whether the open plan's exchange is being asked, or has not answered."""
    source = state.plan().market
    if not live_prices.is_live(source):
        return False
    kept = live_prices.held(source)
    return kept.load is not None or kept.error is not None


def draw(plan: HedgePlan, other_sources: Callable[[], None] | None = None) -> None:
    """Ask for the prices of `plan`, which is on live ones, where they are not here yet; say how far they are.

    A failure is said with its reason, a button to try again, and what `other_sources` draws beside it. A long wait
    gets the same, without an error.
    """
    if prices.market(plan) is not None:
        return
    kept = live_prices.held(plan.market)
    if kept.load is not None:
        draw_progress(other_sources)
        return
    st.error(md(kept.error or "There are no live prices yet."), icon=":material/cloud_off:")
    with st.container(horizontal=True):
        draw_refresh(plan, label="Try again", is_first=True)
        if other_sources is not None:
            other_sources()


def draw_refresh(plan: HedgePlan, *, label: str, is_first: bool = False) -> None:
    """The button that fetches the prices of `plan` anew; `is_first` where it is the first thing to try."""
    look: Literal["primary", "secondary"] = "primary" if is_first else "secondary"
    icon, on_click = ":material/refresh:", live_prices.refresh
    st.button(label, key="live_refresh", icon=icon, type=look, on_click=on_click, args=(plan,))


@st.fragment(run_every=POLL)
def draw_progress(other_sources: Callable[[], None] | None = None) -> None:
    """How far the load is; the whole page is drawn anew when it has ended, or has a first market to show."""
    kept = live_prices.held(state.plan().market)
    load = kept.load
    if load is None or load.is_done or (load.early is not None and not kept.covers(load.request.wanted)):
        st.rerun()
        return
    is_long = time.monotonic() - kept.asked_at > PATIENCE
    done, steps, what = load.progress
    label = EXCHANGES[kept.source].label
    st.progress(
        min(1.0, done / max(steps, 1)), text=f"Fetching {md(what)}: step {min(done + 1, steps)} of {steps} ({label})"
    )
    if is_long and other_sources is not None:
        with st.container(horizontal=True):
            other_sources()
