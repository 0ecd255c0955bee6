"""A leg of the hedge: one contract, sold short, with its price and its whole count."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hedge_core.market.contracts import Contract


@dataclass(frozen=True, slots=True, kw_only=True)
class SizedLeg:
    """One order: so many lots of one contract, short.

    `price` is USD a coin, `lot_notional` USD a lot, `target_notional` and `ideal_notional` the USD that the
    sizing method asks for and that beta asks for (h·b), `exact_contracts` the count before rounding (>= 0),
    `contracts` the signed whole count (negative: short).
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
        """USD notional of the whole leg, positive."""
        return abs(self.contracts) * self.lot_notional

    @property
    def coins(self) -> float:
        """Coins short, positive."""
        return abs(self.contracts) * self.contract.multiplier(self.price)

    @property
    def side(self) -> Literal["short", "none"]:
        """What to do with the contract."""
        return "short" if self.contracts < 0 else "none"
