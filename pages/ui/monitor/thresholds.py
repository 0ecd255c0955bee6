"""When to warn: the thresholds of the monitor."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from hedge_core import HedgeAssessment, HedgeError
from hedge_core.plan.plan import Thresholds
from hedge_core.plan.schema import PlanField, fields_of
from pages.ui.parts import plan_fields
from pages.ui.parts.format import md
from pages.ui.session import state


def draw(result: HedgeAssessment) -> None:
    """One input for each threshold."""
    limits = result.plan.watch.thresholds
    st.markdown("An alert clears once the figure is 20% back inside its limit.")
    fields = fields_of(Thresholds)
    for column, part in zip(st.columns(2, gap="large"), (fields[:6], fields[6:]), strict=True):
        with column:
            for field in part:
                shown = plan_fields.on_screen(field, getattr(limits, field.name))
                key = state.seed(f"limit_{field.name}", shown)
                plan_fields.draw(field, key=key, on_change=_take, args=(field, key))


def _take(field: PlanField, key: str) -> None:
    plan = state.plan()
    try:
        value = plan_fields.in_plan(field, st.session_state[key])
        limits = replace(plan.watch.thresholds, **{field.name: value})
    except HedgeError as error:
        st.toast(md(str(error)), icon=":material/error:")
        return
    state.set_plan(plan.with_watch(thresholds=limits))
