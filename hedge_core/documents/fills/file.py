"""Import fills and funding payments from a file, with the column names that venues use in their exports.

`read_fills` returns a `FillsImport`, which the user sees before anything is added to the plan: the good rows, the
faults with row and field, which column was read as which field, and what was left out. Three things are decided once
for the whole table, each with a note: the venue (two venues may both list BTCUSDT), the time zone of times that state
none, and whether a fee that was paid is written as a negative number.

Venues change their exports without notice. The layouts known here are in the files of the venues
(`market.venues`), those of brokers' programs and bots in `layouts`; they were taken from open-source programs that
parse them. Any other table can be read by choosing its columns, or by using the columns of `fills_csv`.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NamedTuple

from hedge_core.documents.fills.contract_names import ContractNames
from hedge_core.documents.fills.layouts import FoundLayout, layout_of, places
from hedge_core.documents.fills.plausibility import Closes, price_doubts, size_doubts
from hedge_core.documents.fills.rows import AboutTable, FeeSign, RowReader
from hedge_core.documents.fills.table import (
    MAX_ROWS as MAX_ROWS,
    WHAT,
    FillsTable,
    columns_by_title,
    fields,
    find_fills_table,
    in_plain_numbers,
    plain,
    rows_of,
)
from hedge_core.documents.fills.unread import sum_doubts, unread_doubts
from hedge_core.documents.reader.doubts import Doubt, sorted_doubts
from hedge_core.documents.reader.number_style import Mark
from hedge_core.errors import Fault, InvalidFile, InvalidInput
from hedge_core.market.contracts import Contract
from hedge_core.market.snapshot import MarketSnapshot
from hedge_core.plan.fills import Fill, FundingPayment
from hedge_core.tables import marked_as_text
from hedge_core.text import without_direction

FIELDS = fields()
"""The fields and the column names that are recognised for each, the most likely name first."""

OWN_COLUMNS = (
    "time", "contract", "side", "lots", "amount_step", "price", "fee", "funding", "expiry", "trade_id", "note",
)  # fmt: skip
"""The columns of our own format: contract as `Venue:CODE`, size in lots, price in USD per coin, fee and funding in USD.

