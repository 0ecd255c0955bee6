"""A table from a CSV file or from pasted text, read as untrusted input: bounded, decoded, its delimiter found."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hedge_core.errors import Fault, InvalidFile

FORMULA_MARKS = ("=", "+", "-", "@", "'", "＝", "＋", "－", "＠")
"""A cell that begins with one of these may be run as a formula by a spreadsheet (the quote: by our own mark)."""


MAX_BYTES = 5_000_000
_COMMA_IS_DECIMAL = re.compile(r"[-+]?(0,\d+|\d+,\d{1,2}|\d+,\d{4,}|\d{1,3}(\.\d{3})+,\d+)%?")


@dataclass(frozen=True, slots=True)
class Table:
    """Header and rows of text cells; `rows` pairs the line number in the file (header: 1) with the cells.

    Every row has as many cells as the header.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]

    @property
    def columns_text(self) -> str:
        """The columns' names for a message, shortened."""
        names = ", ".join(f"'{name[:30]}'" for name in self.header[:12])
        return f"{names}, ..." if len(self.header) > 12 else names

    def find(self, names: Sequence[str]) -> int | None:
        """The first column called by one of `names`, whatever its case."""
        titles = [re.sub(r"[\s_]+", " ", title.strip().lower()) for title in self.header]
        return next((titles.index(name) for name in names if name in titles), None)


def decode(content: bytes | str, *, what: str) -> str:
    """The text of a file. Raises InvalidFile when it is too large, empty or not text."""
    if len(content) > MAX_BYTES:
        raise InvalidFile(f"The {what} is larger than {MAX_BYTES // 1_000_000} MB: leave out what is not needed.")
    if isinstance(content, bytes):
        if content.startswith((b"\xff\xfe", b"\xfe\xff")):
            text = content.decode("utf-16", errors="replace")
        else:
            try:
                text = content.decode("utf-8-sig")
            except UnicodeDecodeError:
                text = content.decode("latin-1")
    else:
        text = content.removeprefix("\ufeff")
    if any(ord(mark) < 32 and mark not in "\t\r\n" for mark in text[:10_000]) or "\x00" in text:
        raise InvalidFile(f"The {what} is not a text file. Save the table as CSV and try again.")
    if not text.strip():
        raise InvalidFile(f"The {what} is empty.")
    return text


def split_lines(text: str, *, what: str) -> list[tuple[int, list[str]]]:
    """Line numbers and cells, blank lines left out; the delimiter is what parts the first line.

    Raises InvalidFile for what is no CSV, and where nothing is left.
    """
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max((",", ";", "\t"), key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
    lines: list[tuple[int, list[str]]] = []
    try:
        for cells in reader:
            stripped = [cell.strip() for cell in cells]
            if any(stripped):
                lines.append((reader.line_num, stripped))
    except csv.Error as error:
        raise InvalidFile(f"The {what}, row {reader.line_num}: {error}. Save it as plain CSV.") from None
    if not lines:
        raise InvalidFile(f"The {what} holds nothing but empty cells.")
    return lines


def tabulate(lines: Sequence[tuple[int, Sequence[str]]], *, what: str) -> tuple[Table, list[Fault]]:
    """The table whose first line is its header, and a fault for each row that has more cells than the header.

    Such a row is not in the table: nobody can say which cell belongs to which column. Raises InvalidFile when
    there is no row at all.
    """
    header = lines[0][1]
    width = max(number for number, title in enumerate(header, start=1) if title)
    faults: list[Fault] = []
    rows = []
    for row, cells in lines[1:]:
        if any(cells[width:]):
            why = f"has {len(cells)} cells, the header {width}; put numbers that contain the delimiter in quotes"
            faults.append(Fault(why, row=row))
        else:
            rows.append((row, tuple([*cells, *[""] * width][:width])))
    if not rows and not faults:
        raise InvalidFile(f"The {what} has a header and no rows.")
    return Table(tuple(header[:width]), tuple(rows)), faults


def decimal_commas(cells: Iterable[str]) -> bool:
    """Whether the cells are written with decimal commas: 0,5 or 1.234,5 somewhere, so that 1,234 is 1.234."""
    return any("," in cell and _COMMA_IS_DECIMAL.fullmatch(cell) for cell in cells)


def with_point(text: str) -> str:
    """1234.5 from 1.234,5: a number written with a decimal comma; anything else as it is."""
    is_number = re.fullmatch(r"[-+]?[\d.]*,\d+%?", text)
    return text.replace(".", "").replace(",", ".") if is_number else text
