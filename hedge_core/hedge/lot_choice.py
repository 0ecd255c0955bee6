"""Lot choice: which of a venue's contracts on one coin is traded, if they have lots of different sizes.

The usual contract is the one with the fewest rolls (`contract_choice.contracts_in_use`). If its lots are large beside
the target, rounding moves the hedge far from it, and the venue may have smaller lots of the same coin. With x the
targets, N∘n the whole counts that can be opened, both in USD, and M what counts are judged by (`LegRisk.whole`), the
miss of a hedge is

    (N∘n − x)'M(N∘n − x)

Targets are those for the smallest lots. One coin after the other goes back to its usual contract, as long as the miss
grows by no more than 0.25% of x'Mx over that of the smallest lots: such hedges are equally good, and the usual contract
is traded more and has the better-known margin. Counts are those that the collateral opens, so that smaller lots with a
higher margin are not taken where they would leave less of a hedge.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hedge_core.exposure.ridge import EQUAL_RISK
from hedge_core.hedge.contract_choice import ChosenContracts
from hedge_core.hedge.whole_counts import SizedHedge
from hedge_core.market.contracts import Contract


def with_suitable_lots(size: Callable[[Mapping[str, Contract]], SizedHedge], chosen: ChosenContracts) -> SizedHedge:
    """The hedge in the usual contracts, and in smaller lots of those coins where these miss the targets by much less.

    `size` gives the hedge in whole counts of the contracts by coin.
    """
    contracts = dict(chosen.in_use)
    hedge = size(contracts)
    most = hedge.miss + EQUAL_RISK * hedge.aim
    for leg in hedge.legs:
        usual = chosen.usual[leg.underlying]
        if usual.id == leg.contract.id:
            continue
        trial = size({**contracts, leg.underlying: usual})
        if trial.miss <= most:
            contracts[leg.underlying], hedge = usual, trial
    return hedge
