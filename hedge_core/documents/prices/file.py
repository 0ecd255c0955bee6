"""Reads a price history from a file: wide (a column for each coin) or long (date, coin, close).

The file is untrusted input. Every fault names its row (the line in the file; the header is row 1) and its field, and
the first 20 are reported together. Ambiguous content is refused or asked about, not guessed: a row with more cells than
the header, dates that may be day-first or month-first, closes in a currency without a rate to USD, a file about one
coin that does not name it. Days that are missing from the file stay missing (NaN); they are not filled.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import numpy as np

from hedge_core.documents.prices.columns import Columns, coin_in_title, find_columns
from hedge_core.documents.prices.currencies import Cells, Converted, Foreign, converted
from hedge_core.documents.prices.days import days_of
from hedge_core.documents.prices.known_levels import known_level_doubts
from hedge_core.documents.prices.levels import level_doubts, mark_by_level
from hedge_core.documents.prices.moves import move_doubts
from hedge_core.documents.prices.numbers import CloseReader, close_reader
from hedge_core.documents.prices.series import gap_doubts, series_doubts
from hedge_core.documents.prices.table import BOUNDS, MAX_COINS, MAX_DAYS, currency_above, find_price_table
from hedge_core.documents.reader.doubts import Doubt, sorted_doubts
from hedge_core.documents.reader.number_style import Mark
from hedge_core.errors import Fault, InvalidFile, Notice
from hedge_core.market.coins import is_dollar
from hedge_core.market.snapshot import MarketSnapshot, PriceHistory
from hedge_core.tables import Table

SHOWN_FAULTS = 20
MARKS: tuple[Mark, Mark] = ("point", "comma")
LEVELS: dict[Mark, str] = {
    "point": "Numbers such as 14.380 are read as 14.38",
    "comma": "Numbers such as 14.380 are read as 14,380",
}


@dataclass(frozen=True, slots=True)
class CsvFileSource:
    """A CSV price history on this machine as a market source; closes of days after `today` (UTC) are refused."""

    path: str
    today: date | None = None

    @property
    def name(self) -> str:
        """The source's name, `csv:PATH`."""
        return f"csv:{self.path}"

    def snapshot(self) -> MarketSnapshot:
        """The market at the end of the last day in the file. Raises InvalidFile."""
        try:
            with open(self.path, "rb") as file:
                content = file.read(BOUNDS.max_bytes + 1)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "this is not the name of a file"
            raise InvalidFile(f"Cannot read the price file '{self.path}': {reason}.") from None
        return read_price_csv(content, name=self.name, today=self.today)


@dataclass(frozen=True, slots=True)
class PricesImport:
    """What was read from a price file.

    `market` is as of the end of the last day (UTC). `columns` are all titles of the file and `understood` says in words
    what each was taken for. `decimal_mark` is the one in use; `is_mark_open` if nothing in the file proves it.
    `has_market_rates`: other currencies were converted with the rates of the market that `read_prices` was given.
    """

    market: MarketSnapshot
    doubts: tuple[Doubt, ...]
    columns: tuple[str, ...] = ()
    understood: Mapping[str, str] = field(default_factory=dict)
    decimal_mark: Mark = "point"
    is_mark_open: bool = False
    has_market_rates: bool = False

    @property
    def questions(self) -> tuple[Doubt, ...]:
        """What the user must confirm before the prices are used."""
        return tuple(doubt for doubt in self.doubts if doubt.grade == "ask")

    @property
    def last_closes(self) -> dict[str, float]:
        """The last close of each coin, in USD."""
        history = self.market.history
        return {coin: close for coin in history.coins if (close := history.last_close(coin)) is not None}


def read_price_csv(content: bytes | str, *, name: str, today: date | None = None) -> MarketSnapshot:
    """The market in a file of daily closes (USD), at the end of its last day (UTC).

    `name` becomes the snapshot's source. An empty cell is a day without a close (NaN), and a coin without any close is
    left out. What looks wrong in a series is a notice of the market. Raises InvalidFile with the row and field of the
    first 20 faults and the number of further ones, and for a file whose numbers can be read in two ways. `today`: see
    `read_prices`.
    """
    found = read_prices(content, name=name, today=today)
    if found.is_mark_open:
        faults = [Fault(doubt.text, doubt.row, doubt.field) for doubt in found.questions if doubt.row is not None]
        raise InvalidFile("The price file can be read in more than one way. Mend it, or import it and answer:", faults)
    return found.market


