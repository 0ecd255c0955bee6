"""The orders of the report on its first printed page, and those that go on after it."""

from __future__ import annotations

import pytest

from hedge_core.reports.html.order_list import Line, TicketLines, paged


def ticket(count: int, title: str = "") -> TicketLines:
    return TicketLines(title, tuple(Line(f"{title} {number}") for number in range(count)))


def shown(tickets: tuple[TicketLines, ...]) -> list[tuple[str, int]]:
    return [(one.title, len(one.lines)) for one in tickets]


@pytest.mark.parametrize(
    ("tickets", "first", "later"),
    [
        ([ticket(0)], [], []),
        ([ticket(8)], [("", 8)], []),
        ([ticket(15)], [("", 8)], [("", 7)]),
        ([ticket(3, "Stage 1"), ticket(3, "Stage 2")], [("Stage 1", 3), ("Stage 2", 3)], []),
        (
            [ticket(5, "Stage 1"), ticket(5, "Stage 2"), ticket(5, "Stage 3")],
            [("Stage 1", 5), ("Stage 2", 1)],
            [("Stage 2", 4), ("Stage 3", 5)],
        ),
        ([ticket(7, "Stage 1"), ticket(1, "Stage 2")], [("Stage 1", 7)], [("Stage 2", 1)]),
    ],
)
def test_lines_beyond_the_first_page_go_on_after_it_under_their_title(
    tickets: list[TicketLines], first: list[tuple[str, int]], later: list[tuple[str, int]]
) -> None:
    found = paged(tickets, 8)

    assert shown(found.first) == first
    assert shown(found.later) == later
    assert found.count_later == sum(count for _, count in later)


def test_no_line_is_lost_or_printed_twice() -> None:
    tickets = [ticket(count, f"Stage {count}") for count in (6, 4, 9)]
    found = paged(tickets, 8)
    printed = [line for one in (*found.first, *found.later) for line in one.lines]
    assert printed == [line for one in tickets for line in one.lines]
