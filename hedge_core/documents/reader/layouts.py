"""Tables of an unusual layout as plain ones: coins side by side, and coins that only the amounts name."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from hedge_core.documents.reader.columns import Column
from hedge_core.documents.reader.doubts import Doubt
from hedge_core.documents.reader.lines import Line
from hedge_core.documents.reader.table_finding import FoundTable
from hedge_core.documents.reader.titles import AMOUNTS, title_of
from hedge_core.market.coin_names import coin_named

_SIDE_BY_SIDE = AMOUNTS | {"price", "value", "percent", "cost"}
COIN = "Coin (in the amount)"
"""The title of the column that `with_coins` adds."""


def upright(lines: Sequence[Line], known: Collection[str]) -> tuple[tuple[Line, ...], tuple[Doubt, ...]]:
    """The lines of a table with a column for each coin, as a table with a row for each; other lines as they are.

    Such a table has coins in its first line, and below them lines that begin with Quantity, Price and the like.
    """
    if not 2 <= len(lines) <= 12 or len(lines[0].cells) < 3:
        return tuple(lines), ()
    width = len(lines[0].cells)
    coins = [coin_named(cell, known) for cell in lines[0].cells[1:] if cell]
    titles = [title_of(line.cells[0]).meaning for line in lines[1:]]
    is_turned = (
        len(coins) == width - 1
        and all(coin.is_known and coin.coin for coin in coins)
        and all(len(line.cells) == width for line in lines)
        and all(titles)
        and bool(AMOUNTS & set(titles))
        and set(titles) <= _SIDE_BY_SIDE
    )
    if not is_turned:
        return tuple(lines), ()
    header = Line(lines[0].row, ("coin", *(line.cells[0] for line in lines[1:])))
    rows = [Line(lines[0].row, tuple(line.cells[n] for line in lines)) for n in range(1, width)]
    return (header, *rows), (Doubt("note", "Each column is read as a coin, because the first line names coins"),)


def with_coins(table: FoundTable, columns: Sequence[Column], known: Collection[str]) -> FoundTable | None:
    """The table with a column of the coins that its amounts name (0.41 BTC); None if they do not all name one."""
    for column in columns:
        if column.meaning not in {"quantity", "net", "free"} or not column.filled:
            continue
        units = {row: amount.unit for row, amount in column.amounts.items()}
        if len(units) == column.filled and all(unit and coin_named(unit, known).is_known for unit in units.values()):
            rows = tuple(Line(line.row, (*line.cells, units.get(n, ""))) for n, line in enumerate(table.rows))
            note = Doubt("note", f"The coins are those that the cells of '{column.title[:30]}' name")
            return table._replace(titles=(*table.titles, COIN), rows=rows, doubts=(*table.doubts, note))
    return None
