"""Lines of cells from delimited text: which delimiter, and which lines are not part of the table at all."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from typing import NamedTuple

from hedge_core.errors import InvalidFile

DELIMITERS = ("\t", ";", "|", ",")
"""In order of preference: a comma can also be part of a number."""

_SAMPLE = 60
_SEP_LINE = re.compile(r'"?sep=(.|\\t)"?')


class Line(NamedTuple):
    """The cells of one line, and its number in the file (the first line is 1)."""

    row: int
    cells: tuple[str, ...]


class Split(NamedTuple):
    """The lines that are not blank, and the delimiter that parts their cells ('' for pasted lines and spreadsheets)."""

    lines: tuple[Line, ...]
    delimiter: str


def stated_delimiter(text: str) -> str:
    """The delimiter that Excel's line `sep=;` at the top states, or ''."""
    match = _SEP_LINE.fullmatch(text.lstrip().partition("\n")[0].strip())
    return "" if match is None else match[1].replace("\\t", "\t")


def best_delimiter(text: str) -> str:
    """The delimiter under which most lines have the same number of cells, or '' if none parts the lines."""
    if stated := stated_delimiter(text):
        return stated
    sample = "\n".join([line for line in text.split("\n") if line.strip()][:_SAMPLE])
    best, best_score = "", (0, 0)
    for delimiter in DELIMITERS:
        if delimiter not in sample:
            continue
        counts: Counter[int] = Counter(len(cells) for _, cells in _rows(sample, delimiter, what="table") if any(cells))
        score = max(((lines, width) for width, lines in counts.items() if width > 1), default=(0, 0))
        if score[0] > best_score[0] or (score[0] == best_score[0] and score[1] > best_score[1] + 1):
            best, best_score = delimiter, score
    return best


def split(text: str, *, what: str) -> Split:
    """The lines of delimited text, each cell stripped. Raises InvalidFile if the text is not CSV or has no cells."""
    delimiter = best_delimiter(text) or ","
    skipped = 1 if stated_delimiter(text) else 0
    lines = []
    for row, cells in _rows(text, delimiter, what=what):
        if delimiter == "|":
            cells = _without_frame(cells)
        if any(cells) and not (skipped and _SEP_LINE.fullmatch(delimiter.join(cells))):
            lines.append(Line(row, cells))
    if not lines:
        raise InvalidFile(f"The {what} has only empty cells.")
    return Split(tuple(lines), delimiter)


def _rows(text: str, delimiter: str, *, what: str) -> list[tuple[int, tuple[str, ...]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
    rows = []
    try:
        for cells in reader:
            rows.append((reader.line_num, tuple([cell.strip() for cell in cells])))
    except csv.Error as error:
        raise InvalidFile(f"The {what}, row {reader.line_num}: {error}. Save it as plain CSV.") from None
    return rows


def _without_frame(cells: tuple[str, ...]) -> tuple[str, ...]:
    """Return the cells of a line of a Markdown table without its frame; of the line under its titles, none."""
    if cells and not cells[0]:
        cells = cells[1:]
    if cells and not cells[-1]:
        cells = cells[:-1]
    return () if all(re.fullmatch(r":?-+:?", cell) for cell in cells) else cells