A row with funding and no side is a funding payment. A lot is the amount step of the row, else that of the contract.
"""

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


@dataclass(frozen=True, slots=True)
class FillsImport:
    """The result of reading a table of fills.

    `venue` is the venue that the table was assumed to come from, empty if unknown. `mapping` is the column read as
    each field, `columns` are all columns of the table, and `notes` say what was left out or assumed. `rows` is the row
    of each fill, and `open_fees` are the rows whose fee is not known in USD (it is 0 in the fill). `doubts` are all
    refusals, questions and notes with their grades. `decimal_mark` is the one in use; `is_mark_open` if nothing in the
    table proves it.
    """

    fills: tuple[Fill, ...]
    payments: tuple[FundingPayment, ...] = ()
    faults: tuple[Fault, ...] = ()
    venue: str = ""
    mapping: Mapping[str, str] = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    rows: tuple[int, ...] = ()
    open_fees: frozenset[int] = frozenset()
    doubts: tuple[Doubt, ...] = ()
    decimal_mark: Mark = "point"
    is_mark_open: bool = False

    @property
    def questions(self) -> tuple[Doubt, ...]:
        """What the user must confirm before the fills are used."""
        return tuple(doubt for doubt in self.doubts if doubt.grade == "ask")


def read_fills(
    content: bytes | str,
    contracts: Iterable[Contract],
    *,
    venue: str | None = None,
    mapping: Mapping[str, str] | None = None,
    utc_offset: timedelta | None = None,
    fee_sign: FeeSign = "auto",
    decimal_mark: Mark | None = None,
    market: MarketSnapshot | None = None,
) -> FillsImport:
    """Read the fills and funding payments in a file. `contracts` are the contracts that its rows may name.

    `venue` ("" for none), `mapping` (field -> column name) and `decimal_mark` replace what is detected. `utc_offset`
    replaces the time zone that the table states (UTC if it states none). With `fee_sign` "auto", negative fees are read
    as paid if the fees add up to a negative number. Prices are checked against the closes of `market`, unless it is
    simulated. Faulty rows are reported in `faults`. Raises InvalidFile if there is no column for the time or the
    contract or the table is too large, and InvalidInput for an offset of a day or more.
    """
    if utc_offset is not None and not abs(utc_offset) < timedelta(days=1):
        raise InvalidInput(f"utc_offset: must be less than a day in either direction, not {utc_offset}.")
    found = find_fills_table(content, tuple((mapping or {}).values()))
    titles = [plain(title) for title in found.table.header]
    columns, layout, notes = _columns(found.table.header, titles, mapping or {}, has_venue=venue is not None)
    rows = rows_of(found, columns)
    _require(columns, found, has_funding=any(FUNDING.search(f"{c.get('type')} {c.get('side')}") for _, c in rows))
    place = (layout.venue if layout else "") if venue is None else venue
    used = {titles[column] for column in columns.values()}
    numbers = in_plain_numbers(rows, titles=used, delimiter=found.delimiter, chosen=decimal_mark)
    unfold = layout.unfold if layout else lambda cells: [cells]
    offset, is_stated = _offset(found.table.header[columns["time"]], found.above)
    known, closes = tuple(contracts), Closes(market)
    quantity = titles[columns["quantity"]] if "quantity" in columns else ""
    about = AboutTable(
        venue=place,
        offset=offset if utc_offset is None else utc_offset,
        closes=closes,
        is_export=layout is not None,
        is_filled_known="ordered" in columns or _is_of_fills(quantity),
        currency_title=titles[columns["currency"]] if "currency" in columns else "",
    )
    unfolded = [(row, each) for row, cells in numbers.rows for each in unfold(cells)]
    reader = RowReader(unfolded, ContractNames(known, place), about, found.faults)
    fills = reader.fills(fee_sign)
    if reader.has_bare_times and not is_stated and utc_offset is None:
        notes.append("Times without a time zone are read as UTC. Choose another offset if the venue wrote local time.")
    if fills and not {"fee", "fee_rate"} & columns.keys() and not reader.has_fees:
        notes.append("The table has no column of fees, so the fees of its fills are 0.")
    faults = tuple(sorted(reader.faults, key=lambda fault: fault.row or 0))
    notes += reader.notes()
    asked = [
        *numbers.doubts,
        *reader.doubts,
        *price_doubts(fills, known, closes),
        *size_doubts(fills, known),
        *sum_doubts(fills),
        *_orders(titles, columns),
        *unread_doubts(found.table, columns, {row for row, _ in fills}, is_filled_known=about.is_filled_known),
    ]
    refused = [Doubt("refuse", fault.message, fault.row, fault.field) for fault in faults]
    return FillsImport(
        fills=tuple(fill for _, fill in fills),
        payments=tuple(reader.payments),
        faults=faults,
        venue=place,
        mapping={name: found.table.header[column] for name, column in columns.items()},
        columns=found.table.header,
        notes=tuple(notes),
        rows=tuple(row for row, _ in fills),
        open_fees=reader.open_fees,
        doubts=sorted_doubts([*refused, *asked, *(Doubt("note", note) for note in notes)]),
        decimal_mark=numbers.mark,
        is_mark_open=numbers.is_mark_open,
    )


def titles_in(content: bytes | str) -> tuple[str, ...]:
    """The titles of the table in the content, also of one that `read_fills` refuses; empty if there are none."""
    try:
        return find_fills_table(content).table.header
    except InvalidFile:
        return ()


FUNDING = re.compile(r"funding|settlement", re.IGNORECASE)


class _Columns(NamedTuple):
    """The column of each field, the known layout that they follow, and what the user should know of both."""

    places: Mapping[str, int]
    layout: FoundLayout | None
    notes: list[str]


def _columns(header: Sequence[str], titles: list[str], mapping: Mapping[str, str], *, has_venue: bool) -> _Columns:
    """The columns that the user chose; as detected by their `titles` if he chose none or the `header` lacks them."""
    layout = layout_of(titles)
    notes = []
    if layout is not None and not has_venue:
        where = ", so contracts are looked up there" if layout.venue else ""
        notes.append(f"The columns match an export from {layout.name}{where}.")
    if mapping and set(mapping.values()) <= set(header):
        return _Columns({name: header.index(mapping[name]) for name in FIELDS if name in mapping}, None, notes)
    if mapping:
        notes.append("This table does not have the columns you chose before, so the columns were detected again.")
    return _Columns({**columns_by_title(titles), **places(layout, titles)}, layout, notes)


def _is_of_fills(title: str) -> bool:
    """Whether the title of a quantity says that it was filled."""
    return re.search(r"fill|exec|ausgef|\blast\b", title) is not None


def _require(columns: Mapping[str, int], found: FillsTable, *, has_funding: bool) -> None:
    """Raise InvalidFile if there is no column for the time, the contract, or the price of fills."""
    missing = [name for name in ("time", "contract") if name not in columns]
    if not missing and not {"price", "funding", "pnl", "side"} & columns.keys() and not has_funding:
        missing = ["price"]
    if missing:
        raise InvalidFile(
            f"The {WHAT} has no column for the {' and the '.join(missing)}. Its columns are: "
            f"{found.table.columns_text}. Rename them to {', '.join(repr(name) for name in OWN_COLUMNS)}, or choose "
            "the columns."
        )


def _orders(titles: Sequence[str], columns: Mapping[str, int]) -> list[Doubt]:
    """A question about a table with the prices of orders in which nothing says what was filled."""
    if "limit_price" not in columns or "status" in columns or "ordered" in columns:
        return []
    if titles[columns["quantity"]] not in ("quantity", "qty", "amount", "size") if "quantity" in columns else True:
        return []
    if titles[columns["price"]] != "price" if "price" in columns else True:
        return []
    text = "The table lists orders, and no column says whether they were filled. Were all of them filled as stated?"
    return [Doubt("ask", text, None, "status")]


def _offset(title: str, preamble: str) -> tuple[timedelta, bool]:
    """Return how far the times are ahead of UTC, and whether the table states it: 'Time(UTC+8)', 'Time Zone:UTC+3'."""
    for text in (title, preamble):
        if match := re.search(r"UTC\s*(?:([+-])\s*(\d{1,2})(?::?(\d{2}))?)?", text, re.IGNORECASE):
            ahead = timedelta(hours=int(match[2] or 0), minutes=int(match[3] or 0))
            if ahead < timedelta(hours=15):
                return (-ahead if match[1] == "-" else ahead), True
    return timedelta(0), False


def fills_csv(fills: Iterable[Fill], payments: Iterable[FundingPayment] = ()) -> str:
    """Return fills and payments as CSV with OWN_COLUMNS, safe to open in a spreadsheet; `read_fills` reads it.

    With nothing to write, this is the empty template. A note or a contract that a spreadsheet would run as a formula
    gets an apostrophe in front, which `read_fills` removes from a note. Control characters, marks of the writing
    direction and surrounding spaces are removed.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(OWN_COLUMNS)
    for fill in fills:
        writer.writerow(
            [
                fill.at.isoformat(),
                _cell(fill.contract),
                fill.side,
                fill.contracts,
                "" if fill.amount_step is None else repr(float(fill.amount_step)),
                repr(float(fill.price)),
                repr(float(fill.fee)),
                "",
                fill.expiry or "",
                _cell(fill.trade_id),
                _cell(fill.note),
            ]
        )
    for payment in payments:
        cells = {"time": payment.at.isoformat(), "contract": _cell(payment.contract), "expiry": payment.expiry or ""}
        cells["funding"] = repr(float(payment.amount))
        writer.writerow([cells.get(name, "") for name in OWN_COLUMNS])
    return out.getvalue()


def _cell(text: str) -> str:
    return marked_as_text(_CONTROL.sub("", without_direction(text)).strip())
