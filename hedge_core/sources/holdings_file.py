"""Holdings from a CSV file or from pasted lines, with the column names that exchanges and trackers use.

What was read is a value of its own, shown before anything is taken over: the good rows, the faulty ones with
row and field, and which column served as which field.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from hedge_core.bag import MAX_HOLDINGS, Holding, HoldingRows, parse_number
from hedge_core.errors import Fault, InvalidFile
from hedge_core.sources.table import Table, decode, read_table, split_lines

FIELDS: Mapping[str, tuple[str, ...]] = {
    "coin": (
        "coin", "asset", "symbol", "ticker", "currency", "token", "crypto", "cryptocurrency", "coin symbol",
        "asset symbol", "currency code", "base asset", "name",
    ),
    "quantity": (
        "quantity", "amount", "balance", "total", "holdings", "holding", "units", "qty", "total balance",
        "total amount", "total quantity", "quantity held", "total holdings", "coins", "size", "available",
    ),
    "role": ("role", "bucket"),
    "stop_loss": ("stop loss", "stop-loss", "stop", "stoploss", "stop loss %"),
    "price": ("price", "unit price", "own price", "price (usd)", "price usd", "current price"),
    "note": ("note", "notes", "comment", "memo"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class HoldingsImport:
    """What a table of holdings holds.

    `prices` are prices (USD a coin) that the table states, `mapping` says which column served as which field
    (empty when the lines had no header), `columns` are all the columns there are.
    """

    holdings: tuple[Holding, ...]
    faults: tuple[Fault, ...] = ()
    prices: Mapping[str, float] = field(default_factory=dict)
    mapping: Mapping[str, str] = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def read_holdings(content: bytes | str, *, mapping: Mapping[str, str] | None = None) -> HoldingsImport:
    """The holdings in a CSV file, or in pasted lines such as `SOL 120`.

    `mapping` (field -> column name) overrides the columns that were recognised. Raises InvalidFile when no
    coin or quantity column can be found or the table is too large; faulty rows are reported, not raised.
    """
    text = decode(content, what="table of holdings")
    table = _table(text)
    columns = _columns(table, mapping or {})
    if columns is None:
        return _read(_headless(text), {name: n for n, name in enumerate(("coin", "quantity", "role"))}, named=False)
    missing = [name for name in ("coin", "quantity") if name not in columns]
    if missing:
        raise InvalidFile(
            f"The table of holdings has no column for the {' and the '.join(missing)}. Its columns are: "
            f"{table.columns_text if table else ''}. Name them 'coin' and 'quantity', or choose the columns."
        )
    assert table is not None
    return _read(table, columns, named=True)


def _table(text: str) -> Table | None:
    """The table with a header, or None when the first line is already a holding."""
    first = split_lines(text, what="table of holdings")[0][1]
    cells = first if len(first) > 1 else first[0].split()
    if _is_spaced(text) or (len(cells) >= 2 and _is_number(cells[1])):
        return None
    if len(first) == 1 and len(cells) > 1:
        text = "\n".join("\t".join(line.split()) for line in text.splitlines())
    return read_table(text, what="table of holdings", max_rows=MAX_HOLDINGS)


def _is_number(text: str) -> bool:
    try:
        parse_number(text)
    except ValueError:
        return False
    return True


def _is_spaced(text: str) -> bool:
    """Whether the first line is a coin and a number with only space between them, as in `SOL 1,250`."""
    words = text.split("\n", 1)[0].split()
    return len(words) in (2, 3) and not re.search(r"[;,\t]", words[0]) and _is_number(words[1])


def _headless(text: str) -> Table:
    """Lines without a header: coin, quantity and perhaps a role, parted by commas, semicolons, tabs or space."""
    rows = split_lines(text, what="table of holdings")
    if _is_spaced(text) or len(rows[0][1]) == 1:
        rows = [(n, line.split(None, 2)) for n, line in enumerate(text.splitlines(), start=1) if line.strip()]
    if len(rows) > MAX_HOLDINGS:
        raise InvalidFile(f"The table of holdings has {len(rows):,} rows; at most {MAX_HOLDINGS} can be read.")
    return Table(
        ("coin", "quantity", "role"),
        tuple((number, tuple([*cells, "", "", ""][:3])) for number, cells in rows),
    )


def _columns(table: Table | None, mapping: Mapping[str, str]) -> dict[str, int] | None:
    if table is None:
        return None
    columns = {name: column for name, names in FIELDS.items() if (column := table.find(names)) is not None}
    if mapping:
        columns = {name: table.header.index(title) for name, title in mapping.items() if title in table.header}
    return columns


def _read(table: Table, columns: Mapping[str, int], *, named: bool) -> HoldingsImport:
    read = HoldingRows()
    prices: dict[str, float] = {}
    notes: list[str] = []
    for row, cells in table.rows:
        values = {name: cells[column] for name, column in columns.items()}
        if re.fullmatch(r"[0.,]*0[0.,]*", values.get("quantity", "")):
            notes.append(f"Row {row}: {values.get('coin', '')[:16]} has a quantity of zero and is left out.")
            continue
        if values.get("note", "").startswith("'"):
            values["note"] = values["note"][1:]
        holding = read.add(row, values)
        price = read.own_price(row, values.get("price"))
        if holding is not None and price is not None:
            prices[holding.coin] = price
    return HoldingsImport(
        holdings=tuple(read.holdings),
        faults=tuple(read.faults),
        prices=prices,
        mapping={name: table.header[column] for name, column in columns.items()} if named else {},
        columns=table.header if named else (),
        notes=tuple(notes),
    )


def holdings_csv(holdings: Iterable[Holding], prices: Mapping[str, float]) -> str:
    """The holdings as CSV in our own columns, safe to open in a spreadsheet; `read_holdings` reads it back."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(FIELDS)
    for holding in holdings:
        note = f"'{holding.note}" if holding.note[:1] in ("=", "+", "-", "@", "'", "\t", "\r") else holding.note
        price = prices.get(holding.coin)
        writer.writerow(
            [
                holding.coin,
                repr(holding.quantity),
                holding.role,
                "" if holding.stop_loss is None else repr(holding.stop_loss),
                "" if price is None else repr(price),
                note,
            ]
        )
    return out.getvalue()
