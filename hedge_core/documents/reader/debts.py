"""Debts in a table of holdings: what is owed is subtracted from what is held of the same coin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hedge_core.documents.reader.doubts import Doubts
from hedge_core.documents.reader.lines import Line
from hedge_core.market.coin_names import NamedCoin
from hedge_core.market.coins import is_stablecoin, resolve_coin
from hedge_core.text import quantity as quantity_text


@dataclass(slots=True)
class CoinRow:
    """A row with a coin and a positive quantity of it, held or owed; `price` is in USD per coin, None without one.

    `is_subtotal`: the row's own words say that it is a sum of other rows.
    """

    index: int
    line: Line
    named: NamedCoin
    quantity: float
    is_owed: bool
    price: float | None = None
    is_subtotal: bool = False


def net(rows: Sequence[CoinRow], doubts: Doubts) -> list[CoinRow]:
    """The rows of coins that are held, less what is owed of each. Debts that no holding covers are refused.

    A debt of a wrapped coin is one of the coin that it wraps.
    """
    owed: dict[str, list[CoinRow]] = {}
    for row in rows:
        if row.is_owed:
            owed.setdefault(_same_coin(row), []).append(row)
    for row in rows:
        for debt in owed.get(_same_coin(row), ()) if not row.is_owed else ():
            taken = min(row.quantity, debt.quantity)
            if taken > 0:
                row.quantity -= taken
                debt.quantity -= taken
                text = f"{quantity_text(taken)} {debt.named.coin} is owed and is subtracted from what you hold of it"
                doubts.note(text, debt.line.row, "quantity")
    for debt in (debt for debts in owed.values() for debt in debts if debt.quantity > 0):
        what = f"{quantity_text(debt.quantity)} {debt.named.coin}"
        if is_stablecoin(debt.named.coin):
            text = f"{what} is a debt of cash; it is left out and does not change the hedge"
        else:
            text = (
                f"must be a positive number of coins, not {-debt.quantity:g}: {what} is owed, no holding in this table "
                "covers it, and it is left out"
            )
        doubts.refuse(text, debt.line.row, "quantity")
    return [row for row in rows if not row.is_owed and row.quantity > 0]


def _same_coin(row: CoinRow) -> str:
    resolved = resolve_coin(row.named.coin)
    return resolved.priced_as if resolved.units == 1.0 else row.named.coin
