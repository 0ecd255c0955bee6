"""The report's sections on what may happen, as tables and sentences: market moves, past crashes and the calendar."""

from __future__ import annotations

from collections.abc import Sequence

from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.monitoring.rolls import AHEAD_DAYS, roll_events
from hedge_core.plan.calendar import CalendarEvent, merged, upcoming
from hedge_core.reports.alternatives import COLUMNS, row
from hedge_core.reports.html.table import Table
from hedge_core.scenarios.dangers import Danger, chance_text
from hedge_core.scenarios.presets import Preset
from hedge_core.scenarios.run import TERMS, ScenarioResult
from hedge_core.scenarios.stress import StressResult
from hedge_core.simulation.ways import Alternatives
from hedge_core.text import cents, day_text, percent, plain_text, short_percent, signed_usd

WORST = 5
"""How many crashes are listed, and how many squeezes."""

MOST_EVENTS = 20


def move_table(results: Sequence[ScenarioResult]) -> Table:
    """Profit and loss (USD) at each move of all shorted coins; ✕ marks a short that is liquidated along the way."""
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
    columns = ("Move", "Hedged coins", "Hedge", "Net", "Net after costs", "Unhedged coins")
    return Table(columns, rows, frozenset(range(6)))


def preset_table(results: Sequence[tuple[Preset, ScenarioResult]]) -> Table:
    """Profit and loss (USD) in the presets of scenarios; ✕ marks a short that is liquidated along the way."""
    rows = tuple(
        (
            preset.name,
            signed_usd(result.bag_pnl),
            signed_usd(result.hedge_pnl) + (" ✕" if result.is_liquidated else ""),
            signed_usd(result.net_after_costs),
        )
        for preset, result in results
    )
    return Table(("What if", "Hedged coins", "Hedge", "Net after costs"), rows, frozenset((1, 2, 3)))


def break_even_sentence(moves: Sequence[float]) -> str:
    """The moves of all shorted coins (fractions) at which bag and hedge together neither gain nor lose, in words."""
    found = [short_percent(move) for move in moves if abs(move) >= 5e-4]
    if not found:
        return "Before costs, you break even only if prices do not move."
    named = " or ".join(found)
    return f"Before costs, you break even if prices do not move, or if every shorted coin moves by {named}."


def attribution_table(result: ScenarioResult, hedge_ratio: float) -> Table:
    """The steps (USD, to the cent) from an exact hedge of `hedge_ratio` to the net result after costs."""
    terms = [(name, float(getattr(result.attribution, key))) for key, name in TERMS.items()]
    rows = [
        (f"Result of an exact {percent(hedge_ratio)} hedge", cents((1.0 - hedge_ratio) * result.bag_pnl)),
        *((name, cents(value)) for name, value in terms if abs(value) >= 0.005),
        ("Net, after costs", cents(result.net_after_costs)),
    ]
    return Table(("Step", "USD"), tuple(rows), frozenset((1,)), total=True)


def ways_table(found: Alternatives) -> Table:
    """The ways in the order of their ranks, in the columns that fit a printed page."""
    shown = [0, 1, 2, 4, 5, 6, 7]
    rows = tuple(tuple(row(way)[place] for place in shown) for way in found.ways)
    return Table(tuple(COLUMNS[place] for place in shown), rows, frozenset(range(1, len(shown))))


def stress_table(results: Sequence[StressResult]) -> Table:
    """The crashes that are worst for this plan, then the squeezes, each list with the worst first (USD).

    * marks a period in which some coins' moves are estimated, ✕ a short that is liquidated.
    """
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
    return Table(("Period", "Kind", "Bag", "Hedge", "Net"), rows, frozenset((2, 3, 4)))


def danger_table(dangers: Sequence[Danger]) -> Table:
    """What can take the hedge away, the most expensive first (USD; a plus is money to the holder)."""
    rows = tuple(
        (danger.title, signed_usd(-danger.cost), chance_text(danger.chance), danger.left, danger.to_do)
        for danger in dangers
    )
    return Table(("Danger", "Result", "Chance", "What is left", "What to do"), rows, frozenset((1, 2)))


def calendar(assessment: HedgeAssessment) -> tuple[CalendarEvent, ...]:
    """Roll dates, expiries and the user's own dates within the next AHEAD_DAYS, at most MOST_EVENTS of them."""
    today = assessment.market.as_of.date()
    return upcoming(merged(assessment.plan.watch.events, roll_events(assessment)), today, AHEAD_DAYS)[:MOST_EVENTS]


def calendar_table(assessment: HedgeAssessment) -> Table:
    """The events of `calendar` as a table."""
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
    return Table(("Date", "Days left", "Event", "Note"), rows, frozenset((1,)), frozenset((2, 3)))
