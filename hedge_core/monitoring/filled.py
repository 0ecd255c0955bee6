"""What the orders that are filled achieve: the hedge ratio and the liquidation level of the executed position."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.sizing import achieved_hedge_ratio
from hedge_core.monitoring.position import position_state


@dataclass(frozen=True, slots=True)
class FilledHedge:
    """The executed position in the figures of a plan.

    `achieved_hedge_ratio` is a fraction of the bag's exposure, None if a coin that is short is none of the plan's legs.
    `rally_survived` is the rise of the market, a fraction, with the equity of today as collateral; None as in
    `MarketMargin`.
    """

    achieved_hedge_ratio: float | None
    rally_survived: float | None


def filled_hedge(assessment: HedgeAssessment) -> FilledHedge | None:
    """The figures of what is filled, or None if no fill is entered. Raises the errors of `position_state`."""
    state = position_state(assessment)
    if state is None:
        return None
    coins = [leg.underlying for leg in assessment.legs]
    ratio = None
    if all(coin in coins for coin in state.underlyings):
        places = {coin: place for place, coin in reversed(list(enumerate(coins)))}
        hedge = np.array([state.short_of(coin) if places[coin] == at else 0.0 for at, coin in enumerate(coins)])
        ratio = achieved_hedge_ratio(hedge, assessment.exposure, assessment.covariance) if coins else 0.0
    return FilledHedge(ratio, state.market_margin.rally_survived)
