"""What the parts of the report are made of: tables in words, and text that is harmless wherever it is opened.

Text that a user wrote goes through `plain_text`: on one line, without marks that steer a terminal or turn the direction
of writing, and with an apostrophe where a spreadsheet that opens the report would read a formula.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath

from hedge_core.market.snapshot import MarketSnapshot
from hedge_core.text import plain_text


@dataclass(frozen=True, slots=True)
class Table:
    """Cells in words. `numbers` are the columns that stand to the right, `free` those that hold a user's own words.

    `total` says that the last row sums up.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: frozenset[int] = frozenset()
    free: frozenset[int] = frozenset()
    total: bool = False


def source_text(market: MarketSnapshot) -> str:
    """Where prices are from; of a price file its name, not its place."""
    kind, is_file, path = market.source.partition(":")
    name = f"your price file {PurePath(path).name}" if is_file and kind == "csv" else market.source
    return plain_text(name)
