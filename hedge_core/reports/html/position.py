"""The report's sections on the trade and after it: orders that are filled, rules, position and journal."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime

from hedge_core.errors import HedgeError
from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.market_margin import rally_text, survived_text
from hedge_core.market.options.held import margin_assumption
from hedge_core.monitoring.daily_check import MonitorReport, RuleCheck, check
from hedge_core.monitoring.entries import EntryCheck
from hedge_core.reports.html.table import Table
from hedge_core.text import cents, day_text, percent, plain_text, price, short_percent, usd

MOST_ENTRIES = 20


def rule_texts(rules: Sequence[RuleCheck]) -> tuple[str, ...]:
    """One sentence per exit rule: its condition, its instruction, and whether it is done or met."""
    return tuple(
        f"If {plain_text(found.rule.text)}: {found.rule.instruction} "
        + ("Done." if found.rule.is_done else f"{'MET. ' if found.is_met else ''}{plain_text(found.evidence)}")
        for found in rules
    )


def entry_texts(entries: Sequence[EntryCheck]) -> tuple[str, ...]:
    """One sentence per entry rule: its condition, and whether it is armed, met or done."""
    return tuple(
        f"Open it when {plain_text(found.rule.text)}. "
        + ("Done." if found.rule.is_done else f"{'MET. ' if found.is_met else ''}{plain_text(found.evidence)}")
        for found in entries
    )


def monitored(assessment: HedgeAssessment, now: datetime) -> MonitorReport | str:
    """The executed position and its rules at `now` (aware, UTC), or a sentence that says why it cannot be computed."""
    try:
        return check(assessment, now=now)
    except HedgeError as error:
        return f"The position cannot be computed: {plain_text(str(error))}"


def position_table(report: MonitorReport) -> Table | None:
    """The open contracts and options at today's mark prices; None if no fills are entered."""
    state = report.state
    if state is None and report.options is None:
        return None
    rows = tuple(
        (
            position.contract.id + (f" of {position.expiry:%d %b %Y}" if position.expiry else ""),
            f"{'short' if position.contracts < 0 else 'long'} {position.quantity_text}",
            "–" if position.entry_price is None else price(position.entry_price),
            price(state.marks[position.key]) + (" (spot)" if position.key in state.at_spot else ""),
            cents(position.open_pnl(state.marks[position.key])),
        )
        for position in (state.open_positions if state is not None else ())
        if state is not None
    )
    columns = ("Contract", "Position", "Entry price", "Price now", "Unrealised profit")
    return Table(columns, (*rows, *_option_rows(report)), frozenset((1, 2, 3, 4)))


def _option_rows(report: MonitorReport) -> list[tuple[str, ...]]:
    """The open options; prices are premiums in USD per coin, the present one by Black-76."""
    book = report.options
    if book is None:
        return []
    rows: list[tuple[str, ...]] = []
    for one, leg in zip(book.open_positions, book.legs, strict=True):
        worth = leg.spot * float(leg.held.value(1.0))
        rows.append(
            (
                one.option.id,
                f"{'bought' if one.lots > 0 else 'sold'} {abs(one.coins):,.10g} {leg.underlying}",
                "–" if one.premium is None else price(one.premium),
                f"{price(worth)} (model)",
                cents(one.open_pnl(worth)),
            )
        )
    return rows


def option_sentences(report: MonitorReport) -> tuple[str, ...]:
    """What each open option is worth and protects now, what expires before the horizon, and what margin assumes."""
    book, days = report.options, report.assessment.plan.decisions.horizon_days
    if book is None:
        return ()
    sold = [one.option.series for one in book.open_positions if one.lots < 0]
    needs = f"Sold options need {usd(book.maintenance)} of margin.{margin_assumption(sold)}" if book.maintenance else ""
    offsets = report.cover_ratio
    together = f"The options have made {cents(book.pnl)} in total. Their volatility: {book.surface}."
    if offsets is not None:
        together += f" They now offset {percent(offsets)} of the bag's expected move, on top of the shorts."
    ending = (cover.within(days) for cover in report.covers)
    return (together, *(cover.sentence for cover in report.covers), *filter(None, (*ending, needs)))


def position_sentence(report: MonitorReport) -> str:
    """The profit of the executed position (USD), the rise that it survives, and its drift from the target."""
    state = report.state
    if state is None and report.options is not None:
        return "No future is short; what is filled are options."
    if state is None:
        return "No fills are entered: this report shows a proposal, not an open position."
    ledger = state.ledger
    text = (
        f"The shorts have made {cents(state.pnl)} in total: realised {cents(ledger.realised_pnl)}, unrealised "
        f"{cents(ledger.open_pnl(state.marks))}, funding {cents(ledger.funding)}, fees {cents(0.0 - ledger.fees)}."
    )
    if state.equity is not None and state.open_positions and report.rally_left is not None:
        of_market = report.market_rally_left
        market = "any" if of_market is None or of_market == math.inf else f"one of {survived_text(of_market)}"
        text += (
            f" With {usd(state.equity)} of equity, the account survives {rally_text(report.rally_left)} of all its "
            f"coins alike, and {market} of the market."
        )
    if report.drift is not None:
        text += f" The hedge differs from its target by {short_percent(report.drift)}."
    return text


def journal_table(assessment: HedgeAssessment) -> Table:
    """The last MOST_ENTRIES entries of the journal, oldest first."""
    entries = assessment.plan.execution.journal[-MOST_ENTRIES:]
    rows = tuple((day_text(entry.day, "%d %b %Y"), plain_text(entry.text)) for entry in entries)
    return Table(("Date", "Entry"), rows, free=frozenset((1,)))
