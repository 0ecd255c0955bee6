"""Numbers as people type them into a form, one at a time: there is no table to tell the decimal mark.

1.5, 1,5, 1.000,50 and 1 000 are read. A number that can be read in both ways is read with a decimal point, and the
remark says how it could be read otherwise. What states another thing than the field asks for is refused: money where
coins are asked for, euro where dollars are, a figure that is rounded for show.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from hedge_core.documents.reader.amounts import Amount, amount_in
from hedge_core.market.coin_names import coin_named
from hedge_core.market.coins import is_stablecoin
from hedge_core.market.ticks import plain_number

PERCENT_WORDS = frozenset({"percent", "pct"})
DOLLAR_WORDS = frozenset({"dollar", "dollars"})

_TIMES = {"k": 1e3, "tsd": 1e3, "m": 1e6, "mio": 1e6, "mln": 1e6, "bn": 1e9}
_MULTIPLE = re.compile(r"\d\s*(k|tsd|mio|mln|m|bn)(?![a-z])", re.IGNORECASE)


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
    if amount is None or _is_of(amount, text, coin):
        return _read(text, amount)
    if amount.currency:
        return _refused(text, "is an amount of money; enter a number of coins")
    if _is_percent(amount):
        return _refused(text, "is a percentage; enter a number of coins")
    if coin and amount.unit:
        return _refused(text, f"states {amount.unit[:16]}, and this row holds {coin[:16]}")
    return _read(text, amount)


def typed_price(text: str) -> TypedNumber:
    """Read a price in USD per coin, such as 0,5 or $148.20."""
    amount = amount_in(text)
    if amount is None or (amount.unit.lower() in DOLLAR_WORDS and not amount.currency):
        return _read(text, amount)
    stated = amount.currency or (amount.unit.upper() if is_stablecoin(amount.unit.upper()) else "")
    if stated not in {"", "USD"}:
        return _refused(text, f"is in {stated}; enter the price in USD")
    if amount.is_percent or amount.unit:
        return _refused(text, "is not a price; enter the price in USD")
    return _read(text, amount)


def typed_percent(text: str) -> TypedNumber:
    """Read a number of percent, such as 12,5 or 12.5%, or 12.5 percent; the value of each is 12.5."""
    amount = amount_in(text)
    if amount is not None and (amount.currency or "‰" in text or (amount.unit and not _is_percent(amount))):
        return _refused(text, "is not a percentage; enter one such as 10%")
    return _read(text, amount)


def _is_of(amount: Amount, text: str, coin: str) -> bool:
    """Whether the amount states the coin of the row: as FT or $WIF, as SOL (Solana) or by another name, as XBT is BTC.

    A ticker that is also a sign for a currency is the coin in a row of that coin.
    """
    if amount.currency:
        return bool(coin) and re.sub(r"[^A-Z]", "", text.upper()) == coin.upper()
    ticker = amount.unit.partition("(")[0].strip().removeprefix("$")
    if not coin or not ticker:
        return False
    named = coin_named(amount.unit)
    is_named = named.coin == coin.upper() and named.units == 1.0 and not named.question
    return ticker.upper() == coin.upper() or is_named


def _is_percent(amount: Amount) -> bool:
    return amount.is_percent or amount.unit.lower().rstrip(".") in PERCENT_WORDS


def _read(text: str, amount: Amount | None) -> TypedNumber:
    if amount is None:
        return _refused(text, "is not a number; write it like 1234.5 or 1,234.5") if text.strip() else TypedNumber(None)
    point, comma = amount.readings
    if amount.is_inexact:
        return _refused(text, f"is not exact; {_exactly(text, comma if point is None else point)}")
    if point is None or comma is None or point == comma:
        return TypedNumber(comma if point is None else point)
    remark = f"'{text.strip()[:24]}' is read as {point:,.8g}. If you mean {comma:,.8g}, write {comma:.10g}"
    return TypedNumber(point, remark)


def _exactly(text: str, value: float | None) -> str:
    """How to write what was rounded for show or only approximated."""
    multiple = _MULTIPLE.search(text)
    if multiple is None or value is None:
        return "write the exact number"
    return f"write all its digits, such as {plain_number(round(value * _TIMES[multiple[1].lower()], 8))}"


def _refused(text: str, reason: str) -> TypedNumber:
    return TypedNumber(None, fault=f"'{text.strip()[:24]}' {reason}")
