"""How coins move with a proxy, from the history or as a link has pinned it."""

from __future__ import annotations

import math

import numpy as np

from hedge_core.exposure.betas import BetaEstimate
from hedge_core.exposure.pinned import PinnedMarket
from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.held_coins import Position
from hedge_core.market.snapshot import MINIMUM_DAYS


def link(assessment: HedgeAssessment, position: Position) -> tuple[float, float] | None:
    """The holding's daily volatility and its correlation with what its betas predict; None where one is not known."""
    market, window = assessment.market, assessment.plan.decisions.window_days
    if not position.estimates:
        return None
    if isinstance(market, PinnedMarket):
        return _pinned_link(market, position)
    history = market.history
    if any(coin not in history for coin in (position.moves_with, *position.proxies)):
        return None
    own = history.returns_of(position.moves_with)[-window:]
    predicted = np.sum([e.beta * history.returns_of(e.proxy)[-window:] for e in position.estimates], axis=0)
    known = ~(np.isnan(own) | np.isnan(predicted))
    if int(known.sum()) < MINIMUM_DAYS:
        return None
    own, predicted = own[known], predicted[known]
    sigma, spread = float(own.std()), float(predicted.std())
    if sigma == 0.0 or spread == 0.0:
        return None
    rho = float(np.clip(((own - own.mean()) * (predicted - predicted.mean())).mean() / (sigma * spread), -1.0, 1.0))
    return sigma, rho


def _pinned_link(market: PinnedMarket, position: Position) -> tuple[float, float] | None:
    """The same from a pin: with a single proxy rho is the correlation with it, whatever the size of beta."""
    coin, known = position.moves_with, market.estimates.get(position.moves_with)
    rho: float | None
    if position.route == "bag":
        rho = market.predicted.get(coin)
    elif isinstance(known, BetaEstimate) and known.correlation is not None and known.proxy == position.proxy:
        rho = math.copysign(known.correlation, known.correlation * (position.beta or 0.0))
    else:
        rho = None
    return None if rho is None or coin not in market.volatilities else (market.volatilities[coin], rho)
