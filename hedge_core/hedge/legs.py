"""A leg of the hedge: one contract to sell short, with its price and its whole number of lots."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hedge_core.market.contracts import Contract


@dataclass(frozen=True, slots=True, kw_only=True)
class SizedLeg:
    """How many lots of one contract to sell short.

    `price` is in USD per coin, `lot_notional` in USD per lot. `target_notional` is the USD to short according to the
    plan's sizing method, `ideal_notional` the USD to short according to beta (h·b). `exact_contracts` is the number of
    lots before rounding (>= 0), `contracts` the whole number of lots, negative for a short.
    """

    contract: Contract
    underlying: str
    price: float
    lot_notional: float
    ideal_notional: float
    target_notional: float
    exact_contracts: float
    contracts: int

    @property
    def notional(self) -> float:
        """USD notional of all lots, positive."""
        return abs(self.contracts) * self.lot_notional

    @property
    def coins(self) -> float:
        """Number of coins sold short, positive."""
        return abs(self.contracts) * self.contract.multiplier(self.price)

    @property
    def side(self) -> Literal["short", "none"]:
        """'short', or 'none' if the leg has no lots."""
        return "short" if self.contracts < 0 else "none"
