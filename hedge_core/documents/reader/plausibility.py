"""The net under everything else: quantity times price against the value given, the total and the market."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hedge_core.documents.reader.doubts import Doubt
from hedge_core.text import price as price_text, quantity as quantity_text, usd

ROOM = 0.02
"""How far a value may be from quantity times price: both are rounded for show."""

MARKET_ROOM = 1.5
"""How far a price may be from the market's, as a factor: a table may be weeks old."""

MOST_USUAL = 250_000_000.0
"""A bag worth more USD than this is asked about."""


@dataclass(frozen=True, slots=True)
class Checked:
    """One row as it was read, with what else the table says of it; `price` and `value` are in one currency."""

    row: int
    coin: str
    quantity: float
    price: float | None
    value: float | None
    in_dollars: bool


def product_doubts(rows: Sequence[Checked]) -> list[Doubt]:
    """A question for each row whose value is not its quantity times its price; one for all if most rows are so."""
    tested = [row for row in rows if row.price and row.value]
    off = [row for row in tested if not _agrees(row.quantity * row.price, row.value)]  # type: ignore[operator, arg-type]
    if len(off) > 1 and 2 * len(off) > len(tested):
        text = f"Quantity times price is not the value in {len(off)} of {len(tested)} rows. {_sum(off[0])}"
        return [Doubt("ask", text, row=off[0].row, field="quantity")]
    return [Doubt("ask", _sum(row), row=row.row, field="quantity") for row in off]


def _agrees(product: float, value: float) -> bool:
    return abs(product - value) <= ROOM * abs(value) + 0.011


def _sum(row: Checked) -> str:
    product = row.quantity * (row.price or 0.0)
    return (
        f"{quantity_text(row.quantity)} {row.coin} at {row.price:,.6g} would be worth {product:,.2f}, but the table "
        f"says {row.value:,.2f}. Which number is wrong?"
    )


def total_doubts(rows: Sequence[Checked], stated: float | None) -> list[Doubt]:
    """A question if the values of the rows do not add up to the table's own total."""
    values = [row.value for row in rows if row.value is not None]
    if (
        stated is None
        or not values
        or len(values) < len(rows)
        or abs(sum(values) - stated) <= 0.01 * abs(stated) + 0.02
    ):
        return []
    text = f"The values that were read add up to {sum(values):,.2f}, but the table's own total is {stated:,.2f}"
    return [Doubt("ask", f"{text}. Is a row missing, or read wrongly?", field="value")]


def market_doubts(rows: Sequence[Checked], market: Mapping[str, float]) -> list[Doubt]:
    """Questions where the table's price, or its value by its quantity, is far from the market's price.

    `market` holds prices in USD per coin. Rows in other currencies are not compared.
    """
    doubts = []
    for row in rows:
        known = market.get(row.coin)
        implied = row.price or (row.value / row.quantity if row.value and row.quantity else None)
        if not known or not implied or not row.in_dollars:
            continue
        if not 1 / MARKET_ROOM <= implied / known <= MARKET_ROOM:
            text = (
                f"by this table one {row.coin} is worth {price_text(implied)}, but its price is {price_text(known)}. "
                "Check coin and quantity"
            )
            doubts.append(Doubt("ask", text, row=row.row, field="quantity"))
    worth = sum(row.quantity * market.get(row.coin, 0.0) for row in rows)
    if worth > MOST_USUAL:
        doubts.append(
            Doubt("ask", f"These holdings are worth {usd(worth)} at market prices. Are the quantities right?")
        )
    return doubts


def share_doubts(rows: Sequence[Checked]) -> list[Doubt]:
    """A question if the quantities add up to exactly 100, or to 1: then they are probably shares of the bag."""
    total = sum(row.quantity for row in rows)
    if len({row.coin for row in rows}) >= 2 and (abs(total - 100.0) < 0.051 or abs(total - 1.0) < 0.00051):
        text = f"The quantities add up to {total:g}. Are they numbers of coins, and not percentages of your bag?"
        return [Doubt("ask", text, field="quantity")]
    return []


def double_doubts(rows: Sequence[Checked], places: Mapping[int, str]) -> list[Doubt]:
    """A question where a coin is listed twice with the same quantity, in the same wallet as far as the table says.

    `places` is where the coins of a row lie, '' if the table does not say.
    """
    seen: dict[tuple[str, float, str], int] = {}
    doubts = []
    for checked in rows:
        key = (checked.coin, checked.quantity, places.get(checked.row, ""))
        if key in seen:
            text = f"has the same coin and quantity as row {seen[key]}. Both are added up. Do you hold it twice?"
            doubts.append(Doubt("ask", text, row=checked.row))
        seen.setdefault(key, checked.row)
    return doubts
