"""The stop-loss on the scenarios page: its settings, and two paths on which hedge and stop-loss part."""

from __future__ import annotations

import streamlit as st

from hedge_core import HedgeAssessment
from hedge_core.simulation.policy_comparison import PolicySettings, policies_on_path
from pages.ui import charts
from pages.ui.parts import elements
from pages.ui.session import state

DIP = (0.3, 0.6, 0.9, 1.0, 0.9, 0.7, 0.4, 0.1, 0.0, -0.1)
"""A dip that comes back, day by day, as shares of its depth."""
DEPTH, DEEPEST = -0.1, -0.4
"""The move of the market at the bottom of the dip, and at the end of a fall that goes on."""


def settings(result: HedgeAssessment) -> PolicySettings:
    """The inputs of the stop-loss and of selling a part, the rarer ones folded."""
    stop = _percent("Stop-loss below today's price", "policy_stop", 2, 50, 10)
    with st.expander("More on selling"):
        never = st.toggle(
            "Never buy back",
            key=state.seed("policy_never", state.remember("policy_never", False)),
            on_change=state.keep,
            args=("policy_never",),
        )
        back = None if never else _percent("Buy back above the stop", "policy_back", 0, 50, 5) / 100
        sold = _percent("Share to sell instead", "policy_sold", 0, 100, round(result.hedge_ratio * 100))
        cost = _tenths("Fee and spread per side", "policy_cost", 0.4)
        slip = _tenths("Slippage of a stop", "policy_slip", 1.0)
    return PolicySettings(
        stop_distance=stop / 100,
        reentry=back,
        share_sold=sold / 100,
        spot_cost=cost / 100,
        slippage=slip / 100,
    )


def stories(result: HedgeAssessment, chosen: PolicySettings) -> None:
    """A dip that comes back and a fall that goes on, with what holding, hedge and stop-loss make of each."""
    told = (
        ("dip", "A dip that comes back", DEPTH, [DEPTH * share for share in DIP]),
        ("slide", "A fall that goes on", DEEPEST, [DEEPEST * day / 10 for day in range(1, 11)]),
    )
    for column, (name, title, lowest, moves) in zip(st.columns(2, gap="medium"), told, strict=True):
        with column:
            story = policies_on_path(result, moves, chosen)
            full = f"{title}: the market {lowest:.0%}".replace("-", "−")
            elements.chart(
                charts.story(story, title=full), key=f"story_{name}", alt=f"{full}, day by day. {story.sentence}"
            )
            elements.reading(story.sentence)


def assumed(chosen: PolicySettings) -> str:
    """How a stop is filled, and what selling costs."""
    return (
        f"A stop is checked within the day and filled {chosen.slippage:.1%} below its price, and a quarter of the way "
        f"to the close where the day fell through it; selling and buying coins costs {chosen.spot_cost:.1%} per side, "
        "and slippage by the size of the order as for futures. These are assumptions: change them above."
    )


def _percent(label: str, key: str, low: int, high: int, default: int) -> int:
    value = st.slider(
        label,
        low,
        high,
        step=1,
        format="%d%%",
        key=state.seed(key, state.remember(key, default)),
        on_change=state.keep,
        args=(key,),
    )
    return int(value)


def _tenths(label: str, key: str, default: float) -> float:
    value = st.number_input(
        f"{label} (%)",
        min_value=0.0,
        max_value=20.0,
        step=0.1,
        format="%.1f",
        key=state.seed(key, state.remember(key, default)),
        on_change=state.keep,
        args=(key,),
    )
    return float(value)
