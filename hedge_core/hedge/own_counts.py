"""Own counts: numbers of contracts that the user sets, whatever the target rounds to.

They hold for a contract by its id, so they rest while another contract is in use. The collateral still limits them, as
it limits every count. A count below the venue's smallest order cannot be sent and becomes 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hedge_core.errors import Notice
from hedge_core.hedge.legs import SizedLeg
from hedge_core.plan.plan import HedgePlan
from hedge_core.text import listed


def with_own_counts(plan: HedgePlan, legs: Sequence[SizedLeg]) -> tuple[tuple[SizedLeg, ...], Notice | None]:
    """The legs with the counts that the user has set, and what there is to say about it (None: none is set)."""
    changed = tuple(_as_set(leg, plan.overrides.lots.get(leg.contract.id)) for leg in legs)
    pairs = [(leg, own) for leg, own in zip(legs, changed, strict=True) if leg.contract.id in plan.overrides.lots]
    if not pairs:
        return changed, None
    said = listed(
        [
            f"{own.contract.id} {own.contract.quantity_text(own.lots)} (the target rounds to "
            f"{own.contract.quantity_text(leg.lots)})"
            for leg, own in pairs
        ]
    )
    return changed, Notice("own_counts", f"You have set the number of contracts: {said}.")


def _as_set(leg: SizedLeg, lots: int | None) -> SizedLeg:
    if lots is None:
        return leg
    count = leg.instrument.direction * (lots if lots >= leg.contract.minimum_lots else 0)
    return replace(leg, contracts=count, wanted_contracts=count)