def read_prices(
    content: bytes | str,
    *,
    name: str,
    coin: str = "",
    mapping: Mapping[str, str] | None = None,
    decimal_mark: Mark | None = None,
    market: MarketSnapshot | None = None,
    today: date | None = None,
) -> PricesImport:
    """Read daily closes, and say what is not certain.

    `coin` names the coin of a file about one coin; `mapping` (date, coin, close -> title) and `decimal_mark` are the
    user's choices. The prices of `market` tell the decimal mark where nothing in the file does; without such prices it
    is asked. They also give the rates of other currencies that the file itself lacks, unless they are simulated. A day
    after `today` (UTC) has no close yet and is refused. Raises InvalidFile if the file is refused as a whole.
    """
    table, faults, delimiter, notes, above = find_price_table(content)
    columns = find_columns(table, coin=coin, mapping=mapping or {}, faults=faults)
    columns.file_quote = currency_above(above)
    days = days_of(table, columns.date_column, faults, today)
    dates = [cells[columns.date_column] for _, cells in table.rows]

    def closes(mark: Mark | None) -> tuple[CloseReader, PriceHistory, Converted]:
        reader = close_reader(table, columns.closes, dates=dates, delimiter=delimiter, chosen=mark)
        reader.faults = faults
        in_usd, foreign = (_wide_cells if columns.coin is None else _long_cells)(table, days, columns, reader)
        in_dollars = converted(in_usd, foreign, market)
        faults.extend(in_dollars.faults)
        _refuse(faults)
        return reader, _history(in_dollars.cells), in_dollars._replace(cells={})  # which are many

    reader, history, in_dollars = closes(decimal_mark)
    if reader.doubts and market is not None:
        readings = {mark: closes(mark)[1] for mark in MARKS}
        mark = mark_by_level(readings["point"], readings["comma"], market)
        if mark is not None:
            history, reader.default = readings[mark], mark
            reader.doubts = [Doubt("note", f"{LEVELS[mark]}, as the prices of {market.source} show")]
    found, gaps = series_doubts(history), gap_doubts(history)
    levels = [] if reader.doubts or decimal_mark else level_doubts(history, market)
    if not reader.doubts:
        found += known_level_doubts(history)
        named = {doubt.field for doubt in found}
        found += [doubt for doubt in move_doubts(history) if doubt.field not in named]
    doubts = [*reader.doubts, *found, *gaps, *levels, *columns.doubts, *in_dollars.notes]
    doubts += [Doubt("note", note) for note in notes]
    return PricesImport(
        market=_snapshot(history, name, found, gaps),
        doubts=sorted_doubts(doubts),
        columns=table.header,
        understood=columns.understood,
        decimal_mark=reader.default,
        is_mark_open=bool(reader.doubts),
        has_market_rates=in_dollars.has_market_rates,
    )


def _refuse(faults: list[Fault]) -> None:
    """Raise InvalidFile if there are faults."""
    if not faults:
        return
    shown = faults[:SHOWN_FAULTS]
    if len(faults) > SHOWN_FAULTS:
        shown.append(Fault(f"... and {len(faults) - SHOWN_FAULTS:,} more"))
    raise InvalidFile("The price file cannot be used:", shown)


def titles_in(content: bytes | str) -> tuple[str, ...]:
    """The titles of the table in the content, also of one that `read_prices` refuses; empty if there are none."""
    try:
        return find_price_table(content).table.header
    except InvalidFile:
        return ()


def prices_csv(market: MarketSnapshot) -> str:
    """The market's closes as a wide CSV file that can be read in one way only."""
    history = market.history
    lines = [",".join(("date", *history.coins))]
    for day, closes in zip(history.days, history.values, strict=True):
        lines.append(",".join((str(day), *("" if np.isnan(close) else f"{close!r}" for close in closes.tolist()))))
    return "\n".join(lines) + "\n"


