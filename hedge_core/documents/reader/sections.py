"""Statements with several tables in one file, as brokers write them.

Interactive Brokers' activity statement begins each line with the section (Open Positions), then Header, Data or Total.
"""

from __future__ import annotations

from collections.abc import Sequence

from hedge_core.documents.reader.doubts import Doubt
from hedge_core.documents.reader.lines import Line
from hedge_core.errors import InvalidFile

_KINDS = frozenset({"header", "data", "total", "subtotal", "notes"})
_WANTED = ("crypto", "open positions", "positions", "offene positionen", "holdings", "balances")
_CASH = ("forex balances", "cash report")


def positions_section(lines: Sequence[Line]) -> tuple[tuple[Line, ...], tuple[Doubt, ...]]:
    """The lines of the section with positions, without the section's name and the kind of line, and what was left out.

    Lines that are not in sections are returned as they are. Raises InvalidFile if no section lists positions.
    """
    marked = [line for line in lines if len(line.cells) > 2 and line.cells[1].lower() in _KINDS]
    if len(marked) < 3 or 10 * len(marked) < 8 * len(lines):
        return tuple(lines), ()
    names = list(dict.fromkeys(line.cells[0] for line in marked))
    wanted = next((name for word in _WANTED for name in names if word in name.lower()), "")
    if not wanted:
        raise InvalidFile(
            f"This is a statement of several sections ({', '.join(names)[:120]}), and none lists open positions. "
            "Export it again with the section 'Open Positions', or paste lines such as: SOL 120."
        )
    own = [line for line in marked if line.cells[0] == wanted]
    kept = tuple(Line(line.row, line.cells[2:]) for line in own if line.cells[1].lower() in {"header", "data"})
    others = [name for name in names if name != wanted]
    text = f"This is a statement of several sections; only '{wanted}' is read" + (
        f", not {', '.join(others)[:120]}" if others else ""
    )
    doubts = [Doubt("note", text)]
    if cash := next((name for name in others if name.lower().startswith(_CASH)), ""):
        doubts.append(Doubt("note", f"Cash in the section '{cash}' is not read; add it by hand if you want it shown"))
    return kept, tuple(doubts)
