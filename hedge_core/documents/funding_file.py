"""Read a history of funding rates from a CSV file: columns for the time, the coin or its symbol, and the rate.

A rate is a fraction of notional for one payment, positive if longs pay shorts. The rates of a UTC day are added up. A
day without any payment between two others is missing, not zero.
"""

from __future__ import annotations

import csv
import io
import math
from datetime import UTC, date, datetime

import numpy as np

from hedge_core.errors import Fault, InvalidFile
from hedge_core.market.coins import coin_symbol
from hedge_core.market.snapshot import FundingHistory

MOST_ROWS = 500_000
MOST_FAULTS = 20
MOST_RATE = 0.05
"""A payment of more than 5% of notional is taken for a wrong unit."""

TITLES = {
    "time": ("time", "date", "timestamp"),
    "coin": ("symbol", "coin", "asset"),
    "rate": ("rate", "funding_rate", "fundingrate"),
}
QUOTES = ("USDT", "USDC", "USD")


def read_funding_csv(content: bytes) -> FundingHistory:
    """The funding by day and coin. Raises InvalidFile, which names every faulty row."""
    try:
        rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    except (UnicodeDecodeError, csv.Error) as error:
        raise InvalidFile(f"The funding file cannot be read as CSV: {error}.") from None
    if not rows or len(rows) > MOST_ROWS:
        raise InvalidFile(f"The funding file must have between 1 and {MOST_ROWS:,} rows, not {len(rows):,}.")
    titles = [title.strip().lower() for title in rows[0]]
    columns = {name: next((titles.index(t) for t in known if t in titles), None) for name, known in TITLES.items()}
    missing = [name for name, column in columns.items() if column is None]
    if missing:
        raise InvalidFile(f"The funding file has no column for the {', '.join(missing)}; use time, symbol, rate.")
    sums: dict[tuple[date, str], float] = {}
    seen: set[tuple[datetime, str]] = set()
    faults: list[Fault] = []
    for number, row in enumerate(rows[1:], start=2):
        if not any(cell.strip() for cell in row):
            continue
        try:
            time, coin, rate = (row[column].strip() for column in columns.values() if column is not None)
            moment, symbol, paid = _moment(time), _coin(coin), _rate(rate)
        except (ValueError, IndexError) as error:
            faults.append(Fault(f"{error}", number, "rate"))
            continue
        if (moment, symbol) in seen:
            faults.append(Fault(f"{symbol} has two payments at {moment:%Y-%m-%d %H:%M}", number, "time"))
            continue
        seen.add((moment, symbol))
        key = moment.date(), symbol
        sums[key] = sums.get(key, 0.0) + paid
    if faults:
        raise InvalidFile("Some rows of the funding file cannot be used:", tuple(faults[:MOST_FAULTS]))
    if not sums:
        raise InvalidFile("The funding file has no payments.")
    first, last = min(day for day, _ in sums), max(day for day, _ in sums)
    days = np.arange(np.datetime64(first, "D"), np.datetime64(last, "D") + 1)
    coins = tuple(dict.fromkeys(symbol for _, symbol in sums))
    values = np.full((len(days), len(coins)), np.nan)
    for (day, symbol), total in sums.items():
        values[(day - first).days, coins.index(symbol)] = total
    return FundingHistory(days, coins, values)


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def _coin(text: str) -> str:
    symbol = text.upper()
    for quote in QUOTES:
        if symbol.endswith(quote) and len(symbol) > len(quote):
            symbol = symbol[: -len(quote)]
            break
    return coin_symbol(symbol)


def _rate(text: str) -> float:
    rate = float(text)
    if not math.isfinite(rate) or abs(rate) > MOST_RATE:
        raise ValueError(f"a funding rate must be a fraction of at most {MOST_RATE} per payment, not {text}")
    return rate
