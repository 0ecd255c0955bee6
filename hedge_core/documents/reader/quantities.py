"""Which columns make up the quantity of a coin: one column, or its parts, less what is borrowed.

Exchanges split a balance into available, locked and staked, and give a total, or none. The parts are added up where
there is no total; where there is one, the rows decide whether it includes them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hedge_core.documents.reader.columns import Column
from hedge_core.documents.reader.doubts import Doubt
from hedge_core.documents.reader.row_words import is_place
from hedge_core.text import listed

Value = Callable[[Column, int], float | None]
"""The number in a column's cell of a row (by index); None if there is none."""

Figures = Callable[[int], float | None]
"""The number that belongs to a row (by index), from one column or worked out from several."""

_CLOSE = 1e-6
_DEFINITE = (
    "quantity", "units", "units held", "holdings", "holding", "qty", "menge", "bestand", "anzahl", "stückzahl", "stück",
    "quantité", "cantidad", "quantità", "aantal", "hoeveelheid", "number of coins", "coins",
    "closing balance", "end balance", "ending balance", "closing",
)  # fmt: skip
_SUBSET = re.compile(r"withdraw|transfer|to trade|for trading|redeem|auszahl|max", re.IGNORECASE)
"""Titles of columns that say how much of what is available may be used for something."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How the quantity of a row is put together: the sum of `added` less the sum of `debts`."""

    added: tuple[Column, ...] = ()
    debts: tuple[Column, ...] = ()
    doubts: tuple[Doubt, ...] = ()

    @property
    def columns(self) -> tuple[Column, ...]:
        """Every column that is used."""
        return (*self.added, *self.debts)


def recipe(columns: Sequence[Column], rows: int, value: Value) -> Recipe:
    """The columns that make up the quantity. Without any, `added` is empty."""
    totals = [column for column in columns if column.meaning == "quantity"]
    totals = [column for column in totals if column.amounts] or totals
    nets = [column for column in columns if column.meaning == "net" and column.filled]
    free = _apart([column for column in columns if column.meaning == "free" and column.filled])
    parts = [column for column in columns if column.meaning == "part" and column.filled]
    debts = [column for column in columns if column.meaning == "debt" and column.filled]
    if all("interest" in column.title.casefold() for column in debts):
        debts = []  # without a loan beside it, interest is what was earned
    doubts: list[Doubt] = []
    total = _chosen(totals, columns, rows, value, doubts)
    if nets and (total is None or debts):
        return _net(nets[0], [*free, *parts], debts, rows, value)
    if total is None and (free or parts):
        total_parts = (*free, *parts)
        if len(total_parts) > 1:
            names = listed([f"'{column.title}'" for column in total_parts])
            doubts.append(Doubt("note", f"The quantity is the sum of the columns {names}"))
        elif free:
            doubts.append(
                Doubt("note", f"Only '{free[0].title}' is read; coins that are locked or staked may be missing")
            )
        other = next((c for c in columns if c.meaning == "" and c.is_numeric and not c.dates), None)
        if other is not None and not _same(rows, _cells(other, value), lambda row: _sum(total_parts, row, value)):
            names = listed([f"'{column.title}'" for column in total_parts])
            text = f"'{other.title}' is not understood and not read. Is {names} all that you hold?"
            doubts.append(Doubt("ask", text, field="quantity"))
        return _less(total_parts, debts, rows, value, doubts)
    if total is None:
        return _by_places(columns, rows, value)
    doubts += _unread_places(total, columns, rows, value)
    return _less(_with_parts(total, free, parts, rows, value, doubts), debts, rows, value, doubts)


def _places(columns: Sequence[Column]) -> list[Column]:
    """Return the columns of numbers under the name of an exchange or a wallet."""
    return [c for c in columns if c.meaning in {"", "place"} and c.is_numeric and is_place(c.title)]


def _by_places(columns: Sequence[Column], rows: int, value: Value) -> Recipe:
    """Return the sum of the columns of exchanges and wallets, with a question; without such columns, nothing."""
    places = tuple(_places(columns))
    if not places:
        return Recipe()
    names = listed([f"'{column.title}'" for column in places])
    text = f"The quantity is the sum of what {names} count. Are these all, and are they numbers of coins?"
    return Recipe(places, (), (Doubt("ask", text, field="quantity"),))


def _unread_places(total: Column, columns: Sequence[Column], rows: int, value: Value) -> list[Doubt]:
    """Return a question if columns of exchanges or wallets beside the quantity do not add up to it."""
    places = _places(columns)
    if not places or _same(rows, _cells(total, value), lambda row: _sum(places, row, value)):
        return []
    names = listed([f"'{column.title}'" for column in places])
    text = f"Only '{total.title}' is read, not {names}. Is that all you hold?"
    return [Doubt("ask", text, field="quantity")]


def _apart(free: Sequence[Column]) -> list[Column]:
    """Return the columns of available coins without those that repeat a part of another: available to withdraw."""
    plain = [column for column in free if not _SUBSET.search(column.title)]
    return plain or list(free[:1])


