"""Numbers of coins as people type them into a form, one at a time: there is no table to tell the decimal mark."""

from __future__ import annotations

from typing import NamedTuple

from hedge_core.documents.reader.amounts import amount_in


class TypedQuantity(NamedTuple):
    """A number of coins that was typed, None if it is none; `remark` says how it could be read otherwise, or ''."""

    value: float | None
    remark: str = ""


def typed_quantity(text: str) -> TypedQuantity:
    """Read 1.5, 1,5, 1.000,50, 1 000 or 12.5 SOL. A number that can be read in both ways is read with a decimal point.

    Money and percentages are no numbers of coins.
    """
    amount = amount_in(text)
    if amount is None or amount.currency or amount.is_percent or amount.is_inexact:
        return TypedQuantity(None)
    point, comma = amount.readings
    if point is None or comma is None or point == comma:
        return TypedQuantity(comma if point is None else point)
    remark = f"'{text.strip()[:24]}' is read as {point:,.8g}. If you mean {comma:,.8g}, write {comma:.10g}"
    return TypedQuantity(point, remark)
