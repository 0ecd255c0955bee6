"""How much of a coin's variance its hedge leaves."""

from __future__ import annotations

import numpy as np

from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.held_coins import HeldCoin

FEWEST_DAYS = 30


def variance_left(assessment: HedgeAssessment, held: HeldCoin) -> float | None:
    """Return Var(y − Σ βⱼ·xⱼ) / Var(y), a fraction of the coin's daily variance; 0 if its own future is shorted.

    y are the daily returns of the coin, xⱼ those of what is shorted for it with the betas βⱼ of the plan, on the days
    of the plan's window on which all have a return. With one beta from a regression this is 1 − R². More than 1 is
    possible: a beta that is set by hand may add variance. None if the coin is not hedged, or if fewer than 30 days are
    known (a link keeps no history: there the R² of a single regression is used).
    """
    if held.status != "hedged" or not held.estimates:
        return None
    if held.route == "own future":
        return 0.0
    history = assessment.market.history
    coins = (held.moves_with, *held.proxies)
    if all(coin in history for coin in coins):
        window = np.column_stack([history.returns_of(coin) for coin in coins])[-assessment.plan.decisions.window_days :]
        y, x = np.split(window[np.isfinite(window).all(axis=1)], [1], axis=1)
        if len(y) >= FEWEST_DAYS and y.var() > 0.0:
            betas = np.array([estimate.beta for estimate in held.estimates])
            return float((y[:, 0] - x @ betas).var() / y.var())
    r_squared = held.estimate.r_squared if held.estimate is not None else None
    return None if r_squared is None else 1.0 - r_squared
