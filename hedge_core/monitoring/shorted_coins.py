"""The coins that are short or to be shorted, and how they move together: those of the plan, then those of other fills.

A position in a coin that the plan does not sell hedges too, as far as that coin moves with the plan's. It counts in the
achieved ratio and in the drift through the covariance of all of these coins.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.held_coins import hedged_values
from hedge_core.hedge.whole_counts import covariance_of
from hedge_core.market.snapshot import Floats
from hedge_core.monitoring.position import PositionState


@dataclass(frozen=True, eq=False)
class ShortedCoins:
    """Coins, those of the plan's legs first and in their order, and the covariance of their daily returns.

    `is_assumed`: there is too little history for the covariance, and it assumes that all coins move as one.
    """

    names: tuple[str, ...]
    covariance: Floats
    is_assumed: bool

    def padded(self, of_legs: Floats) -> Floats:
        """A figure of the plan's legs for all coins: 0 for the others."""
        return np.concatenate([of_legs, np.zeros(len(self.names) - len(of_legs))])

    def held(self, state: PositionState | None) -> Floats:
        """USD short of each coin, positive."""
        return np.array([state.short_of(coin) if state else 0.0 for coin in self.names], dtype=np.float64)


def shorted_coins(assessment: HedgeAssessment, state: PositionState | None, others: Iterable[str] = ()) -> ShortedCoins:
    """The coins of the plan's legs, of the open positions, and `others`."""
    own = tuple(dict.fromkeys(leg.underlying for leg in assessment.legs))
    names = tuple(dict.fromkeys((*own, *(state.underlyings if state else ()), *others)))
    if names == own:
        return ShortedCoins(own, assessment.covariance, assessment.is_covariance_assumed)
    values = hedged_values(assessment.held_coins)
    covariance, is_assumed = covariance_of(assessment.plan, assessment.estimates, names, values)
    return ShortedCoins(names, covariance, is_assumed)
