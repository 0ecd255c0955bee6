"""Reads a price history from a CSV file: wide (a column for each coin) or long (date, coin, close).

The file is untrusted input. Every fault names its row (the line in the file; the header is row 1) and its field, and
the first 20 are reported together. Ambiguous content is refused, not guessed: a row with more cells than the header,
dates that may be day-first or month-first, open and high columns without a coin, a quote currency other than USD.
Days that are missing from the file stay missing (NaN); they are not filled.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np

from hedge_core.errors import Fault, InvalidFile, InvalidInput
from hedge_core.market.coins import coin_symbol, is_stablecoin
from hedge_core.market.snapshot import MarketSnapshot, PriceHistory
from hedge_core.tables import MAX_BYTES, Table, decimal_commas, decode, split_lines, tabulate, with_point
from hedge_core.text import parse_number

MAX_COINS = 500
MAX_DAYS = 20_000
SHOWN_FAULTS = 20
WHAT = "price file"

DATE_NAMES = ("date", "time", "timestamp", "day", "datetime", "open time", "unix", "snapped at")
COIN_NAMES = ("coin", "symbol", "asset", "ticker", "currency", "pair")
CLOSE_NAMES = (
    "close", "price", "close price", "closing price (usd)", "close (usd)", "price (usd)", "value", "usd",
    "adj close", "last",
)  # fmt: skip
ONE_COIN_NAMES = frozenset({"open", "high", "low", "close", "adj close", "price", "volume", "market cap"})
"""Columns of a file about a single coin; in a wide file they would be read as coins."""
QUOTES = ("USDT", "USDC", "USD")
OTHER_DOLLARS = frozenset(("BUSD", "SUSD"))
"""Coins whose own symbols end with a quote currency."""
OTHER_QUOTES = frozenset(("EUR", "GBP", "JPY", "KRW", "CHF", "AUD", "CAD", "BRL", "TRY", "INR", "BTC", "ETH", "BNB"))


@dataclass(frozen=True, slots=True)
class CsvFileSource:
    """A CSV price history on this machine as a market source."""

    path: str

    @property
    def name(self) -> str:
        """The source's name, `csv:PATH`."""
        return f"csv:{self.path}"

    def snapshot(self) -> MarketSnapshot:
        """The market at the end of the last day in the file. Raises InvalidFile."""
        try:
            with open(self.path, "rb") as file:
                content = file.read(MAX_BYTES + 1)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "this is not the name of a file"
            raise InvalidFile(f"Cannot read the price file '{self.path}': {reason}.") from None
        return read_price_csv(content, name=self.name)


def read_price_csv(content: bytes | str, *, name: str) -> MarketSnapshot:
    """The market in a CSV file of daily closes (USD), at the end of its last day (UTC).

    `name` becomes the snapshot's source. An empty cell is a day without a close (NaN), and a coin without any close is
    left out. Raises InvalidFile with the row and field of the first 20 faults, and the number of further ones.
    """
    table, faults = tabulate(split_lines(decode(content, what=WHAT), what=WHAT), what=WHAT)
    date_column = table.find(DATE_NAMES)
    if date_column is None and not table.header[0]:
        date_column = 0  # an index column that was written without a name
    if date_column is None:
        raise InvalidFile(
            f"The price file has no date column. Its columns are: {table.columns_text}. Name one of them 'date'."
        )
    days = _days(table, date_column, faults)
    coin_column = table.find(COIN_NAMES)
    if coin_column is not None:
        cells = _long_cells(table, days, coin_column, faults)
    else:
        cells = _wide_cells(table, days, date_column, faults)
    if faults:
        shown = faults[:SHOWN_FAULTS]
        if len(faults) > SHOWN_FAULTS:
            shown.append(Fault(f"... and {len(faults) - SHOWN_FAULTS:,} more"))
        raise InvalidFile("The price file cannot be used:", shown)
    return _snapshot(cells, name)


def _snapshot(cells: dict[tuple[str, date], float], name: str) -> MarketSnapshot:
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
    return MarketSnapshot(
        source=name,
        as_of=datetime.combine(last + timedelta(days=1), datetime.min.time(), tzinfo=UTC),
        simulated=False,
        history=PriceHistory(np.datetime64(first, "D") + np.arange(span), coins, closes),
    )


def _long_cells(
    table: Table, days: Sequence[date | None], coin_column: int, faults: list[Fault]
) -> dict[tuple[str, date], float]:
    close_column = table.find(CLOSE_NAMES)
    if close_column is None:
        raise InvalidFile(
            f"The price file has a coin column but no price column. Its columns are: {table.columns_text}. "
            "Name one of them 'close'."
        )
    coin_name, close_name = table.header[coin_column], table.header[close_column]
    commas = decimal_commas(values[close_column] for _, values in table.rows)
    cells: dict[tuple[str, date], float] = {}
    for (row, values), day in zip(table.rows, days, strict=True):
        coin = _coin(values[coin_column], row, coin_name, faults)
        close = _close(values[close_column], row, close_name, commas, faults)
        if day is None or coin is None or close is None:
            continue
        if (coin, day) in cells:
            faults.append(Fault(f"{coin} on {day} appears twice; keep one close per day", row=row, field=coin_name))
        cells[coin, day] = close
    return cells


