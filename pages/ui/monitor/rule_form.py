"""What the forms of entry and exit rules share: an input for each field of a rule, and a button for each mark."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar

import streamlit as st

from hedge_core import HedgeAssessment
from hedge_core.plan.schema import REQUIRED, fields_of
from pages.ui.parts import plan_fields

Rule = TypeVar("Rule")

MOST_RULES = 20


def filled_in(chosen: type[Rule], result: HedgeAssessment, *, prefix: str) -> Rule:
    """The rule as entered: one input for each field, the share of the short last. A date opens a month from now.

    `prefix` begins the keys of the inputs, so that two forms of one rule can stand on a page.
    """
    inputs = [one for one in fields_of(chosen) if one.about.label]
    entered = {}
    for field in sorted(inputs, key=lambda one: one.name == "share"):
        default = result.market.as_of.date() + timedelta(days=30) if field.default is REQUIRED else field.default
        key = f"{prefix}_{chosen.__name__}_{field.name}"
        st.session_state.setdefault(key, plan_fields.on_screen(field, default))
        entered[field.name] = plan_fields.in_plan(field, plan_fields.draw(field, key=key, has_slider=True))
    return chosen(**entered)


def marks(prefix: str, number: int, rule: Any, change: Callable[[int, Any], None]) -> None:
    """A button for each mark of the rule that the holder can tick, such as "done"; `change` takes the changed rule."""
    for mark in reversed([one for one in fields_of(type(rule)) if one.about.ticks]):
        is_ticked = getattr(rule, mark.name)
        tick, untick = mark.about.ticks or ("", "")
        st.button(
            untick if is_ticked else tick,
            key=f"{prefix}_{mark.name.rpartition('_')[2]}_{number}",
            on_click=change,
            args=(number, replace(rule, **{mark.name: not is_ticked})),
        )
