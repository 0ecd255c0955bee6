"""Exit rules: set beforehand, replayed on history, carried out and ticked off."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import streamlit as st

from hedge_core import HedgeAssessment, HedgeError
from hedge_core.history.rule_replay import replay_rule
from hedge_core.monitoring.daily_check import check
from hedge_core.monitoring.execution import noted
from hedge_core.plan.rules import (
    BagRecovered,
    CarryLimit,
    Catalyst,
    ExitRule,
    ExpiryNear,
    FallReached,
    LossLimit,
    OnDate,
    instruction,
)
from pages.ui.monitor.today import now
from pages.ui.parts import elements
from pages.ui.parts.format import md, usd
from pages.ui.session import memo, state

MOST_RULES = 20


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
        st.markdown(
            "None yet. Rules that are set before the trade are kept in the heat of it: add at least one for the case "
            "that the fall comes, and one for the case that it does not."
        )
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
            st.markdown(f"**When {md(rule.text)}:** {md(instruction(rule))} {mark}")
            elements.reading(one.evidence)
            with st.container(horizontal=True):
                if isinstance(rule, Catalyst):
                    st.button(
                        "It has not happened" if rule.has_happened else "It has happened",
                        key=f"rule_happened_{number}",
                        on_click=_change,
                        args=(number, replace(rule, has_happened=not rule.has_happened)),
                    )
                st.button(
                    "Not done after all" if rule.is_done else "I have carried it out",
                    key=f"rule_done_{number}",
                    on_click=_change,
                    args=(number, replace(rule, is_done=not rule.is_done)),
                )
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
    kind = st.selectbox("When", list(KINDS), key="rule_kind")
    rule = KINDS[kind](result)
    share = st.slider("Share of the short to buy back", 10, 100, 100, step=10, format="%d%%", key="rule_share")
    rule = replace(rule, share=share / 100)
    st.markdown(f"**When {md(rule.text)}:** {md(instruction(rule))}")
    try:
        replay = memo.memo("rule_replay", (memo.basis(result), rule), lambda: replay_rule(result, rule))
    except HedgeError as error:
        elements.reading(str(error))
    else:
        elements.reading(
            replay.sentence if replay else "This rule looks at no price, so history has nothing to say of it."
        )
    margin = result.margin
    if isinstance(rule, LossLimit) and margin.rally_survived is not None:
        room, limit = margin.rally_survived * margin.notional, rule.loss * result.hedgeable_value
        if room < limit:
            st.warning(
                md(
                    f"With your collateral the short is closed out at a loss of about {usd(room)}, before this rule is "
                    f"met at {usd(limit)}. Choose less, or post more."
                ),
                icon=":material/warning:",
            )
    full = len(result.plan.watch.exit_rules) >= MOST_RULES
    st.button("Add this rule", type="primary", key="rule_add", disabled=full, on_click=_add, args=(rule,))


def _add(rule: ExitRule) -> None:
    plan = state.plan()
    plan = plan.with_watch(exit_rules=(*plan.watch.exit_rules, rule))
    state.set_plan(noted(plan, now(), f"Exit rule set: when {rule.text}."))


def _percent(label: str, key: str, low: int, high: int, default: int) -> float:
    return st.slider(label, low, high, default, step=1, format="%d%%", key=key) / 100


KINDS: dict[str, Callable[[HedgeAssessment], ExitRule]] = {
    "The fall has come": lambda result: FallReached(fall=_percent("Fall of the bag", "rule_fall", 5, 90, 25)),
    "The bag has recovered": lambda result: BagRecovered(
        fall=_percent("After a fall of at least", "rule_least", 5, 90, 15),
        recovered=_percent("made up", "rule_recovered", 10, 100, 50),
    ),
    "A day has come": lambda result: OnDate(
        day=st.date_input("Day", result.market.as_of.date() + timedelta(days=30), key="rule_day")
    ),
    "A future is about to end": lambda result: ExpiryNear(
        days=int(st.number_input("Days before", min_value=0, max_value=90, value=5, step=1, key="rule_days"))
    ),
    "A catalyst (you tick it)": lambda result: Catalyst(
        event=st.text_input("What has to happen", "a strong new catalyst", max_chars=200, key="rule_event") or "it"
    ),
    "The hedge has lost too much": lambda result: LossLimit(
        loss=_percent("Loss, as a share of the bag at the start", "rule_loss", 1, 100, 15)
    ),
    "The carry has become too dear": lambda result: CarryLimit(paid=_percent("Paid a year", "rule_paid", 1, 200, 30)),
}
