"""Roundings, against decimal arithmetic: 2.5 is 2 to the nearest, 2 down, 3 up."""

from __future__ import annotations

import dataclasses
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_DOWN, Decimal
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, strategies as st

from hedge_core.hedge.rounding import ROUNDINGS, whole_contracts
from hedge_core.market.contracts import CustomContract
from hedge_core.plan.plan import Rounding

DECIMAL = {
    "nearest": ROUND_HALF_DOWN,
    "optimal": ROUND_HALF_DOWN,
    "down": ROUND_FLOOR,
    "up": ROUND_CEILING,
}


def contract(minimum: float = 0.0):
    return dataclasses.replace(CustomContract(code="X", underlying="ETH", coins=1.0).contract(), minimum_amount=minimum)


@given(st.sampled_from(list(DECIMAL)), st.decimals(0, 10_000, places=3))
def test_whole_numbers_are_those_of_decimal_arithmetic(rounding, exact):
    expected = int(exact.quantize(Decimal(1), DECIMAL[rounding]))

    assert whole_contracts(float(exact), rounding) == expected
    assert ROUNDINGS[rounding].whole(np.full((2, 1), float(exact))).tolist() == [[expected], [expected]]


def test_every_rounding_has_a_row_and_optimal_rounds_alone_to_the_nearest():
    assert set(ROUNDINGS) == set(get_args(Rounding))
    assert [name for name, rule in ROUNDINGS.items() if rule.is_joint] == ["optimal"]
    assert ROUNDINGS["optimal"].alone == "nearest"


@pytest.mark.parametrize(
    ("rounding", "minimum", "below", "above"),
    [
        ("nearest", 0.0, 0.4999, 0.5001),
        ("optimal", 0.0, 0.4999, 0.5001),
        ("down", 0.0, 0.9999, 1.0001),
        ("up", 0.0, 0.0, 0.0001),
        ("nearest", 5.0, 4.4999, 5.0001),
        ("down", 5.0, 4.9999, 5.0001),
        ("up", 5.0, 0.0, 0.0001),
    ],
)
def test_the_least_lots_are_where_the_first_order_begins(rounding, minimum, below, above):
    rule, traded = ROUNDINGS[rounding], contract(minimum)

    assert below < rule.least_lots(traded) <= above
    assert rule.accepted(whole_contracts(below, rounding), traded) == 0
    assert rule.accepted(whole_contracts(above, rounding), traded) >= max(1, minimum)


def test_below_the_venues_smallest_order_only_rounding_up_trades():
    assert [ROUNDINGS[name].accepted(3, contract(5.0)) for name in ("nearest", "down", "up", "optimal")] == [0, 0, 5, 0]
    assert ROUNDINGS["up"].accepted(0, contract(5.0)) == 0
