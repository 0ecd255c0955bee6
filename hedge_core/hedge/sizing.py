"""Sizing: from a bag's exposure to whole contracts.

The exact number of contracts is the target of the sizing method (`methods`) divided by the notional N of one contract;
`rounding` makes it whole.

A short is a negative number of contracts. Shorts in the same contract are added together, so that a bag needs one order
per contract. The achieved hedge ratio is the share of the bag's exposure b that the hedge offsets: with S the
covariance of the proxies' returns, (N∘n)'S b / (b'S b); with one proxy it is n·N/b.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hedge_core.errors import InvalidInput
from hedge_core.hedge.legs import SizedLeg
from hedge_core.hedge.methods import METHODS
from hedge_core.hedge.rounding import ROUNDINGS, whole_contracts
from hedge_core.market.contracts import Contract
from hedge_core.market.instruments import instrument_of
from hedge_core.market.snapshot import Floats
from hedge_core.plan.plan import Rounding, SizingMethod

MAX_LOTS = 1e15
"""The most lots of one leg; far above this, floating-point numbers cannot count single lots."""


def target_notional(value: float, beta: float, hedge_ratio: float, method: SizingMethod) -> float:
    """USD to short against a held coin worth `value` USD, before rounding; the formulas are in `methods`.

    Raises InvalidInput if `guide_divided` is used with a beta that is not above zero.
    """
    return hedge_ratio * METHODS[method].base(value, beta)


def achieved_hedge_ratio(hedge: Floats, exposure: Floats, covariance: Floats) -> float:
    """The share of the bag's exposure that the hedge offsets, (N∘n)'S b / (b'S b); 0 if there is no exposure.

    `hedge` (N∘n) and `exposure` (b) are in USD, one entry per leg, both positive for a short against a long.
    `covariance` is S, in the same order.
    """
    weighted = covariance @ exposure
    variance = float(exposure @ weighted)
    return float(hedge @ weighted) / variance if variance > 0 else 0.0


def size_leg(contract: Contract, *, price: float, target: float, ideal: float, rounding: Rounding) -> SizedLeg:
    """The leg that shorts `target` USD of `contract`, rounded to whole lots as `rounding` says.

    `target` is the USD to short by the plan's sizing method and `ideal` the USD to short by beta (h·b); both are totals
    for all coins that the leg hedges, and not negative. `price` is in USD per coin. `optimal` rounds like `nearest`
    here. The leg has no lots if the count rounds to 0 or is below the venue's minimum order; `up` raises it to the
    minimum instead. Raises InvalidInput if `target` is negative, NaN or needs more than MAX_LOTS lots, which means that
    a price or the contract size is wrong.
    """
    lot = contract.lot_notional(price)
    if not target <= lot * MAX_LOTS:
        raise InvalidInput(
            f"{contract.id}: one contract is worth only ${lot:g} (at ${price:g} per coin), too little to hedge "
            f"${target:g}. Check the price of {contract.underlying}, the quantities and the size of the contract."
        )
    exact = target / lot if lot > 0 else 0.0
    contracts = instrument_of(contract).direction * ROUNDINGS[rounding].accepted(
        whole_contracts(exact, rounding), contract
    )
    return SizedLeg(
        contract=contract,
        price=price,
        lot_notional=lot,
        ideal_notional=ideal,
        target_notional=target,
        exact_contracts=exact,
        contracts=contracts,
        wanted_contracts=contracts,
    )


@dataclass(frozen=True, slots=True)
class CountChoice:
    """What the whole hedge achieves with this many lots of one leg.

    `contracts` counts lots (>= 0), `notional` is their USD, `residual_exposure` the USD that stays unhedged.
    """

    contracts: int
    notional: float
    achieved_hedge_ratio: float
    residual_exposure: float


def neighbouring_counts(
    legs: Sequence[SizedLeg], leg: int, *, exposure: Floats, covariance: Floats, hedgeable_value: float
) -> tuple[CountChoice, ...]:
    """What the whole hedge achieves if the leg at index `leg` has one lot less, as many as now, or one lot more.

    The choices are in that order; if the leg has no lots, the first is left out. The other legs stay as they are.
    `exposure`, shape (legs,), is in USD and positive for coins held; `covariance`, shape (legs, legs), is that of the
    legs' daily returns. `hedgeable_value` is the USD value of the coins to be hedged, from which the residual exposure
    is computed (negative if the hedge is too large).
    """
    count = legs[leg].lots
    choices = []
    for n in range(max(count - 1, 0), count + 2):
        hedge = np.array([other.notional for other in legs])
        hedge[leg] = n * legs[leg].lot_notional
        achieved = achieved_hedge_ratio(hedge, exposure, covariance)
        choices.append(CountChoice(n, float(hedge[leg]), achieved, (1.0 - achieved) * hedgeable_value))
    return tuple(choices)
