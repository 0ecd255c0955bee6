"""Sizing: from a bag's exposure to whole contracts.

With V the value of a holding, h the hedge ratio, beta the coin's beta to the proxy and N the notional of one
contract, the exact number of contracts is

    beta_weighted   h·V·beta / N     neutralises the share h of the bag's move (the default)
    notional        h·V / N          dollar for dollar, ignores beta
    guide_divided   h·V / (beta·N)   reproduces a worked example in circulation; covers only h/beta² of the exposure

A short is a negative number of contracts. Contracts on one underlying add up, so that a bag needs one order for
each contract. The achieved hedge ratio is the projection of the hedge on the bag's exposure b in the metric of
the proxies' covariance S: (N∘n)'S b / (b'S b); with one proxy simply n·N/b.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from hedge_core.errors import InvalidInput
from hedge_core.hedge.legs import SizedLeg
from hedge_core.hedge.optimum import Counts, best_counts
from hedge_core.market.contracts import Contract
from hedge_core.market.snapshot import Floats
from hedge_core.plan.plan import Rounding, SizingMethod

SNAP = 1e-9
"""Exact counts this close (relative, at least absolute) to a whole number are that number."""

MAX_LOTS = 1e15
"""Beyond this a double no longer counts in ones."""


def target_notional(value: float, beta: float, hedge_ratio: float, method: SizingMethod) -> float:
    """USD to short against a holding, before rounding. Raises InvalidInput for beta <= 0 when it divides."""
    if method == "beta_weighted":
        return hedge_ratio * value * beta
    if method == "notional":
        return hedge_ratio * value
    if beta <= 0:
        raise InvalidInput("Dividing by beta needs a beta above zero.")
    return hedge_ratio * value / beta


def whole_contracts(exact: float, rounding: Rounding) -> int:
    """A whole count (>= 0) from an exact one; a tie of `nearest` goes to the fewer contracts.

    For a single contract `optimal` is `nearest`.
    Counts within 1e-9 of a whole number snap to it first, so that floating point never turns 63 into 62.
    """
    if not math.isfinite(exact) or exact < 0:
        raise InvalidInput(f"The exact number of contracts must be zero or more, not {exact}.")
    nearest = round(exact)
    if abs(exact - nearest) <= SNAP * max(1.0, exact):
        return nearest
    if rounding == "down":
        return math.floor(exact)
    if rounding == "up":
        return math.ceil(exact)
    return math.ceil(exact - 0.5)


def achieved_hedge_ratio(hedge: Floats, exposure: Floats, covariance: Floats) -> float:
    """(N∘n)'S b / (b'S b): the share of the bag's exposure that the hedge offsets; 0 for a bag without any.

    `hedge` and `exposure` are USD by proxy (both positive for a short against a long), `covariance` is S.
    """
    weighted = covariance @ exposure
    variance = float(exposure @ weighted)
    return float(hedge @ weighted) / variance if variance > 0 else 0.0


def size_leg(contract: Contract, *, price: float, target: float, ideal: float, rounding: Rounding) -> SizedLeg:
    """The leg that shorts `target` USD (already netted over the holdings) with whole lots of `contract`.

    Raises InvalidInput when more than MAX_LOTS would be needed: a price or a contract size is wrong.
    """
    lot = contract.lot_notional(price)
    if not target <= lot * MAX_LOTS:
        raise InvalidInput(
            f"{contract.id}: one contract is worth ${lot:g} (at ${price:g} a coin), too little to hedge ${target:g} "
            f"with. Check the price of {contract.underlying}, the quantities and the size of the contract."
        )
    exact = target / lot if lot > 0 else 0.0
    return SizedLeg(
        contract=contract,
        underlying=contract.underlying,
        price=price,
        lot_notional=lot,
        ideal_notional=ideal,
        target_notional=target,
        exact_contracts=exact,
        contracts=-at_least_the_minimum(whole_contracts(exact, rounding), contract, rounding),
    )


def jointly_optimal(
    legs: Sequence[SizedLeg], covariance: Floats, *, margin_rates: Sequence[float], budget: float | None
) -> tuple[tuple[SizedLeg, ...], Counts]:
    """The legs with the whole counts that together come closest to their targets in variance.

    `margin_rates` are initial margins as fractions of notional, `budget` the collateral in USD (None: no limit).
    Raises InvalidInput where `optimum.best_counts` does: too many legs, or coins that move as one.
    """
    lots = np.array([leg.lot_notional for leg in legs])
    best = best_counts(
        lots,
        np.array([leg.exact_contracts for leg in legs]) * lots,
        covariance,
        margins=np.array(margin_rates) * lots,
        budget=budget,
        minimum_lots=tuple(leg.contract.minimum_lots for leg in legs),
    )
    counted = (replace(leg, contracts=-n) for leg, n in zip(legs, best.lots, strict=True))
    return tuple(counted), best


def at_least_the_minimum(lots: int, contract: Contract, rounding: Rounding) -> int:
    """The lots as the venue takes them: an order below its minimum is none, or the minimum when rounding up."""
    if lots == 0 or lots >= contract.minimum_lots:
        return lots
    return contract.minimum_lots if rounding == "up" else 0


@dataclass(frozen=True, slots=True)
class CountChoice:
    """One contract fewer, as proposed, or one more: what the whole hedge then achieves."""

    contracts: int
    notional: float
    achieved_hedge_ratio: float
    residual_exposure: float


def neighbouring_counts(
    legs: Sequence[SizedLeg], leg: int, *, exposure: Floats, covariance: Floats, hedgeable_value: float
) -> tuple[CountChoice, ...]:
    """n − 1, n and n + 1 lots of one leg (never below zero), the other legs as they are."""
    count = abs(legs[leg].contracts)
    choices = []
    for n in range(max(count - 1, 0), count + 2):
        hedge = np.array([other.notional for other in legs])
        hedge[leg] = n * legs[leg].lot_notional
        achieved = achieved_hedge_ratio(hedge, exposure, covariance)
        choices.append(CountChoice(n, float(hedge[leg]), achieved, (1.0 - achieved) * hedgeable_value))
    return tuple(choices)
