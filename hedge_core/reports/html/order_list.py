"""The orders of the report as lines to tick; those that the first printed page has no room for go on after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.monitoring.filled import lots_toward
from hedge_core.reports.ticket.order import Ticket

MOST_ON_FIRST_PAGE = 8
"""Lines, titles counted, that fit beside cash, cost and rules on the first page, below summary and payoff."""

MOST_BELOW_FILLS = 6
"""The same below the sentences that say what is filled."""


class Line(NamedTuple):
    """One line to tick, and whether it is ticked because the order is filled; what is no order has nothing to tick."""

    text: str
    is_filled: bool = False
    is_order: bool = True


@dataclass(frozen=True)
class TicketLines:
    """The lines of one ticket under its title; '' for the only ticket of a plan."""

    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Paged:
    """The tickets of the first printed page, and what goes on after it."""

    first: tuple[TicketLines, ...]
    later: tuple[TicketLines, ...]

    @property
    def count_later(self) -> int:
        """The number of lines that go on after the first page."""
        return sum(len(ticket.lines) for ticket in self.later)


def paged(tickets: Sequence[TicketLines], most: int) -> Paged:
    """The tickets, cut after `most` lines, titles counted; a ticket that is cut has its title in both parts."""
    first: list[TicketLines] = []
    later: list[TicketLines] = []
    room = most
    for ticket in tickets:
        room -= bool(ticket.title)
        here = ticket.lines[: max(room, 0)]
        room -= len(here)
        for part, lines in ((first, here), (later, ticket.lines[len(here) :])):
            if lines:
                part.append(TicketLines(ticket.title, lines))
    return Paged(tuple(first), tuple(later))


def ticket_lines(assessment: HedgeAssessment, tickets: Sequence[Ticket]) -> tuple[TicketLines, ...]:
    """The lines of each ticket, and last the stops of coins that are traded and not hedged."""
    has_titles = len(tickets) > 1
    found = [TicketLines(one.title if has_titles else "", order_lines(assessment, one)) for one in tickets]
    stops = tuple(
        Line(f"{stop.sentence.removesuffix('.')} (a trade, not hedged).", stop.is_placed)
        for stop in assessment.stop_orders
        if stop.sentence
    )
    *earlier, last = found
    return (*earlier, TicketLines(last.title, last.lines + stops))


def order_lines(assessment: HedgeAssessment, ticket: Ticket) -> tuple[Line, ...]:
    """The orders of a ticket, each with whether it is filled; one that is filled in part says how far.

    A plan that opens in stages prints only the stages that are not filled yet.
    """
    is_staged = assessment.plan.decisions.stages.parts > 1
    held = {} if is_staged else lots_toward(assessment)
    lines = []
    for order in ticket.orders:
        lots = held.get(f"{order.venue}:{order.contract}", 0)
        filled, more = (f"{count * order.quantity / order.lots:,.10g}" for count in (lots, lots - order.lots))
        part = f" Filled: {filled} of {order.quantity:,.10g}." if 0 < lots < order.lots else ""
        if lots > order.lots:
            part = f" Filled: {filled}, {more} more than this."
        lines.append(Line(f"{order.sentence}{part}", lots >= order.lots))
    return (*lines, *(Line(reason, is_order=False) for reason in ticket.refused))
