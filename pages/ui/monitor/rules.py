"""When to open and when to close: rules set beforehand, replayed on history, watched, and ticked off.

Entry and exit rules have one shape on the page, a `Book`: a list of the plan's rules as they stand today, and forms for
new ones, each with what it would have done in the past.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import streamlit as st

from hedge_core import HedgeAssessment, HedgeError
from hedge_core.history.rule_replay import replay_rule
from hedge_core.monitoring.daily_check import MonitorReport, check
from hedge_core.monitoring.execution import noted
from hedge_core.plan.entry_rules import ENTRY_RULES
from hedge_core.plan.exit_rule import Replay
from hedge_core.plan.rules import EXIT_RULES, FallReached, OnDate
from hedge_core.reports.rules import replayed_entry
from pages.ui.monitor import rule_form
from pages.ui.monitor.today import now
from pages.ui.parts import elements
from pages.ui.parts.format import md, usd
from pages.ui.session import memo, state

Rule = Any
Check = Any


@dataclass(frozen=True)
class Book:
    """The rules of one kind: their names on the page, and where the plan, the monitor and history have them.

    `field` is that of `plan.watch`, `of_report` gives their checks, `sentence` a rule in words, `badge` the state of a
    check, and `past` what a rule would have done. `added` and `done` begin the entries in the journal.
    """

    name: Literal["entry", "rule"]
    field: Literal["entry_rules", "exit_rules"]
    title: str
    if_none: str
    note: str
    button: str
    added: str
    done: str
    kinds: Sequence[type]
    of_report: Callable[[MonitorReport], Sequence[Check]]
    sentence: Callable[[Rule], str]
    badge: Callable[[Check], str]
    past: Callable[[HedgeAssessment, Rule], Sequence[str]]

    def rules(self) -> tuple[Rule, ...]:
        """The plan's rules of this kind."""
        found: tuple[Rule, ...] = getattr(state.plan().watch, self.field)
        return found

    def change(self, number: int, rule: Rule | None) -> None:
        """Callback: put `rule` in the place of a rule, or remove that one (None)."""
        plan, rules = state.plan(), list(self.rules())
        before = rules[number]
        rules[number : number + 1] = [] if rule is None else [rule]
        plan = plan.with_watch(**{self.field: tuple(rules)})
        if rule is not None and rule.is_done and not before.is_done and self.done:
            plan = noted(plan, now(), f"{self.done}: {rule.text}.")
        state.set_plan(plan)

    def add(self, rule: Rule) -> None:
        """Callback: one more rule, noted in the journal."""
        plan = state.plan().with_watch(**{self.field: (*self.rules(), rule)})
        state.set_plan(noted(plan, now(), f"{self.added}: when {rule.text}."))


def _entry_badge(one: Check) -> str:
    if one.is_met:
        return ":red-badge[met]"
    return ":green-badge[armed]" if one.is_armed else f":gray-badge[{'done' if one.rule.is_done else 'not armed'}]"


def _exit_badge(one: Check) -> str:
    return ":red-badge[met]" if one.is_met else f":gray-badge[{'done' if one.rule.is_done else 'not met'}]"


def _past_of_exit(result: HedgeAssessment, rule: Rule) -> Sequence[str]:
    if rule.replay is Replay.NEVER:
        return ("This rule looks at no price, so history has nothing to say of it.",)
    try:
        replay = replay_rule(result, rule)
    except HedgeError as error:
        return (str(error),)
    return (replay.sentence,) if replay else ()


