"""Rows that repeat other rows: the sum of a coin over several accounts, in a table that lists the accounts too.

A row that says so (`All accounts`, `SOL Total`) and is the sum is left out with a note. One that only looks like a sum
is left out with a question.
"""

from __future__ import annotations

from collections.abc import Sequence

from hedge_core.documents.reader.columns import Column
from hedge_core.documents.reader.debts import CoinRow
from hedge_core.documents.reader.doubts import Doubts
from hedge_core.documents.reader.row_words import means_everywhere
from hedge_core.text import quantity as quantity_text


def without_subtotals(
    rows: Sequence[CoinRow], columns: Sequence[Column], coin: Column, doubts: Doubts
) -> list[CoinRow]:
    """The rows that are no sums of other rows of the same coin."""
    places = [column for column in columns if column.meaning in {"place", "kind", ""} and column.index != coin.index]
    places = [column for column in places if 2 * len(column.amounts) <= column.filled or not column.filled]
    groups: dict[str, list[CoinRow]] = {}
    for row in rows:
        if not row.is_owed:
            groups.setdefault(row.named.coin, []).append(row)
    left_out: set[int] = set()
    for group in groups.values():
        for row in group:
            others = [other for other in group if other is not row and other.index not in left_out]
            if others and _is_left_out(row, others, places, doubts):
                left_out.add(row.index)
    return [row for row in rows if row.index not in left_out]


def _is_left_out(row: CoinRow, others: Sequence[CoinRow], places: Sequence[Column], doubts: Doubts) -> bool:
    total = sum(other.quantity for other in others)
    is_sum = abs(row.quantity - total) <= 1e-6 * total
    cells = [row.line.cells[column.index] for column in places]
    what = f"{quantity_text(row.quantity)} {row.named.coin}"
    if row.is_subtotal or any(map(means_everywhere, cells)):
        if is_sum:
            doubts.note(f"{what} is the sum of the other rows of {row.named.coin} and is left out", row.line.row)
        else:
            text = f"{what} is marked as a total, but the other rows of {row.named.coin} add up to {total:,.10g}"
            doubts.ask(f"{text}. The total is left out. Is that right?", row.line.row, "quantity")
        return True
    is_unplaced = any(
        not row.line.cells[column.index] and all(other.line.cells[column.index] for other in others)
        for column in places
    )
    if is_sum and (len(others) > 1 or is_unplaced):
        text = f"{what} is exactly the sum of the other rows of {row.named.coin}. It is left out as a subtotal"
        doubts.ask(f"{text}. Is that right?", row.line.row, "quantity")
        return True
    return False
