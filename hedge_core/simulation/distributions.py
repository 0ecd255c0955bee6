"""Distributions: summary figures of simulated results, each with its standard error.

    mean        s / sqrt(n)
    VaR         the loss that 5% of results exceed; error: half the range of the order statistics one standard error of
                the rank away on either side
    CVaR        the mean loss of those 5%; sqrt((var of the tail + q·(CVaR − VaR)²) / (n·(1 − q))), q = 95%
    a chance    sqrt(p·(1 − p) / n)

The errors only cover the finite number of draws, not the risk that the future differs from the history.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hedge_core.errors import InvalidInput
from hedge_core.market.snapshot import Floats

LEVEL = 0.95
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
"""The quantiles of every distribution and every fan chart."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its standard error."""

    value: float
    error: float


@dataclass(frozen=True, slots=True)
class Chance:
    """The share (0 to 1) of `draws` independent draws in which something happened."""

    value: float
    draws: int

    @property
    def error(self) -> float:
        """Standard error; if it happened never or always, 1.5/n, half of the 95% bound 3/n (rule of three)."""
        if self.value in (0.0, 1.0):
            return 1.5 / self.draws
        return float(np.sqrt(self.value * (1.0 - self.value) / self.draws))

    @classmethod
    def of(cls, happened: npt.NDArray[np.bool_]) -> Chance:
        """The share of draws for which `happened` is true."""
        return cls(float(happened.mean()), len(happened))


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """The distribution of profit and loss (USD) over all draws.

    `value_at_risk` and `expected_shortfall` (VaR and CVaR) are losses and count as positive; `deviation` is the
    standard deviation; `quantiles` are at QUANTILES.
    """

    mean: Figure
    deviation: float
    quantiles: tuple[float, ...]
    value_at_risk: Figure
    expected_shortfall: Figure

    @property
    def median(self) -> float:
        """The median result (USD)."""
        return self.quantiles[QUANTILES.index(0.5)]


def distribution(results: Floats, *, independent: int | None = None) -> Distribution:
    """The distribution of `results` (USD, one per draw, shape (draws,)), with VaR and CVaR at LEVEL.

    If results overlap in time, `independent` is the number that do not, and the errors of mean, VaR and CVaR are those
    of that many draws. Raises InvalidInput if there are no results.
    """
    n = len(results)
    wider = 1.0 if independent is None else float(np.sqrt(n / max(independent, 1)))
    if n == 0:
        raise InvalidInput("There are no results to summarise.")
    ordered = np.sort(results)
    deviation = float(ordered.std(ddof=1)) if n > 1 else 0.0
    tail = max(1, round(n * (1.0 - LEVEL)))
    worst = -ordered[:tail]
    at_risk, shortfall = float(worst[-1]), float(worst.mean())
    step = max(1, round(np.sqrt(n * LEVEL * (1.0 - LEVEL))))
    low, high = max(tail - 1 - step, 0), min(tail - 1 + step, n - 1)
    spread = float(worst.var()) + LEVEL * (shortfall - at_risk) ** 2
    return Distribution(
        mean=Figure(float(ordered.mean()), wider * deviation / float(np.sqrt(n))),
        deviation=deviation,
        quantiles=tuple(float(q) for q in np.quantile(ordered, QUANTILES)),
        value_at_risk=Figure(at_risk, wider * float(ordered[high] - ordered[low]) / 2.0),
        expected_shortfall=Figure(shortfall, wider * float(np.sqrt(spread / (n * (1.0 - LEVEL))))),
    )
