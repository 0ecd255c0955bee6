"""Price histories from a CSV file: wide (a column for each coin) or long (date, coin, close).

Read as untrusted input. Every fault names its row (the line in the file, the header being row 1) and its field,
and all are reported at once. Days between the first and the last that the file does not hold are gaps, not
filled. Of several times on one day the last counts as the close only if the file says one row a day: two rows
for one day are a fault.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np

from hedge_core.bag import coin_symbol, parse_number
from hedge_core.errors import Fault, InvalidFile, InvalidInput
from hedge_core.market import MarketSnapshot, PriceHistory
from hedge_core.sources.table import Table, read_table

MAX_ROWS = 200_000
MAX_COINS = 500
MAX_DAYS = 20_000
SHOWN_FAULTS = 20

DATE_NAMES = ("date", "time", "timestamp", "day", "datetime", "open time", "unix", "snapped_at")
COIN_NAMES = ("coin", "symbol", "asset", "ticker", "currency", "pair")
CLOSE_NAMES = ("close", "price", "close price", "close (usd)", "value", "usd", "adj close", "last")
QUOTES = ("USDT", "USDC", "USD")


@dataclass(frozen=True, slots=True)
class CsvFileSource:
    """A price history in a file on this machine."""

    path: str

    @property
    def name(self) -> str:
        """`csv:PATH`."""
        return f"csv:{self.path}"

    def snapshot(self) -> MarketSnapshot:
        """The market as of the end of the file's last day. Raises InvalidFile."""
        try:
            content = Path(self.path).read_bytes()
        except OSError as error:
            raise InvalidFile(f"Cannot read the price file '{self.path}': {error.strerror}.") from None
        return read_price_csv(content, name=self.name)


def read_price_csv(content: bytes | str, *, name: str) -> MarketSnapshot:
    """The market that a CSV file of daily closes (USD) describes, as of the end of its last day.

    Raises InvalidFile with every fault's row and field.
    """
    table = read_table(content, what="price file", max_rows=MAX_ROWS)
    faults: list[Fault] = []
    date_column = table.find(DATE_NAMES)
    if date_column is None:
        raise InvalidFile(
            f"The price file has no date column. Its columns are: {table.columns_text}. Name one of them 'date'."
        )
    coin_column, close_column = table.find(COIN_NAMES), table.find(CLOSE_NAMES)
    days = _days(table, date_column, faults)
    if coin_column is not None:
        if close_column is None:
            raise InvalidFile(
                f"The price file has a coin column but no price column. Its columns are: {table.columns_text}. "
                "Name one of them 'close'."
            )
        cells = _long_cells(table, days, coin_column, close_column, faults)
    else:
        cells = _wide_cells(table, days, date_column, faults)
    if faults:
        shown = [*faults[:SHOWN_FAULTS]]
        if len(faults) > SHOWN_FAULTS:
            shown.append(Fault(f"... and {len(faults) - SHOWN_FAULTS:,} more"))
        raise InvalidFile("The price file cannot be used:", shown)
    if not cells:
        raise InvalidFile("The price file holds no prices: every price cell is empty.")
    return _snapshot(cells, name)


def _snapshot(cells: dict[tuple[date, str], float], name: str) -> MarketSnapshot:
    coins = tuple(dict.fromkeys(coin for _, coin in cells))
    first, last = min(day for day, _ in cells), max(day for day, _ in cells)
    span = (last - first).days + 1
    if span > MAX_DAYS:
        raise InvalidFile(f"The price file spans {span:,} days, from {first} to {last}: check its dates.")
    closes = np.full((span, len(coins)), np.nan)
    column = {coin: number for number, coin in enumerate(coins)}
    for (day, coin), close in cells.items():
        closes[(day - first).days, column[coin]] = close
    return MarketSnapshot(
        source=name,
        as_of=datetime.combine(last + timedelta(days=1), datetime.min.time(), tzinfo=UTC),
        simulated=False,
        history=PriceHistory(np.datetime64(first, "D") + np.arange(span), coins, closes),
    )


def _long_cells(
    table: Table, days: Sequence[date | None], coin_column: int, close_column: int, faults: list[Fault]
) -> dict[tuple[date, str], float]:
    cells: dict[tuple[date, str], float] = {}
    coin_name, close_name = table.header[coin_column], table.header[close_column]
    for (row, values), day in zip(table.rows, days, strict=True):
        coin = _coin(values[coin_column], row, coin_name, faults)
        close = _close(values[close_column], row, close_name, faults)
        if day is None or coin is None or close is None:
            continue
        if (day, coin) in cells:
            faults.append(Fault(f"{coin} on {day} stands twice; keep one close a day", row=row, field=coin_name))
        cells[day, coin] = close
    return cells


