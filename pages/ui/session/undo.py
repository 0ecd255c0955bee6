"""Undo and redo: the plans that were open before, taken back one change at a time."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from hedge_core import HedgePlan
from hedge_core.plan.changes import change_between
from pages.ui.session import state

MOST = 50
"""Changes that can be taken back."""


def note() -> None:
    """Once in each run, before the page: a plan that has changed since the last run is a change to be undone."""
    kept = st.session_state
    current = state.plan()
    last: HedgePlan | None = kept.get("noted")
    if last is not None and last is not current and last != current:
        kept.undo = [*kept.get("undo", []), last][-MOST:]
        kept.redo = []
    kept.noted = current


def draw(otherwise: Callable[[str], None]) -> None:
    """A button each for undo and redo; `otherwise` draws the one ("undo" or "redo") that this session has no plan for.

    A session begins with each reload of the page.
    """
    for source, target, shortcut in (("undo", "redo", "Alt+Z"), ("redo", "undo", "Alt+Y")):
        plans = st.session_state.get(source, [])
        if plans:
            st.button(
                f"{source.capitalize()}: {change_between(plans[-1], state.plan())}",
                key=f"{source}_change",
                on_click=_step,
                args=(source, target),
                icon=f":material/{source}:",
                type="tertiary",
                shortcut=shortcut,
            )
        else:
            otherwise(source)


def _step(source: str, target: str) -> None:
    """Callback: the last plan of `source` becomes the plan, and the present one goes to `target`."""
    kept = st.session_state
    *rest, wanted = kept[source]
    kept[source] = rest
    kept[target] = [*kept.get(target, []), state.plan()]
    if (wanted.holdings, wanted.overrides.prices) == (state.plan().holdings, state.plan().overrides.prices):
        state.set_plan(wanted)
    else:
        state.open_plan(wanted)
    kept.noted = wanted
