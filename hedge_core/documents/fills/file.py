"""Fills and funding payments from a CSV file, with the column names that venues use in their exports.

What was read is a value of its own, shown before anything is taken over: the good rows, the faulty ones with row and
field, which column served as which field, what was left out. Three habits of venues are settled for a whole table,
each with a note: the venue (two venues share BTCUSDT), the zone of times that state none, and whether a fee that was
paid is written as a negative number.

Exports change without notice; what is known of them was read in the code of those who parse them: trade and funding
histories of Binance (USD-M), OKX, Bybit (trade history and unified account), Hyperliquid, the transaction log of
Deribit, the account log of Kraken Futures (a trade is two rows there, the fee stands in the second), fills of
Coinbase. Everything else can be read by choosing the columns, or with our own: `fills_csv` writes them.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from hedge_core.documents.fills.cells import ContractNames
from hedge_core.documents.fills.rows import FeeSign, RowReader
from hedge_core.errors import Fault, InvalidFile, InvalidInput
from hedge_core.market.contracts import Contract
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
"""Our fields and what their columns are called, the likeliest name first."""

OWN_COLUMNS = ("time", "contract", "side", "lots", "amount_step", "price", "fee", "funding", "expiry", "note")
"""The columns of our own table: `Venue:CODE`, lots, USD a coin, USD; a row with funding and no side is a payment.

Lots are counted in the contract's amount step, or in the one that the row states.
"""

LAYOUTS: tuple[tuple[str, frozenset[str], Mapping[str, str]], ...] = (
    ("Kraken Futures", frozenset(("new average entry price", "realized funding")), {"currency": "symbol"}),
    ("Hyperliquid", frozenset(("coin", "px", "sz")), {}),
    ("Hyperliquid", frozenset(("coin", "payment", "rate")), {}),
    ("Deribit", frozenset(("userseq", "instrument")), {}),
    ("OKX", frozenset(("trading unit", "filled price")), {}),
    ("Bybit", frozenset(("wallet balance", "fee paid", "filled price", "action")), {"opening": "action"}),
    ("Bybit", frozenset(("wallet balance", "fee paid", "filled price")), {}),
    ("Bybit", frozenset(("filled type", "filled quantity")), {}),
    ("Coinbase Derivatives", frozenset(("price/fee/total unit", "product")), {}),
    ("Binance", frozenset(("realized profit", "quantity")), {}),
    ("Binance", frozenset(("transaction id", "asset", "type", "amount")), {}),
)
"""Columns by which a venue's export is known, and fields whose name means something else at other venues.

At Bybit a trade that neither opens nor closes is a spot trade; at Kraken Futures the symbol is what the row counts.
"""

MAX_ROWS = 10_000
WHAT = "table of fills"


@dataclass(frozen=True, slots=True)
class FillsImport:
    """What a table of fills holds.

    `venue` is where it was taken to be from, empty where nothing told; `mapping` says which column served as which
    field, `columns` are all the columns there are, `notes` say what was left out or decided on the way.
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
    """The fills and funding payments in a CSV file; `contracts` are those that its rows may name.

    `venue` ("" for none) and `mapping` (field -> column name) take the place of what is recognised, `utc_offset` that
    of the zone that the table states (UTC where it states none). With `fee_sign` auto, fees are taken as paid when
    they add up to a negative number. Raises InvalidFile when there is no column for the time or the contract, or the
    table is too large, InvalidInput for an offset of a day or more; faulty rows are reported, not raised.
    """
    if utc_offset is not None and not abs(utc_offset) < timedelta(days=1):
        raise InvalidInput(f"utc_offset: must be less than a day, not {utc_offset}.")
    lines, preamble = _from_header(split_lines(decode(content, what=WHAT).replace("\ufeff", ""), what=WHAT), mapping)
    table, faults = tabulate(lines, what=WHAT)
    if len(table.rows) > MAX_ROWS:
        raise InvalidFile(f"The {WHAT} has {len(table.rows):,} rows; at most {MAX_ROWS:,} can be read. Leave some out.")
    titles = [_plain(title) for title in table.header]
    named = Table(tuple(titles), ())
    layout = next((known for known in LAYOUTS if known[1] <= set(titles)), None)
    columns = {name: column for name, names in FIELDS.items() if (column := named.find(names)) is not None}
    notes = []
    if layout is not None:
        columns |= {name: titles.index(title) for name, title in layout[2].items()}
        if venue is None:
            notes.append(f"The columns are those of {layout[0]}, so contracts are looked up there.")
    if mapping:
        if set(mapping.values()) <= set(table.header):
            columns = {name: table.header.index(mapping[name]) for name in FIELDS if name in mapping}
        else:
            notes.append("The columns chosen before are not in this table; its own columns were looked for anew.")
    missing = [name for name in ("time", "contract") if name not in columns]
    if missing:
        raise InvalidFile(
            f"The {WHAT} has no column for the {' and the '.join(missing)}. Its columns are: {table.columns_text}. "
            f"Name them {', '.join(repr(name) for name in OWN_COLUMNS)}, or choose the columns."
        )
    place = layout[0] if venue is None and layout else venue or ""
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
        notes.append("Times without a zone are read as UTC; choose another offset if the venue wrote your own time.")
    return FillsImport(
        fills,
        tuple(reader.payments),
        tuple(sorted(reader.faults, key=lambda fault: fault.row or 0)),
        place,
        {name: table.header[column] for name, column in columns.items()},
        table.header,
        (*notes, *reader.notes()),
    )


