"""Columns of quantities that may hold something else: changes with a sign, or amounts of money without one."""

from __future__ import annotations

import re
from collections.abc import Sequence

from hedge_core.documents.reader.columns import Column
from hedge_core.documents.reader.doubts import Doubt
from hedge_core.documents.reader.quantities import Recipe
from hedge_core.documents.reader.table_finding import FoundTable


def change_doubts(made: Recipe, table: FoundTable) -> list[Doubt]:
    """A question if quantities have a plus sign: changes are written so, not balances."""
    cells = [line.cells[column.index] for line in table.rows for column in made.added]
    signed = next((cell for cell in cells if re.match(r"\+\s*[\d.,]", cell)), None)
    if signed is None:
        return []
    return [
        Doubt("ask", f"'{signed[:24]}' has a sign, as changes have. Are these numbers what you hold?", field="quantity")
    ]


_EITHER = frozenset({"equity", "size"})
"""Titles of columns that hold coins at some places and money at others."""
_WEAK_TITLES = frozenset(
    "balance amount total holdings holding position betrag saldo guthaben gesamt solde montant monto importe".split()
)


def money_doubts(made: Recipe, columns: Sequence[Column], coin: Column, table: FoundTable) -> list[Doubt]:
    """A question if a column that may be money or coins has two decimals in every row, or a currency beside it.

    Money has two decimals, and a column of currencies in a table without prices can only be about the amounts.
    """
    column = made.added[0]
    cells = [line.cells[column.index] for line in table.rows if line.cells[column.index]]
    is_alone = not any(c.meaning in {"price", "value"} or c.index in {d.index for d in made.debts} for c in columns)
    has_cost = any(c.meaning == "cost" and c.amounts for c in columns)
    is_split = any(c.meaning in {"free", "part", "debt"} and c.amounts for c in columns)
    if column.title.casefold() in _EITHER and is_alone and not is_split:
        text = f"'{column.title}' may count coins or money. Are these numbers of coins?"
        return [Doubt("ask", text, field="quantity")]
    if column.title.casefold() not in _WEAK_TITLES or len(made.added) > 1 or len(cells) < 2 or not is_alone:
        return []
    if column.title.casefold() == "total" and has_cost:
        return [
            Doubt("ask", "'Total' may be the number of coins or what they are worth. Which is it?", field="quantity")
        ]
    others = (c for c in columns if c.meaning in {"currency", "coin", "symbol"} and c.index != coin.index)
    currency = next((c for c in others if c.cash == c.filled > 0), None)
    if currency is not None:
        text = f"'{currency.title[:30]}' may be the currency of '{column.title[:30]}'. Are these numbers of coins?"
        return [Doubt("ask", text, field="quantity")]
    if not all(re.fullmatch(r"-?[\d.,' ]*\d[.,]\d\d", cell) for cell in cells):
        return []
    text = f"Every number in '{column.title}' has two decimals, as money has. Are they numbers of coins?"
    return [Doubt("ask", text, field="quantity")]
