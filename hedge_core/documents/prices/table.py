"""The table in a price file, whatever program wrote it: lines above it skipped, two header lines joined.

Yahoo (yfinance)     Price,Close,Close / Ticker,BTC-USD,ETH-USD / Date,,     becomes date,BTC-USD,ETH-USD
Binance's archive    no header, twelve columns from open time                gets its titles
CryptoDataDownload   an address in the first line                            is skipped
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import NamedTuple

from hedge_core.documents.reader.amounts import currency_of
from hedge_core.documents.reader.bounds import Bounds
from hedge_core.documents.reader.row_kinds import TOTALS
from hedge_core.documents.reader.sheets import sheets
from hedge_core.errors import Fault, InvalidFile
from hedge_core.market.coins import is_dollar
from hedge_core.tables import Table, tabulate

WHAT = "price file"
MAX_COINS = 500
MAX_DAYS = 20_000
BOUNDS = Bounds(
    rows=60_000,
    columns=MAX_COINS + 100,
    cells=400_000,
    line_length=60_000,
    advice="Keep fewer days or fewer coins.",
    needed="the date and the coins",
)

DATE_NAMES = (
    "date", "time", "timestamp", "day", "datetime", "open time", "unix", "snapped at", "datum", "fecha", "data",
    "zeit", "date (utc)", "timeclose", "timeopen", "tag", "jour", "fecha y hora",
    "дата", "日付", "日時", "날짜", "日期",
)  # fmt: skip
_KLINES = ("open time", "open", "high", "low", "close", "volume", "close time")
_SUMMARY = re.compile(r"average|avg\.?|mean|median|min(imum)?|max(imum)?|count|std|mittelwert|durchschnitt", re.I)

Lines = list[tuple[int, list[str]]]


class FoundPrices(NamedTuple):
    """The table, faults of its shape, the delimiter of its cells ('' in a workbook), notes, and the text above it."""

    table: Table
    faults: list[Fault]
    delimiter: str
    notes: list[str]
    above: str


def find_price_table(content: bytes | str) -> FoundPrices:
    """The table in the content. Raises InvalidFile."""
    start = content[:200].decode("utf-8", "ignore") if isinstance(content, bytes) else content[:200]
    if re.match(r'\s*(\{\s*"|\[\s*[\[{])', start.removeprefix("\ufeff")):
        raise InvalidFile(
            "The price file is JSON, which cannot be read. Save it as CSV with the columns date and close."
        )
    found, delimiter = sheets(content, BOUNDS, what=WHAT)[0]
    lines: Lines = [(line.row, list(line.cells)) for line in found]
    below = _with_header(lines)
    above = " ".join(cell for row, cells in lines if row < below[0][0] for cell in cells if cell)
    below, notes = _without_summaries(below)
    table, faults = tabulate(below, what=WHAT)
    return FoundPrices(table, faults, delimiter, notes, above)


def currency_above(text: str) -> str:
    """The currency of the whole file, as in `All prices in EUR`; '' for dollars, and if the text names none."""
    words = [word.strip(".,;:()") for word in text.split()]
    named = (currency_of(word) for before, word in pairwise(words) if before.lower() in {"in", "en"})
    found = next((code for code in named if code), "")
    return "" if is_dollar(found) else found


def _with_header(lines: Lines) -> Lines:
    """The lines from the header on."""
    first = [cell.lower() for cell in lines[0][1]]
    if len(lines) > 2 and first[0] == "price" and lines[1][1][0].lower() == "ticker":
        closes = [0, *[n for n, title in enumerate(first) if title == "close" and n]]
        header = ["date", *[lines[1][1][n] for n in closes[1:]]]
        rest = [(row, cells) for row, cells in lines[2:] if any(cells[1:]) or cells[0].lower() != "date"]
        return [(1, header), *[(row, [cells[n] for n in closes if n < len(cells)]) for row, cells in rest]]
    if len(first) >= 11 and all(re.fullmatch(r"[\d.]+", cell) for cell in first) and len(first[0]) in (13, 16):
        titles = [*_KLINES, *[f"column {n}" for n in range(len(_KLINES) + 1, len(first) + 1)]]
        return [(0, titles), *lines]
    for start, (_, cells) in enumerate(lines[:10]):
        if any(cell.lower().replace("_", " ") in DATE_NAMES for cell in cells) and len(cells) > 1:
            return lines[start:]
    return lines


def _without_summaries(lines: Lines) -> tuple[Lines, list[str]]:
    """The lines without averages and totals at the end, and a note that names them."""
    end = len(lines)
    while end > 2 and (_SUMMARY.fullmatch(lines[end - 1][1][0]) or TOTALS.fullmatch(lines[end - 1][1][0])):
        end -= 1
    left = [f"“{cells[0][:20]}” (row {row})" for row, cells in lines[end:]]
    return lines[:end], [f"Left out, because they are no day: {', '.join(left[:5])}."] if left else []