def _history(cells: Cells) -> PriceHistory:
    if not cells:
        raise InvalidFile("The price file has no prices: every price cell is empty.")
    coins = tuple(dict.fromkeys(coin for coin, _ in cells))
    if len(coins) > MAX_COINS:
        raise InvalidFile(f"The price file has {len(coins):,} coins; at most {MAX_COINS} can be read.")
    first, last = min(day for _, day in cells), max(day for _, day in cells)
    span = (last - first).days + 1
    if span > MAX_DAYS:
        raise InvalidFile(f"The price file spans {span:,} days, from {first} to {last}: check its dates.")
    closes = np.full((span, len(coins)), np.nan)
    column = {coin: number for number, coin in enumerate(coins)}
    for (coin, day), close in cells.items():
        closes[(day - first).days, column[coin]] = close
    return PriceHistory(np.datetime64(first, "D") + np.arange(span), coins, closes)


def _snapshot(history: PriceHistory, name: str, found: list[Doubt], gaps: list[Doubt]) -> MarketSnapshot:
    last: date = history.days[-1].astype(object)
    return MarketSnapshot(
        source=name,
        as_of=datetime.combine(last + timedelta(days=1), datetime.min.time(), tzinfo=UTC),
        simulated=False,
        history=history,
        notices=(
            *(Notice("price_series", _sentence(doubt.text), "warning") for doubt in found),
            *(Notice("gaps", _sentence(doubt.text)) for doubt in gaps),
        ),
    )


def _sentence(text: str) -> str:
    return text if text.endswith("?") else f"{text}."


def _long_cells(
    table: Table, days: list[date | None], columns: Columns, reader: CloseReader
) -> tuple[Cells, list[Foreign]]:
    """Return the closes in USD, and those in other currencies."""
    assert columns.coin is not None
    close_column = columns.closes[0]
    title, coin_title = table.header[close_column], table.header[columns.coin]
    cells: Cells = {}
    foreign: list[Foreign] = []
    seen: set[tuple[str, str, date]] = set()
    for (row, values), day in zip(table.rows, days, strict=True):
        titled = coin_in_title(values[columns.coin], row, coin_title, reader.faults)
        close = reader.read(values[close_column], close_column, row, title)
        if day is None or titled is None or close is None:
            continue
        coin = titled.coin
        close = 1.0 / close if titled.is_inverse else close / coin.units
        quote = titled.quote or columns.quote_of(values, close_column) or reader.quotes.get(close_column, "")
        quote = "" if is_dollar(quote) or titled.is_inverse or quote == coin.coin else quote
        if (coin.coin, quote, day) in seen:
            why = f"{coin.coin} on {day} appears twice; keep one close per day"
            reader.faults.append(Fault(why, row=row, field=coin_title))
        seen.add((coin.coin, quote, day))
        if quote:
            where = columns.coin if titled.quote or columns.quote is None else columns.quote
            foreign.append(Foreign(coin.coin, day, close, quote, row, table.header[where], values[where]))
        else:
            cells[coin.coin, day] = close
    return cells, foreign


def _wide_cells(
    table: Table, days: list[date | None], columns: Columns, reader: CloseReader
) -> tuple[Cells, list[Foreign]]:
    """Return the closes in USD, and those in other currencies."""
    seen: set[date] = set()
    for (row, _), day in zip(table.rows, days, strict=True):
        if day is not None and day in seen:
            why = f"{day} appears twice; keep one row per day"
            reader.faults.append(Fault(why, row=row, field=table.header[columns.date_column]))
        if day is not None:
            seen.add(day)
    cells: Cells = {}
    foreign: list[Foreign] = []
    for number in columns.closes:
        coin, title = columns.coins[number], table.header[number]
        quote = columns.quotes.get(number) or reader.quotes.get(number) or columns.file_quote
        is_rate = number in columns.inverse or quote == coin.coin
        for (row, values), day in zip(table.rows, days, strict=True):
            close = reader.read(values[number], number, row, title)
            if day is None or close is None:
                continue
            if quote and not is_rate:
                text = values[number] if number in reader.quotes else title
                stated_in = row if number in reader.quotes else 1
                foreign.append(Foreign(coin.coin, day, close / coin.units, quote, stated_in, title, text))
            else:
                close = 1.0 / close if number in columns.inverse else close
                columns.keep(cells, coin, day, close, row, title, reader.faults)
    return cells, foreign
