"""Reads a table from a CSV file or pasted text as untrusted input.

Limits the size, decodes the bytes and detects the delimiter (comma, semicolon or tab). What the columns mean is up to
the caller. Row numbers are line numbers in the file; the header is row 1.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hedge_core.errors import Fault, InvalidFile
from hedge_core.text import FORMULA_SIGNS, INVISIBLE

_BEFORE_FORMULA = rf"[{INVISIBLE}\s]*['{FORMULA_SIGNS}]"
_FORMULA = re.compile(rf"(^|[;\t\r\n])(?={_BEFORE_FORMULA})")
_QUOTED_FORMULA = re.compile(rf"(^|[;\t\r\n])'(?={_BEFORE_FORMULA})")


def with_quoted_formulas(text: str) -> str:
    """The text with an apostrophe before whatever a spreadsheet may run as a formula; `without_quotes` removes them.

    That is the beginning of the cell, and what follows a semicolon, a tab or a line break: these begin a new cell or
    row where the file is opened with another separator than its own. An apostrophe in such a place gets another.
    """
    return _FORMULA.sub(r"\1'", text)


def without_quotes(text: str) -> str:
    """The text that `with_quoted_formulas` was given."""
    return _QUOTED_FORMULA.sub(r"\1", text)


MAX_BYTES = 5_000_000
_COMMA_IS_DECIMAL = re.compile(r"[-+]?(0,\d+|\d+,\d{1,2}|\d+,\d{4,}|\d{1,3}(\.\d{3})+,\d+)%?")


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


def decode(content: bytes | str, *, what: str) -> str:
    """The text of a file: UTF-16 with a byte order mark, UTF-8, or else Latin-1.

    `what` names the file in messages. Raises InvalidFile if it is too large, empty or not text.
    """
    if len(content) > MAX_BYTES:
        raise InvalidFile(f"The {what} is larger than {MAX_BYTES // 1_000_000} MB. Remove what you do not need.")
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
    """Line number and stripped cells of each line that is not blank.

    The delimiter is the one of comma, semicolon and tab that occurs most often in the first line. Raises InvalidFile
    if the text is not CSV or has only empty cells.
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
        raise InvalidFile(f"The {what} has only empty cells.")
    return lines


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


def decimal_commas(cells: Iterable[str]) -> bool:
    """Whether the cells use decimal commas: true if any cell looks like 0,5 or 1.234,5; then 1,234 means 1.234."""
    return any("," in cell and _COMMA_IS_DECIMAL.fullmatch(cell) for cell in cells)


def with_point(text: str) -> str:
    """A number with a decimal comma, rewritten with a decimal point: 1.234,5 as 1234.5. Other text is unchanged."""
    is_number = re.fullmatch(r"[-+]?[\d.]*,\d+%?", text)
    return text.replace(".", "").replace(",", ".") if is_number else text
