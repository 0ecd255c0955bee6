"""Legs: contracts held against the bag, with their price and their number of lots.

A `ShortLeg` is what is held or could be held. A `SizedLeg` is a proposal: it adds the target that the count rounds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeVar

from hedge_core.market.contracts import Contract
from hedge_core.market.instruments import Instrument, instrument_of


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortLeg:
    """A number of lots of one contract: an instrument with a count.

    `price` is in USD per coin, `lot_notional` in USD per lot. `contracts` is the whole number of lots with the sign of
    the position, negative for a short.
    """

    contract: Contract
    price: float
    lot_notional: float
    contracts: int

    @classmethod
    def of(cls, contract: Contract, price: float, contracts: int) -> ShortLeg:
        """The leg with this many lots at `price` (USD per coin)."""
        return ShortLeg(contract=contract, price=price, lot_notional=contract.lot_notional(price), contracts=contracts)

    @property
    def instrument(self) -> Instrument:
        """The contract's payoff, margin and carry; levels are relative to the leg's price."""
        return instrument_of(self.contract, self.price)

    @property
    def underlying(self) -> str:
        """The coin of the contract."""
        return self.contract.underlying

    @property
    def lots(self) -> int:
        """The number of lots that are held against the bag, positive."""
        return abs(self.contracts)

    @property
    def notional(self) -> float:
        """USD notional of all lots, positive."""
        return self.lots * self.lot_notional

    @property
    def coins(self) -> float:
        """Number of coins sold short, positive."""
        return self.lots * self.contract.multiplier(self.price)

    @property
    def side(self) -> Literal["short", "long", "none"]:
        """'short' or 'long', or 'none' if the leg has no lots."""
        return "short" if self.contracts < 0 else "long" if self.contracts else "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class SizedLeg(ShortLeg):
    """The lots of one contract that a plan proposes.

    `target_notional` is the USD to short according to the plan's sizing method, `ideal_notional` the USD to short
    according to beta (h·b). `exact_contracts` is the number of lots before rounding (>= 0). `wanted_contracts` is the
    whole number of lots, with the sign of the position, if the collateral is enough for all of them; `contracts` are
    those that it opens.
    """

    ideal_notional: float
    target_notional: float
    exact_contracts: float
    wanted_contracts: int

    @property
    def count_text(self) -> str:
        """The quantity for the order form; "92 (wanted 400)" if the collateral opens 92 where 400 are wanted."""
        opened, wanted = (self.contract.quantity_text(lots) for lots in (self.lots, self.wanted_contracts))
        return opened if opened == wanted else f"{opened} (wanted {wanted})"

    @property
    def wanted(self) -> ShortLeg:
        """The leg with the lots that are wanted, whether the collateral opens them or not."""
        return ShortLeg.of(self.contract, self.price, self.wanted_contracts)


def venue_held(contract: Contract, home: str) -> str:
    """The venue at which a contract is held: its own, or `home` for one of the user's own, which names none."""
    return contract.venue if contract.is_catalogued else home


Leg = TypeVar("Leg", bound=ShortLeg)


def traded(legs: Iterable[Leg]) -> tuple[Leg, ...]:
    """The legs with at least one lot. Margin and costs have one entry for each of them, in this order."""
    return tuple(leg for leg in legs if leg.contracts)


def notional_by_coin(legs: Iterable[ShortLeg]) -> dict[str, float]:
    """What is short of each coin (USD), at all venues together, the largest first; legs without a contract left out."""
    found: dict[str, float] = {}
    for leg in traded(legs):
        found[leg.underlying] = found.get(leg.underlying, 0.0) + leg.notional
    return dict(sorted(found.items(), key=lambda one: -one[1]))
