"""The bag: what is held and what is hedged.

By hand: a speculative holding of 10 coins at $40 with a stop-loss of 12% is sold at 40 × 0.88 = $35.20, which loses
10 × (35.20 − 40) = −$48.
"""

from __future__ import annotations

import math

import pytest
from hypothesis import given, strategies as st

from hedge_core.errors import HedgeError, InvalidInput
from hedge_core.plan.bag import MAX_HOLDINGS, Bag, Holding, HoldingRows, StopOrder
from tests.support.strategies import holdings


def test_a_stop_loss_of_twelve_percent_on_forty_dollars_stops_at_35_20():
    stop = StopOrder(coin="INJ", quantity=10, price=40, stop_price=40 * (1 - 0.12))

    assert stop.stop_price == pytest.approx(35.20)
    assert stop.loss == pytest.approx(-48.0)
    assert StopOrder(coin="INJ", quantity=10, price=40, stop_price=None).loss is None


@pytest.mark.parametrize("quantity", [0.0, -1.0, math.nan, math.inf, -math.inf, 1e18, 1e308])
def test_a_quantity_that_is_not_positive_and_finite_is_refused_with_its_coin(quantity):
    with pytest.raises(InvalidInput, match="SOL: the quantity"):
        Holding(coin="SOL", quantity=quantity)


@pytest.mark.parametrize("stop_loss", [0.0, 1.0, -0.1, 1.5, math.nan])
def test_a_stop_loss_outside_its_range_is_refused_with_its_coin(stop_loss):
    with pytest.raises(InvalidInput, match="SOL: the stop-loss"):
        Holding(coin="SOL", quantity=1, role="speculative", stop_loss=stop_loss)


@pytest.mark.parametrize("role", ["trade", "Hold", "", None])
def test_a_role_that_there_is_not_is_refused_with_its_coin(role):
    with pytest.raises(InvalidInput, match="SOL: the role must be 'hold' or 'speculative'"):
        Holding(coin="SOL", quantity=1, role=role)


def test_rows_of_the_same_coin_and_role_are_added_up():
    bag = Bag(
        (
            Holding(coin="sol", quantity=1, note="first"),
            Holding(coin="ETH", quantity=5),
            Holding(coin="SOL", quantity=2.5, note="second"),
            Holding(coin="SOL", quantity=7, role="speculative"),
        )
    )

    assert [(row.coin, row.quantity, row.role) for row in bag.holdings] == [
        ("SOL", 3.5, "hold"),
        ("ETH", 5, "hold"),
        ("SOL", 7, "speculative"),
    ]
    assert bag.holdings[0].note == "first"
    assert bag.coins == ("SOL", "ETH")


def test_a_bag_of_more_rows_than_anybody_looks_after_is_refused():
    row = Holding(coin="SOL", quantity=1)
    Bag((row,) * MAX_HOLDINGS)

    with pytest.raises(InvalidInput, match=f"{MAX_HOLDINGS} rows; this one has {MAX_HOLDINGS + 1}"):
        Bag((row,) * (MAX_HOLDINGS + 1))


@given(st.lists(holdings(st.sampled_from(["SOL", "ETH", "LINK"])), max_size=12))
def test_adding_rows_up_loses_no_coin(rows):
    bag = Bag(tuple(rows))

    assert sum(row.quantity for row in bag.holdings) == pytest.approx(sum(row.quantity for row in rows))
    assert Bag(bag.holdings).holdings == bag.holdings
    assert set(bag.coins) == {row.coin for row in rows}


def test_good_rows_are_kept_and_each_bad_cell_is_named_with_its_row():
    rows = HoldingRows()

    assert rows.add(1, {"coin": " sol ", "quantity": "1,234.5", "role": "HODL", "note": None}) is not None
    assert rows.add(2, {"coin": "", "quantity": "abc"}) is None
    assert rows.add(3, {"coin": "ETH", "quantity": "-1", "stop_loss": "150%"}) is None
    assert rows.add(4, {"coin": "ETH", "quantity": "nan", "role": "lender"}) is None
    assert rows.add(5, {"coin": "LINK", "quantity": 7, "role": "spec", "stop_loss": "10%"}) is not None
    assert rows.add(6, {"coin": "=1+1", "quantity": float("nan")}) is None

    assert [(row.coin, row.quantity, row.role) for row in rows.holdings] == [
        ("SOL", 1234.5, "hold"),
        ("LINK", 7, "speculative"),
    ]
    assert [(fault.row, fault.field) for fault in rows.faults] == [
        (2, "coin"),
        (2, "quantity"),
        (3, "quantity"),
        (3, "stop_loss"),
        (4, "quantity"),
        (4, "role"),
        (6, "coin"),
        (6, "quantity"),
    ]
    assert str(rows.faults[2]) == "row 3, field 'quantity': must be a positive number of coins, not -1"


@pytest.mark.parametrize(
    ("value", "price", "faults"), [("1.5", 1.5, 0), ("", None, 0), ("-1", None, 1), ("1e16", None, 1)]
)
def test_an_own_price_is_a_positive_number_or_nothing(value, price, faults):
    rows = HoldingRows()

    assert rows.own_price(1, value) == price
    assert len(rows.faults) == faults


CELLS = st.none() | st.text(max_size=20) | st.floats() | st.integers() | st.booleans()


@given(st.dictionaries(st.sampled_from(["coin", "quantity", "role", "stop_loss", "note", "else"]), CELLS))
def test_any_row_whatever_is_either_kept_or_explained(values):
    rows = HoldingRows()

    holding = rows.add(7, values)

    assert (holding is None) == bool(rows.faults)
    assert all(fault.row == 7 and fault.field for fault in rows.faults)


def test_every_error_of_a_row_is_one_error_of_ours():
    assert issubclass(InvalidInput, HedgeError)
