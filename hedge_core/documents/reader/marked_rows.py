"""Rows that something beside the quantity casts doubt on: a note about a loan, a tick under Sold, a date of sale.

Nothing of this is certain enough to subtract or leave out a holding without a question.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from hedge_core.documents.reader.amounts import UNIT_WORDS, amount_in
from hedge_core.documents.reader.columns import Column
from hedge_core.documents.reader.doubts import Doubt
from hedge_core.documents.reader.lines import Line
from hedge_core.documents.reader.row_words import (
    DEBIT,
    GONE,
    OWED,
    flag_of_debt,
    flag_of_gone,
    is_about_a_sale,
    is_part_of_another,
    names_factor,
    names_units,
)
from hedge_core.market.coin_names import NamedCoin, coin_by_name, coin_named

_LENT = re.compile(r"\b(lent|lend|lending|loaned out|on loan|verliehen|supplied|deposited)\b", re.IGNORECASE)
_PLAY = re.compile(
    r"(.{0,20}\b)?(testnet|sepolia|goerli|devnet|holesky|paper (trading|account|money)|demo"
    r"|simulat(ed|ion|or)|play money|sandbox)(\b.{0,12})?",
    re.IGNORECASE,
)
_PART_OF_A_COIN = re.compile(
    r"[mµμ](?:BTC|XBT)|[µμ]ETH|(?:milli|micro)-?(?:BTC|ETH|[Bb]itcoins?|[Ee]ther)|(?:satoshi|lamport)s?|sats|[Gg]?wei"
)
"""Units that are written where the coin stands. SATS in capitals and mETH are tokens."""
_OWED_IN_NOTES = OWED - {"short", "credit", "kredi"}
"""Notes speak of short terms and credit cards."""
_SEARCHED = 200
"""Longer notes are not searched beyond this many characters."""


def is_marked_gone(columns: Sequence[Column], line: Line) -> bool:
    """Whether a column of yes and no says that the coins of the row are gone (Sold: yes, Active: no)."""
    return any(flag_of_gone(column.title, line.cells[column.index]) for column in columns)


def is_marked_owed(columns: Sequence[Column], line: Line) -> bool:
    """Whether a column of yes and no, or of signs, says that the coins of the row are owed (Is debt: yes)."""
    return any(flag_of_debt(column.title, line.cells[column.index]) for column in columns)


def part_of_another(columns: Sequence[Column], line: Line, coin: Column) -> str:
    """The remark by which the row is part of another one (`of which staked`), or ''."""
    cells = (line.cells[c.index] for c in columns if c.index != coin.index)
    return next((cell for cell in cells if cell and len(cell) <= _SEARCHED and is_part_of_another(cell)), "")


def why_other_unit(columns: Sequence[Column], line: Line, named: NamedCoin, text: str) -> str:
    """Why the quantity of the row is no number of coins, by a column of units or factors, or ''.

    `text` is the coin as the row names it, which may be a unit itself, as mBTC is.
    """
    if _PART_OF_A_COIN.fullmatch(text.strip()):
        return f"'{text.strip()}' is a part of a coin; enter the number of coins"
    for column in columns:
        cell = line.cells[column.index].strip()
        if names_units(column.title) and not column.amounts and cell and cell.lower() not in UNIT_WORDS:
            unit = coin_named(cell)
            if unit.coin != named.coin or unit.units != named.units:
                return f"is counted in '{cell[:16]}', not in {named.coin}; enter the number of coins"
        factor = amount_in(cell) if names_factor(column.title) else None
        if factor is not None and factor.readings[0] != 1.0:
            return f"is to be multiplied by '{cell[:16]}' ('{column.title[:20]}'); enter the number of coins"
    return ""


def why_not_real(columns: Sequence[Column], line: Line, coin: Column) -> str:
    """The word by which a row is no real money (a test network, paper trading), or ''."""
    cells = (line.cells[c.index] for c in columns if c.meaning != "note" and c.index != coin.index)
    return next((match[0] for cell in cells if (match := _PLAY.fullmatch(cell.strip()))), "")


def note_doubts(columns: Sequence[Column], line: Line, coin: Column, text: str) -> list[Doubt]:
    """A question if a remark beside the coin speaks of a debt or a sale; the row counts as held all the same.

    `text` is the coin as the row names it, which may hold a remark, as in `ETH (borrowed)` or `ETH loan`.
    """
    remarks = [text] if " " in text and not coin_by_name(text) else []
    remarks += [line.cells[c.index] for c in columns if c.meaning in {"note", ""} and c.index != coin.index]
    for remark in remarks:
        words = frozenset(re.findall(r"[^\W\d_]+", remark[:_SEARCHED].casefold()))
        where = "" if remark == text else f" stands beside {text[:16]}, which"
        beside = f"'{remark[:40]}'{where} is counted as held"
        if words & _OWED_IN_NOTES and not _LENT.search(remark):
            why = f"{beside}. Is it a debt? If so, write its quantity with a minus sign"
            return [Doubt("ask", why, line.row, "quantity")]
        if words & GONE:
            return [Doubt("ask", f"{beside}. Do you still hold it?", line.row, "quantity")]
        if words and words <= DEBIT:
            return [Doubt("ask", f"{beside}. Is it a debt?", line.row, "quantity")]
    return []


def sale_doubts(columns: Sequence[Column], rows: Sequence[Line], coin: Column) -> list[Doubt]:
    """A question about the first row with a price or a day of sale: such coins may have been sold."""
    for column in columns:
        if not is_about_a_sale(column.title):
            continue
        for line in rows:
            if line.cells[column.index] and line.cells[coin.index] and line.cells[column.index] not in {"0", "-"}:
                text = (
                    f"'{column.title[:30]}' is filled ({line.cells[column.index][:20]}), as for coins that were sold. "
                    "All rows are counted as held. Is that right?"
                )
                return [Doubt("ask", text, line.row, "quantity")]
    return []


def commented_doubts(rows: Sequence[Line], coin: Column) -> list[Doubt]:
    """A question if some coins have a # in front, as lines have that are meant to be skipped, and others have none."""
    marked = [line for line in rows if line.cells[coin.index].startswith("#")]
    if any(line.cells[coin.index].startswith("$") for line in rows):
        return []  # signs in front are decoration here
    if not marked or len(marked) == len([line for line in rows if line.cells[coin.index]]):
        return []
    text = f"'{marked[0].cells[coin.index][:20]}' has a # in front and other rows have none. It is counted as held"
    return [Doubt("ask", f"{text}. Is that right?", marked[0].row, "coin")]
