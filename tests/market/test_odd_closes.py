"""Odd closes, worked by hand: 100, 150, 100 spikes by 1.5; 100, 200, 190 does not come back."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, strategies as st

from hedge_core.market.odd_closes import days_still, lasting_steps, odd_closes, redenominations

NAN = float("nan")


def series(*closes: float, before: int = 30) -> np.ndarray:
    """Closes that alternate by 1% around 100, and then these."""
    return np.array([100.0 + n % 2 for n in range(before)] + list(closes))


@pytest.mark.parametrize(
    ("coin", "closes", "expected"),
    [
        ("LINK", (150.0, 100.0, 100.0), [("spike", 30, 30, False)]),
        ("LINK", (180.0, 100.0, 100.0), [("spike", 30, 30, True)]),
        ("LINK", (55.0, 100.0, 100.0), [("spike", 30, 30, True)]),
        ("LINK", (138.0, 100.0, 100.0), []),
        ("SOL", (138.0, 100.0, 100.0), [("spike", 30, 30, True)]),
        ("SOL", (133.0, 100.0, 100.0), []),
        ("LINK", (NAN, 180.0, NAN, 100.0, 100.0), [("spike", 31, 31, True)]),
        ("LINK", (200.0, 190.0, 195.0), []),
        ("LINK", (20.0, 21.0, 20.0), []),
        ("LINK", (300.0, 310.0, 290.0, 100.0, 101.0), [("block", 30, 32, False)]),
        ("LINK", (30.0, 31.0, 100.0, 101.0), [("block", 30, 31, False)]),
        ("LINK", (500.0,), [("newest", 30, 30, False)]),
        ("LINK", (45.0,), [("newest", 30, 30, False)]),
        ("LINK", (130.0,), []),
    ],
)
def test_what_is_odd_is_found_with_its_place(coin, closes, expected):
    found = odd_closes(coin, series(*closes))

    assert [(odd.kind, odd.row, odd.until, odd.is_refused) for odd in found if not odd.is_noted] == expected


def test_a_newest_close_that_is_only_unusual_is_noted():
    (odd,) = odd_closes("LINK", series(160.0))

    assert odd.is_noted
    assert odd.times == pytest.approx(160.0 / 101.0)


def test_a_coin_that_has_moved_as_far_before_is_not_asked_about():
    closes = series(*[100.0 * 3**n for n in range(1, 3)], *[900.0 + n % 2 for n in range(90)], 2_500.0)

    assert [odd.is_noted for odd in odd_closes("LINK", closes) if odd.row == len(closes) - 1] == [True]


@pytest.mark.parametrize(
    ("closes", "expected"),
    [
        ((0.1, 0.101, 0.1), [(30, 0.1 / 101.0)]),
        ((100_000.0, 101_000.0, 100_500.0), [(30, 100_000.0 / 101.0)]),
        ((0.1, 100.0, 101.0), []),
        ((0.1, 0.1, 0.1, 100.0, 101.0), []),
        ((20.0, 21.0, 20.0), []),
        ((0.1,), []),
    ],
)
def test_a_change_of_unit_stays_where_it_is(closes, expected):
    assert redenominations(series(*closes)) == [(row, pytest.approx(times)) for row, times in expected]


@pytest.mark.parametrize(
    ("coin", "closes", "days"),
    [("LINK", [5.0] * 11, 11), ("LINK", [5.0] * 10, 0), ("LINK", [5.0, NAN] * 12, 12), ("USDT", [1.0] * 40, 0)],
)
def test_a_price_stands_still_for_as_many_days_as_it_has_equal_closes_at_its_end(coin, closes, days):
    assert days_still(coin, series(*closes)) == days


@given(st.lists(st.floats(1e-300, 1e300) | st.just(NAN), max_size=60), st.sampled_from(("SOL", "LINK", "USDT")))
def test_whatever_comes_each_odd_close_is_a_close(values, coin):
    closes = np.array(values)

    for odd in odd_closes(coin, closes):
        assert not np.isnan(closes[[odd.row, odd.until]]).any()
        assert 0.0 < odd.times < float("inf")
    assert days_still(coin, closes) >= 0
    redenominations(closes)


@given(st.lists(st.floats(0.5, 2.0), min_size=3, max_size=40), st.floats(1e-6, 1e6))
def test_the_unit_of_the_price_does_not_matter(steps, unit):
    closes = np.cumprod(steps)

    def places(values: np.ndarray) -> list[tuple[str, int]]:
        return [(odd.kind, odd.row) for odd in odd_closes("LINK", values)]

    assert places(closes) == places(closes * 2.0 ** round(np.log2(unit)))


@pytest.mark.parametrize(
    ("closes", "expected"),
    [
        ((300.0, 301.0, 303.0), [(30, 300.0 / 101.0)]),
        ((NAN, 30.0, 31.0, 30.0), [(31, 30.0 / 101.0)]),
        ((200.0, 201.0, 203.0), []),  # 1.98 times
        ((300.0, 101.0, 100.0), []),  # a spike
        ((300.0, 301.0, 303.0, 100.0, 101.0), []),  # a block, which is asked about
        ((300.0,), []),  # the newest close has a rule of its own
        ((0.1, 0.101, 0.1), []),  # a redenomination
    ],
)
def test_a_step_is_a_close_far_from_the_one_before_after_which_the_price_stays(closes, expected):
    assert lasting_steps(series(*closes)) == [(row, pytest.approx(times)) for row, times in expected]


def test_a_coin_that_always_moves_far_has_no_step():
    assert lasting_steps(100.0 * np.cumprod([2.5, 0.4] * 30)) == []


@pytest.mark.parametrize(("after", "is_found"), [(0.02, True), (0.17, True), (0.19, False), (0.4, False)])
def test_a_coin_that_keeps_moving_after_its_rise_has_no_step(after, is_found):
    """By hand: log 5 is 1.609, and 6 × 1.4826 × 0.181 is as much."""
    moves = [*[0.03, -0.03] * 30, math.log(5.0), *[after, -after] * 6, *[0.03, -0.03] * 30]

    assert lasting_steps(np.exp(np.cumsum(moves))) == ([(60, pytest.approx(5.0))] if is_found else [])