def _chosen(
    totals: Sequence[Column], columns: Sequence[Column], rows: int, value: Value, doubts: list[Doubt]
) -> Column | None:
    """Return the column with the whole quantity: one that is not a product of price and another column."""
    if len(totals) < 2:
        return totals[0] if totals else None
    prices = [column for column in columns if column.meaning in {"price", "cost"} and column.amounts]
    values = [column for column in columns if column.meaning == "value" and column.amounts]

    def is_money(column: Column) -> bool:
        products = [
            _times(_cells(other, value), _cells(price, value))
            for other in totals
            if other is not column
            for price in prices
        ]
        copies = [_cells(other, value) for other in values]
        return any(_same(rows, _cells(column, value), figures) for figures in (*products, *copies))

    coins = [column for column in totals if not is_money(column)] or list(totals)
    definite = [column for column in coins if column.title.casefold() in _DEFINITE]
    chosen = (definite or coins)[0]
    for other in coins:
        if other is not chosen and not _same(rows, _cells(chosen, value), _cells(other, value)):
            text = f"'{chosen.title}' is read as the quantity, and '{other.title}' is not used. Is that right?"
            doubts.append(Doubt("ask", text, field="quantity"))
    return chosen


def _cells(column: Column, value: Value) -> Figures:
    return lambda row: value(column, row)


def _times(first: Figures, second: Figures) -> Figures:
    return lambda row: _product(first(row), second(row))


def _product(a: float | None, b: float | None) -> float | None:
    return None if a is None or b is None else a * b


def _same(rows: int, first: Figures, second: Figures) -> bool:
    """Whether two columns agree to 1% in all rows in which both have a number, of which there must be one."""
    pairs = [(a, b) for i in range(rows) if (a := first(i)) is not None and (b := second(i)) is not None and (a or b)]
    return bool(pairs) and all(abs(a - b) <= 0.01 * max(abs(a), abs(b)) + 0.005 for a, b in pairs)


def _sum(columns: Sequence[Column], row: int, value: Value) -> float:
    return sum(value(column, row) or 0.0 for column in columns)


def _with_parts(
    total: Column, free: Sequence[Column], parts: Sequence[Column], rows: int, value: Value, doubts: list[Doubt]
) -> tuple[Column, ...]:
    """Return the total, and with it the parts that it does not include as the rows show."""
    split = [i for i in range(rows) if value(total, i) is not None and _sum(parts, i, value) > 0]
    if not split:
        return (total,)
    names = listed([f"'{column.title}'" for column in parts])

    def always(columns: Sequence[Column]) -> bool:
        return all(
            abs((value(total, i) or 0.0) - _sum(columns, i, value)) <= _CLOSE * abs(value(total, i) or 0.0) + 1e-12
            for i in split
        )

    if free and always([*free, *parts]):
        return (total,)
    if free and always(free):
        doubts.append(Doubt("note", f"{names} is not part of '{total.title}', and is added"))
        return (total, *parts)
    for part in parts:
        rest = [other for other in parts if other is not part]
        if free and len(parts) > 1 and always([*free, *rest]):
            doubts.append(Doubt("note", f"'{part.title}' is not part of '{total.title}', and is added"))
            return (total, part)
    if any(_sum(parts, i, value) > (value(total, i) or 0.0) * (1 + _CLOSE) for i in split):
        doubts.append(
            Doubt("ask", f"{names} is more than '{total.title}' in some rows, so both are added. Is that right?",
                  field="quantity")
        )  # fmt: skip
        return (total, *parts)
    if "total" in total.title.lower() or "gesamt" in total.title.lower():
        return (total,)
    doubts.append(
        Doubt("ask", f"'{total.title}' is read as including {names}. Is that right? If not, add what is missing",
              field="quantity")
    )  # fmt: skip
    return (total,)


def _less(added: Sequence[Column], debts: Sequence[Column], rows: int, value: Value, doubts: list[Doubt]) -> Recipe:
    owed = [i for i in range(rows) if _sum(debts, i, value)]
    if not owed:
        return Recipe(tuple(added), (), tuple(doubts))
    names = listed([f"'{column.title}'" for column in debts])
    doubts.append(Doubt("note", f"What the column {names} counts is owed and is subtracted"))
    return Recipe(tuple(added), tuple(debts), tuple(doubts))


def _net(net: Column, parts: Sequence[Column], debts: Sequence[Column], rows: int, value: Value) -> Recipe:
    """Return the recipe of a column that states the quantity after debts; a question if the others contradict it."""
    doubts = []
    for i in range(rows):
        stated = value(net, i)
        if stated is None or not parts:
            continue
        worked_out = _sum(parts, i, value) - sum(abs(value(column, i) or 0.0) for column in debts)
        if abs(stated - worked_out) > 0.01 * max(abs(stated), abs(worked_out)):
            text = f"'{net.title}' is {stated:g}, but the other columns add up to {worked_out:g}. Which one is right?"
            doubts.append(Doubt("ask", text, field="quantity"))
            break
    if debts:
        doubts.append(Doubt("note", f"'{net.title}' is read: what is borrowed is already subtracted"))
    return Recipe((net,), (), tuple(doubts))
