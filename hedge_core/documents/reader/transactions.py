"""Lists of transactions, which are not holdings: how they are recognised, and when they prove a balance all the same.

The quantities in a list of buys, deposits or rewards do not add up to what somebody holds. Only a ledger with a running
balance does, if each balance follows from the one before it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import product
from typing import NamedTuple

from hedge_core.documents.reader.columns import Column
from hedge_core.documents.reader.dates import date_order, moment_in
from hedge_core.documents.reader.lines import Line
from hedge_core.text import listed

_TRADE = re.compile(
    r"\b(buy|buys|bought|sell|sells|sold|deposit|withdraw|withdrawal|send|sent|receive|received|recv|transfer|trade|"
    r"reward|rewards|interest|airdrop|fee|fees|convert|conversion|swap|exchange|purchase|income|payment|spend|refund|"
    r"cashback|claim|mint|burn|limit|market|fill|filled|canceled|cancelled|executed|order|in|out|kauf|verkauf|"
    r"einzahlung|auszahlung|überweisung|gutschrift|achat|vente|dépôt|retrait|compra|venta|depósito|retiro)\b",
    re.IGNORECASE,
)
_HOLDING_WORDS = re.compile(r"\b(hold|holding|asset|balance|position|supplied|staked|deposited|deposits|spot)\b", re.I)
_KEYS = re.compile(
    r"tx|hash|transaction|refid|order|trade ?id|\bfill\b|executed|proceeds|\bto (currency|amount)\b|portfolio$"
)
_AS_OF = re.compile(r"updat|as of|stand|snapshot|modif|aktualisiert|timestamp|checked|synced|refreshed", re.I)


class Ledger(NamedTuple):
    """The last running balance of each coin (as the table names it) with its row, and the day of the newest line.

    `title` is the title of the column of balances.
    """

    balances: dict[str, tuple[float, int]]
    day: str
    title: str


def why_transactions(columns: Sequence[Column], rows: Sequence[Line], coin: Column | None) -> str:
    """What the table is if it does not list holdings: transactions, futures positions, several days; '' if it does."""
    derivative = [column for column in columns if column.meaning == "derivative" and column.filled]
    if len(derivative) >= 2 or (
        derivative and any(re.search(r"side|entry|pnl|unreal", c.title, re.I) for c in columns)
    ):
        return f"This table lists futures positions (column '{derivative[0].title[:30]}')"
    for column in columns:
        if re.search(r"side|direction|richtung", column.title, re.I):
            sides = {line.cells[column.index].casefold() for line in rows if line.cells[column.index]}
            if sides and sides <= {"long", "short"}:
                return f"This table lists futures positions (column '{column.title[:30]}' has {listed(sorted(sides))})"
        if column.meaning == "kind" and column.filled:
            words = [line.cells[column.index] for line in rows if line.cells[column.index]]
            trades = [
                word for word in words if _TRADE.search(word.replace("_", " ")) and not _HOLDING_WORDS.search(word)
            ]
            if 2 * len(trades) >= len(words):
                found = sorted({word.strip().lower() for word in trades})
                return f"This is a list of transactions (column '{column.title[:30]}' has {', '.join(found[:3])[:60]})"
    keys = [c for c in columns if c.filled and (c.meaning == "transaction" or _KEYS.search(c.title.lower()))
            and c.meaning != "place"]  # fmt: skip
    dates = [column for column in columns if column.meaning == "date" and column.filled]
    if keys and (dates or len(keys) >= 2):
        names = [f"'{column.title[:30]}'" for column in (*dates[:1], *keys[:2])]
        return f"This is a list of transactions (it has the columns {listed(names)})"
    return _dated(dates, rows, coin)


def _dated(dates: Sequence[Column], rows: Sequence[Line], coin: Column | None) -> str:
    """Return why rows of several dates are no holdings: the same coin on more than one of them."""
    if coin is None:
        return ""
    for column in dates:
        days: dict[str, set[str]] = {}
        for line in rows:
            if line.cells[column.index]:
                days.setdefault(line.cells[coin.index].casefold(), set()).add(line.cells[column.index])
        repeated = [name for name, cells in days.items() if len(cells) > 1]
        if repeated:
            return (
                f"This table lists {repeated[0].upper()[:16]} for {len(days[repeated[0]])} dates (column "
                f"'{column.title[:30]}'): purchases, or balances of several days"
            )
    return ""


def dates_question(columns: Sequence[Column], rows: Sequence[Line]) -> str:
    """What to ask about a table in which each row has a date, which may be the day on which the coin was bought."""
    for column in columns:
        if column.meaning == "date" and not _AS_OF.search(column.title):
            days = {line.cells[column.index] for line in rows if line.cells[column.index]}
            if len(days) > 1:
                return (
                    f"Each row has a date (column '{column.title[:30]}'). It is read as what you hold today, not as a "
                    "list of purchases. Is that right?"
                )
    return ""


def proven_ledger(
    columns: Sequence[Column], rows: Sequence[Line], coin: Column, value: Callable[[Column, int], float | None]
) -> Ledger | None:
    """The last balances of a ledger, if every balance is the one before it plus the amount less the fee; else None.

    The balances may run for each coin, or for each coin and wallet; then the wallets are added up.
    """
    balance = _titled(columns, "balance", "running balance", "saldo", "kontostand")
    amount = _titled(columns, "amount", "change", "betrag", "quantity", "umsatz", "net amount")
    fee = _titled(columns, "fee", "fees", "gebühr")
    date = next((c for c in columns if c.meaning == "date"), None)
    if balance is None or amount is None or date is None or not balance.amounts or balance.money or amount.money:
        return None
    order = date_order(line.cells[date.index] for line in rows)
    moments = [moment_in(line.cells[date.index], order) for line in rows]
    times = [moment.timestamp() for moment in moments if moment is not None]
    if len(times) < len(rows) or (order == "unknown" and _is_ambiguous(rows, date)):
        return None
    in_time = sorted(range(len(rows)), key=times.__getitem__)
    newest_first = sorted(range(len(rows) - 1, -1, -1), key=times.__getitem__)
    wallets = [c for c in columns if c.meaning == "place" and c.filled]

    def change(i: int) -> float:
        return (value(amount, i) or 0.0) - (value(fee, i) or 0.0 if fee else 0.0)

    for keys, sequence in product(([coin], [coin, *wallets]) if wallets else ([coin],), (in_time, newest_first)):
        last: dict[tuple[str, ...], tuple[float, int]] = {}
        if not all(_follows(rows, i, keys, change(i), value(balance, i), last) for i in sequence):
            continue
        if len(last) == len(rows):
            return None  # no balance follows another, so nothing is proven
        found: dict[str, tuple[float, int]] = {}
        for key, (figure, i) in last.items():
            found[key[0]] = (found.get(key[0], (0.0, 0))[0] + figure, rows[i].row)
        newest = max(moment for moment in moments if moment is not None)
        return Ledger(found, f"{newest:%Y-%m-%d}", balance.title)
    return None


def _titled(columns: Sequence[Column], *titles: str) -> Column | None:
    """The first column with one of these titles (in lower case)."""
    return next((column for column in columns if column.title.casefold() in titles), None)


def _is_ambiguous(rows: Sequence[Line], date: Column) -> bool:
    return any(re.match(r"\d{1,2}/\d", line.cells[date.index]) for line in rows)


def _follows(
    rows: Sequence[Line],
    i: int,
    keys: Sequence[Column],
    change: float,
    stated: float | None,
    last: dict[tuple[str, ...], tuple[float, int]],
) -> bool:
    """Whether the balance in row `i` follows from the last one under its key; it is then the last one itself."""
    if stated is None:
        return False
    key = tuple(rows[i].cells[column.index] for column in keys)
    before = last.get(key)
    last[key] = (stated, i)
    return (
        before is None
        or abs(before[0] + change - stated) <= 1e-6 * max(abs(stated), abs(before[0]), abs(change)) + 1e-12
    )
