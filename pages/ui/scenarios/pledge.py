"""Coins of the bag as margin, on the scenarios page: which, how much of them, and what that does."""

from __future__ import annotations

import streamlit as st

from hedge_core import HedgeAssessment, HedgeError
from hedge_core.simulation.pledging import pledging
from pages.ui.parts import elements
from pages.ui.parts.format import md
from pages.ui.session import memo, state


def draw(result: HedgeAssessment) -> None:
    """The coins to pledge, and what changes; the plan itself does not."""
    coins = list(dict.fromkeys(held.holding.coin for held in result.hedged_coins))
    known = [coin for coin in state.remember("pledge_coins", []) if coin in coins]
    st.caption("What coins at the venue would do as margin. On Risk you can make them part of your plan.")
    chosen = st.multiselect(
        "Coins to pledge",
        coins,
        key=state.seed("pledge_coins", known),
        on_change=state.keep,
        args=("pledge_coins",),
        placeholder="none",
    )
    share = st.slider(
        "Share of each",
        10,
        100,
        step=10,
        format="%d%%",
        key=state.seed("pledge_share", state.remember("pledge_share", 100)),
        on_change=state.keep,
        args=("pledge_share",),
    )
    if not chosen:
        return
    shares = dict.fromkeys(chosen, share / 100.0)
    key = (memo.basis(result), tuple(shares.items()))
    try:
        found = memo.memo("pledge", key, lambda: pledging(result, shares), is_long=True)
    except HedgeError as error:
        st.info(md(str(error)))
        return
    for sentence in found.sentences:
        st.markdown(f"- {md(sentence)}")
    for one in found.pledged.margin.pledged:
        elements.reading(f"{one.coin} counts for {one.counted / one.value:.0%} of its value: {one.source}.")
