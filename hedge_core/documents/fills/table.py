"""The table in a file of fills: its header, its rows, and numbers written in one style.

The file is bounded before it is tabulated. The header may stand below lines with the account and the time zone; in a
statement of Interactive Brokers the table is the section of trades.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from hedge_core.documents.fills.layouts import NUMBERS_BY_LEG, layout_of
from hedge_core.documents.reader.amounts import EMPTY, Amount, amount_in
from hedge_core.documents.reader.bounds import Bounds
from hedge_core.documents.reader.doubts import Doubt
from hedge_core.documents.reader.number_style import Mark, NumberStyle, decide
from hedge_core.documents.reader.sheets import sheets
from hedge_core.errors import Fault, InvalidFile
from hedge_core.tables import Table, shipped_rows, tabulate

MAX_ROWS = 10_000
WHAT = "table of fills"
BOUNDS = Bounds(
    rows=MAX_ROWS + 100,
    cells=300_000,
    line_length=125_000,
    advice="Leave some out, or export a shorter period.",
    needed="time, contract, side, quantity, price and fee",
)
NUMBERS = (
    "lots", "amount_step", "quantity", "price", "fee", "funding", "pnl", "balance_change", "wallet_change", "mark",
    "fee_rate", *NUMBERS_BY_LEG,
)  # fmt: skip
ASKED = ("lots", "quantity", "price", "fee", "funding", "open_price", "close_price")
"""Fields whose numbers must be certain."""

_SEARCHED = 20
Row = tuple[int, dict[str, str]]


@lru_cache(maxsize=1)
def fields() -> Mapping[str, tuple[str, ...]]:
    """The fields and the titles that are recognised for each, the most likely one first."""
    found: dict[str, list[str]] = {}
    for row in shipped_rows("fill_titles.csv"):
        found.setdefault(row["field"], []).append(row["title"])
    return {name: tuple(names) for name, names in (*found.items(), ("opening", []), ("wallet_change", []))}


@lru_cache(maxsize=1)
def _foreign() -> frozenset[str]:
    return frozenset(row["title"] for row in shipped_rows("fill_titles.csv") if row["language"] != "en")


@dataclass(frozen=True, slots=True)
class FillsTable:
    """A table below its header. `above` is the text over it, `delimiter` what parts its cells ('' in a workbook)."""

    table: Table
    faults: list[Fault]
    above: str
    delimiter: str


def find_fills_table(content: bytes | str, chosen: Collection[str] = ()) -> FillsTable:
    """Return the table in the content. `chosen` are titles that the user named. Raises InvalidFile."""
    found = sheets(content, BOUNDS, what=WHAT)
    delimiter = found[0].delimiter
    tables = [[(line.row, list(line.cells)) for line in sheet.lines] for sheet in found]
    lines = next((table for table in tables if _header(table, chosen) is not None), tables[0])
    if delimiter:
        lines = _trades(lines)
    start = _header(lines, chosen) or 0
    table, faults = tabulate(lines[start:], what=WHAT)
    if len(table.rows) > MAX_ROWS:
        raise InvalidFile(f"The {WHAT} has {len(table.rows):,} rows; at most {MAX_ROWS:,} can be read. Leave some out.")
    header = table.header
    rows = tuple((row, cells) for row, cells in table.rows if cells != header)
    return FillsTable(
        Table(header, rows), faults, " ".join(cell for _, cells in lines[:start] for cell in cells), delimiter
    )


def plain(title: str) -> str:
    """A title in lower case, without a time zone in brackets."""
    return re.sub(r"[\s_]+", " ", re.sub(r"\(\s*utc[^()]*\)", "", title.lower())).strip()


def columns_by_title(titles: Sequence[str]) -> dict[str, int]:
    """The column of each field, by its title."""
    named = Table(tuple(titles), ())
    return {name: column for name, names in fields().items() if (column := named.find(names)) is not None}


def _header(lines: Sequence[tuple[int, Sequence[str]]], chosen: Collection[str]) -> int | None:
    """Return the index of the line of titles among the first lines, or None."""
    for number, (_, cells) in enumerate(lines[:_SEARCHED]):
        titles = [plain(cell) for cell in cells]
        if len(columns_by_title(titles)) >= 3 or layout_of(titles) or (chosen and set(chosen) <= set(cells)):
            return number
    return None


def _trades(lines: list[tuple[int, list[str]]]) -> list[tuple[int, list[str]]]:
    """Return the section of trades of a statement whose lines begin with the section and the kind of the line."""
    section = [(row, cells) for row, cells in lines if len(cells) > 2 and cells[0] == "Trades"]
    header = next((cells for _, cells in section if cells[1] == "Header"), None)
    if header is None:
        return lines
    kept = [(row, cells) for row, cells in section if cells == header or cells[1:3] == ["Data", "Order"]]
    return [(row, cells[3:]) for row, cells in kept]


def rows_of(found: FillsTable, columns: Mapping[str, int]) -> list[Row]:
    """The rows with their cells by field; a cell that says that there is nothing is ''."""
    return [
        (row, {name: _something(name, cells[column]) for name, column in columns.items()})
        for row, cells in found.table.rows
    ]


def _something(name: str, cell: str) -> str:
    return "" if name != "note" and cell.lower() in EMPTY else cell


@dataclass(frozen=True, slots=True)
class PlainRows:
    """Rows whose numbers are written with a decimal point and no thousands mark, and how they were written before."""

    rows: list[Row]
    mark: Mark
    is_mark_open: bool
    doubts: tuple[Doubt, ...]


def in_plain_numbers(rows: Sequence[Row], *, titles: Collection[str], delimiter: str, chosen: Mark | None) -> PlainRows:
    """The rows in plain numbers. One cell that can be read in one way only decides for all; else the user is asked.

    In a table parted by commas a decimal point is taken for granted, because a decimal comma would part the cell.
    """
    names = [name for name in NUMBERS if rows and name in rows[0][1]]
    amounts = [{name: amount for name in names if (amount := amount_in(cells[name]))} for _, cells in rows]
    columns = {n: [found[name] for found in amounts if name in found] for n, name in enumerate(names)}
    is_continental = bool({title.casefold() for title in titles} & _foreign())
    style = decide(columns, chosen=chosen, default="comma" if is_continental and delimiter != "," else "point")
    doubts: list[Doubt] = []
    plain_rows = []
    for (row, cells), found in zip(rows, amounts, strict=True):
        changed = dict(cells)
        for n, name in enumerate(names):
            if (amount := found.get(name)) and not amount.is_percent and not amount.is_inexact:
                changed[name] = _plain_text(amount, style, n)
                if not doubts and name in ASKED and _is_open(cells[name], amount, style, n, delimiter):
                    doubts.append(_question(cells[name], amount, style, n, row, name))
        plain_rows.append((row, changed))
    return PlainRows(plain_rows, style.default, bool(doubts), tuple(doubts))


def _plain_text(amount: Amount, style: NumberStyle, column: int) -> str:
    unit = amount.currency or amount.unit
    return f"{style.value(amount, column)!r} {unit}".strip()


def _is_open(cell: str, amount: Amount, style: NumberStyle, column: int, delimiter: str) -> bool:
    return style.is_uncertain(amount, column) and not (delimiter == "," and "," not in cell)


def _question(cell: str, amount: Amount, style: NumberStyle, column: int, row: int, name: str) -> Doubt:
    value = style.value(amount, column)
    other = next(reading for reading in amount.readings if reading != value)
    text = (
        f"'{cell[:24]}' is read as {value:,.8g}; with the other decimal mark it would be {other:,.8g}, and nothing in "
        "the table decides. Which one is right?"
    )
    return Doubt("ask", text, row, name)
