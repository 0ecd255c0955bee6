"""Coins of the bag as margin: which, how much of each, and what the venue takes off their value."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import streamlit as st

from hedge_core import HedgeAssessment
from hedge_core.market.venues import venue_of
from hedge_core.plan.plan import Pledge
from pages.ui.parts import elements
from pages.ui.parts.format import md, percent
from pages.ui.session import state


def draw(result: HedgeAssessment) -> None:
    """The inputs that choose coins to count beside the cash, folded; `cash` says what they count for.

    The label of the fold stays the same, or a browser would close it with the first coin.
    """
    pledges = result.plan.decisions.pledges
    coins = list(dict.fromkeys((*(held.holding.coin for held in result.hedged_coins), *pledges)))
    if not coins:
        return
    with st.expander("Coins of your bag as margin", key="pledges"):
        st.caption(
            "Coins held at the venue count as margin too, less its haircut. If the venue fails, you lose them as well."
            if venue_of(result.plan.decisions.venue).dangers.takes_coins
            else f"{md(result.plan.decisions.venue)} takes no coins as margin, as far as known here."
        )
        st.multiselect(
            "Coins at the venue",
            coins,
            key=state.seed("margin_coins", list(pledges)),
            on_change=_choose,
            placeholder="none",
        )
        for coin, pledge in pledges.items():
            _figures(coin, pledge)
        for one in result.pledged:
            elements.reading(f"{one.name} counts for {percent(one.counted / one.value)} of its value: {one.source}.")


def _figures(coin: str, pledge: Pledge) -> None:
    """The share and the haircut of one coin."""
    share, haircut = st.columns(2)
    with share:
        st.number_input(
            f"{md(coin)}: share at the venue (%)",
            min_value=0.0,
            max_value=100.0,
            step=10.0,
            format="%g",
            key=state.seed(f"margin_share_{coin}", round(pledge.share * 100.0, 10)),
            on_change=_set,
            args=(coin, "share"),
        )
    with haircut:
        st.number_input(
            f"{md(coin)}: haircut (%)",
            value=None,
            min_value=0.0,
            max_value=100.0,
            step=5.0,
            format="%g",
            placeholder="as at the venue",
            key=state.seed(
                f"margin_haircut_{coin}", None if pledge.haircut is None else round(pledge.haircut * 100.0, 10)
            ),
            on_change=_set,
            args=(coin, "haircut"),
            help="What the venue takes off the coin's value. Empty: as its table says, or as assumed.",
        )


def _choose() -> None:
    """Callback: keep the chosen coins, those that were chosen before with their figures."""
    known = state.plan().decisions.pledges
    chosen = {coin: known.get(coin, Pledge()) for coin in st.session_state.margin_coins}
    state.set_plan(state.plan().with_decisions(pledges=chosen))


def _set(coin: str, name: Literal["share", "haircut"]) -> None:
    """Callback: keep one figure of a coin; an empty share is all of it, an empty haircut is the venue's."""
    typed: float | None = st.session_state[f"margin_{name}_{coin}"]
    value = (1.0 if name == "share" else None) if typed is None else round(typed / 100.0, 12)
    known = state.plan().decisions.pledges
    state.set_plan(state.plan().with_decisions(pledges={**known, coin: replace(known[coin], **{name: value})}))
