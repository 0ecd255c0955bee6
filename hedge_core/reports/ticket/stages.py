"""The tickets that open a hedge in stages: equal parts of the whole lots, each sent on its day or after its move.

A stage is sized on what the plan's fills already hold, so that a stage that is filled is not printed again. No part is
below the venue's smallest order: a leg that is too small for so many parts is sent in fewer, in the later stages.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.legs import SizedLeg
from hedge_core.monitoring.filled import lots_toward
from hedge_core.plan.stages import Stages
from hedge_core.reports.ticket.build import opening_trade, ticket_of
from hedge_core.reports.ticket.order import Ticket
from hedge_core.reports.ticket.tickets import opening_ticket, remaining_ticket, with_funding
from hedge_core.text import percent, price

ALL_FILLED = "Every stage is filled."


def tickets_to_open(assessment: HedgeAssessment) -> tuple[Ticket, ...]:
    """The tickets that open the plan's hedge: one, or those of the stages that the plan states."""
    stages = assessment.plan.decisions.stages
    return (opening_ticket(assessment),) if stages.parts == 1 else staged_tickets(assessment, stages)


def tickets_to_send(assessment: HedgeAssessment) -> tuple[Ticket, ...]:
    """The tickets that open what the plan's fills do not hold yet."""
    stages = assessment.plan.decisions.stages
    return (remaining_ticket(assessment),) if stages.parts == 1 else staged_tickets(assessment, stages)


def staged_tickets(assessment: HedgeAssessment, stages: Stages) -> tuple[Ticket, ...]:
    """One ticket for each stage that is not filled; with what is held they have the plan's counts.

    All are at today's prices. A stage in which no contract has a lot is left out.
    """
    today = assessment.market.as_of.date()
    held = lots_toward(assessment)
    start = _start(assessment, held_anything=bool(held))
    tickets: list[Ticket] = []
    for stage in range(stages.parts):
        trades = [
            replace(opening_trade(leg, assessment.expiry_of(leg)), lots=lots)
            for leg in assessment.traded_legs
            if (lots := _lots_of(leg, stages, stage, held.get(leg.contract.id, 0))) > 0
        ]
        if trades:
            title = f"Stage {stage + 1} of {stages.parts}: {_when(stages, stage, start, today)}"
            ticket = ticket_of(assessment, title, trades)
            tickets.append(ticket if tickets else with_funding(assessment, ticket))
    return tuple(tickets) or (Ticket("Open the hedge", (), (ALL_FILLED,) if held else ()),)


def _lots_of(leg: SizedLeg, stages: Stages, stage: int, held: int) -> int:
    """The lots of a leg to send in a stage, with `held` lots short already."""
    least = leg.contract.minimum_lots
    before = stages.lots_through(leg.lots, stage - 1, least=least)
    return stages.lots_through(leg.lots, stage, least=least) - max(before, held)


@dataclass(frozen=True, slots=True)
class _Start:
    """Where the stages are counted from: a day, and a price of `coin` in USD; `words` name that price."""

    day: date
    coin: str
    price: float
    now: float
    words: str


def _start(assessment: HedgeAssessment, *, held_anything: bool) -> _Start | None:
    """The start of the stages: the first fill, or today if nothing is held; None if there is nothing to trade."""
    if not assessment.traded_legs:
        return None
    largest = max(assessment.traded_legs, key=lambda leg: leg.notional)
    coin, now, today = largest.underlying, largest.price, assessment.market.as_of.date()
    if not held_anything:
        return _Start(today, coin, now, now, "today")
    fills = sorted(assessment.plan.execution.fills, key=lambda fill: fill.at)
    of_coin = [fill for fill in fills if fill.contract == largest.contract.id]
    if not of_coin:
        return _Start(fills[0].at.date(), coin, now, now, "today")
    first = of_coin[0]
    return _Start(fills[0].at.date(), coin, first.price, now, f"the {price(first.price)} of the first fill")


def _when(stages: Stages, stage: int, start: _Start | None, today: date) -> str:
    """When a stage is sent, as the end of its title."""
    if start is None or stage == 0:
        return "now"
    if stages.rule == "by_date":
        due = start.day + timedelta(days=stages.days * stage)
        if due <= today:
            return "now" if due == today else f"now, it was due on {due:%d %b %Y}"
        return f"on {due:%d %b %Y}, at the prices of that day"
    move = stages.move_to(stage)
    level, verb = start.price * (1.0 + move), "risen" if move > 0 else "fallen"
    text = f"{start.coin} has {verb} {percent(abs(move))} from {start.words}, to {price(level)}"
    is_met = start.now >= level if move > 0 else start.now <= level
    return f"now, as {text} or beyond" if is_met else f"when {text}, at the prices of that day"