ENTRY = Book(
    name="entry",
    field="entry_rules",
    title="When to open",
    if_none="None yet. A rule arms the plan: while nothing is open, the monitor tells you once when it is met.",
    note="The command `monitor` on the saved plan tells you with the orders of that moment (docs/monitor.md).",
    button="Arm this rule",
    added="Entry rule armed",
    done="",
    kinds=ENTRY_RULES,
    of_report=lambda report: report.entries,
    sentence=lambda rule: f"**When {md(rule.text)}**",
    badge=_entry_badge,
    past=lambda result, rule: replayed_entry(result, rule).sentences,
)
EXIT = Book(
    name="rule",
    field="exit_rules",
    title="When to close",
    if_none="None yet. Decide now when you will close. Add one rule for a fall and one for no fall.",
    note="Falls and losses are counted from the opening, at today's quantities of the coins that are hedged.",
    button="Add this rule",
    added="Exit rule set",
    done="Exit rule carried out",
    kinds=EXIT_RULES,
    of_report=lambda report: report.rules,
    sentence=lambda rule: f"**When {md(rule.text)}:** {md(rule.instruction)}",
    badge=_exit_badge,
    past=_past_of_exit,
)
TEMPLATES = {"A fall": ("fall", FallReached), "No fall": ("no_fall", OnDate)}
"""The two exit rules that a plan should have, by the title of their forms, with the prefix of their keys."""


def draw(result: HedgeAssessment) -> None:
    """When to close, with two templates; and when to open."""
    try:
        report = check(result, now=now())
    except HedgeError as error:
        elements.faults("The position cannot be worked out. Correct it under Position.", str(error).splitlines())
        report = None
    _list(EXIT, report)
    for column, (title, (prefix, kind)) in zip(st.columns(2, gap="large"), TEMPLATES.items(), strict=True):
        with column, st.container(border=True):
            st.markdown(f"**{title}**")
            _form(EXIT, result, rule_form.filled_in(kind, result, prefix=f"{prefix}_rule"), f"rule_{prefix}")
    _other(EXIT, result)
    _list(ENTRY, report)
    _other(ENTRY, result)


def _list(book: Book, report: MonitorReport | None) -> None:
    """The plan's rules as they stand today."""
    st.header(book.title)
    if not book.rules():
        st.markdown(book.if_none)
        return
    if report is None:
        return
    for number, one in enumerate(book.of_report(report)):
        with st.container(border=True, key=f"{book.name}_{number}"):
            st.markdown(f"{book.sentence(one.rule)} {book.badge(one)}")
            elements.reading(one.evidence)
            with st.container(horizontal=True):
                rule_form.marks(book.name, number, one.rule, book.change)
                st.button(
                    "Remove",
                    key=f"{book.name}_remove_{number}",
                    type="tertiary",
                    on_click=book.change,
                    args=(number, None),
                )
    elements.reading(book.note)


def _other(book: Book, result: HedgeAssessment) -> None:
    """A form for a rule of any kind, folded."""
    titles = {kind.title: kind for kind in book.kinds}  # type: ignore[attr-defined]
    label = f"{book.title}: add another rule"
    with st.expander(label, icon=":material/add:", key=f"{book.name}_other", on_change="rerun") as box:
        if not box.open:
            return
        title = st.selectbox("When", list(titles), key=f"{book.name}_kind")
        _form(book, result, rule_form.filled_in(titles[title], result, prefix=book.name), book.name)


def _form(book: Book, result: HedgeAssessment, rule: Rule, name: str) -> None:
    """A rule in words, what it would have done, and the button that adds it."""
    st.markdown(book.sentence(rule))
    past = memo.memo(f"{name}_replay", (memo.basis(result), rule), partial(book.past, result, rule))
    for sentence in past:
        elements.reading(sentence)
    if book is EXIT:
        _warn_of_the_margin(result, rule)
    is_full = len(book.rules()) >= rule_form.MOST_RULES
    st.button(book.button, key=f"{name}_add", disabled=is_full, on_click=book.add, args=(rule,))


def _warn_of_the_margin(result: HedgeAssessment, rule: Rule) -> None:
    """A limit on the loss helps nobody if the short is liquidated before it is reached."""
    limit, room = rule.loss_at(result.hedgeable_value), result.market_margin.loss_at_the_end
    if limit is not None and room is not None and room < limit:
        st.warning(
            md(
                f"With your collateral the short is closed out at a loss of about {usd(room)}, before this rule is "
                f"met at {usd(limit)}. Choose less, or post more."
            ),
            icon=":material/warning:",
        )
