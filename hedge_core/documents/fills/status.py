"""What the status of an order says about its fill: filled, filled in part, or not filled at all."""

from __future__ import annotations

import re
from typing import NamedTuple

from hedge_core.documents.reader.amounts import amount_in

_PARTLY = re.compile(r"part|teil", re.IGNORECASE)
_NOT_FILLED = re.compile(
    r"cancel|reject|expire|open\b|new\b|pending|working|placed|accepted|submitted|trigger|inactive|untriggered|fail|"
    r"deactivated|storniert|abgelehnt|abgelaufen|offen|annul|anul|rechaz|refus|wait|live\b|active\b|"
    r"отмен|отклон|истек|открыт|取消|キャンセル|失効|未約定|撤销|撤單|已撤|未成交|拒绝|취소|거부|미체결|iptal",
    re.IGNORECASE,
)


class NotFilled(NamedTuple):
    """Why a row gives no fill. `is_fault`: something was filled, but the table does not say how much."""

    text: str
    is_fault: bool = False


def why_not_filled(status: str, *, is_filled_known: bool, filled: str) -> NotFilled | None:
    """Return why an order gives no fill, None if it gives one.

    `is_filled_known`: the table has one column for what was ordered and another for what was filled, and `filled` is
    the cell of the latter. Then an order that was cancelled after a part was filled counts with that part.
    """
    if not status:
        return None
    amount = amount_in(filled)
    has_filled = is_filled_known and amount is not None and any(value for value in amount.readings)
    if has_filled:
        return None
    if _PARTLY.search(status):
        if is_filled_known:
            return NotFilled(f"order {status.lower()[:30]}")
        text = "was filled in part, and the table says only how much was ordered; enter what was filled by hand"
        return NotFilled(text, is_fault=True)
    return NotFilled(f"order {status.lower()[:30]}") if _NOT_FILLED.search(status) else None
