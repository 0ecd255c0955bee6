"""The six steps: how far each has come, what it still needs, and the way to the next."""

from __future__ import annotations

import streamlit as st

from hedge_core.hedge.plan_progress import STEPS, Step, progress
from pages.ui.app import navigation
from pages.ui.parts.format import md
from pages.ui.session import state, worked_out

TO_SEE = ("scenarios",)
"""Steps that ask only for a look."""


def steps() -> tuple[Step, ...]:
    """The six steps of this session's plan."""
    return progress(state.plan(), worked_out.assessment(), state.remember("steps_seen", set()))


def see(stem: str) -> bool:
    """Note that a step is being looked at while it has something to show; whether that is news, and the menu is old."""
    seen = state.remember("steps_seen", set())
    if stem not in TO_SEE or stem in seen:
        return False
    result = worked_out.assessment()
    if result is None or not result.legs:
        return False
    seen.add(stem)
    return True


def done() -> frozenset[str]:
    """The steps that need nothing more."""
    return frozenset(step.name for step in steps() if step.is_done)


def draw_list() -> None:
    """Every step with its mark, a link to it, and what it needs, folded."""
    found = steps()
    count = sum(step.is_done for step in found)
    with st.expander(f"What is left to decide: {count} of {len(found)} steps done", icon=":material/checklist:"):
        for step in found:
            _draw_step(step)


def _draw_step(step: Step) -> None:
    title, icon = navigation.PAGES[step.name]
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"step_{step.name}"):
        st.page_link(
            navigation.page(step.name),
            label=f"{title}: {_question(step.name)}" if step.missing else f"{title}: done",
            icon=navigation.DONE if step.is_done else icon,
            help=f"Step {STEPS.index(step.name) + 1} of {len(STEPS)}",
        )
        if step.missing:
            st.caption(md(step.missing), width="content")


def draw_next(stem: str) -> None:
    """The foot of a page: what this step still needs, and the way to the next one."""
    place = STEPS.index(stem)
    step = steps()[place]
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="next_step"):
        if step.missing:
            missing = step.missing[0].lower() + step.missing[1:]
            st.caption(f":material/pending: Step {place + 1} of {len(STEPS)} is not done: {md(missing)}")
        else:
            st.caption(f":material/check_circle: Step {place + 1} of {len(STEPS)} is done.")
        following = STEPS[place + 1] if place + 1 < len(STEPS) else None
        if following is None:
            st.page_link(navigation.page("plan"), label="Back to your plan", icon=":material/assignment:")
        else:
            st.page_link(
                navigation.page(following), label=f"Next: {_question(following)}", icon=":material/arrow_forward:"
            )


def _question(name: str) -> str:
    question = navigation.QUESTIONS[name]
    return question[0].lower() + question[1:]
