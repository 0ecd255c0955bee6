"""Import fills and funding payments from a CSV file, with the column names that venues use in their exports.

`read_fills` returns a `FillsImport`, which the user sees before anything is added to the plan: the good rows, the
faults with row and field, which column was read as which field, and what was left out. Three things are decided once
for the whole table, each with a note: the venue (two venues may both list BTCUSDT), the time zone of times that state
none, and whether a fee that was paid is written as a negative number.

Venues change their exports without notice. The layouts known here are in the files of the venues
(`market.venues`) and were taken from open-source programs that parse them. Any other table can be read by choosing its
columns, or by using the columns of `fills_csv`.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from hedge_core.documents.fills.cells import ContractNames
from hedge_core.documents.fills.rows import FeeSign, RowReader
from hedge_core.errors import Fault, InvalidFile, InvalidInput
from hedge_core.market.contracts import Contract
from hedge_core.market.venues import VENUES
from hedge_core.market.venues.fills_format import ExportLayout
from hedge_core.plan.fills import Fill, FundingPayment
from hedge_core.tables import FORMULA_MARKS, Table, decode, split_lines, tabulate

FIELDS: Mapping[str, tuple[str, ...]] = {
    "time": (
        "time", "at", "date", "datetime", "date time", "date & time", "timestamp", "created at", "trade time",
        "transaction time", "fill time", "filled time", "execution time", "traded time", "tradedtime",
        "settlement time",
    ),
    "contract": (
        "contract", "instrument", "instrument name", "instid", "contracts", "futures", "symbol", "market", "product",
        "product id", "coin", "pair",
    ),
    "side": ("side", "direction", "dir", "action", "buy/sell", "trade side"),
    "lots": ("lots",),
    "amount_step": ("amount step",),
    "quantity": (
        "quantity", "filled quantity", "executed qty", "exec qty", "filled qty", "qty", "filled amount", "executed",
        "size", "sz", "amount", "base amount", "change", "contracts",
    ),
    "unit": ("unit", "trading unit", "size unit", "quantity unit"),
    "price": (
        "price", "filled price", "fill price", "exec price", "executed price", "trade price", "average price",
        "avg price", "avg. price", "px",
    ),
    "fee": ("fee", "fees", "fee paid", "fee charged", "trading fee", "trading fees", "commission", "exec fee"),
    "currency": (
        "fee unit", "fee coin", "feecoin", "fee currency", "fee asset", "fee token", "feetoken",
        "price/fee/total unit", "currency", "asset", "balance unit",
    ),
    "funding": (
        "funding", "funding fee", "funding payment", "funding amount", "realized funding", "realised funding",
        "payment",
    ),
    "pnl": ("pnl",),
    "balance_change": ("balance change",),
    "mark": ("mark price", "index price"),
    "opening": (),
    "type": ("type", "filled type", "trade type", "transaction type", "income type", "operation"),
    "expiry": ("expiry", "expiration", "expiry date", "expiration date", "delivery date", "maturity"),
    "trade_id": ("trade id", "tradeid", "fill id", "trasaction id"),
    "note": ("note", "notes", "comment", "memo"),
}  # fmt: skip
"""The fields and the column names that are recognised for each, the most likely name first."""

OWN_COLUMNS = ("time", "contract", "side", "lots", "amount_step", "price", "fee", "funding", "expiry", "note")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
"""The columns of our own format: contract as `Venue:CODE`, size in lots, price in USD per coin, fee and funding in USD.

