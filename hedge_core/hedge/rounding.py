"""Roundings: from an exact number of lots to a whole number, and how the rounding reads.

To add a rounding, name it in `Rounding` and write its row in ROUNDINGS.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from hedge_core.errors import InvalidInput
from hedge_core.market.contracts import Contract
from hedge_core.market.snapshot import Floats
from hedge_core.plan.plan import Rounding

SNAP = 1e-9
"""An exact count this close to a whole number (relative; absolute below 1) is taken as that number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundingRule:
    """One way to round.

    - `alone`: the rounding of a single contract; `is_joint`: the counts of all contracts are searched for together.
    - `raw`: whole lots from exact lots, without regard to SNAP.
    - `least`: the smallest number of exact lots that gives one; `least_own`: from which a coin's own future is used.
    - `raises_to_minimum`: a count below the venue's smallest order becomes that order, not zero.
    - `formula` and `towards`: its words.
    """

    alone: Rounding
    is_joint: bool = False
    raw: Callable[[Floats], Floats]
    least: float
    least_own: float
    raises_to_minimum: bool = False
    formula: str
    towards: str

    def whole(self, exact: Floats) -> Floats:
        """Whole lots from exact lots, in any shape; a count within SNAP of a whole number becomes that number."""
        nearest = np.rint(exact)
        is_whole = np.abs(exact - nearest) <= SNAP * np.maximum(1.0, exact)
        return np.where(is_whole, nearest, self.raw(exact))

    def accepted(self, lots: int, contract: Contract) -> int:
        """The lots that the venue accepts: below its minimum order, the minimum if rounding up, else 0."""
        if lots == 0 or lots >= contract.minimum_lots:
            return lots
        return contract.minimum_lots if self.raises_to_minimum else 0

    def least_lots(self, contract: Contract) -> float:
        """The number of exact lots below which a short in this contract rounds to none."""
        return self.least if self.raises_to_minimum or contract.minimum_lots == 1 else float(contract.minimum_lots)


def _half_down(exact: Floats) -> Floats:
    return np.ceil(exact - 0.5)


HALF = 0.5 + 1e-9
"""A half is rounded down, so this is the least that becomes one lot."""

ROUNDINGS: Mapping[Rounding, RoundingRule] = {
    "nearest": RoundingRule(
        alone="nearest",
        raw=_half_down,
        least=HALF,
        least_own=HALF,
        formula="the exact number, rounded to the nearest whole number; halves are rounded to fewer contracts",
        towards="to the nearest",
    ),
    "down": RoundingRule(
        alone="down",
        raw=np.floor,
        least=1.0,
        least_own=1.0,
        formula="the exact number, rounded down",
        towards="down",
    ),
    "up": RoundingRule(
        alone="up",
        raw=np.ceil,
        least=1e-9,
        least_own=HALF,
        raises_to_minimum=True,
        formula="the exact number, rounded up",
        towards="up",
    ),
    "optimal": RoundingRule(
        alone="nearest",
        is_joint=True,
        raw=_half_down,
        least=HALF,
        least_own=HALF,
        formula="the whole numbers of all contracts that together come closest to their targets (least variance)",
        towards="to the nearest",
    ),
}


def whole_contracts(exact: float, rounding: Rounding) -> int:
    """The whole number of contracts (>= 0) for an exact number.

    `nearest` rounds a half down, and for a single contract `optimal` is the same. A count within SNAP of a whole number
    becomes that number first, so that floating-point error never turns 63 into 62. Raises InvalidInput if `exact` is
    negative or not finite.
    """
    if not math.isfinite(exact) or exact < 0:
        raise InvalidInput(f"The exact number of contracts must be zero or more, not {exact}.")
    return int(ROUNDINGS[rounding].whole(np.array(exact)))
