"""Tables of text cells with a header: those that users bring, before anybody knows what the columns mean, and our own.

Row numbers are line numbers in the file; the header is row 1.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files

from hedge_core.errors import Fault, InvalidFile

_FORMULA_MARKS = ("=", "+", "-", "@", "'", "＝", "＋", "－", "＠")
"""A spreadsheet may run a cell that begins with one of these as a formula; an apostrophe in front marks it as text."""


@dataclass(frozen=True, slots=True)
class Table:
    """Header and rows of text cells; `rows` pairs each row's line number in the file with its cells.

    Every row has as many cells as the header.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]

    @property
    def columns_text(self) -> str:
        """The column names for a message: the first twelve, each cut to 30 characters."""
        names = ", ".join(f"'{name[:30]}'" for name in self.header[:12])
        return f"{names}, ..." if len(self.header) > 12 else names

    def find(self, names: Sequence[str]) -> int | None:
        """The index of the column named by one of `names` (in lower case), or None; earlier names are preferred.

        Case does not matter, and underscores count as spaces.
        """
        titles = [re.sub(r"[\s_]+", " ", title.strip().lower()) for title in self.header]
        return next((titles.index(name) for name in names if name in titles), None)


def marked_as_text(cell: str) -> str:
    """The cell with an apostrophe in front if a spreadsheet would run it as a formula, or takes its first mark away."""
    return f"'{cell}" if cell.startswith(_FORMULA_MARKS) else cell


def without_text_mark(cell: str) -> str:
    """The cell without the apostrophe that `marked_as_text` puts in front; other cells are unchanged."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA_MARKS) else cell


def tabulate(lines: Sequence[tuple[int, Sequence[str]]], *, what: str) -> tuple[Table, list[Fault]]:
    """The table in `lines`, whose first line is the header, and a fault for each row with more cells than the header.

    Such a row is left out, because we cannot tell which cell belongs to which column. Shorter rows are filled with
    empty cells. Raises InvalidFile if there is no row below the header.
    """
    header = lines[0][1]
    width = max(number for number, title in enumerate(header, start=1) if title)
    faults: list[Fault] = []
    rows = []
    for row, cells in lines[1:]:
        if any(cells[width:]):
            why = f"has {len(cells)} cells but the header has {width}; put numbers that contain the delimiter in quotes"
            faults.append(Fault(why, row=row))
        else:
            rows.append((row, tuple([*cells, *[""] * width][:width])))
    if not rows and not faults:
        raise InvalidFile(f"The {what} has a header but no rows.")
    return Table(tuple(header[:width]), tuple(rows)), faults


def shipped_rows(name: str) -> Iterator[dict[str, str]]:
    """The rows of the CSV file `name` in `hedge_core/data`, each with its cells by title."""
    text = files("hedge_core").joinpath("data", name).read_text(encoding="utf-8")
    return csv.DictReader(text.splitlines())
