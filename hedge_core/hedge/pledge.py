"""Coins of the bag as margin: the same account with some of them pledged at the venue, each after its haircut.

With c_j the USD that a pledged coin counts for and m_j its move, the room of the account is

    room = W + sum of c_j·(1 + m_j) − sum of N·r − sum of maintenance(N·(1 + r))

Pledged coins stay the holder's: what they gain or lose is the bag's, and only what must be paid is taken from them. So
pledging changes nothing but when the margin runs out. A coin that is long and short alike needs no other treatment:
what the pledged coin gains is what the short loses, after the haircut.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from hedge_core.errors import InvalidInput
from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.margin import PledgedCoin
from hedge_core.hedge.pledged_coins import pledged_coin
from hedge_core.plan.pledges import Pledge


def with_pledge(
    assessment: HedgeAssessment, shares: Mapping[str, float], haircuts: Mapping[str, float] | None = None
) -> HedgeAssessment:
    """The same hedge with a share of some held coins pledged as margin; collateral that is not stated counts as 0.

    `shares` are fractions of what is held, by coin, and `haircuts` the user's own, fractions too, which replace those
    of the venue. The counts stay those of the plan. Raises InvalidInput for a coin that is not hedged, a figure outside
    0 … 1, or positions with collateral of their own.
    """
    if assessment.margin.is_isolated:
        raise InvalidInput("Coins cannot be pledged for isolated positions, because each has collateral of its own.")
    pledged = tuple(_pledged(assessment, coin, share, haircuts or {}) for coin, share in shares.items())
    margin = replace(assessment.margin, collateral=assessment.margin.collateral or 0.0, pledged=pledged)
    return replace(assessment, margin=margin, pledged=pledged)


def _pledged(assessment: HedgeAssessment, coin: str, share: float, own: Mapping[str, float]) -> PledgedCoin:
    for name, figure in (("share", share), ("haircut", own.get(coin, 0.0))):
        if not 0.0 <= figure <= 1.0:
            raise InvalidInput(f"The {name} of {coin:.20} must be between 0% and 100%, not {figure:.0%}.")
    pledge = Pledge(share=share, haircut=own.get(coin))
    found = pledged_coin(coin, pledge, assessment.held_coins, assessment.plan.decisions.venue)
    if found is None:
        raise InvalidInput(f"{coin:.20} is not among the hedged coins of the bag, so it cannot be pledged here.")
    return found
