"""Import holdings from a CSV file or from pasted lines, preview the import, and export holdings as CSV.

The column names of exchanges and portfolio trackers are recognised. `read_holdings` returns a `HoldingsImport`: the
good rows, the faults with row and field, and which column was read as which field. Nothing is added to the bag
before the user has seen it: `dry_run` lists the holdings that the table would add, and `combined` adds them.

A price in the table becomes the user's own price, which overrides the market price. Rows with the same coin, role and
stop-loss become one holding (`Bag` adds them up), so a coin that is listed twice appears once, with both row numbers.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from hedge_core.errors import Fault, InvalidFile
from hedge_core.market.coins import is_stablecoin, resolve_coin
from hedge_core.plan.bag import MAX_HOLDINGS, Bag, Holding, HoldingRows, Role
from hedge_core.tables import FORMULA_MARKS, Table, decimal_commas, decode, split_lines, tabulate, with_point
from hedge_core.text import listed, parse_number

Kind = tuple[str, Role, float | None]


@dataclass(frozen=True, slots=True)
class ImportedHolding:
    """A holding that an import would add to the bag: the sum of its `rows`.

    `price` is the price in the table (USD per coin). `in_bag` is the quantity that the bag already holds with the
    same coin, role and stop-loss. `remarks` are what the user should check before adding it.
    """

    holding: Holding
    rows: tuple[int, ...]
    price: float | None
    in_bag: float
    remarks: tuple[str, ...]

    @property
    def together(self) -> float:
        """Coins in the bag after this holding is added."""
        return self.in_bag + self.holding.quantity


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


TRADE_COLUMNS = (
    "side", "type", "transaction type", "transaction", "operation", "direction", "buy/sell", "activity", "category",
)  # fmt: skip
TRADE_WORDS = frozenset({"buy", "sell", "bought", "sold", "deposit", "withdrawal", "withdraw", "send", "receive"})
"""Words found in these columns of a list of transactions, whose quantities are not current holdings."""

WHAT = "table of holdings"
NUMBERS = ("quantity", "stop_loss", "price")


@dataclass(frozen=True, slots=True)
class HoldingsImport:
    """The result of reading a table of holdings.

    `rows` is the row number of each holding. `prices` are the prices in the table (USD per coin). `mapping` is the
    column read as each field, empty if the lines had no header. `columns` are all columns of the table. `notes` say
    what was left out or assumed.
    """

    holdings: tuple[Holding, ...]
    rows: tuple[int, ...] = ()
    faults: tuple[Fault, ...] = ()
    prices: Mapping[str, float] = field(default_factory=dict)
    mapping: Mapping[str, str] = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def read_holdings(content: bytes | str, *, mapping: Mapping[str, str] | None = None) -> HoldingsImport:
    """Read holdings from a CSV file, or from pasted lines such as `SOL 120`.

    `mapping` (field -> column name) replaces the detected columns. If it names a column that the table does not
    have, it is ignored with a note. Lines without a header are read in the order of FIELDS. Faulty rows are reported
    in `faults`. Raises InvalidFile if there is no column for the coin or the quantity, if the table is too large, and
    if it is a list of transactions.
    """
    lines = _lines(decode(content, what=WHAT))
    has_header = _has_header(lines[0][1], mapping or {})
    table, faults = tabulate(lines if has_header else [(0, tuple(FIELDS)), *lines], what=WHAT)
    columns = {name: column for name, names in FIELDS.items() if (column := table.find(names)) is not None}
    notes: list[str] = []
    if mapping and has_header:
        if set(mapping.values()) <= set(table.header):
            columns = {name: table.header.index(mapping[name]) for name in FIELDS if name in mapping}
        else:
            notes.append("This table does not have the columns you chose before, so the columns were detected again.")
    missing = [name for name in ("coin", "quantity") if name not in columns]
    if missing:
        raise InvalidFile(
            f"The table of holdings has no column for the {' and the '.join(missing)}. "
            f"Its columns are: {table.columns_text}. Name two of them 'coin' and 'quantity', or choose the columns."
        )
    _refuse_transactions(table)
    read = _read(table, columns, faults)
    if not has_header:
        return read
    named = {name: table.header[column] for name, column in columns.items()}
    return replace(read, mapping=named, columns=table.header, notes=(*notes, *read.notes))


def _refuse_transactions(table: Table) -> None:
    """Raise InvalidFile if the table lists buys and sells, whose quantities are not what the user holds now."""
    column = table.find(TRADE_COLUMNS)
    if column is None:
        return
    words = [cells[column].strip().lower() for _, cells in table.rows if cells[column].strip()]
    found = sorted({word for word in words if word.split()[-1] in TRADE_WORDS})
    if found and 2 * sum(word in found for word in words) >= len(words):
        raise InvalidFile(
            f"This is a list of transactions (column '{table.header[column][:30]}' has {', '.join(found[:3])[:60]}), "
            "not of what you hold now. Export your balances or holdings instead, or paste lines such as: SOL 120."
        )


def _lines(text: str) -> list[tuple[int, list[str]]]:
    """Return line numbers and cells, separated by commas, semicolons, tabs or spaces: `SOL 120`, `SOL 1,250`."""
    first = next(line for line in text.splitlines() if line.strip())
    words = first.split()
    is_pasted = len(words) > 1 and not re.search(r"[,;]", words[0]) and _is_number(words[1])
    if not is_pasted and (len(words) < 2 or re.search(r"[,;\t]", first.strip())):
        return split_lines(text, what=WHAT)
    numbered = ((number, line) for number, line in enumerate(text.splitlines(), start=1) if line.strip())
    if "\t" in first.strip():
        return [(number, [cell.strip() for cell in line.split("\t")]) for number, line in numbered]
    return [(number, line.split(None, len(FIELDS) - 1)) for number, line in numbered]


def _has_header(first: Sequence[str], mapping: Mapping[str, str]) -> bool:
    """Whether the first line names columns and is not a holding (a holding may contain a typo, as in `SOL 12O`)."""
    if len(first) < 2 or any(title in first for title in mapping.values()):
        return True
    if _is_number(first[1]):
        return False
    titles = Table(tuple(first), ())
    is_known = any(titles.find(FIELDS[name]) is not None for name in ("coin", "quantity"))
    return is_known or not re.match(r"[-+−$€£]?\s*[.,]?\d", first[1])


def _is_number(text: str) -> bool:
    try:
        parse_number(text)
    except ValueError:
        return False
    return True


def _read(table: Table, columns: Mapping[str, int], faults: Sequence[Fault]) -> HoldingsImport:
    rows = [(row, {name: cells[column] for name, column in columns.items()}) for row, cells in table.rows]
    commas = decimal_commas(values.get(name, "") for _, values in rows for name in NUMBERS)
    if commas:
        rows = [(row, {n: with_point(v) if n in NUMBERS else v for n, v in values.items()}) for row, values in rows]
    empty = [(row, values) for row, values in rows if _is_zero(values["quantity"])]
    rows = [(row, values) for row, values in rows if not _is_zero(values["quantity"])]
    if len(rows) > MAX_HOLDINGS:
        raise InvalidFile(f"The {WHAT} has {len(rows):,} rows; at most {MAX_HOLDINGS} can be read. Leave some out.")
    read = HoldingRows(faults=list(faults))
    taken: list[int] = []
    prices: dict[str, float] = {}
    notes = _notes_on_empty(empty)
    for row, values in rows:
        note = values.get("note", "")
        if note.startswith("'") and note[1:].startswith(FORMULA_MARKS):
            values["note"] = note[1:]
        before = len(read.faults)
        price = read.own_price(row, values.get("price"))
        is_price_faulty = len(read.faults) > before
        holding = read.add(row, values)
        if holding is None:
            continue
        if is_price_faulty:
            read.holdings.pop()
            continue
        taken.append(row)
        if price is not None:
            if prices.get(holding.coin, price) != price:
                notes.append(f"Row {row}: {holding.coin} has a second price in this table; {price:g} is used.")
            prices[holding.coin] = price
    return HoldingsImport(tuple(read.holdings), tuple(taken), tuple(read.faults), prices, notes=tuple(notes))


def _is_zero(text: str) -> bool:
    return _is_number(text) and parse_number(text) == 0


def _notes_on_empty(rows: Sequence[tuple[int, Mapping[str, str]]]) -> list[str]:
    """Return a note on rows with a quantity of zero, which are left out: exchanges list coins that were sold."""
    names = [f"{values['coin'][:16]} (row {row})" for row, values in rows]
    if len(rows) == 1:
        return [f"Row {rows[0][0]}: {rows[0][1]['coin'][:16]} has a quantity of zero and is left out."]
    more = f" and {len(names) - 10} more" if len(names) > 10 else ""
    return [f"{len(names)} rows with a quantity of zero are left out: {', '.join(names[:10])}{more}."] if names else []


def holdings_csv(holdings: Iterable[Holding], prices: Mapping[str, float]) -> str:
    """Return the holdings as CSV with the columns FIELDS, safe to open in a spreadsheet; `read_holdings` reads it.

    `prices` are the user's own prices (USD per coin). A note that a spreadsheet would run as a formula gets an
    apostrophe in front, which `read_holdings` removes. Control characters and surrounding spaces are removed.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(FIELDS)
    for holding in holdings:
        note = re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", "", holding.note).strip()
        price = prices.get(holding.coin)
        writer.writerow(
            [
                holding.coin,
                repr(float(holding.quantity)),
                holding.role,
                "" if holding.stop_loss is None else repr(float(holding.stop_loss)),
                "" if price is None else repr(float(price)),
                f"'{note}" if note.startswith(FORMULA_MARKS) else note,
            ]
        )
    return out.getvalue()


