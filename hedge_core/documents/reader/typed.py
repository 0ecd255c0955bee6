"""Numbers as people type them into a form, one at a time: there is no table to tell the decimal mark.

1.5, 1,5, 1.000,50 and 1 000 are read. A number that can be read in both ways is read with a decimal point, and the
remark says how it could be read otherwise. What states another thing than the field asks for is refused: money where
coins are asked for, euro where dollars are, a figure that is rounded for show.
"""

from __future__ import annotations

from typing import NamedTuple

from hedge_core.documents.reader.amounts import Amount, amount_in


class TypedNumber(NamedTuple):
    """A number that was typed, None if there is none to use.

    `remark` says how it could be read otherwise, and `fault` why it is not used; each is '' if there is nothing to say.
    """

    value: float | None
    remark: str = ""
    fault: str = ""


def typed_quantity(text: str, coin: str = "") -> TypedNumber:
    """Read a number of coins, such as 1,5 or 12.5 SOL; `coin` is the coin of the row, '' if it is not known."""
    amount = amount_in(text)
    if amount is not None and amount.currency:
        return _refused(text, "is an amount of money; enter a number of coins")
    if amount is not None and amount.is_percent:
        return _refused(text, "is a percentage; enter a number of coins")
    if amount is not None and coin and amount.unit.upper() not in {"", coin.upper()}:
        return _refused(text, f"states {amount.unit[:16]}, and this row is of {coin[:16]}")
    return _read(text, amount)


def typed_price(text: str) -> TypedNumber:
    """Read a price in USD per coin, such as 0,5 or $148.20."""
    amount = amount_in(text)
    if amount is not None and amount.currency not in {"", "USD"}:
        return _refused(text, f"is in {amount.currency}; enter the price in USD")
    if amount is not None and (amount.is_percent or amount.unit):
        return _refused(text, "is not a price; enter the price in USD")
    return _read(text, amount)


def typed_percent(text: str) -> TypedNumber:
    """Read a number of percent, such as 12,5 or 12.5%; the value of both is 12.5."""
    amount = amount_in(text)
    if amount is not None and (amount.currency or amount.unit or "‰" in text):
        return _refused(text, "is not a percentage; enter one such as 10%")
    return _read(text, amount)


def _read(text: str, amount: Amount | None) -> TypedNumber:
    if amount is None:
        return _refused(text, "is not a number; write it like 1234.5 or 1,234.5") if text.strip() else TypedNumber(None)
    if amount.is_inexact:
        return _refused(text, "is not exact; write the whole number")
    point, comma = amount.readings
    if point is None or comma is None or point == comma:
        return TypedNumber(comma if point is None else point)
    remark = f"'{text.strip()[:24]}' is read as {point:,.8g}. If you mean {comma:,.8g}, write {comma:.10g}"
    return TypedNumber(point, remark)


def _refused(text: str, reason: str) -> TypedNumber:
    return TypedNumber(None, fault=f"'{text.strip()[:24]}' {reason}")
