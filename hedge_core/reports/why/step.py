"""One figure derived, and the pieces that all derivations share.

A step is a line of text: `what: 4 × $3,180.00 = $12,720.00 (a remark)`. What stands to the left of `=` has numbers and
signs only, so that it can be typed into a pocket calculator. Money is shown to the cent or finer, other numbers with
eight digits; all digits are worked with.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.held_coins import HeldCoin
from hedge_core.hedge.legs import SizedLeg
from hedge_core.text import digits, dollars, unit_price

MOST_LINES = 8
"""Lines of one list; the smaller rows are added up in one more."""


@dataclass(frozen=True, slots=True)
class Derivation:
    """Why a figure is what it is.

    `formula` says it in words, `steps` with the user's own numbers. `value` is worked out from the inputs of the steps,
    not read from the assessment: USD, a fraction or a count, as the figure is; None where it is not known. `result` is
    the figure as screens show it.
    """

    name: str
    formula: str
    steps: tuple[str, ...]
    value: float | None
    result: str


@dataclass(frozen=True, slots=True)
class Row:
    """What one holding or one contract adds (USD), and the line or lines that say how."""

    amount: float
    lines: tuple[str, ...]


def shortened(rows: Iterable[Row]) -> tuple[str, ...]:
    """The lines of the largest rows, largest first, and one line for all others together."""
    ordered = sorted(rows, key=lambda row: -abs(row.amount))
    shown, rest = ordered[:MOST_LINES], ordered[MOST_LINES:]
    lines = [line for row in shown for line in row.lines]
    if rest:
        together = dollars(sum(row.amount for row in rest))
        lines.append(f"and 1 other: {together}" if len(rest) == 1 else f"and {len(rest)} others together: {together}")
    return tuple(lines)


def total(amounts: Sequence[float], *, label: str = "Together") -> tuple[str, ...]:
    """The line that adds up a list of USD; none for a single amount, and no sum that is longer than the list."""
    if len(amounts) < 2:
        return ()
    result = dollars(sum(amounts))
    if len(amounts) > 4 or any(amount < 0.0 for amount in amounts):
        return (f"{label}: {result}",)
    return (f"{label}: {' + '.join(map(dollars, sorted(amounts, reverse=True)))} = {result}",)


def value_of(held: HeldCoin) -> float:
    """USD of a holding: quantity × price."""
    return held.holding.quantity * held.price


def hedged(assessment: HedgeAssessment) -> tuple[HeldCoin, ...]:
    """The holdings that the hedge is sized for, worked out from the rows of the bag."""
    return tuple(held for held in assessment.held_coins if held.status == "hedged")


def lot_of(leg: SizedLeg) -> float:
    """USD that one contract (the smallest step of an order) is worth: size × step, times the price if in coins."""
    worth = leg.contract.contract_size * leg.contract.amount_step
    return worth if leg.contract.size_in_usd else worth * leg.price


def lot_line(leg: SizedLeg) -> str:
    """One contract in USD, as a line."""
    if leg.contract.size_in_usd:
        return f"One contract: {unit_price(lot_of(leg))} of {leg.underlying}, by its specification"
    coins = leg.contract.contract_size * leg.contract.amount_step
    return (
        f"One contract: {digits(coins)} × {unit_price(leg.price)} = {unit_price(lot_of(leg))} "
        f"({digits(coins)} {leg.underlying} at its price)"
    )


def notional_of(leg: SizedLeg) -> float:
    """USD that is short in a contract: whole contracts × worth of one."""
    return abs(leg.contracts) * lot_of(leg)


def traded(assessment: HedgeAssessment) -> tuple[SizedLeg, ...]:
    """The legs with at least one whole contract."""
    return tuple(leg for leg in assessment.legs if leg.contracts != 0)
