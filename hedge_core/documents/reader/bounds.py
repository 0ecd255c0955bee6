"""How large a table may be. Checked on bytes and raw text, before anything is split into cells.

A cell costs about a hundred bytes of memory and a few microseconds, so the bounds keep a reading within 64 MB and
two seconds of one processor.
"""

from __future__ import annotations

from dataclasses import dataclass

from hedge_core.errors import InvalidFile


@dataclass(frozen=True, slots=True)
class Bounds:
    """The most bytes, rows, columns, cells (rows times columns) and characters that one table may have.

    `line_length` is for a line, by default 100 for each column. `advice` says how to make a table of many rows shorter,
    and `needed` which columns to keep.
    """

    max_bytes: int = 5_000_000
    rows: int = 5_000
    columns: int = 200
    cells: int = 60_000
    line_length: int = 0
    advice: str = "If it lists transactions, export your balances instead; otherwise leave some rows out."
    needed: str = "the coin and the quantity"

    def check_size(self, content: bytes | str, *, what: str) -> None:
        """Raise InvalidFile if the content is larger than `max_bytes`."""
        if len(content) > self.max_bytes:
            raise InvalidFile(
                f"The {what} is larger than {self.max_bytes // 1_000_000} MB. Remove what you do not need."
            )

    def check_text(self, text: str, *, what: str) -> None:
        """Raise InvalidFile if the text has too many lines, or a line that is too long or has too many cells."""
        lines = text.count("\n") or text.count("\r")
        if lines > self.rows:
            raise InvalidFile(f"The {what} has {lines:,} lines; at most {self.rows:,} can be read. {self.advice}")
        widest = 0
        for line in text.split("\n"):
            widest = max(widest, max(line.count(delimiter) for delimiter in ",;\t|") + 1)
            if len(line) > (self.line_length or self.columns * 100):
                raise InvalidFile(f"The {what} has a line of {len(line):,} characters. Save it as plain CSV.")
        self.check_shape(lines, widest, what=what)

    def check_shape(self, rows: int, columns: int, *, what: str) -> None:
        """Raise InvalidFile if a table of this shape is too large."""
        if columns > self.columns:
            raise InvalidFile(
                f"The {what} has {columns:,} columns; at most {self.columns} can be read. Keep the columns for "
                f"{self.needed}, and delete the others."
            )
        if rows > self.rows or rows * columns > self.cells:
            raise InvalidFile(
                f"The {what} has {rows:,} rows and {columns} columns; at most {self.rows:,} rows and {self.cells:,} "
                "cells can be read. Delete the columns that you do not need, or leave some rows out."
            )


HOLDINGS_BOUNDS = Bounds()
"""For a table of holdings: a bag has 500 rows at most, and exports list many coins of which nothing is left."""
