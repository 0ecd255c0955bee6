"""What a venue's own list changes in a row of the catalogue, and which of these changes cannot be believed.

A list may be wrong for an hour, and a library may misread a field after an update. A change that no venue makes in one
step is refused with its reason, and the row stays as it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import NamedTuple

from hedge_core.market.contracts import Contract
from hedge_core.market.margin_tiers import MarginTier
from hedge_core.market.venues.exchange import Exchange

STEP_FACTOR, TICK_FACTOR, FEE_FACTOR, MARGIN_FACTOR = 10.0, 100.0, 5.0, 5.0
"""A figure that grows or shrinks by more than its factor is refused."""

MOST_FEE, MOST_MARGIN = 0.005, 2.0
"""A fee or a margin above this, as a fraction of notional, is refused."""

Row = Mapping[str, str]
"""A row of contracts.csv."""


class Change(NamedTuple):
    """One column of a row that would change, and why the change is refused ('' if it is not)."""

    contract_id: str
    column: str
    old: str
    new: str
    refused: str = ""

    @property
    def text(self) -> str:
        """The change as one line."""
        tail = f"  REFUSED: {self.refused}" if self.refused else ""
        return f"{self.contract_id}: {self.column} {self.old or 'not known'} -> {self.new}{tail}"


def changes(row: Row, listed: Contract, exchange: Exchange) -> Iterator[Change]:
    """Every column of the catalogue's `row` that the venue's own listing of this contract would change.

    A size or a coin that differs is always refused, and so are all other figures of that contract.
    """
    name = listed.id
    if row["underlying"] != listed.underlying or not _same(row["contract_size"], listed.contract_size):
        now = f"{text_of(listed.contract_size)} {listed.underlying}"
        was = f"{row['contract_size']} {row['underlying']}"
        yield Change(
            name, "contract_size", was, now, "a contract that changes its size or its coin is another contract"
        )
        return
    least = listed.minimum_amount if listed.minimum_amount > listed.amount_step else None  # else it says nothing new
    yield from _figure(row, name, "amount_step", listed.amount_step, STEP_FACTOR)
    yield from _figure(row, name, "minimum_amount", least, STEP_FACTOR)
    yield from _figure(row, name, "minimum_notional", listed.minimum_notional or None, STEP_FACTOR)
    yield from _figure(row, name, "tick", listed.tick, TICK_FACTOR)
    if exchange.has_right_fees:
        yield from _figure(row, name, "maker_fee_rate", listed.maker_fee_rate, FEE_FACTOR, MOST_FEE)
        yield from _figure(row, name, "taker_fee_rate", listed.taker_fee_rate, FEE_FACTOR, MOST_FEE)
    if listed.margin_tiers:
        first = listed.margin_tiers[0]
        yield from _figure(row, name, "initial_margin_rate", first.initial_rate, MARGIN_FACTOR, MOST_MARGIN)
        yield from _figure(row, name, "maintenance_margin_rate", first.maintenance_rate, MARGIN_FACTOR, MOST_MARGIN)


def tier_fault(tiers: tuple[MarginTier, ...]) -> str:
    """Why this margin table cannot be right, or ''."""
    starts = [tier.notional_from for tier in tiers]
    if starts and (starts[0] != 0.0 or any(a >= b for a, b in pairwise(starts))):
        return "its tiers do not start at zero and grow"
    for tier in tiers:
        if not 0.0 < tier.maintenance_rate <= tier.initial_rate <= MOST_MARGIN:
            return "a tier keeps more than it asks, or asks an impossible rate"
    rates = [tier.maintenance_rate for tier in tiers]
    return "a larger position needs a lower rate" if any(a > b for a, b in pairwise(rates)) else ""


def text_of(value: float) -> str:
    """A number as the data files write it."""
    return f"{value:.12g}"


def _figure(
    row: Row, name: str, column: str, new: float | None, factor: float, most: float = float("inf")
) -> Iterator[Change]:
    old = row[column]
    if new is None or _same(old, new):
        return
    refused = ""
    if not 0.0 <= new <= most:
        refused = f"{text_of(new)} is not a possible figure"
    elif old and float(old) > 0.0 and not 1.0 / factor <= new / float(old) * (1.0 + 1e-9) <= factor * (1.0 + 2e-9):
        refused = f"more than {factor:g} times larger or smaller than before"
    yield Change(name, column, old, text_of(new), refused)


def _same(old: str, new: float) -> bool:
    return bool(old) and abs(float(old) - new) <= 1e-9 * max(abs(float(old)), abs(new))
