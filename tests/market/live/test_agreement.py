"""Histories against each other: one witness can only contradict, two that agree can refute."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from hedge_core.market.live.agreement import Opinion, compared

FIRST = date(2026, 1, 1)


def closes(*values: float | None) -> dict[date, float]:
    return {FIRST + timedelta(days=n): value for n, value in enumerate(values) if value is not None}


TEN = closes(*[100.0] * 10)
WRONG = closes(*[500.0] * 10)


@pytest.mark.parametrize(
    ("opinions", "verdict", "days"),
    [
        ([], "alone", 0),
        ([closes(100.0, 100.0)], "alone", 0),
        ([TEN], "confirmed", 0),
        ([closes(*[119.0] * 10)], "confirmed", 0),
        ([closes(*[100.0] * 9, 121.0)], "days", 1),
        ([closes(*[100.0] * 9, 121.0), TEN], "confirmed", 0),
        ([closes(*[100.0] * 9, 121.0), closes(*[100.0] * 9)], "days", 1),
        ([WRONG], "disputed", 10),
        ([WRONG, WRONG], "refuted", 10),
        ([WRONG, closes(*[50.0] * 10)], "disputed", 10),
        ([WRONG, TEN], "confirmed", 0),
    ],
)
def test_the_verdict_follows_from_what_the_others_say(opinions, verdict, days):
    found = compared(TEN, [Opinion("X", by_day) for by_day in opinions])

    assert (found.verdict, len(found.days)) == (verdict, days)


def test_a_coin_listed_three_days_ago_is_compared_on_these_days():
    young = closes(100.0, 101.0, 102.0)

    assert compared(young, [Opinion("X", closes(10.0, 10.1, 10.2, 10.3))]).verdict == "disputed"
    assert compared(young, [Opinion("X", closes(100.0, 101.0, 102.0))]).verdict == "confirmed"
