"""Where the table is among the lines: its titles, its rows, and the lines above that are not part of it."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from itertools import zip_longest
from typing import NamedTuple

from hedge_core.documents.reader.amounts import UNIT_WORDS, amount_in, currency_of
from hedge_core.documents.reader.doubts import Doubt
from hedge_core.documents.reader.lines import Line
from hedge_core.documents.reader.row_words import is_place
from hedge_core.documents.reader.titles import title_of
from hedge_core.errors import InvalidFile
from hedge_core.market.coin_names import coin_named

_SEARCHED = 60
_SCALE = re.compile(r"(in )?(thousands?|millions?|tsd\.?|mio\.?|tausend)", re.IGNORECASE)
_HAS_DIGIT = re.compile(r"\d")
_NAMES = frozenset({"symbol", "coin", "name"})
_COUNTS = frozenset({"quantity", "net", "free", "part"})


class FoundTable(NamedTuple):
    """Titles and rows, each row as wide as the titles; `above` is the text of the lines before the titles.

    `title_row` is 0 if the table has no titles; then `titles` are empty.
    """

    titles: tuple[str, ...]
    title_row: int
    rows: tuple[Line, ...]
    above: str
    doubts: tuple[Doubt, ...]


def find_table(lines: Sequence[Line], *, chosen: Collection[str] = (), what: str) -> FoundTable:
    """The table in the lines. `chosen` are titles that the user named: their line is the line of titles.

    Rows with more cells than there are titles are left out with a doubt, because we cannot tell which cell belongs to
    which column. Raises InvalidFile if there are titles and no row below them.
    """
    at = _title_line(lines, chosen)
    if at is None:
        width = max(len(line.cells) for line in lines)
        rows = tuple(Line(line.row, _padded(line.cells, width)) for line in lines)
        return FoundTable((), 0, rows, "", ())
    is_below_text = at > 0
    header, at = _joined(lines, at)
    width = max(number for number, title in enumerate(header.cells, start=1) if title)
    titles = tuple(" ".join(title.split()) for title in header.cells[:width])
    above = " ".join(cell for line in lines[:at] for cell in line.cells if cell and line is not header)[:2_000]
    doubts = []
    if is_below_text:
        doubts.append(Doubt("note", f"The table begins in row {header.row}; what is above it is not part of it"))
    rows, more = _rows(lines[at + 1 :], titles, width)
    if not rows and not more and _meanings(header.cells) < 2:
        raise InvalidFile(
            f"No coin with a quantity was found in '{' '.join(header.cells)[:40]}'. Write lines such as: SOL 120."
        )
    if not rows and not more:
        raise InvalidFile(f"The {what} has a header but no rows.")
    return FoundTable(titles, header.row, rows, above, (*doubts, *more))


def _joined(lines: Sequence[Line], at: int) -> tuple[Line, int]:
    """Return the line of titles and its index; where merged cells make two lines of titles, both in one.

        Coin | Balance |      | Value
             | Spot    | Earn | USD      becomes Coin, Balance Spot, Balance Earn, Value USD

    A line of units (coins, USD, in thousands) is joined likewise: Amount (USD).
    """
    upper = lines[at]
    if at + 2 >= len(lines):
        return upper, at
    lower = lines[at + 1]
    cells = list(zip_longest(upper.cells, lower.cells, fillvalue=""))
    if all(below.casefold() in {*UNIT_WORDS, "-", "", "%"} or currency_of(below) or _SCALE.fullmatch(below)
           for _, below in cells):  # fmt: skip
        titles = [f"{above} ({below})" if below not in {"", "-"} else above for above, below in cells]
        return Line(upper.row, tuple(titles)), at + 1
    is_merged = (
        any(below and not above for above, below in cells)
        and not any(map(_HAS_DIGIT.search, lower.cells))
        and any(title_of(cell).meaning or is_place(cell) for cell in lower.cells if cell)
        and not any(below and above and coin_named(below).is_known and not currency_of(below) for above, below in cells)
    )
    if not is_merged:
        return upper, at
    titles, carried = [], ""
    for above, below in cells:
        carried = above or carried
        titles.append(f"{carried} {below}" if below else above)
    return Line(upper.row, tuple(titles)), at + 1


def _rows(lines: Sequence[Line], titles: tuple[str, ...], width: int) -> tuple[tuple[Line, ...], list[Doubt]]:
    rows: list[Line] = []
    doubts: list[Doubt] = []
    wordy: list[int] = []
    for number, line in enumerate(lines):
        if any(line.cells[width:]):
            why = (
                f"has {len(line.cells)} cells but the header has {width}; put numbers that contain the delimiter in "
                "quotes"
            )
            doubts.append(Doubt("refuse", why, row=line.row))
            continue
        cells = _padded(line.cells, width)
        if tuple(" ".join(cell.split()) for cell in cells) == titles:
            continue
        is_wordy = len(wordy) < _SEARCHED and not any(map(_HAS_DIGIT.search, cells))
        wordy += [line.row] if is_wordy else []
        if rows and len(lines) - number > 1 and is_wordy and _meanings(cells) >= 2 and _is_title_line(cells):
            doubts.append(
                Doubt(
                    "ask",
                    f"A second table begins here ({', '.join(cell for cell in cells if cell)[:60]}); it is not read. "
                    "If it lists coins that you hold, import it separately",
                    row=line.row,
                )
            )
            break
        rows.append(Line(line.row, cells))
    return tuple(rows), doubts


def _padded(cells: Sequence[str], width: int) -> tuple[str, ...]:
    return tuple([*cells, *[""] * width][:width])


def _title_line(lines: Sequence[Line], chosen: Collection[str]) -> int | None:
    """Return the index of the line of titles, or None if the table has none."""
    searched = lines[:_SEARCHED]
    if chosen:
        for number, line in enumerate(searched):
            if {" ".join(cell.split()) for cell in line.cells} >= set(chosen):
                return number
    best, best_score = None, 0
    for number, line in enumerate(searched):
        score = _meanings(line.cells) if _is_title_line(line.cells) else 0
        if score > best_score and (score >= 2 or number == 0):
            best, best_score = number, score
    if best is not None and best_score >= 2:
        return best
    first = lines[0].cells
    if len([cell for cell in first if cell]) < 2:
        return 0 if best == 0 or len(lines) < 2 or len(lines[1].cells) < 2 else _titles_below(lines)
    return 0 if _looks_like_titles(first) else None


def _titles_below(lines: Sequence[Line]) -> int:
    """Return the first line with as many cells as most lines have: titles above a table have only one cell."""
    width = max(len([cell for cell in line.cells if cell]) for line in lines[:_SEARCHED])
    return next((n for n, line in enumerate(lines) if 2 * len([c for c in line.cells if c]) > width), 0)


def _meanings(cells: Sequence[str]) -> int:
    """Return how many different kinds of columns the cells name; the coin and the quantity count double."""
    kinds = {meaning for cell in cells if cell and (meaning := title_of(cell).meaning)}
    return len(kinds) + bool(kinds & _NAMES) + bool(kinds & _COUNTS)


def _is_title_line(cells: Sequence[str]) -> bool:
    filled = [cell for cell in cells if cell]
    exact = sum(title_of(cell).is_exact for cell in filled)
    numbers = sum(_is_number(cell) for cell in filled)
    return len(filled) >= 2 and numbers == 0 and (2 * exact >= len(filled) or exact >= 3 or len(filled) <= 4)


def _is_number(cell: str) -> bool:
    """Whether a cell is a number and no title such as 24h."""
    return amount_in(cell) is not None and not title_of(cell).meaning


def _looks_like_titles(first: Sequence[str]) -> bool:
    """Whether the first line names columns and is not a holding (a holding may contain a typo, as in `SOL 12O`)."""
    if any(_is_number(cell) for cell in first):
        return False
    if any(title_of(cell).is_exact and title_of(cell).meaning in _NAMES | _COUNTS for cell in first):
        return True
    return not re.match(r"[-+−$€£]?\s*[.,]?\d", first[1])
