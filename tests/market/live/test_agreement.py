"""Histories against each other: one witness can only contradict, two that agree can refute."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from hedge_core.market.live.agreement import Opinion, changes_alike, compared

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


def moving(days: int = 100, *, seed: int = 0, volatility: float = 0.03) -> np.ndarray:
    return 100.0 * np.exp(np.cumsum(np.random.default_rng(seed).normal(0.0, volatility, days)))


def noisy(values: np.ndarray, error: float) -> np.ndarray:
    return values * np.exp(np.random.default_rng(9).normal(0.0, error, len(values)))


MOVING = moving()
RIGHT = closes(*MOVING)
OTHER_DAYS = {
    "a day late": {day + timedelta(days=1): close for day, close in RIGHT.items()},
    "a day early": {day - timedelta(days=1): close for day, close in RIGHT.items()},
    "the mean of seven closes": closes(*[MOVING[max(0, n - 6) : n + 1].mean() for n in range(len(MOVING))]),
    "with an error of 5%": closes(*noisy(MOVING, 0.05)),
}


@pytest.mark.parametrize("name", OTHER_DAYS)
def test_a_history_with_the_right_prices_and_the_changes_of_other_days_is_found(name):
    wrong = OTHER_DAYS[name]
    alone = compared(wrong, [Opinion("X", RIGHT)])
    outvoted = compared(wrong, [Opinion("X", RIGHT), Opinion("Y", closes(*noisy(MOVING, 0.002)))])

    assert (alone.verdict, alone.is_of_other_days) == ("disputed", True)
    assert (outvoted.verdict, outvoted.is_of_other_days) == ("refuted", True)
    assert compared(RIGHT, [Opinion("X", wrong), Opinion("Y", RIGHT)]).verdict in ("confirmed", "days")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (RIGHT, closes(*noisy(MOVING, 0.01))),
        (RIGHT, closes(*(MOVING * 1.1))),
        (RIGHT, closes(*np.where(np.arange(100) % 33 == 5, MOVING * 1.15, MOVING))),
        (closes(*moving(volatility=0.0005)), closes(*moving(seed=1, volatility=0.0005))),  # a coin that is pegged
        (closes(*MOVING[:20]), closes(*moving(seed=1)[:20])),  # 19 changes are too few
        (closes(*[100.0] * 60), closes(*[100.0] * 60)),
    ],
    ids=["an error of 1%", "another level", "three odd closes", "pegged", "few days", "still"],
)
def test_the_same_days_told_with_small_errors_are_alike(one, other):
    assert changes_alike(one, other)
    assert changes_alike(other, one)


def test_days_that_every_other_exchange_has_are_absent():
    short = {day: close for day, close in RIGHT.items() if day >= FIRST + timedelta(days=40)}
    gapped = {day: close for day, close in RIGHT.items() if (day - FIRST).days not in range(50, 60)}

    assert compared(short, [Opinion("X", RIGHT), Opinion("Y", gapped)]).absent == tuple(RIGHT)[:40]
    assert len(compared(gapped, [Opinion("X", RIGHT)]).absent) == 10
    assert compared(RIGHT, [Opinion("X", gapped)]).absent == ()
