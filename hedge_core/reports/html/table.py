"""What the parts of the report are made of: tables in words, and text that is harmless wherever it is opened.

Text that a user wrote goes through `plain_text`: on one line, without marks that steer a terminal or turn the direction
of writing, and with an apostrophe where a spreadsheet that opens the report would read a formula.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import PurePath

from hedge_core.market.snapshot import MarketSnapshot
from hedge_core.plan.calendar import one_line
from hedge_core.reports.export import spreadsheet_safe
from hedge_core.text import usd

NO_BREAK = "\u00a0"


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


def plain_text(text: str) -> str:
    """The text on one line, harmless wherever it is shown or opened."""
    return spreadsheet_safe(one_line(text))


def source_text(market: MarketSnapshot) -> str:
    """Where prices are from; of a price file its name, not its place."""
    kind, is_file, path = market.source.partition(":")
    name = f"your price file {PurePath(path).name}" if is_file and kind == "csv" else market.source
    return plain_text(name)


def day_text(day: date, shape: str) -> str:
    """A day that stays on one line."""
    return f"{day:{shape}}".replace(" ", NO_BREAK)


def cents(amount: float) -> str:
    """An amount in USD with its sign, to the cent."""
    return f"{'+' if amount > 0 else ''}{usd(amount, cents=True)}"
