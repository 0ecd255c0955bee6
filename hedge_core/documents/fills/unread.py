"""What the columns that are not read say against a fill: cancelled, paper trading, all accounts together.

A column of states may have any title, in any language, and the word may stand in a note. The fill counts all the same,
and the user is asked.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from hedge_core.documents.reader.doubts import Doubt
from hedge_core.documents.reader.row_words import means_everywhere
from hedge_core.tables import Table

_NOT_FILLED = re.compile(
    r"cancel|reject|expired|not filled|unfilled|storniert|abgelehnt|annul|anulad|rechaz|refus|отмен|iptal"
    r"|撤销|撤單|已撤|取消|失効|취소",
    re.IGNORECASE,
)
_UNTIL_CANCELLED = re.compile(r"good.?til|gtc|bis auf widerruf", re.IGNORECASE)
_PLAY = re.compile(r"\b(testnet|demo|paper|simulat(ed|ion|or)|sandbox|backtest|dry.?run)\b", re.IGNORECASE)
_LONGEST = 60
"""Longer cells are not searched."""


def unread_doubts(table: Table, columns: Mapping[str, int], filled: Collection[int]) -> list[Doubt]:
    """A question for each row in `filled` beside which a column that is no field of a fill says otherwise."""
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
            is_off = (_NOT_FILLED.search(text) and not _UNTIL_CANCELLED.search(text)) or _PLAY.search(text)
            if is_off or means_everywhere(text):
                where = f"in the column '{table.header[column][:30]}'"
                why = f"'{text[:30]}' stands beside this fill, {where}. It is counted. Did it happen, and only once?"
                doubts.append(Doubt("ask", why, row, "status"))
                break
    return doubts
