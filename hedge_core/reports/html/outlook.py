"""The parts of the report on what may come: moves of the market, crashes of history, the calendar, in words."""

from __future__ import annotations

from collections.abc import Sequence

from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.monitoring.rolls import AHEAD_DAYS, roll_events
from hedge_core.plan.calendar import CalendarEvent, merged, upcoming
from hedge_core.reports.html.table import Table
from hedge_core.scenarios.run import TERMS, ScenarioResult
from hedge_core.scenarios.stress import StressResult
from hedge_core.text import cents, day_text, listed, percent, plain_text, short_percent, signed_usd

WORST = 5
"""Crashes and squeezes that are listed, each."""

MOST_EVENTS = 20


def move_table(results: Sequence[ScenarioResult]) -> Table:
    """Profit and loss at each move of the market."""
    rows = tuple(
        (
            short_percent(result.shock.move),
            signed_usd(result.bag_pnl),
            signed_usd(result.hedge_pnl) + (" ✕" if result.is_liquidated else ""),
            signed_usd(result.net_pnl),
            signed_usd(result.net_after_costs),
            signed_usd(result.unhedged_pnl),
        )
        for result in results
    )
    columns = ("Market moves", "Hedged coins", "Hedge", "Together", "After costs", "Not hedged")
    return Table(columns, rows, frozenset(range(6)))


def break_even_sentence(moves: Sequence[float]) -> str:
    """Where bag and hedge together neither gain nor lose."""
    found = [short_percent(move) for move in moves if abs(move) >= 5e-4]
    if not found:
        return "Break-even before costs: only where nothing moves."
    return f"Break-even before costs: {listed(['no move', *found])}."


def attribution_table(result: ScenarioResult, hedge_ratio: float) -> Table:
    """From an exact hedge to the result after costs, term by term, to the cent."""
    terms = [(name, float(getattr(result.attribution, key))) for key, name in TERMS.items()]
    rows = [
        (f"An exact hedge of {percent(hedge_ratio)} leaves", cents((1.0 - hedge_ratio) * result.bag_pnl)),
        *((name, cents(value)) for name, value in terms if abs(value) >= 0.005),
        ("Together, after costs", cents(result.net_after_costs)),
    ]
    return Table(("Why", "USD"), tuple(rows), frozenset((1,)), total=True)


def stress_table(results: Sequence[StressResult]) -> Table:
    """The worst crashes, then the worst squeezes, each the worst for this plan first."""
    worst = [
        result
        for kind in ("crash", "squeeze")
        for result in [result for result in results if result.window.kind == kind][:WORST]
    ]
    rows = tuple(
        (
            result.window.label + (" *" if result.estimated else ""),
            result.window.kind,
            signed_usd(result.bag_pnl),
            signed_usd(result.hedge_pnl) + (" ✕" if result.is_closed else ""),
            signed_usd(result.net_pnl),
        )
        for result in worst
    )
    return Table(("When", "Kind", "Bag", "Hedge", "Together"), rows, frozenset((2, 3, 4)))


def calendar(assessment: HedgeAssessment) -> tuple[CalendarEvent, ...]:
    """When to roll, expiries, and the user's own dates in the next AHEAD_DAYS."""
    today = assessment.market.as_of.date()
    return upcoming(merged(assessment.plan.watch.events, roll_events(assessment)), today, AHEAD_DAYS)[:MOST_EVENTS]


def calendar_table(assessment: HedgeAssessment) -> Table:
    """The calendar in words."""
    today = assessment.market.as_of.date()
    rows = tuple(
        (
            day_text(event.day, "%a %d %b %Y"),
            f"{(event.day - today).days}",
            plain_text(event.title),
            plain_text(event.note),
        )
        for event in calendar(assessment)
    )
    return Table(("Day", "In days", "What", "Note"), rows, frozenset((1,)), frozenset((2, 3)))
