"""Numbers out of data from outside: what is a number, and what only looks like one."""

from __future__ import annotations

import math

import pytest

from hedge_core.market.numbers import number, positive


@pytest.mark.parametrize(
    ("value", "expected"),
    [(1, 1.0), (-2.5, -2.5), ("0.1", 0.1), ("1e3", 1000.0), (0, 0.0), (True, None), (None, None), ("", None),
     ("1,000", None), ("nan", None), (math.inf, None), ([1], None), (10**400, None)],
)  # fmt: skip
def test_only_finite_numbers_are_numbers(value, expected):
    assert number(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"), [(0.5, 0.5), ("7", 7.0), (0, None), (-1, None), (1e15, None), ("inf", None), (False, None)]
)
def test_only_believable_amounts_are_positive(value, expected):
    assert positive(value) == expected
