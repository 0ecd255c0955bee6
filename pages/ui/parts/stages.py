"""The choice of how a hedge is opened: in one go, or in stages. It is kept in the plan."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from hedge_core.plan.schema import PlanField, fields_of
from hedge_core.plan.stages import Stages
from pages.ui.parts import plan_fields
from pages.ui.session import state

IN_ONE_GO = "In one go"
RULES = {
    "by_date": "In stages, by date",
    "after_fall": "In stages, the next after each fall",
    "after_rise": "In stages, the next after each rise",
}
FIRST_PARTS = 3
"""Stages of a hedge that was to be opened in one go before."""

FIELDS: dict[str, PlanField] = {field.name: field for field in fields_of(Stages)}


def draw() -> None:
    """The inputs for the plan's stages."""
    stages = state.plan().decisions.stages
    is_staged = stages.parts > 1
    st.selectbox(
        "How to open it",
        [IN_ONE_GO, *RULES],
        format_func=lambda name: RULES.get(name, IN_ONE_GO),
        key=state.seed("ticket_stages", stages.rule if is_staged else IN_ONE_GO),
        on_change=_set_rule,
    )
    if is_staged:
        with st.container(horizontal=True):
            _input("parts", stages)
            _input("days" if stages.rule == "by_date" else "move", stages)


def _input(name: str, stages: Stages) -> None:
    field = FIELDS[name]
    key = state.seed(f"stages_{name}", plan_fields.on_screen(field, getattr(stages, name)))
    plan_fields.draw(field, key=key, on_change=_set_figure, args=(name, key))


def _set_rule() -> None:
    chosen, stages = st.session_state["ticket_stages"], state.plan().decisions.stages
    if chosen == IN_ONE_GO:
        stages = replace(stages, parts=1)
    else:
        stages = replace(stages, rule=chosen, parts=stages.parts if stages.parts > 1 else FIRST_PARTS)
    state.set_plan(state.plan().with_decisions(stages=stages))


def _set_figure(name: str, key: str) -> None:
    value = plan_fields.in_plan(FIELDS[name], st.session_state[key])
    state.set_plan(state.plan().with_decisions(stages=replace(state.plan().decisions.stages, **{name: value})))
