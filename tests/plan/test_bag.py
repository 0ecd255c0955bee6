"""The bag: what is held, what is hedged, and how symbols and numbers are read.

By hand: 2 MKR were renamed at 1 : 24,000, so they are priced as 48,000 SKY. At $0.05 a SKY they are worth
$2,400. A speculative holding of 10 coins at $40 with a stop-loss of 12% is sold at 40 × 0.88 = $35.20, which
loses 10 × (35.20 − 40) = −$48.
"""

from __future__ import annotations

import contextlib
import math
import re
import time

import pytest
from hypothesis import given, strategies as st

from hedge_core.errors import HedgeError, InvalidInput
from hedge_core.market.coins import coin_symbol, is_stablecoin, resolve_coin
from hedge_core.plan.bag import MAX_HOLDINGS, Bag, Holding, HoldingRows, StopOrder
from hedge_core.text import parse_number
from tests.support.strategies import holdings


def test_a_renamed_coin_is_carried_over_at_its_ratio():
    resolved = resolve_coin("MKR", known=("SKY", "ETH"))

    assert (resolved.priced_as, resolved.moves_with, resolved.units) == ("SKY", "SKY", 24_000)
    assert 2 * resolved.units * 0.05 == pytest.approx(2_400)
    assert "check the ratio" in resolved.note


def test_a_stop_loss_of_twelve_percent_on_forty_dollars_stops_at_35_20():
    stop = StopOrder(coin="INJ", quantity=10, price=40, stop_price=40 * (1 - 0.12))

    assert stop.stop_price == pytest.approx(35.20)
    assert stop.loss == pytest.approx(-48.0)
    assert StopOrder(coin="INJ", quantity=10, price=40, stop_price=None).loss is None


@pytest.mark.parametrize(
    ("symbol", "known", "priced_as", "moves_with"),
    [
        ("SOL", (), "SOL", "SOL"),
        ("WBTC", ("BTC",), "BTC", "BTC"),
        ("WETH", ("WETH", "ETH"), "ETH", "ETH"),
        ("WSTETH", (), "WSTETH", "ETH"),
        ("JITOSOL", (), "JITOSOL", "SOL"),
        ("MATIC", ("POL",), "POL", "POL"),
        ("MATIC", ("MATIC", "POL"), "MATIC", "MATIC"),  # a source that still lists the old name is believed
        ("UNHEARD", (), "UNHEARD", "UNHEARD"),
    ],
)
def test_a_symbol_stands_for_the_coin_that_it_wraps_stakes_or_became(symbol, known, priced_as, moves_with):
    resolved = resolve_coin(symbol, known)

    assert (resolved.priced_as, resolved.moves_with) == (priced_as, moves_with)
    assert bool(resolved.note) == (symbol != priced_as or symbol != moves_with)


@pytest.mark.parametrize(("coin", "expected"), [("USDC", True), ("USD", True), ("EUR", True), ("ETH", False)])
def test_stablecoins_are_known_by_name(coin, expected):
    assert is_stablecoin(coin) is expected


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1234.5", 1234.5),
        ("1,234.5", 1234.5),
        ("1.234,5", 1234.5),
        ("1 234,5", 1234.5),
        ("1\u00a0234,5", 1234.5),
        ("1'234.5", 1234.5),
        ("$1,234.50", 1234.5),
        ("1,234", 1234.0),
        ("1,234,567", 1234567.0),
        ("0,123", 0.123),
        ("1,23", 1.23),
        ("12%", 0.12),
        ("−15 %", -0.15),
        ("-0.15", -0.15),
        ("+.5", 0.5),
        ("1e-3", 0.001),
        ("1E3", 1000.0),
        (" 7 ", 7.0),
    ],
)
def test_numbers_are_read_as_people_write_them(text, number):
    assert parse_number(text) == pytest.approx(number, rel=1e-15)


@pytest.mark.parametrize(
    "text",
    ["", " ", "nan", "NaN", "inf", "-Infinity", "1e999", "1e9999", "0x10", "1.2.3", "1,2,3", "--1", "five", "1e", "%"],
)
def test_what_is_not_a_finite_number_is_refused(text):
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        parse_number(text)


@given(st.floats(allow_nan=False, allow_infinity=False, width=32))
def test_every_finite_number_survives_being_written_and_read(number):
    assert parse_number(repr(number)) == number
    assert parse_number(f"{number:,.4f}") == pytest.approx(number, abs=5e-5)


@given(st.text(max_size=30))
def test_no_text_whatever_gives_anything_but_a_finite_number_or_a_refusal(text):
    with contextlib.suppress(ValueError):
        assert math.isfinite(parse_number(text))


@pytest.mark.parametrize(("typed", "symbol"), [(" sol ", "SOL"), ("1inch", "1INCH"), ("usdc.e", "USDC.E"), ("a", "A")])
def test_a_symbol_is_put_in_upper_case_without_spaces(typed, symbol):
    assert coin_symbol(typed) == symbol


@pytest.mark.parametrize(
    "typed", ["", " ", "=SUM(A1)", "<b>SOL</b>", "A B", "-SOL", "@SOL", "SOL/USDT", "X" * 17, "\x00"]
)
def test_what_is_no_symbol_is_refused_by_name(typed):
    with pytest.raises(InvalidInput, match="not a coin symbol"):
        coin_symbol(typed)


@pytest.mark.parametrize("quantity", [0.0, -1.0, math.nan, math.inf, -math.inf, 1e18, 1e308])
def test_a_quantity_that_is_not_positive_and_finite_is_refused_with_its_coin(quantity):
    with pytest.raises(InvalidInput, match="SOL: the quantity"):
        Holding(coin="SOL", quantity=quantity)


@pytest.mark.parametrize("stop_loss", [0.0, 1.0, -0.1, 1.5, math.nan])
def test_a_stop_loss_outside_its_range_is_refused_with_its_coin(stop_loss):
    with pytest.raises(InvalidInput, match="SOL: the stop-loss"):
        Holding(coin="SOL", quantity=1, role="speculative", stop_loss=stop_loss)


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


@pytest.mark.parametrize("text", ["9" * 200_000 + "x", "9" * 200_000, "0." + "0" * 200_000 + "x", "1,234" * 40_000])
def test_a_number_of_any_length_is_read_or_refused_at_once(text):
    """Two ways to part the digits made this quadratic: 5,000 digits took half a second, 100,000 minutes."""
    start = time.process_time()

    with contextlib.suppress(ValueError):
        parse_number(text)

    assert time.process_time() - start < 1.0