def _wide_cells(
    table: Table, days: Sequence[date | None], date_column: int, faults: list[Fault]
) -> dict[tuple[str, date], float]:
    if ONE_COIN_NAMES & {title.lower().replace("_", " ") for title in table.header}:
        raise InvalidFile(
            f"The price file does not say which coin it is for. Its columns are: {table.columns_text}. "
            "Rename the close to the coin's ticker and remove the other columns, or add a column 'coin'."
        )
    if len(table.header) > MAX_COINS + 1:
        raise InvalidFile(f"The price file has {len(table.header):,} columns; at most {MAX_COINS} can be read.")
    if len(table.rows) > MAX_DAYS:
        raise InvalidFile(f"The price file has {len(table.rows):,} rows; at most {MAX_DAYS:,} can be read.")
    columns: dict[str, int] = {}
    for number, title in enumerate(table.header):
        if number == date_column:
            continue
        coin = _coin(title, 1, title or f"column {number + 1}", faults)
        if coin in columns:
            faults.append(Fault(f"{coin} has two columns; keep one", row=1, field=title))
        elif coin is not None:
            columns[coin] = number
    if not columns and not faults:
        raise InvalidFile("The price file has only a date column: add a column for each coin.")
    seen: set[date] = set()
    for (row, _), day in zip(table.rows, days, strict=True):
        if day is not None and day in seen:
            faults.append(Fault(f"{day} appears twice; keep one row per day", row=row, field=table.header[date_column]))
        if day is not None:
            seen.add(day)
    commas = decimal_commas(values[number] for _, values in table.rows for number in columns.values())
    cells: dict[tuple[str, date], float] = {}
    for coin, number in columns.items():
        for (row, values), day in zip(table.rows, days, strict=True):
            close = _close(values[number], row, table.header[number], commas, faults)
            if day is not None and close is not None:
                cells[coin, day] = close
    return cells


def _coin(text: str, row: int, field: str, faults: list[Fault]) -> str | None:
    """BTC for BTC, BTC-USD, BTC/USDT or BTCUSDT; a stablecoin such as BUSD stays whole. None adds a fault."""
    symbol, *quote = re.split(r"[-/_: ]", text.strip().upper())
    if quote and quote[0] in OTHER_QUOTES:
        faults.append(Fault(f"'{text[:40]}' is quoted in {quote[0]}; closes must be in USD", row=row, field=field))
        return None
    suffix = next((suffix for suffix in QUOTES if symbol.endswith(suffix) and symbol != suffix), "")
    if not (is_stablecoin(symbol) or symbol in OTHER_DOLLARS):
        symbol = symbol.removesuffix(suffix)
    try:
        return coin_symbol(symbol)
    except InvalidInput as error:
        faults.append(Fault(str(error), row=row, field=field))
        return None


def _close(text: str, row: int, field: str, commas: bool, faults: list[Fault]) -> float | None:
    if not text:
        return None
    try:
        close = parse_number(with_point(text) if commas else text)
    except ValueError:
        why = f"'{text[:40]}' is not a price; write it as 1234.5, or leave the cell empty"
        faults.append(Fault(why, row=row, field=field))
        return None
    if not 0 < close < 1e15:
        faults.append(Fault(f"a close must be above zero and below 1e15, not {text[:40]}", row=row, field=field))
        return None
    return close


_CLOCK = r"(?:[T ,]\s*\d{1,2}(?::?\d{2}){0,2}(?:\.\d+)?(?: ?[AaPp][Mm])?)?"
_ISO = re.compile(rf"(\d{{4}})[-/.](\d{{1,2}})[-/.](\d{{1,2}}){_CLOCK} ?(Z|UTC|[+-]\d{{2}}:?\d{{2}})?")
_PARTS = re.compile(rf"(\d{{1,2}})([-/.])(\d{{1,2}})[-/.](\d{{4}}){_CLOCK}")
_EPOCH = {10: 1.0, 13: 1e3, 16: 1e6}  # digits: seconds, milliseconds, microseconds
_WORDS = ("%b %d, %Y", "%B %d, %Y", "%d %b %Y", "%d %B %Y", "%d-%b-%Y")


def _days(table: Table, column: int, faults: list[Fault]) -> list[date | None]:
    """The UTC day of each row, or None with a fault. The whole column decides whether day or month comes first."""
    field = table.header[column] or "date"
    texts = [values[column] for _, values in table.rows]
    parts = [match for text in texts if (match := _PARTS.fullmatch(text))]
    day_first = any(match[2] == "." or int(match[1]) > 12 for match in parts)
    month_first = any(int(match[3]) > 12 for match in parts)
    days: list[date | None] = []
    is_ambiguous = bool(parts) and day_first == month_first
    for (row, _), text in zip(table.rows, texts, strict=True):
        day = _day(text, day_first)
        if day is None or day.year >= 2200:
            why = "is empty" if not text else f"'{text[:40]}' is not a date; write it as 2026-01-31"
            faults.append(Fault(why, row=row, field=field))
            day = None
        elif is_ambiguous and _PARTS.fullmatch(text):
            why = f"'{text}' may be day-first or month-first, and no other date settles it; write dates as 2026-01-31"
            faults.append(Fault(why, row=row, field=field))
            is_ambiguous = False  # report it once
        days.append(day)
    return days


def _day(text: str, day_first: bool) -> date | None:
    """The UTC day in one cell, or None if it is not a date."""
    try:
        if match := _ISO.fullmatch(text):
            day = date(int(match[1]), int(match[2]), int(match[3]))
            if match[4] in (None, "Z", "UTC"):
                return day
            return datetime.fromisoformat(text.replace("/", "-")).astimezone(UTC).date()
        if match := _PARTS.fullmatch(text):
            first, second = int(match[1]), int(match[3])
            return date(int(match[4]), *((second, first) if day_first else (first, second)))
        digits = text.partition(".")[0]
        if len(digits) in _EPOCH and re.fullmatch(r"\d+(\.\d*)?", text):
            return datetime.fromtimestamp(float(text) / _EPOCH[len(digits)], UTC).date()
    except (ValueError, OverflowError, OSError):
        return None
    for form in _WORDS:
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC).date()
        except ValueError:
            continue
    return None
