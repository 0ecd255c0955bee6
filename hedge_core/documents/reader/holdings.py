"""The coins that somebody holds, from any table: the steps of the reader put together.

`read` returns what was read, how each column was understood, and the doubts. It raises InvalidFile only if the whole
table is refused: nothing in it can be taken for a number of coins.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from hedge_core.documents.reader.bounds import HOLDINGS_BOUNDS, Bounds
from hedge_core.documents.reader.columns import WORDS, Column, coin_column, columns_of
from hedge_core.documents.reader.doubts import Doubt, sorted_doubts
from hedge_core.documents.reader.encoding import decode
from hedge_core.documents.reader.holding_rows import Rows
from hedge_core.documents.reader.json_file import exact, json_lines
from hedge_core.documents.reader.layouts import COIN, upright, with_coins
from hedge_core.documents.reader.lines import Line, split
from hedge_core.documents.reader.number_style import Mark, NumberStyle, decide
from hedge_core.documents.reader.pasted import PASTED, pasted
from hedge_core.documents.reader.plausibility import (
    double_doubts,
    market_doubts,
    product_doubts,
    share_doubts,
    total_doubts,
)
from hedge_core.documents.reader.quantities import Recipe, recipe
from hedge_core.documents.reader.quantity_doubts import change_doubts, money_doubts
from hedge_core.documents.reader.raw_units import raw_doubts
from hedge_core.documents.reader.sections import positions_section
from hedge_core.documents.reader.surroundings import text_doubts
from hedge_core.documents.reader.table_finding import FoundTable, find_table
from hedge_core.documents.reader.transactions import dates_question, proven_ledger, why_transactions
from hedge_core.documents.reader.workbook import hidden_doubts, is_workbook, workbook_lines
from hedge_core.errors import InvalidFile
from hedge_core.plan.bag import MAX_HOLDINGS, Holding

WHAT = "table of holdings"
POSITIONAL = ("coin", "quantity", "role", "stop loss", "price", "note")
"""The columns of a table without titles, in the order of our own file."""

MOST_SHEETS = 6
"""So many sheets of a workbook are looked at for further holdings."""

FIELDS = ("coin", "quantity", "role", "stop_loss", "price", "note")
"""What the user may choose columns for."""


@dataclass(frozen=True, slots=True)
class HoldingsReading:
    """What was read from a table of holdings.

    `rows` is the row of each holding, `prices` the table's prices (USD per coin). `mapping` is the column read as each
    field and `columns` are all titles, both empty for lines without titles; `understood` says in words what each
    column was taken for. `decimal_mark` is the one in use, and `is_mark_open` whether nothing in the table proves it.
    """

    holdings: tuple[Holding, ...]
    rows: tuple[int, ...]
    prices: Mapping[str, float]
    doubts: tuple[Doubt, ...]
    mapping: Mapping[str, str] = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    understood: Mapping[str, str] = field(default_factory=dict)
    decimal_mark: Mark = "point"
    is_mark_open: bool = False


class _Source(NamedTuple):
    """Lines of cells, with what is known of them before the table is looked at; `sheet` is the sheet of a workbook."""

    lines: tuple[Line, ...]
    sheet: str = ""
    doubts: tuple[Doubt, ...] = ()
    is_pasted: bool = False
    is_json: bool = False


def read(
    content: bytes | str,
    *,
    mapping: Mapping[str, str] | None = None,
    decimal_mark: Mark | None = None,
    market: Mapping[str, float] | None = None,
    known: Collection[str] = (),
    bounds: Bounds = HOLDINGS_BOUNDS,
) -> HoldingsReading:
    """Read holdings. `mapping` (field -> title) and `decimal_mark` are the user's choices and replace what was found.

    `market` holds real prices in USD per coin, currencies among them (EUR): the table is checked against them, and
    amounts in other currencies are converted with them. `known` are further symbols of coins that exist.
    Raises InvalidFile if the table is refused as a whole.
    """
    bounds.check_size(content, what=WHAT)
    sources = _sources(content, bounds)
    refused: InvalidFile | None = None
    for number, source in enumerate(sources):
        try:
            reading = _read(source, mapping or {}, decimal_mark, market or {}, frozenset(known))
        except InvalidFile as error:
            refused = refused or error
            continue
        others = [other.sheet for n, other in enumerate(sources) if n != number]
        if others:
            left = Doubt("note", f"Only the sheet '{source.sheet}' is read, not {', '.join(others)[:80]}")
            lists = [other.sheet for other in sources[number + 1 : number + MOST_SHEETS] if _lists_coins(other)]
            if lists:
                text = f"{left.text}. Coins are listed there too: {', '.join(lists)[:80]}. Import these separately"
                left = Doubt("ask", text)
            reading = replace(reading, doubts=sorted_doubts((*reading.doubts, left)))
        return reading
    raise refused or InvalidFile(f"The {WHAT} is empty.")


def _lists_coins(source: _Source) -> bool:
    """Whether a sheet holds a table of holdings too."""
    try:
        return bool(_read(source, {}, None, {}, frozenset()).holdings)
    except InvalidFile:
        return False


def titles_in(content: bytes | str, *, bounds: Bounds = HOLDINGS_BOUNDS) -> tuple[str, ...]:
    """The titles of the table in the content, also of one that `read` refuses; empty if there are none."""
    try:
        bounds.check_size(content, what=WHAT)
        return find_table(_sources(content, bounds)[0].lines, what=WHAT).titles
    except InvalidFile:
        return ()


def _sources(content: bytes | str, bounds: Bounds) -> list[_Source]:
    """Return the lines of the content; a workbook gives one source for each sheet."""
    if isinstance(content, bytes) and is_workbook(content):
        sheets = workbook_lines(content, bounds, what=WHAT)
        return [_Source(lines, name, hidden_doubts(content)) for name, lines in sheets]
    text = decode(content, what=WHAT)
    if text.lstrip()[:1] in "{[" and '"' in text[:2_000]:
        return [_Source(json_lines(text, bounds, what=WHAT), is_json=True)]
    bounds.check_text(text, what=WHAT)
    lines = text.count("\n")
    is_long = lines > 2 * MAX_HOLDINGS
    free = pasted("\n".join(text.split("\n", 20)[:20]) if is_long else text)
    if free and is_long:
        raise InvalidFile(f"The {WHAT} has {lines:,} lines; at most {MAX_HOLDINGS} can be read. Leave some out.")
    if free:
        return [_Source((Line(0, PASTED), *free.lines), doubts=free.doubts, is_pasted=True)]
    kept, doubts = positions_section(split(text, what=WHAT).lines)
    return [_Source(kept, doubts=doubts)]


def _read(
    source: _Source, mapping: Mapping[str, str], mark: Mark | None, market: Mapping[str, float], known: frozenset[str]
) -> HoldingsReading:
    in_file = {name: title for name, title in mapping.items() if title != COIN}
    lines, turned = upright(source.lines, known | frozenset(market))
    table = find_table(lines, chosen=tuple(in_file.values()), what=WHAT)
    doubts = [*source.doubts, *turned, *table.doubts]
    if not table.titles:
        table = _positional(table, doubts)
    known |= frozenset(market)
    columns, is_chosen = _columns(table, in_file, known, doubts)
    if coin_column(columns) is None and (named := with_coins(table, columns, known)) is not None:
        doubts.append(named.doubts[-1])
        table = named
        columns, is_chosen = _columns(table, mapping, known, doubts)
    style = _style(columns, source, table, mark)

    def value(column: Column, row: int) -> float | None:
        amount = column.amounts.get(row)
        return None if amount is None else style.value(amount, column.index)

    coin = coin_column(columns)
    why = why_transactions(columns, table.rows, coin) if not source.is_pasted else ""
    if why:
        why = why.replace("This is", "This JSON file is") if source.is_json else why
        return _from_ledger(why, columns, table, coin, value, market)
    made = recipe(columns, len(table.rows), value)
    if coin is None or not made.added:
        coin, made = _by_cells(columns, coin, made, table, is_chosen, doubts)
    doubts += made.doubts
    doubts += change_doubts(made, table)
    doubts += text_doubts(table, columns)
    doubts += raw_doubts(columns, made.added, len(table.rows), value)
    if question := dates_question(columns, table.rows):
        doubts.append(Doubt("ask", question))
    rows = Rows(columns, coin, made, style, table, market, known)
    rows.read()
    doubts += rows.doubts
    doubts += [*product_doubts(rows.checked), *total_doubts(rows.checked, rows.stated_total)]
    doubts += [
        *market_doubts(rows.checked, market),
        *share_doubts(rows.checked),
        *money_doubts(made, columns, coin, table),
    ]
    where = [column.index for column in columns if column.meaning in {"place", "kind"} and not column.amounts]
    doubts += double_doubts(rows.checked, {line.row: " ".join(line.cells[i] for i in where) for line in table.rows})
    is_titled = not source.is_pasted and bool(table.title_row)
    return HoldingsReading(
        tuple(rows.holdings),
        tuple(rows.rows),
        rows.prices,
        sorted_doubts(doubts),
        mapping=_mapping(columns, coin, made) if is_titled else {},
        columns=table.titles if is_titled else (),
        understood=_understood(columns, coin, made) if is_titled else {},
        decimal_mark=style.mark_of(column.index for column in (*made.columns, *columns)),
        is_mark_open=rows.cells.is_mark_open,
    )


def _positional(table: FoundTable, doubts: list[Doubt]) -> FoundTable:
    """Return a table without titles under the titles of our own file; quantity and coin may be the other way round."""
    width = max(len(POSITIONAL), max(len(line.cells) for line in table.rows))
    titles = (*POSITIONAL, *[f"column {n}" for n in range(len(POSITIONAL) + 1, width + 1)])
    rows = tuple(Line(line.row, (*line.cells, *[""] * (width - len(line.cells)))) for line in table.rows)
    found = columns_of((), rows)
    numeric = [column.index for column in found if column.is_numeric]
    named = [column for column in found if column.coins and 2 * column.coins >= column.filled]
    if len(numeric) == 1 and numeric != [1] and named:
        coin = named[-1].index
        places = {numeric[0]: "quantity", coin: "coin"}
        titles = tuple(places.get(n, f"column {n + 1}") for n in range(width))
        text = f"Without titles, column {coin + 1} is read as the coin and column {numeric[0] + 1} as the quantity"
        doubts.append(Doubt("note", text))
    return table._replace(titles=titles, rows=rows)


def _columns(
    table: FoundTable, mapping: Mapping[str, str], known: Collection[str], doubts: list[Doubt]
) -> tuple[list[Column], bool]:
    """Return the columns, with the user's choices in place of what was found, and whether there are choices in use."""
    columns = columns_of(table.titles, table.rows, known)
    if not mapping:
        return columns, False
    titles = {column.title: column.index for column in columns}
    wanted = {name: " ".join(title.split()) for name, title in mapping.items() if name in FIELDS}
    if not set(wanted.values()) <= set(titles):
        text = "This table does not have the columns you chose before, so the columns were detected again."
        doubts.append(Doubt("note", text))
        return columns, False
    chosen = {titles[title]: name for name, title in wanted.items()}
    meanings = {"coin": "symbol"}
    detected = {"symbol", "coin", "name", "quantity", "net", "free", "part", "role", "stop_loss", "price", "note"}
    return [
        replace(column, meaning=meanings.get(chosen[column.index], chosen[column.index]))
        if column.index in chosen
        else replace(column, meaning="ignored")
        if column.meaning in detected
        else column
        for column in columns
    ], True


