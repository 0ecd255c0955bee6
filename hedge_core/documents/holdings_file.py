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
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from hedge_core.documents.reader.doubts import Doubt
from hedge_core.documents.reader.holdings import read
from hedge_core.documents.reader.number_style import Mark
from hedge_core.errors import Fault
from hedge_core.market.coins import is_stablecoin, resolve_coin
from hedge_core.market.snapshot import MarketSnapshot
from hedge_core.plan.bag import Bag, Holding, Role
from hedge_core.tables import marked_as_text
from hedge_core.text import listed, without_direction

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


COLUMNS = ("coin", "quantity", "role", "stop_loss", "price", "note")
"""The columns of the table that `holdings_csv` writes."""


@dataclass(frozen=True, slots=True)
class HoldingsImport:
    """The result of reading a table of holdings.

    `rows` is the row number of each holding. `prices` are the prices in the table (USD per coin). `mapping` is the
    column read as each field, empty if the lines had no header. `columns` are all columns of the table. `notes` say
    what was left out or assumed, and `doubts` hold all of it with grades; `understood` says in words what each column
    was taken for. `decimal_mark` is the one in use; `is_mark_open` if nothing in the table proves it.
    """

    holdings: tuple[Holding, ...]
    rows: tuple[int, ...] = ()
    faults: tuple[Fault, ...] = ()
    prices: Mapping[str, float] = field(default_factory=dict)
    mapping: Mapping[str, str] = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    understood: Mapping[str, str] = field(default_factory=dict)
    decimal_mark: Mark = "point"
    is_mark_open: bool = False

    @property
    def bag(self) -> tuple[Holding, ...]:
        """The holdings with rows of the same coin, role and stop-loss added up."""
        return Bag(self.holdings).holdings

    @property
    def questions(self) -> tuple[Doubt, ...]:
        """What the user must confirm before the holdings are used."""
        return tuple(doubt for doubt in self.doubts if doubt.grade == "ask")


def read_holdings(
    content: bytes | str,
    *,
    mapping: Mapping[str, str] | None = None,
    decimal_mark: Mark | None = None,
    market: Mapping[str, float] | None = None,
    known: Collection[str] = (),
) -> HoldingsImport:
    """Read holdings from a file (CSV, Excel, JSON) or from pasted lines such as `SOL 120`.

    `mapping` (field -> column name) replaces the detected columns. If it names a column that the table does not
    have, it is ignored with a note. `decimal_mark` replaces the number style that was found. `market` holds real
    prices in USD per coin, currencies among them; the table is checked against them. `known` are symbols of coins that
    exist beside those that we know. Lines without a header are read in the
    order of our own file. Faulty rows are reported in `faults`. Raises InvalidFile if there is no column for the coin
    or the quantity, if the table is too large, and if it is a list of transactions.
    """
    reading = read(content, mapping=mapping, decimal_mark=decimal_mark, market=market, known=known)
    return HoldingsImport(
        holdings=reading.holdings,
        rows=reading.rows,
        faults=tuple(
            Fault(d.text, d.row, d.field) for d in reading.doubts if d.grade == "refuse" and d.row is not None
        ),
        prices=reading.prices,
        mapping=reading.mapping,
        columns=reading.columns,
        notes=tuple(_sentence(doubt) for doubt in reading.doubts if doubt.grade != "refuse"),
        doubts=reading.doubts,
        understood=reading.understood,
        decimal_mark=reading.decimal_mark,
        is_mark_open=reading.is_mark_open,
    )


def read_with_market(
    content: bytes | str,
    market: MarketSnapshot | None,
    *,
    mapping: Mapping[str, str] | None = None,
    decimal_mark: Mark | None = None,
) -> HoldingsImport:
    """Read holdings as `read_holdings` does, with the prices and the coins of a market (None without one).

    Simulated prices say nothing about a real bag, so the table is not checked against them; the coins are known.
    """
    is_real = market is not None and not market.simulated
    coins = () if market is None else market.coins
    prices = {coin: price for coin in coins if market and (price := market.price_or_none(coin)) is not None}
    return read_holdings(
        content, mapping=mapping, decimal_mark=decimal_mark, market=prices if is_real else {}, known=coins
    )


def _sentence(doubt: Doubt) -> str:
    text = doubt.text if doubt.text.endswith(("?", ".")) else f"{doubt.text}."
    return text if doubt.row is None else f"Row {doubt.row}: {text}"


def holdings_csv(holdings: Iterable[Holding], prices: Mapping[str, float]) -> str:
    """Return the holdings as CSV with the columns COLUMNS, safe to open in a spreadsheet; `read_holdings` reads it.

    `prices` are the user's own prices (USD per coin). A note that a spreadsheet would run as a formula gets an
    apostrophe in front, which `read_holdings` removes. Control characters, marks of the writing direction and
    surrounding spaces are removed.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for holding in holdings:
        note = re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", "", without_direction(holding.note)).strip()
        price = prices.get(holding.coin)
        writer.writerow(
            [
                holding.coin,
                repr(float(holding.quantity)),
                holding.role,
                "" if holding.stop_loss is None else repr(float(holding.stop_loss)),
                "" if price is None else repr(float(price)),
                marked_as_text(note),
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
        example = f"{holding.coin} {holding.quantity:g} @ 2.50"
        yield f"no price here: check the ticker, or add your own price, as in {example}"
