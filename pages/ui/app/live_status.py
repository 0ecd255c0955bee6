"""What is said of live prices on every page: of when they are, progress, failures, and the way out of each."""

from __future__ import annotations

import streamlit as st

from hedge_core import HedgePlan
from pages.ui.parts import live_progress
from pages.ui.parts.format import md
from pages.ui.session import live_prices, prices, state


def draw(plan: HedgePlan) -> None:
    """The line under the strip: the time of the prices, refresh; a load under way, or why the last one failed."""
    kept = live_prices.held(plan.market)
    if kept.market is None:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="live_line"):
        st.caption(f"Prices of {kept.market.as_of:%d %b %Y, %H:%M} UTC.", width="content")
        has_failed = kept.load is None and kept.error is not None
        live_progress.draw_refresh(plan, label="Try again" if has_failed else "Refresh")
    if kept.load is not None:
        live_progress.draw_progress()
    elif kept.error is not None:
        st.warning(f"{md(kept.error)} The prices above are the last good ones.", icon=":material/cloud_off:")


def draw_missing(plan: HedgePlan) -> None:
    """In place of the strip while there are no prices: how far they are, or what can be done."""
    live_progress.draw(plan, _other_sources)
    if live_prices.is_loading(plan.market):
        return
    st.caption(
        "Typed prices go into the column Own price of the Bag page. They hedge coins that have a future of their own; "
        "for the others, upload daily closes in the sidebar under Prices."
    )


def draw_file_missing(name: str) -> None:
    """In place of the strip of a plan on a file of prices that this session does not have: what can be done."""
    st.warning(
        f"This plan was made with {md(prices.source_label(name))}, which this session does not have. Upload the file "
        "again (sidebar, Prices), or choose other prices here. Nothing is sized until you do.",
        icon=":material/warning:",
    )
    with st.container(horizontal=True):
        _other_sources()


def _other_sources() -> None:
    """Two sources that need nothing else, one press each."""
    st.button(
        "Use the sample market (simulated)",
        key="live_to_sample",
        icon=":material/science:",
        on_click=state.change,
        kwargs={"market": prices.SAMPLE},
    )
    st.button(
        "Type my own prices",
        key="live_to_typed",
        icon=":material/edit:",
        on_click=state.change,
        kwargs={"market": prices.TYPED},
    )