def _style(columns: Sequence[Column], source: _Source, table: FoundTable, mark: Mark | None) -> NumberStyle:
    """Return how the table writes numbers; where nothing decides, with commas if the titles are in such a language."""
    numeric = {
        column.index: list(column.amounts.values())
        for column in columns
        if column.meaning not in {"date", "place", "note"}
        and 2 * len(column.amounts) > column.filled
        and 2 * column.dates <= column.filled
    }
    return decide(numeric, chosen=mark, default="comma" if _is_continental(columns) else "point")


_CONTINENTAL = frozenset(
    "menge bestand anzahl kurs wert guthaben stück münze währung preis kürzel betrag saldo".split()
)


def _is_continental(columns: Sequence[Column]) -> bool:
    return any(set(column.title.casefold().split()) & _CONTINENTAL for column in columns)


def _by_cells(
    columns: Sequence[Column],
    coin: Column | None,
    made: Recipe,
    table: FoundTable,
    is_chosen: bool,
    doubts: list[Doubt],
) -> tuple[Column, Recipe]:
    """Return the columns of coin and quantity where titles do not name both: the only column that fits, or raise."""
    numeric = [c for c in columns if c.meaning in {"", "change", "volume"} and c.is_numeric and not c.dates]
    if coin is not None and not made.added and not is_chosen and len(numeric) == 1:
        text = f"The column '{numeric[0].title}' is read as the quantity, in coins. Is that right?"
        doubts.append(Doubt("ask", text, field="quantity"))
        return coin, Recipe((numeric[0],))
    missing = [name for name, is_there in (("coin", coin), ("quantity", made.added)) if not is_there]
    shown = ", ".join(f"'{title[:30]}'" for title in table.titles[:12]) + (", ..." if len(table.titles) > 12 else "")
    money = [c for c in columns if c.meaning == "value" and c.filled]
    shares = [c for c in columns if c.meaning == "percent" and c.filled]
    scaled = [c for c in columns if c.meaning == "scaled" and c.filled]
    why = ""
    if "quantity" in missing and scaled:
        why = f" '{scaled[0].title[:30]}' counts thousands or the smallest units of a coin, not coins."
    elif "quantity" in missing and money:
        why = f" '{money[0].title[:30]}' is an amount of money ({money[0].currency or 'in a currency'}), not of coins."
    elif "quantity" in missing and shares:
        why = f" '{shares[0].title[:30]}' holds percentages; a share of the bag is not a number of coins."
    raise InvalidFile(
        f"The {WHAT} has no column for the {' and the '.join(missing)}.{why} Its columns are: {shown}. Name two of "
        "them 'coin' and 'quantity', or choose the columns."
    )


