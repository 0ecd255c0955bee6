"""The numbers in the cells of one table, read in its number style; asks once where the style is not certain."""

from __future__ import annotations

from dataclasses import dataclass

from hedge_core.documents.reader.columns import Column
from hedge_core.documents.reader.doubts import Doubts
from hedge_core.documents.reader.lines import Line
from hedge_core.documents.reader.number_style import NumberStyle


@dataclass(slots=True)
class CellReader:
    """Reads numbers in `style`. `is_mark_open`: a number that matters could be read with the other decimal mark too."""

    style: NumberStyle
    doubts: Doubts
    is_mark_open: bool = False

    def value(self, column: Column, index: int) -> float | None:
        """The number in a column's cell of a row (by index), None if it has none; nothing is asked."""
        amount = column.amounts.get(index)
        return None if amount is None else self.style.value(amount, column.index)

    def number(self, line: Line, column: Column, index: int, field: str) -> float | None:
        """The number in a cell that matters: if it could be read otherwise, that is asked, once for the table."""
        value = self.value(column, index)
        if value is not None and not self.is_mark_open and self.style.is_uncertain(column.amounts[index], column.index):
            self.is_mark_open = True
            point, comma = column.amounts[index].readings
            other = comma if value == point else point
            text = (
                f"'{line.cells[column.index][:24]}' is read as {value:,.8g}; with the other decimal mark it would be "
                f"{other:,.8g}, and nothing in the table decides. Which one is right?"
            )
            self.doubts.ask(text, line.row, field)
        return value
