"""Contracts that would hedge a coin and are not sold: which coins, and why.

One lot is too large, the others do better without it, or the collateral opens none.
"""

from __future__ import annotations

from hedge_core.errors import Notice
from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.legs import SizedLeg
from hedge_core.hedge.rounding import whole_contracts
from hedge_core.market.contracts import Catalogue
from hedge_core.market.venues import venue_of
from hedge_core.plan.plan import Rounding


def unsold_own_futures(assessment: HedgeAssessment) -> tuple[str, ...]:
    """The held coins that are to be hedged with their own future and of which no contract is sold, in the bag's order.

    What is sold stands in for them, as far as they move with it.
    """
    sold = {leg.underlying for leg in assessment.traded_legs}
    own = (held for held in assessment.hedged_coins if held.route == "own future")
    return tuple(dict.fromkeys(held.holding.coin for held in own if not sold.intersection(held.proxies)))


def unsold_notice(leg: SizedLeg, known: Catalogue, rounding: Rounding) -> Notice:
    """Say why no lot of `leg` is sold, and which contract of `known` is small enough, if another one has to be used."""
    if whole_contracts(leg.exact_contracts, rounding) >= leg.contract.minimum_lots:
        return Notice(
            "better_without",
            f"{leg.contract.id} is not sold: one is {leg.contract.size_text()} (${leg.lot_notional:,.0f}), "
            f"{leg.exact_contracts:.2f} would be needed, and without it all contracts together come closest to their "
            "targets.",
        )
    return Notice("too_small", _too_small(leg, known, rounding), severity="warning")


def _too_small(leg: SizedLeg, known: Catalogue, rounding: Rounding) -> str:
    contract, least = leg.contract, leg.contract.minimum_lots
    text = f"Too small to hedge with {contract.id}: "
    if least > 1:
        text += f"the smallest order is {contract.size_text(least)} (${least * leg.lot_notional:,.0f}), and only "
        text += f"${leg.target_notional:,.0f} would be needed."
    else:
        text += f"one contract is ${leg.lot_notional:,.0f}, and only {leg.exact_contracts:.2f} of one would be needed."
    fits = [
        other
        for other in known
        if other.underlying == leg.underlying
        and not venue_of(other.venue).only_if_chosen
        and other.lot_notional(leg.price) > 0.0
        and whole_contracts(leg.target_notional / other.lot_notional(leg.price), rounding) >= other.minimum_lots
    ]
    if not fits:
        return f"{text} No contract in the catalogue is small enough."
    best = max(fits, key=lambda other: other.lot_notional(leg.price))
    return f"{text} Use {best.id} instead ({best.size_text()}, ${best.lot_notional(leg.price):,.0f})."
