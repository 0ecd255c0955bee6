"""Numbers of coins typed into a cell of the grid, in the ways of several languages."""

from __future__ import annotations

import pytest

from hedge_core.documents.reader.typed import typed_quantity


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,5", 1.5),
        ("1.5", 1.5),
        ("1.000,50", 1_000.5),
        ("1,000.50", 1_000.5),
        ("1 000", 1_000.0),
        ("1'000", 1_000.0),
        ("-3", -3.0),
        ("12.5 SOL", 12.5),
        ("1e-3", 0.001),
    ],
)
def test_a_number_is_read_as_it_is_meant(text, value):
    typed = typed_quantity(text)

    assert (typed.value, typed.remark) == (value, "")


@pytest.mark.parametrize(("text", "value", "other"), [("1.000", 1.0, "write 1000"), ("1,250", 1_250.0, "write 1.25")])
def test_a_number_that_can_be_read_in_both_ways_says_how_to_write_the_other(text, value, other):
    typed = typed_quantity(text)

    assert typed.value == value
    assert other in typed.remark


@pytest.mark.parametrize("text", ["", "abc", "$5", "5 €", "12%", "~5", "1.5M", "1,2,3.4", "2026-10-31"])
def test_what_is_no_number_of_coins_is_not_taken_for_one(text):
    assert typed_quantity(text) == (None, "")
