"""Marks of direction in a table: harmless ones are left out; one that shows other digits than are read is refused."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime

import openpyxl
import pytest

from hedge_core import Holding, catalogue
from hedge_core.documents.fills.file import fills_csv, read_fills
from hedge_core.documents.holdings_file import holdings_csv, read_holdings
from hedge_core.documents.prices.file import read_price_csv
from hedge_core.errors import InvalidFile
from hedge_core.plan.fills import Fill
from hedge_core.text import spreadsheet_safe

REORDERED = {
    "turned round": "12\u202e34",  # shown as 1243
    "turned round as a whole": "\u202e1234\u202c",  # shown as 4321
    "a mark between digits": "12\u200f34",
    "an embedding between digits": "\u202b12\u202a34\u202c\u202c",
    "isolated halves": "12\u206734\u2069",
    "Arabic digits": "١٢\u202e٣٤",
}
HARMLESS = ("\u200e1234", "1234\u200f", "\u202d1234\u202c", "\u20681234\u2069", "\ufeff1234", "12\u200b34")


def csv(quantity: str) -> bytes:
    return f"Coin,Quantity\nLINK,7\nSOL,{quantity}\n".encode()


def workbook(quantity: str) -> bytes:
    book = openpyxl.Workbook()
    for row in (["Coin", "Quantity"], ["LINK", "7"], ["SOL", quantity]):
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def escaped_json(quantity: str) -> bytes:
    return json.dumps([{"coin": "LINK", "quantity": "7"}, {"coin": "SOL", "quantity": quantity}]).encode("ascii")


TABLES = {
    "CSV": csv,
    "UTF-16": lambda quantity: csv(quantity).decode().encode("utf-16"),
    "a workbook": workbook,
    "JSON": escaped_json,
}


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
@pytest.mark.parametrize("quantity", REORDERED.values(), ids=REORDERED)
def test_a_quantity_that_shows_as_another_is_refused_with_its_row(quantity: str, table: Callable[[str], bytes]) -> None:
    with pytest.raises(InvalidFile, match=r"invisible mark in row 3 \(U\+20"):
        read_holdings(table(quantity))


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
@pytest.mark.parametrize("quantity", HARMLESS, ids=ascii)
def test_marks_that_change_no_order_are_left_out(quantity: str, table: Callable[[str], bytes]) -> None:
    read = read_holdings(table(quantity))

    assert [(holding.coin, holding.quantity) for holding in read.holdings] == [("LINK", 7.0), ("SOL", 1234.0)]


def test_a_coin_that_shows_as_another_is_refused() -> None:
    with pytest.raises(InvalidFile, match="row 2"):
        read_holdings("Coin,Quantity\n\u202eLOS\u202c,5\n".encode())


@pytest.mark.parametrize("price", ["31\u202e80", "31\u200f80"], ids=ascii)
def test_a_price_in_fills_and_in_a_history_is_refused_in_the_same_way(price: str) -> None:
    fills = f"Date(UTC),Symbol,Side,Price,Quantity,Fee\n2026-01-31 14:05:00,ETHUSDT,SELL,{price},1.5,1.9 USDT\n"
    history = f"date,ETH\n2026-10-30,3150\n2026-10-31,{price}\n"

    with pytest.raises(InvalidFile, match="invisible mark in row 2"):
        read_fills(fills.encode(), tuple(catalogue()))
    with pytest.raises(InvalidFile, match="invisible mark in row 3"):
        read_price_csv(history.encode(), name="csv:case")


def test_a_note_of_ours_with_such_a_mark_comes_back_without_it() -> None:
    note = "before \u202eafter 1\u200f2"
    holdings = (Holding(coin="SOL", quantity=5.0, note=note),)
    contract = next(one for one in catalogue() if one.id == "OKX:ETH-USDT-SWAP")
    at = datetime(2026, 1, 31, 14, 5, tzinfo=UTC)
    fills = (Fill(at=at, contract=contract.id, side="sell", contracts=3, price=3180.0, note=note),)

    assert read_holdings(holdings_csv(holdings, {}).encode()).holdings[0].note == "before after 12"
    assert read_fills(fills_csv(fills).encode(), tuple(catalogue())).fills[0].note == "before after 12"
    assert spreadsheet_safe(note) == "before after 12"
