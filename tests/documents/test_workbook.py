"""Workbooks that hide something: sheets, rows, or holdings in a second sheet."""

from __future__ import annotations

import io

import openpyxl

from hedge_core.documents.reader.holdings import read

Rows = list[tuple[object, ...]]
BAG: Rows = [("Coin", "Qty"), ("SOL", 12.5), ("LINK", 410)]


def workbook(sheets: dict[str, Rows], *, hidden_sheet: str = "", hidden_row: int = 0) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
        if name == hidden_sheet:
            sheet.sheet_state = "hidden"
    if hidden_row:
        book.worksheets[0].row_dimensions[hidden_row].hidden = True
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def doubts(content: bytes) -> list[tuple[str, str]]:
    return [(doubt.grade, doubt.text) for doubt in read(content).doubts]


def test_a_second_sheet_with_coins_is_asked_about():
    content = workbook({"Kraken": BAG, "Ledger": [("Coin", "Qty"), ("ETH", 2)], "Help": [("Hello",)]})

    assert doubts(content) == [
        ("ask", "Only the sheet 'Kraken' is read, not Ledger, Help. Coins are listed there too: Ledger. Import these "
                "separately")
    ]  # fmt: skip


def test_a_second_sheet_without_coins_is_a_note():
    assert [grade for grade, _ in doubts(workbook({"Bag": BAG, "Help": [("Hello", "there")]}))] == ["note"]


def test_hidden_sheets_are_named():
    content = workbook({"Bag": BAG, "Loans & more": [("Coin", "Qty"), ("ETH", 2)]}, hidden_sheet="Loans & more")

    assert doubts(content) == [("note", "Hidden sheets are not read: Loans & more")]


def test_hidden_rows_are_asked_about():
    assert doubts(workbook({"Bag": BAG}, hidden_row=3)) == [
        ("ask", "Hidden rows are counted too (1 in this workbook). Is that right?")
    ]
    assert doubts(workbook({"Bag": BAG})) == []