A row with funding and no side is a funding payment. A lot is the amount step of the row, else that of the contract.
"""

MAX_ROWS = 10_000
WHAT = "table of fills"


@dataclass(frozen=True, slots=True)
class FillsImport:
    """The result of reading a table of fills.

    `venue` is the venue that the table was assumed to come from, empty if unknown. `mapping` is the column read as
    each field, `columns` are all columns of the table, and `notes` say what was left out or assumed.
    """

    fills: tuple[Fill, ...]
    payments: tuple[FundingPayment, ...] = ()
    faults: tuple[Fault, ...] = ()
    venue: str = ""
    mapping: Mapping[str, str] = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def read_fills(
    content: bytes | str,
    contracts: Iterable[Contract],
    *,
    venue: str | None = None,
    mapping: Mapping[str, str] | None = None,
    utc_offset: timedelta | None = None,
    fee_sign: FeeSign = "auto",
) -> FillsImport:
    """Read the fills and funding payments in a CSV file. `contracts` are the contracts that its rows may name.

    `venue` ("" for none) and `mapping` (field -> column name) replace what is detected. `utc_offset` replaces the time
    zone that the table states (UTC if it states none). With `fee_sign` "auto", negative fees are read as paid if the
    fees add up to a negative number. Faulty rows are reported in `faults`. Raises InvalidFile if there is no column
    for the time or the contract or the table is too large, and InvalidInput for an offset of a day or more.
    """
    if utc_offset is not None and not abs(utc_offset) < timedelta(days=1):
        raise InvalidInput(f"utc_offset: must be less than a day in either direction, not {utc_offset}.")
    lines, preamble = _from_header(split_lines(decode(content, what=WHAT).replace("\ufeff", ""), what=WHAT), mapping)
    table, faults = tabulate(lines, what=WHAT)
    if len(table.rows) > MAX_ROWS:
        raise InvalidFile(f"The {WHAT} has {len(table.rows):,} rows; at most {MAX_ROWS:,} can be read. Leave some out.")
    titles = [_plain(title) for title in table.header]
    named = Table(tuple(titles), ())
    exported_by, layout = _layout(titles)
    columns = {name: column for name, names in FIELDS.items() if (column := named.find(names)) is not None}
    notes = []
    if layout is not None:
        columns |= {name: titles.index(title) for name, title in layout.fields.items()}
        if venue is None:
            notes.append(f"The columns match an export from {exported_by}, so contracts are looked up there.")
    if mapping:
        if set(mapping.values()) <= set(table.header):
            columns = {name: table.header.index(mapping[name]) for name in FIELDS if name in mapping}
        else:
            notes.append("This table does not have the columns you chose before, so the columns were detected again.")
    missing = [name for name in ("time", "contract") if name not in columns]
    if missing:
        raise InvalidFile(
            f"The {WHAT} has no column for the {' and the '.join(missing)}. Its columns are: {table.columns_text}. "
            f"Rename them to {', '.join(repr(name) for name in OWN_COLUMNS)}, or choose the columns."
        )
    place = exported_by if venue is None else venue
    offset, is_stated = _offset(table.header[columns["time"]], preamble)
    reader = RowReader(
        [(row, {name: cells[column] for name, column in columns.items()}) for row, cells in table.rows],
        ContractNames(contracts, place),
        venue=place,
        offset=offset if utc_offset is None else utc_offset,
        faults=faults,
    )
    fills = reader.fills(fee_sign)
    if reader.has_bare_times and not is_stated and utc_offset is None:
        notes.append("Times without a time zone are read as UTC. Choose another offset if the venue wrote local time.")
    return FillsImport(
        fills,
        tuple(reader.payments),
        tuple(sorted(reader.faults, key=lambda fault: fault.row or 0)),
        place,
        {name: table.header[column] for name, column in columns.items()},
        table.header,
        (*notes, *reader.notes()),
    )


def _layout(titles: Collection[str]) -> tuple[str, ExportLayout | None]:
    """The venue and the layout of the export that has these columns, the one that names most of them; else ''."""
    known = [(venue.name, layout) for venue in VENUES.values() if venue.fills for layout in venue.fills.layouts]
    fitting = [(name, layout) for name, layout in known if layout.columns <= set(titles)]
    return max(fitting, key=lambda found: len(found[1].columns), default=("", None))


def _plain(title: str) -> str:
    """Return a column's name in lower case, without a time zone in brackets."""
    return re.sub(r"[\s_]+", " ", re.sub(r"\(\s*utc[^()]*\)", "", title.lower())).strip()


def _from_header(
    lines: list[tuple[int, list[str]]], mapping: Mapping[str, str] | None
) -> tuple[list[tuple[int, list[str]]], str]:
    """Return the lines from the header on, and the text above it, where some venues put account and time zone."""
    for start, (_, cells) in enumerate(lines[:10]):
        named = Table(tuple(_plain(cell) for cell in cells), ())
        known = sum(named.find(names) is not None for names in FIELDS.values())
        if known >= 3 or _layout(named.header)[1] or (mapping and set(mapping.values()) <= set(cells)):
            return lines[start:], " ".join(cell for _, above in lines[:start] for cell in above)
    return lines, ""


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
    gets an apostrophe in front, which `read_fills` removes from a note. Control characters and surrounding spaces are
    removed.
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
                _cell(fill.note),
            ]
        )
    for payment in payments:
        cells = {"time": payment.at.isoformat(), "contract": _cell(payment.contract), "expiry": payment.expiry or ""}
        cells["funding"] = repr(float(payment.amount))
        writer.writerow([cells.get(name, "") for name in OWN_COLUMNS])
    return out.getvalue()


def _cell(text: str) -> str:
    text = _CONTROL.sub("", text).strip()
    return f"'{text}" if text.startswith(FORMULA_MARKS) else text
