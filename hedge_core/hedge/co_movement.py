"""How closely a held coin moves with its proxies, from price history or from the figures pinned in a link."""

from __future__ import annotations

import math

import numpy as np

from hedge_core.exposure.betas import BetaEstimate
from hedge_core.exposure.pinned import PinnedMarket
from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.held_coins import HeldCoin
from hedge_core.market.snapshot import MINIMUM_DAYS


def volatility_and_correlation(assessment: HedgeAssessment, held: HeldCoin) -> tuple[float, float] | None:
    """The daily volatility of a held coin and its correlation with the return that its betas predict.

    The volatility is the standard deviation of daily returns, a fraction, over the plan's window. None if the coin has
    no betas, a history is missing, the two share fewer than MINIMUM_DAYS days, or one of them never moves.
    """
    market, window = assessment.market, assessment.plan.decisions.window_days
    if not held.estimates:
        return None
    if isinstance(market, PinnedMarket):
        return _pinned(market, held)
    history = market.history
    if any(coin not in history for coin in (held.moves_with, *held.proxies)):
        return None
    own = history.returns_of(held.moves_with)[-window:]
    predicted = np.sum([e.beta * history.returns_of(e.proxy)[-window:] for e in held.estimates], axis=0)
    known = ~(np.isnan(own) | np.isnan(predicted))
    if int(known.sum()) < MINIMUM_DAYS:
        return None
    own, predicted = own[known], predicted[known]
    sigma, spread = float(own.std()), float(predicted.std())
    if sigma == 0.0 or spread == 0.0:
        return None
    rho = float(np.clip(((own - own.mean()) * (predicted - predicted.mean())).mean() / (sigma * spread), -1.0, 1.0))
    return sigma, rho


def _pinned(market: PinnedMarket, held: HeldCoin) -> tuple[float, float] | None:
    """The same two figures from a pinned market. With one proxy, rho has the sign of correlation × beta."""
    coin, known = held.moves_with, market.estimates.get(held.moves_with)
    rho: float | None
    if held.route == "bag":
        rho = market.predicted.get(coin)
    elif isinstance(known, BetaEstimate) and known.correlation is not None and known.proxy == held.proxy:
        rho = math.copysign(known.correlation, known.correlation * (held.beta or 0.0))
    else:
        rho = None
    return None if rho is None or coin not in market.volatilities else (market.volatilities[coin], rho)
