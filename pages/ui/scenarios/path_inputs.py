"""How paths are drawn: inputs that the views with many paths share, kept in the session."""

from __future__ import annotations

from typing import NamedTuple

import streamlit as st

from hedge_core import HedgeAssessment
from hedge_core.simulation.paths import ModelKind
from pages.ui.parts.format import md, usd
from pages.ui.session import state

PATHS = (2_000, 20_000, 100_000)
USUAL_PATHS = 20_000
MODELS: dict[ModelKind, str] = {
    "auto": "What the history allows",
    "bootstrap": "Days of the history, in blocks",
    "fat_tails": "A fitted distribution with fat tails",
}


class Drawing(NamedTuple):
    """What the drawing of paths needs to know."""

    kind: ModelKind
    market_move: float
    paths: int
    seed: int


def drawing() -> Drawing:
    """As chosen in any of the views."""
    return Drawing(
        kind=state.remember("paths_kind", "auto"),
        market_move=state.remember("paths_move", 0) / 100,
        paths=int(state.remember("paths_count", USUAL_PATHS)),
        seed=int(state.remember("paths_seed", 0)),
    )


def expected_move() -> None:
    """What the user expects of the market."""
    st.slider(
        "What you expect of the market",
        -50,
        50,
        step=5,
        format="%d%%",
        key=state.seed("paths_move", state.remember("paths_move", 0)),
        on_change=state.keep,
        args=("paths_move",),
        help="By the horizon, on average over all paths; coins share in it by their beta. 0%: no opinion. It counts in "
        "every view of many paths.",
    )


def details() -> None:
    """Where daily moves come from, how many paths, which seed."""
    st.radio(
        "Daily moves",
        list(MODELS),
        format_func=MODELS.__getitem__,
        key=state.seed("paths_kind", state.remember("paths_kind", "auto")),
        on_change=state.keep,
        args=("paths_kind",),
    )
    st.select_slider(
        "Paths",
        PATHS,
        format_func=lambda count: f"{count:,}",
        key=state.seed("paths_count", state.remember("paths_count", USUAL_PATHS)),
        on_change=state.keep,
        args=("paths_count",),
    )
    st.number_input(
        "Number that the random draw starts from",
        min_value=0,
        max_value=10**6,
        step=1,
        key=state.seed("paths_seed", state.remember("paths_seed", 0)),
        on_change=state.keep,
        args=("paths_seed",),
        help="The same number draws the same paths again.",
    )


def warn_if_not_open(result: HedgeAssessment) -> None:
    """Collateral that is too little for the full hedge, said before any figure."""
    if result.is_limited:
        st.warning(
            md(
                f"Your collateral of {usd(result.margin.collateral or 0)} is too little for the full hedge: that needs "
                f"{usd(result.cash_for_wanted)}. What follows shows what it opens."
            ),
            icon=":material/warning:",
        )