def dry_run(
    table: HoldingsImport, present: Sequence[Holding] = (), *, known: Iterable[str] = ()
) -> tuple[ImportedHolding, ...]:
    """Return the holdings that the table would add to `present`. `known` are the coins that the market source lists."""
    held = {_kind(holding): holding.quantity for holding in Bag(tuple(present)).holdings}
    rows: dict[Kind, list[int]] = {}
    for number, holding in zip(table.rows, table.holdings, strict=True):
        rows.setdefault(_kind(holding), []).append(number)
    other_roles = {(holding.coin, holding.role) for holding in (*present, *table.holdings)}
    names = frozenset(known)
    return tuple(
        ImportedHolding(
            holding=holding,
            rows=tuple(rows[_kind(holding)]),
            price=table.prices.get(holding.coin),
            in_bag=held.get(_kind(holding), 0.0),
            remarks=tuple(_remarks(holding, rows[_kind(holding)], table.prices.get(holding.coin), other_roles, names)),
        )
        for holding in Bag(table.holdings).holdings
    )


def combined(table: HoldingsImport, present: Sequence[Holding]) -> tuple[Holding, ...]:
    """Return `present` with the holdings of the table added. Raises InvalidInput if the bag becomes too large."""
    return Bag((*present, *table.holdings)).holdings


def _kind(holding: Holding) -> Kind:
    return holding.coin, holding.role, holding.stop_loss


def _remarks(
    holding: Holding, rows: Sequence[int], price: float | None, roles: set[tuple[str, Role]], known: frozenset[str]
) -> Iterable[str]:
    if len(rows) > 1:
        yield f"rows {listed([str(row) for row in rows])} are added together"
    other: Role = "speculative" if holding.role == "hold" else "hold"
    if (holding.coin, other) in roles:
        yield f"{holding.coin} is also listed as {other}; the two are kept separate"
    if is_stablecoin(holding.coin):
        yield "stablecoin: kept, never hedged"
    coin = resolve_coin(holding.coin, known)
    if coin.note:
        yield coin.note.rstrip(".")
    if known and price is None and not is_stablecoin(holding.coin) and coin.priced_as not in known:
        yield f"no price for {holding.coin} here: check the ticker, or type a price in the column 'Own price'"
