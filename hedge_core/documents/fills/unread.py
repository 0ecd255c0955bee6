"""What speaks against a fill: columns that are not read (cancelled, a paper account, a second fee), and sums of fills.

A column of states may have any title, in any language, and the word may stand in a note. The fill counts all the same,
and the user is asked.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from hedge_core.documents.reader.amounts import amount_in
from hedge_core.documents.reader.doubts import Doubt
from hedge_core.documents.reader.row_words import means_everywhere
from hedge_core.plan.fills import Fill
from hedge_core.tables import Table

_NOT_FILLED = re.compile(
    r"cancel|reject|expired|not filled|unfilled|storniert|abgelehnt|annul|anulad|rechaz|refus|отмен|iptal"
    r"|撤销|撤單|已撤|取消|失効|취소",
    re.IGNORECASE,
)
_TAKEN_BACK = re.compile(r"\b(bust(ed)?|reversal|reversed|void(ed)?|correct(ed|ion)?|deleted)\b", re.IGNORECASE)
_REMAINDER = re.compile(r"remain|leaves|unfilled|\bopen (qty|quantity)\b|offen|restant|pendiente", re.IGNORECASE)
_FILLED_SHARE = re.compile(r"(filled|executed|done).{0,3}%|% ?(filled|executed|done)", re.IGNORECASE)
_FEE = re.compile(r"\b(fees?|commission|gebühr|provision|frais|comisi[oó]n)\b", re.IGNORECASE)
_NO_FEE = re.compile(r"rate|coin|asset|currency|ccy|type|tier|%|rebate", re.IGNORECASE)
_FILLS = frozenset({"fill", "fills", "filled", "trade", "execution", "exec"})
_UNTIL_CANCELLED = re.compile(r"good.?til|gtc|bis auf widerruf", re.IGNORECASE)
_PLAY = re.compile(r"\b(testnet|demo|paper|simulat(ed|ion|or)|sandbox|backtest|dry.?run)\b", re.IGNORECASE)
_LONGEST_SUM = 50
"""Fills beside a fill that are added up."""
_LONGEST = 60
"""Longer cells are not searched."""


def unread_doubts(
    table: Table, columns: Mapping[str, int], filled: Collection[int], *, is_filled_known: bool
) -> list[Doubt]:
    """A question for each row in `filled` beside which a column that is no field of a fill says otherwise.

    `is_filled_known`: the quantities are what was filled, so that a column of what remained says nothing.
    """
    used = {column for name, column in columns.items() if name != "note"}
    unused = [column for column in range(len(table.header)) if column not in used]
    doubts = []
    for row, cells in table.rows:
        if row not in filled:
            continue
        for column in unused:
            text = cells[column]
            if not text or len(text) > _LONGEST:
                continue
            is_off = _NOT_FILLED.search(text) and not _UNTIL_CANCELLED.search(text)
            if is_off or _PLAY.search(text) or _TAKEN_BACK.search(text) or means_everywhere(text):
                where = f"in the column '{table.header[column][:30]}'"
                why = f"'{text[:30]}' stands beside this fill, {where}. It is counted. Did it happen, and only once?"
                doubts.append(Doubt("ask", why, row, "status"))
                break
    return [*doubts, *_amounts(table, unused, filled, is_filled_known), *_levels(table, filled)]


def _amounts(table: Table, unused: Collection[int], filled: Collection[int], is_filled_known: bool) -> list[Doubt]:
    """Return a question for each column that is not read and counts what remained open, or a further fee."""
    doubts = []
    for column in unused:
        title = table.header[column]
        what = ""
        if _REMAINDER.search(title) and not is_filled_known:
            what = "counts what was not filled, and is not read. Are the quantities what was filled?"
        elif _FILLED_SHARE.search(title) and not is_filled_known:
            what = "says how much of an order was filled, and is not read. Are the quantities what was filled?"
        elif _FEE.search(title) and not _NO_FEE.search(title):
            what = "is a further fee, and is not read. Add it to the fee if it was paid on top"
        if not what:
            continue
        for row, cells in table.rows:
            amount = amount_in(cells[column]) if row in filled else None
            values = [] if amount is None else [value for value in amount.readings if value is not None]
            is_whole = amount is not None and amount.is_percent and values == [100.0] * len(values)
            if (any(values) and not is_whole) or (amount is not None and amount.is_percent and not is_whole):
                doubts.append(Doubt("ask", f"'{title[:30]}' {what}", row, "fee" if "fee" in what else "quantity"))
                break
    return doubts


def _levels(table: Table, filled: Collection[int]) -> list[Doubt]:
    """Return a question if a column tells rows of orders from rows of their fills: both would count."""
    for column, title in enumerate(table.header):
        words = {row: cells[column].casefold() for row, cells in table.rows if row in filled}
        orders = [row for row, word in words.items() if word in {"order", "summary", "total"}]
        if orders and _FILLS & set(words.values()):
            text = f"'{title[:30]}' has orders as well as their fills. Both are counted. Leave the orders out"
            return [Doubt("ask", text, orders[0], "type")]
    return []


def sum_doubts(fills: Sequence[tuple[int, Fill]]) -> list[Doubt]:
    """A question about the first fill that is, in lots and fee, the sum of the fills just before or just after it."""
    for place, (row, fill) in enumerate(fills):
        before, after = fills[max(0, place - _LONGEST_SUM) : place][::-1], fills[place + 1 : place + 1 + _LONGEST_SUM]
        for others in (before, after):
            lots, fees = 0, 0.0
            for number, (_, other) in enumerate(others, start=1):
                if (other.contract, other.expiry, other.side) != (fill.contract, fill.expiry, fill.side):
                    break
                lots, fees = lots + other.contracts, fees + other.fee
                if number > 1 and fill.fee and lots == fill.contracts and abs(fees - fill.fee) <= 1e-6 * abs(fees):
                    text = f"is the sum of {number} other fills beside it, in lots and fee. Both count. Is that right?"
                    return [Doubt("ask", text, row, "quantity")]
                if lots > fill.contracts:
                    break
    return []
