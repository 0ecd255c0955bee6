"""Basis noise: how far a contract strays from its coin.

The distance e of a contract from its coin, a fraction of the price, is a stationary AR(1) of its own for each leg:

    e(t) = PERSISTENCE·e(t−1) + η(t),   η with standard deviation sigma·sqrt(1 − PERSISTENCE²)

so that the level has the standard deviation sigma (0.3% by default). η has fat tails (Student t with 5 degrees of
freedom), and is TRIPLED on days on which Bitcoin and Ether move by more than LARGE_MOVE on average. A short of notional
N gains −N·(e(T) − e(0)). Sigma is an assumption, because no history of perpetuals against their index is at hand.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from hedge_core.market.snapshot import Floats

PERSISTENCE = 0.5
DEGREES = 5.0
TRIPLED = 3.0
LARGE_MOVE = 0.10
BURN_IN = 20
"""Days that are drawn before the first, so that e(0) comes from the stationary law: 0.5^20 of a start is left."""


def deviation(notionals: Sequence[float], sigma: float, days: int, *, is_crash: bool = False) -> float:
    """The standard deviation (USD) of what the noise of all legs does to the hedge in `days` days.

    With `is_crash` the last day is one with a large move. Legs are independent, so with ρ the persistence

        sqrt(sum of N²) · sigma · sqrt((1 − ρ^T)² + (1 − ρ²)·(ρ² + … + ρ^(2(T−1)) + c²)),   c = 3 in a crash, else 1
    """
    rho, last = PERSISTENCE, TRIPLED if is_crash else 1.0
    innovations = last**2 + sum(rho ** (2 * lag) for lag in range(1, days))
    variance = (1.0 - rho**days) ** 2 + (1.0 - rho**2) * innovations
    return math.hypot(*notionals) * sigma * math.sqrt(variance)


class BasisNoise:
    """The running noise of `legs` legs on `paths` paths; `level` is e(t) − e(0), shape (paths, legs)."""

    def __init__(self, random: np.random.Generator, sigma: float, paths: int, legs: int) -> None:
        self._random, self._scale = random, sigma * math.sqrt(1.0 - PERSISTENCE**2)
        self._distance = np.zeros((paths, legs))
        for _ in range(BURN_IN):
            self._step(np.ones((paths, 1)))
        self._first = self._distance
        self.level: Floats = np.zeros((paths, legs))

    def step(self, market_move: Floats) -> None:
        """Go on by a day on which Bitcoin and Ether moved by `market_move` on average, shape (paths,)."""
        self._step(np.where(np.abs(market_move) > LARGE_MOVE, TRIPLED, 1.0)[:, None])
        self.level = self._distance - self._first

    def _step(self, factor: Floats) -> None:
        shape = self._distance.shape
        unit = self._random.standard_t(DEGREES, shape) * math.sqrt((DEGREES - 2.0) / DEGREES)
        self._distance = PERSISTENCE * self._distance + self._scale * factor * unit
