"""The parts of the report on the hedge after the trade: exit rules, the position as executed, the journal, in words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime

from hedge_core.errors import HedgeError
from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.monitoring.daily_check import MonitorReport, RuleCheck, check
from hedge_core.plan.rules import instruction
from hedge_core.reports.html.table import Table
from hedge_core.text import cents, day_text, percent, plain_text, price, short_percent, usd

MOST_ENTRIES = 20


def rule_texts(rules: Sequence[RuleCheck]) -> tuple[str, ...]:
    """Each exit rule with what to do, and how it stands."""
    return tuple(
        f"If {plain_text(found.rule.text)}: {instruction(found.rule)} "
        + ("Done." if found.rule.is_done else f"{'MET. ' if found.is_met else ''}{plain_text(found.evidence)}")
        for found in rules
    )


def monitored(assessment: HedgeAssessment, now: datetime) -> MonitorReport | str:
    """The position as executed and its rules at `now` (aware, UTC), or the sentence that says why it cannot be read."""
    try:
        return check(assessment, now=now)
    except HedgeError as error:
        return f"The position cannot be worked out: {plain_text(str(error))}"


def position_table(report: MonitorReport) -> Table | None:
    """What is open, at today's marks; None where no fill is entered."""
    state = report.state
    if state is None:
        return None
    rows = tuple(
        (
            position.contract.id + (f" of {position.expiry:%d %b %Y}" if position.expiry else ""),
            f"{'short' if position.contracts < 0 else 'long'} {abs(position.contracts):,}",
            "–" if position.entry_price is None else price(position.entry_price),
            price(state.marks[position.key]) + (" (spot)" if position.key in state.at_spot else ""),
            cents(position.open_pnl(state.marks[position.key])),
        )
        for position in state.open_positions
    )
    return Table(("Contract", "Open", "Entry", "Now", "Open profit"), rows, frozenset((1, 2, 3, 4)))


def position_sentence(report: MonitorReport) -> str:
    """What the position has made, and how much room it has."""
    state = report.state
    if state is None:
        return "No fill is entered: this is a proposal, and no position is known."
    ledger = state.ledger
    text = (
        f"In all the shorts have made {cents(state.pnl)}: realised {cents(ledger.realised_pnl)}, open "
        f"{cents(ledger.open_pnl(state.marks))}, funding {cents(ledger.funding)}, fees {cents(0.0 - ledger.fees)}."
    )
    if state.equity is not None and state.open_positions and report.rally_left is not None:
        rise = "any rise" if report.rally_left == math.inf else f"a rise of {percent(report.rally_left)}"
        text += f" With {usd(state.equity)} of equity the account lives through {rise}."
    if report.drift is not None:
        text += f" The hedge stands {short_percent(report.drift)} from its target."
    return text


def journal_table(assessment: HedgeAssessment) -> Table:
    """The last entries of the journal."""
    entries = assessment.plan.execution.journal[-MOST_ENTRIES:]
    rows = tuple((day_text(entry.day, "%d %b %Y"), plain_text(entry.text)) for entry in entries)
    return Table(("Day", "What"), rows, free=frozenset((1,)))
