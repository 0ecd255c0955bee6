"""A table from a CSV file or from pasted text, read as untrusted input: bounded, decoded, its delimiter found."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass

from hedge_core.errors import InvalidFile

MAX_BYTES = 5_000_000
MAX_COLUMNS = 2_000


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


def read_table(content: bytes | str, *, what: str, max_rows: int) -> Table:
    """The table in `content`. Raises InvalidFile when there is a header only, or nothing that is a table."""
    text = decode(content, what=what)
    lines = split_lines(text, what=what)
    header = tuple(lines[0][1])
    if len(header) > MAX_COLUMNS:
        raise InvalidFile(f"The {what} has {len(header):,} columns; at most {MAX_COLUMNS:,} can be read.")
    rows = [(number, cells) for number, cells in lines[1:] if any(cells)]
    if not rows:
        raise InvalidFile(f"The {what} has a header and no rows.")
    if len(rows) > max_rows:
        raise InvalidFile(f"The {what} has {len(rows):,} rows; at most {max_rows:,} can be read.")
    width = len(header)
    return Table(header, tuple((number, tuple([*cells, *[""] * width][:width])) for number, cells in rows))


def split_lines(text: str, *, what: str) -> list[tuple[int, list[str]]]:
    """Line numbers and cells, blank lines left out; the delimiter is what parts the first line."""
    first = next(line for line in text.splitlines() if line.strip())
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
