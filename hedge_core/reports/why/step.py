"""The derivation of one figure, and the helpers that all derivations share.

A step is a line of text: `what: 4 × $3,180.00 = $12,720.00 (a remark)`. The left side of `=` contains only numbers and
operators, so that the reader can type it into a pocket calculator. Money is shown to the cent or finer, other numbers
with eight digits; the calculation itself is not rounded.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hedge_core.hedge.legs import SizedLeg
from hedge_core.text import digits, dollars, unit_price

MOST_LINES = 8
"""Rows that a list shows in full; the smaller ones are summed up in one more line."""


@dataclass(frozen=True, slots=True)
class Derivation:
    """How one figure is computed.

    `formula` states it in words, `steps` with the user's numbers. `value` is the last result of the steps: USD, a
    fraction or a count, depending on the figure, or None if it is unknown. `result` is
    the figure as text.
    """

    name: str
    formula: str
    steps: tuple[str, ...]
    value: float | None
    result: str


@dataclass(frozen=True, slots=True)
class Row:
    """The amount (USD) that one holding or contract adds, and the lines of text that show how."""

    amount: float
    lines: tuple[str, ...]


def shortened(rows: Iterable[Row]) -> tuple[str, ...]:
    """The lines of the MOST_LINES largest rows, largest first, and one line with the sum of all others."""
    ordered = sorted(rows, key=lambda row: -abs(row.amount))
    shown, rest = ordered[:MOST_LINES], ordered[MOST_LINES:]
    lines = [line for row in shown for line in row.lines]
    if rest:
        together = dollars(sum(row.amount for row in rest))
        lines.append(f"and 1 other: {together}" if len(rest) == 1 else f"and {len(rest)} others together: {together}")
    return tuple(lines)


def total(amounts: Sequence[float], *, label: str = "Total") -> tuple[str, ...]:
    """One line with the sum of amounts in USD; empty for fewer than two.

    The line spells out the addition if there are at most four amounts and none is negative.
    """
    if len(amounts) < 2:
        return ()
    result = dollars(sum(amounts))
    if len(amounts) > 4 or any(amount < 0.0 for amount in amounts):
        return (f"{label}: {result}",)
    return (f"{label}: {' + '.join(map(dollars, sorted(amounts, reverse=True)))} = {result}",)


def lot_line(leg: SizedLeg) -> str:
    """One line with the value of one contract in USD."""
    if leg.contract.size_in_usd:
        return f"One contract: {unit_price(leg.lot_notional)} of {leg.underlying}, by its specification"
    coins = leg.contract.contract_size * leg.contract.amount_step
    return (
        f"One contract: {digits(coins)} × {unit_price(leg.price)} = {unit_price(leg.lot_notional)} "
        f"({digits(coins)} {leg.underlying} at its price)"
    )