def _plain(title: str) -> str:
    """A column's name in small letters, without the zone in brackets."""
    return re.sub(r"[\s_]+", " ", re.sub(r"\(\s*utc[^()]*\)", "", title.lower())).strip()


def _from_header(
    lines: list[tuple[int, list[str]]], mapping: Mapping[str, str] | None
) -> tuple[list[tuple[int, list[str]]], str]:
    """The lines from the header on, and what stands above it: some venues put the account and the zone there."""
    for start, (_, cells) in enumerate(lines[:10]):
        named = Table(tuple(_plain(cell) for cell in cells), ())
        known = sum(named.find(names) is not None for names in FIELDS.values())
        if known >= 3 or (mapping and set(mapping.values()) <= set(cells)):
            return lines[start:], " ".join(cell for _, above in lines[:start] for cell in above)
    return lines, ""


def _offset(title: str, preamble: str) -> tuple[timedelta, bool]:
    """How far the table's times are ahead of UTC, and whether it says so: 'Time(UTC+8)', 'Time Zone:UTC+3'."""
    for text in (title, preamble):
        if match := re.search(r"UTC\s*(?:([+-])\s*(\d{1,2})(?::?(\d{2}))?)?", text, re.IGNORECASE):
            ahead = timedelta(hours=int(match[2] or 0), minutes=int(match[3] or 0))
            if ahead < timedelta(hours=15):
                return (-ahead if match[1] == "-" else ahead), True
    return timedelta(0), False


def fills_csv(fills: Iterable[Fill], payments: Iterable[FundingPayment] = ()) -> str:
    """Fills and payments as CSV in our own columns, safe to open in a spreadsheet; `read_fills` reads it back.

    Without any it is the empty template. A note that a spreadsheet would run as a formula is preceded by a quote,
    which reading takes away; control characters and surrounding space in a note are dropped.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(OWN_COLUMNS)
    for fill in fills:
        note = re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", "", fill.note).strip()
        writer.writerow(
            [
                fill.at.isoformat(),
                fill.contract,
                fill.side,
                fill.contracts,
                "" if fill.amount_step is None else repr(float(fill.amount_step)),
                repr(float(fill.price)),
                repr(float(fill.fee)),
                "",
                fill.expiry or "",
                f"'{note}" if note.startswith(FORMULA_MARKS) else note,
            ]
        )
    for payment in payments:
        cells = {"time": payment.at.isoformat(), "contract": payment.contract, "expiry": payment.expiry or ""}
        cells["funding"] = repr(float(payment.amount))
        writer.writerow([cells.get(name, "") for name in OWN_COLUMNS])
    return out.getvalue()