def _wide_cells(
    table: Table, days: Sequence[date | None], date_column: int, faults: list[Fault]
) -> dict[tuple[date, str], float]:
    columns: dict[int, str] = {}
    for number, title in enumerate(table.header):
        if number == date_column or not title:
            continue
        coin = _coin(title, 1, title, faults)
        if coin is not None and coin in columns.values():
            faults.append(Fault(f"{coin} has two columns; keep one", row=1, field=title))
        elif coin is not None:
            columns[number] = coin
    if not columns and not faults:
        raise InvalidFile("The price file has a date column and nothing else: add a column for each coin.")
    if len(columns) > MAX_COINS:
        raise InvalidFile(f"The price file has {len(columns)} columns of coins; at most {MAX_COINS} can be read.")
    cells: dict[tuple[date, str], float] = {}
    seen: set[date] = set()
    for (row, values), day in zip(table.rows, days, strict=True):
        if day is not None and day in seen:
            faults.append(Fault(f"{day} stands twice; keep one row a day", row=row, field=table.header[date_column]))
        if day is not None:
            seen.add(day)
        for number, coin in columns.items():
            close = _close(values[number], row, table.header[number], faults)
            if day is not None and close is not None:
                cells[day, coin] = close
    return cells


def _coin(text: str, row: int, field: str, faults: list[Fault]) -> str | None:
    """BTC from BTC, BTC-USD, BTC/USDT or BTCUSDT."""
    symbol = re.split(r"[-/_: ]", text.strip().upper())[0]
    for quote in QUOTES:
        if symbol.endswith(quote) and len(symbol) > len(quote):
            symbol = symbol.removesuffix(quote)
            break
    try:
        return coin_symbol(symbol)
    except InvalidInput as error:
        faults.append(Fault(str(error), row=row, field=field))
        return None


def _close(text: str, row: int, field: str, faults: list[Fault]) -> float | None:
    if not text or text.lower() in ("nan", "na", "n/a", "null", "none", "-"):
        return None
    try:
        close = float(text) if text[0].isdigit() and "," not in text and "_" not in text else parse_number(text)
    except ValueError:
        faults.append(Fault(f"'{text[:40]}' is not a price; write it as 1234.5", row=row, field=field))
        return None
    if not 0 < close < 1e15:
        faults.append(Fault(f"a close must be above zero and below 1e15, not {text[:40]}", row=row, field=field))
        return None
    return close


def _days(table: Table, column: int, faults: list[Fault]) -> list[date | None]:
    """The day of each row; a form that could be day-first or month-first is settled over the whole column."""
    texts = [values[column] for _, values in table.rows]
    day_first = _is_day_first(texts)
    days: list[date | None] = []
    for (row, _), text in zip(table.rows, texts, strict=True):
        day = _day(text, day_first)
        if day is None:
            why = "is empty" if not text else f"'{text[:40]}' is not a date; write it as 2026-01-31"
            if day_first is None and _PARTS.fullmatch(text):
                why = f"'{text[:40]}' could be day or month first; write dates as 2026-01-31"
            faults.append(Fault(why, row=row, field=table.header[column]))
        days.append(day)
    return days


_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ].*)?")
_PARTS = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})(?:[T ,].*)?")
_WORDS = ("%b %d, %Y", "%B %d, %Y", "%d %b %Y", "%d %B %Y", "%d-%b-%Y")


def _is_day_first(texts: Sequence[str]) -> bool | None:
    """Whether 01/02/2026 means 1 February; None when no row tells (dots always mean day first)."""
    parts = [match for text in texts if (match := _PARTS.fullmatch(text))]
    if any("." in match[0][:6] for match in parts) or any(int(match[1]) > 12 for match in parts):
        return True
    if any(int(match[2]) > 12 for match in parts):
        return False
    return None


def _day(text: str, day_first: bool | None) -> date | None:
    """The UTC day of one cell, or None."""
    try:
        if match := _ISO.fullmatch(text):
            if re.search(r"(Z|UTC|[+-]\d{2}:?\d{2})$", text) and "T" in text.replace(" ", "T"):
                moment = datetime.fromisoformat(text.replace(" UTC", "+00:00").replace("Z", "+00:00"))
                return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).date()
            return date(int(match[1]), int(match[2]), int(match[3]))
        if match := _PARTS.fullmatch(text):
            if day_first is None:
                return None
            day, month = (match[1], match[2]) if day_first else (match[2], match[1])
            return date(int(match[3]), int(month), int(day))
        if re.fullmatch(r"\d{10}(\.\d+)?|\d{13}", text):
            seconds = float(text) / (1000.0 if len(text) == 13 else 1.0)
            return datetime.fromtimestamp(seconds, UTC).date()
    except (ValueError, OverflowError, OSError):
        return None
    for form in _WORDS:
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC).date()
        except ValueError:
            continue
    return None
