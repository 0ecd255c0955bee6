"""Approaches: which coins are hedged one by one and which together, and with what.

To add an approach, name it in `Approach` and write its row in APPROACHES.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hedge_core.exposure.estimates import Estimates
from hedge_core.hedge.methods import METHODS
from hedge_core.plan.plan import Approach, HedgePlan


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproachRule:
    """One approach.

    - `pools_coins`: coins without a future of their own are hedged together, as one bag.
    - `pools_own_futures`: coins with a future of their own join them.
    - `uses_basket`: the bag is hedged with a basket of the venue's contracts (`exposure.basket`), not just with
      Bitcoin, Ether and Solana.
    """

    pools_coins: bool
    pools_own_futures: bool = False
    uses_basket: bool = False


APPROACHES: Mapping[Approach, ApproachRule] = {
    "recommended": ApproachRule(pools_coins=True, uses_basket=True),
    "bag_level": ApproachRule(pools_coins=True, pools_own_futures=True),
    "coin_by_coin": ApproachRule(pools_coins=False),
}


def asks_for_basket(plan: HedgePlan) -> bool:
    """Whether the plan's approach hedges with a basket, and its sizing method follows the betas, as a basket needs."""
    decisions = plan.decisions
    return APPROACHES[decisions.approach].uses_basket and METHODS[decisions.method].follows_exposure


def uses_basket(plan: HedgePlan, estimates: Estimates) -> bool:
    """Whether the coins that are not hedged one by one are hedged with a basket, if one can be fitted."""
    return asks_for_basket(plan) and estimates.has_baskets
