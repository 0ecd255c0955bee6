"""Exit rules: set beforehand, replayed on history, carried out and ticked off."""

from __future__ import annotations

import streamlit as st

from hedge_core import HedgeAssessment, HedgeError
from hedge_core.history.rule_replay import replay_rule
from hedge_core.monitoring.daily_check import check
from hedge_core.monitoring.execution import noted
from hedge_core.plan.exit_rule import ExitRule
from hedge_core.plan.rules import EXIT_RULES
from pages.ui.monitor import rule_form
from pages.ui.monitor.today import now
from pages.ui.parts import elements
from pages.ui.parts.format import md, usd
from pages.ui.session import memo, state

TITLES = {rule.title: rule for rule in EXIT_RULES}


def draw(result: HedgeAssessment) -> None:
    """The rules of the plan, and a new one with what it would have done in the past."""
    left, right = st.columns(2, gap="large")
    with left:
        _list(result)
    with right, st.container(border=True):
        _new(result)


def _list(result: HedgeAssessment) -> None:
    st.header("Your rules")
    rules = result.plan.watch.exit_rules
    if not rules:
        st.markdown("None yet. Decide now when you will close. Add one rule for a fall and one for no fall.")
        return
    try:
        checks = check(result, now=now()).rules
    except HedgeError as error:
        elements.faults("The position cannot be worked out. Correct it under Position.", str(error).splitlines())
        return
    elements.reading(
        "Falls and losses are counted from the opening, at today's quantities of the coins that are hedged."
    )
    for number, one in enumerate(checks):
        rule = one.rule
        with st.container(border=True, key=f"rule_{number}"):
            mark = ":red-badge[met]" if one.is_met else ":gray-badge[done]" if rule.is_done else ":gray-badge[not met]"
            st.markdown(f"**When {md(rule.text)}:** {md(rule.instruction)} {mark}")
            elements.reading(one.evidence)
            with st.container(horizontal=True):
                rule_form.marks("rule", number, rule, _change)
                st.button("Remove", key=f"rule_remove_{number}", type="tertiary", on_click=_change, args=(number, None))


def _change(number: int, rule: ExitRule | None) -> None:
    plan = state.plan()
    rules = list(plan.watch.exit_rules)
    before = rules[number]
    rules[number : number + 1] = [] if rule is None else [rule]
    plan = plan.with_watch(exit_rules=tuple(rules))
    if rule is not None and rule.is_done and not before.is_done:
        plan = noted(plan, now(), f"Exit rule carried out: {rule.text}.")
    state.set_plan(plan)


def _new(result: HedgeAssessment) -> None:
    st.header("Add a rule")
    title = st.selectbox("When", list(TITLES), key="rule_kind")
    rule = rule_form.filled_in(TITLES[title], result)
    st.markdown(f"**When {md(rule.text)}:** {md(rule.instruction)}")
    try:
        replay = memo.memo("rule_replay", (memo.basis(result), rule), lambda: replay_rule(result, rule))
    except HedgeError as error:
        elements.reading(str(error))
    else:
        elements.reading(
            replay.sentence if replay else "This rule looks at no price, so history has nothing to say of it."
        )
    limit = rule.loss_at(result.hedgeable_value)
    room = result.market_margin.loss_at_the_end
    if limit is not None and room is not None and room < limit:
        st.warning(
            md(
                f"With your collateral the short is closed out at a loss of about {usd(room)}, before this rule is "
                f"met at {usd(limit)}. Choose less, or post more."
            ),
            icon=":material/warning:",
        )
    full = len(result.plan.watch.exit_rules) >= rule_form.MOST_RULES
    st.button("Add this rule", type="primary", key="rule_add", disabled=full, on_click=_add, args=(rule,))


def _add(rule: ExitRule) -> None:
    plan = state.plan()
    plan = plan.with_watch(exit_rules=(*plan.watch.exit_rules, rule))
    state.set_plan(noted(plan, now(), f"Exit rule set: when {rule.text}."))
