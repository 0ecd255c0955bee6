"""What a row of a venue's log is: a fill, a funding payment, a delivery, or something to leave out."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Literal, NamedTuple

from hedge_core.documents.fills.contract_names import ContractNames, is_spot_pair
from hedge_core.documents.fills.status import why_not_filled
from hedge_core.documents.reader.row_kinds import TOTALS
from hedge_core.errors import InvalidInput

_LEFT_OUT = re.compile(
    r"transfer|deposit|withdraw|conver|interest|bonus|airdrop|insurance|realized_pnl|commission|rebate|kfee|spot|"
    r"currency_|referral|cash ?back"
)
_FUTURES = re.compile(r"fut|perp|swap|deriv|linear|inverse|term|contract", re.IGNORECASE)


class RowKind(NamedTuple):
    """What a row is. `text` names what is left out, or says why a row is faulty in its field `field`."""

    name: Literal["fill", "funding", "left out", "faulty"]
    text: str = ""
    field: str = ""


def row_kind(
    cells: Mapping[str, str], fields: Collection[str], names: ContractNames, *, venue: str, is_filled_known: bool
) -> RowKind:
    """What the row is. `fields` are those of the table, `venue` its venue ('' if unknown).

    `is_filled_known` says that the column of quantities states what was filled, not what was ordered.
    """
    first = next((text for text in cells.values() if text), "")
    if not first or (TOTALS.fullmatch(first) and not cells.get("contract")):
        return RowKind("left out", "total" if first else "empty row")
    asset_class = cells.get("asset_class", "")
    if asset_class and not _FUTURES.search(asset_class):
        return RowKind("left out", asset_class[:40])
    not_filled = why_not_filled(
        cells.get("status", ""), is_filled_known=is_filled_known, filled=cells.get("quantity", "")
    )
    if not_filled is not None:
        return RowKind("faulty" if not_filled.is_fault else "left out", not_filled.text, "status")
    kind = cells.get("type", "").lower()
    words = f"{kind} {cells.get('side', '').lower()}"
    if "funding" in words or kind == "settlement":
        return RowKind("funding")
    if "deliver" in words:
        text = "deliveries are not imported: add a fill at the settlement price by hand"
        return RowKind("faulty", text, "type")
    if ("opening" in fields and not cells["opening"]) or _LEFT_OUT.search(words):
        return RowKind("left out", " ".join(f"{cells.get('type', '')} {cells.get('side', '')}".split())[:40])
    if venue and not cells.get("venue") and _is_spot(cells.get("contract", ""), names):
        return RowKind("left out", "spot")
    has_trade = any(cells.get(name) for name in ("side", "lots", "quantity"))
    if "price" not in fields and not {"funding", "pnl", "balance_change"} & set(fields) and cells.get("side"):
        text = "the table has no column of prices in USD at which the trades were filled; choose one, or write one"
        return RowKind("faulty", text, "price")
    if "price" not in fields or (cells.get("funding") and not has_trade):
        return RowKind("funding")
    return RowKind("fill")


def _is_spot(name: str, names: ContractNames) -> bool:
    """Whether a name looks like a spot pair and is no contract of the table's venue."""
    if not is_spot_pair(name):
        return False
    try:
        names.find(name)
    except InvalidInput:
        return True
    return False
