"""Tables of text cells with a header: those that users bring, before anybody knows what the columns mean, and our own.

Row numbers are line numbers in the file; the header is row 1.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from hedge_core.errors import Fault, InvalidFile
from hedge_core.text import FORMULA_SIGNS, INVISIBLE

_BEFORE_FORMULA = rf"[{INVISIBLE}\s]*['{FORMULA_SIGNS}]"
_FORMULA = re.compile(rf"(^|[;\t\r\n])(?={_BEFORE_FORMULA})")
_MARKED_FORMULA = re.compile(rf"(^|[;\t\r\n])'(?={_BEFORE_FORMULA})")
"""A formula behind an apostrophe, which marks it as text."""


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
    """The cell with an apostrophe before whatever a spreadsheet would run as a formula, or takes the first mark off.

    That is the beginning of the cell, and what follows a semicolon, a tab or a line break: these begin a new cell or
    row where the file is opened with another separator than its own.
    """
    return _FORMULA.sub(r"\1'", cell)


def without_text_mark(cell: str) -> str:
    """The cell without the apostrophes that `marked_as_text` puts in; other cells are unchanged."""
    return _MARKED_FORMULA.sub(r"\1", cell)


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
    text = (Path(__file__).parent / "data" / name).read_text(encoding="utf-8")
    return csv.DictReader(text.splitlines())
