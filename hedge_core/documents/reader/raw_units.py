"""Amounts in the smallest unit of a token, as block explorers and wallets export them: 500000000 for 500 USDC.

Such a table has a column of decimals (USDC 6, LINK 18), and so have tables of plain amounts. Which it is, only the size
of the numbers tells: amounts with a fraction are plain.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hedge_core.documents.reader.columns import Column
from hedge_core.documents.reader.doubts import Doubt
from hedge_core.errors import InvalidFile

LEAST = 1e-3
"""Coins from which on a raw amount is taken for one that may be held."""

_TITLES = frozenset({"decimals", "decimal", "token decimals", "token decimal", "tokendecimal", "tokendecimals"})


def raw_doubts(
    columns: Sequence[Column], amounts: Sequence[Column], rows: int, value: Callable[[Column, int], float | None]
) -> list[Doubt]:
    """A question if some amounts may be raw. Raises InvalidFile if all may be.

    An amount a may be raw if it is whole and a / 10^decimals is at least LEAST coins.
    """
    decimals = next((column for column in columns if " ".join(column.title.casefold().split("_")) in _TITLES), None)
    if decimals is None:
        return []
    known = [(value(column, i), value(decimals, i), i) for column in amounts for i in range(rows)]
    pairs = [(amount, places, i) for amount, places, i in known if amount and places is not None and 0 < places <= 30]
    if not pairs or any(amount != int(amount) for amount, _, _ in pairs):
        return []
    raw = [(amount, places) for amount, places, _ in pairs if amount / 10.0**places >= LEAST]
    text = (
        f"'{amounts[0].title[:30]}' may count the smallest units of a token: with its column of decimals, "
        "{0:,.0f} would be {1:,.6g} coins"
    )
    if len(raw) == len(pairs):
        amount, places = raw[0]
        raise InvalidFile(f"{text.format(amount, amount / 10.0**places)}. Enter numbers of coins.")
    return [Doubt("ask", f"{text.format(a, a / 10.0**p)}. Is it {a:,.0f} coins?", field="quantity") for a, p in raw[:1]]