def _from_ledger(
    why: str,
    columns: Sequence[Column],
    table: FoundTable,
    coin: Column | None,
    value: object,
    market: Mapping[str, float],
) -> HoldingsReading:
    """Return the last balances of a ledger that proves them. Raises InvalidFile for any other list of transactions."""
    ledger = proven_ledger(columns, table.rows, coin, value) if coin is not None else None  # type: ignore[arg-type]
    if ledger is None or coin is None:
        raise InvalidFile(
            f"{why}, not what you hold now. Export your balances or holdings instead, or paste lines such as: SOL 120."
        )
    lines = tuple(
        Line(row, (name, exact(figure))) for name, (figure, row) in ledger.balances.items() if abs(figure) > 0
    )
    found = FoundTable(("coin", "quantity"), table.title_row, lines, "", ())
    own = columns_of(found.titles, found.rows, frozenset(market))
    rows = Rows(own, own[0], Recipe((own[1],)), NumberStyle("point"), found, market, frozenset(market))
    rows.read()
    text = (
        f"A ledger: each coin's last running balance is read, as of {ledger.day}. Every balance follows from the last"
    )
    return HoldingsReading(
        tuple(rows.holdings),
        tuple(rows.rows),
        rows.prices,
        sorted_doubts([Doubt("note", text), *rows.doubts, *market_doubts(rows.checked, market)]),
        mapping={"coin": coin.title, "quantity": ledger.title},
        columns=table.titles,
        understood=_understood(columns, coin, Recipe()),
    )


def _mapping(columns: Sequence[Column], coin: Column, made: Recipe) -> dict[str, str]:
    found = {"coin": coin.title, "quantity": made.added[0].title}
    for name in ("role", "stop_loss", "price", "note"):
        column = next((c for c in columns if c.meaning == name), None)
        if column is not None:
            found[name] = column.title
    return found


def _understood(columns: Sequence[Column], coin: Column, made: Recipe) -> dict[str, str]:
    """Return in words what each column was taken for."""
    used = {column.index for column in made.columns}
    words = {}
    for column in columns:
        if column.index == coin.index:
            meaning = "coin"
        elif column.meaning in {"quantity", "free", "part", "net", "debt"} and column.index not in used:
            meaning = "ignored"
        elif column.index in used and column.meaning in {"", "change"}:
            meaning = "quantity"
        else:
            meaning = column.meaning
        words[column.title] = WORDS.get(meaning, meaning) + (f" in {column.currency}" if column.currency else "")
    return words
