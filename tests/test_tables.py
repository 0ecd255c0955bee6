"""A table of text cells: its columns, its rows, and cells that a spreadsheet would run.

By hand: a row of three cells below a header of two is a fault, and a row of one cell gets an empty one.
"""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from hedge_core.errors import InvalidFile
from hedge_core.tables import marked_as_text, tabulate, without_text_mark


def test_short_rows_are_filled_and_long_ones_are_left_out_with_a_fault():
    table, faults = tabulate([(2, ["coin", "my quantity", ""]), (3, ["SOL"]), (5, ["SOL", "1", "000"])], what="file")

    assert table.header == ("coin", "my quantity")
    assert table.rows == ((3, ("SOL", "")),)
    assert [(fault.row, fault.message.partition(";")[0]) for fault in faults] == [
        (5, "has 3 cells but the header has 2")
    ]


def test_a_header_without_rows_is_refused():
    with pytest.raises(InvalidFile, match="The file has a header but no rows"):
        tabulate([(1, ["coin"])], what="file")


def test_a_column_is_found_by_any_of_its_names_the_first_one_first():
    table, _ = tabulate([(1, ["Coin", "My_Quantity"]), (2, ["SOL", "1"])], what="file")

    assert table.find(["amount", "my quantity", "coin"]) == 1
    assert table.find(["amount"]) is None


@pytest.mark.parametrize(
    ("cell", "written"),
    [("=1+1", "'=1+1"), ("-5", "'-5"), ("＝A1", "'＝A1"), ("'quoted", "''quoted"), ("SOL -5", "SOL -5"), ("", "")],
)
def test_a_cell_that_a_spreadsheet_would_run_is_marked_as_text(cell, written):
    assert marked_as_text(cell) == written


@given(st.text())
def test_every_cell_comes_back_without_its_mark(cell):
    assert without_text_mark(marked_as_text(cell)) == cell
