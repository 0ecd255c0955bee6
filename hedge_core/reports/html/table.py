"""The table that the report's sections return, and the name of the price source as shown to readers.

Cells are finished text. Text that a user wrote must pass through `hedge_core.text.plain_text` first.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath

from hedge_core.market.snapshot import MarketSnapshot
from hedge_core.text import plain_text


@dataclass(frozen=True, slots=True)
class Table:
    """A table of finished text.

    `numbers` are the indexes of right-aligned columns, `free` those of columns with the user's own words; if `total`
    is true, the last row is the total.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: frozenset[int] = frozenset()
    free: frozenset[int] = frozenset()
    total: bool = False


def source_text(market: MarketSnapshot) -> str:
    """The source of the prices as safe text; a price file is shown by its name, without its folder."""
    kind, is_file, path = market.source.partition(":")
    name = f"your price file {PurePath(path).name}" if is_file and kind == "csv" else market.source
    return plain_text(name)
