"""Entry rules: set before the trade, replayed on history, and watched while nothing is open."""

from __future__ import annotations

import streamlit as st

from hedge_core import HedgeAssessment, HedgeError
from hedge_core.monitoring.daily_check import check
from hedge_core.monitoring.execution import noted
from hedge_core.plan.entry_rule import EntryRule
from hedge_core.plan.entry_rules import ENTRY_RULES
from hedge_core.reports.rules import replayed_entry
from pages.ui.monitor import rule_form
from pages.ui.monitor.today import now
from pages.ui.parts import elements
from pages.ui.parts.format import md
from pages.ui.session import memo, state

TITLES = {rule.title: rule for rule in ENTRY_RULES}


def draw(result: HedgeAssessment) -> None:
    """The rules of the plan, and a new one with what it would have done in the past."""
    left, right = st.columns(2, gap="large")
    with left:
        _list(result)
    with right, st.container(border=True):
        _new(result)


def _list(result: HedgeAssessment) -> None:
    st.header("When to open")
    if not result.plan.watch.entry_rules:
        st.markdown("None yet. A rule arms the plan: while nothing is open, the monitor tells you once when it is met.")
        return
    try:
        entries = check(result, now=now()).entries
    except HedgeError as error:
        elements.faults("The position cannot be worked out. Correct it under Position.", str(error).splitlines())
        return
    elements.reading(
        "This page looks only while it is open. The command `monitor` on the saved plan tells you with the orders of "
        "that moment (docs/monitor.md)."
    )
    for number, one in enumerate(entries):
        rule = one.rule
        with st.container(border=True, key=f"entry_{number}"):
            mark = (
                ":red-badge[met]"
                if one.is_met
                else ":green-badge[armed]"
                if one.is_armed
                else f":gray-badge[{'done' if rule.is_done else 'not armed'}]"
            )
            st.markdown(f"**When {md(rule.text)}** {mark}")
            elements.reading(one.evidence)
            with st.container(horizontal=True):
                rule_form.marks("entry", number, rule, _change)
                st.button(
                    "Remove", key=f"entry_remove_{number}", type="tertiary", on_click=_change, args=(number, None)
                )


def _change(number: int, rule: EntryRule | None) -> None:
    plan = state.plan()
    rules = list(plan.watch.entry_rules)
    rules[number : number + 1] = [] if rule is None else [rule]
    state.set_plan(plan.with_watch(entry_rules=tuple(rules)))


def _new(result: HedgeAssessment) -> None:
    st.header("Add a rule")
    title = st.selectbox("When", list(TITLES), key="entry_kind")
    rule = rule_form.filled_in(TITLES[title], result)
    st.markdown(f"**When {md(rule.text)}**")
    replayed = memo.memo("entry_replay", (memo.basis(result), rule), lambda: replayed_entry(result, rule))
    for sentence in replayed.sentences:
        elements.reading(sentence)
    full = len(result.plan.watch.entry_rules) >= rule_form.MOST_RULES
    st.button("Arm this rule", type="primary", key="entry_add", disabled=full, on_click=_add, args=(rule,))


def _add(rule: EntryRule) -> None:
    plan = state.plan()
    plan = plan.with_watch(entry_rules=(*plan.watch.entry_rules, rule))
    state.set_plan(noted(plan, now(), f"Entry rule armed: when {rule.text}."))
