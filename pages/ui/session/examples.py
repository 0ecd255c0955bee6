"""The example plans that ship with the program."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from hedge_core import HedgePlan, load_plan
from pages.ui.session import state

FOLDER = Path(__file__).parents[3] / "examples"

EXAMPLES = {
    "layer1_bag": ("A layer-1 bag", "Seven coins, a speculative trade and some cash."),
    "novacoin": ("NovaCoin", "One coin with a beta of 1.8, hedged with Ether."),
    "altcoin_x": ("Altcoin X", "One coin, hedged dollar for dollar."),
}


def example(stem: str) -> HedgePlan:
    """One example plan."""
    return load_plan(FOLDER / f"{stem}.json")


def buttons(prefix: str) -> None:
    """One link for each example; it replaces the plan of this session."""
    with st.container(horizontal=True, vertical_alignment="center", key=f"links_{prefix}"):
        st.markdown("Or open an example:", width="content")
        for stem, (title, text) in EXAMPLES.items():
            st.button(title, help=text, key=f"{prefix}_{stem}", on_click=_open, args=(stem,), type="tertiary")


def _open(stem: str) -> None:
    state.open_plan(example(stem))
