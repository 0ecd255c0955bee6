"""Outcomes: what many simulated results say, each figure with the error of having drawn only so many.

    mean        s / sqrt(n)
    VaR         the loss that 5% of the results exceed; half of what one standard error of the rank moves it
    CVaR        the mean loss of those 5%; sqrt((var of the tail + q·(CVaR − VaR)²) / (n·(1 − q))), q = 95%
    a chance    sqrt(p·(1 − p) / n)

The errors are those of the drawing alone: that the history may not be like the future is not in them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hedge_core.errors import InvalidInput
from hedge_core.market.snapshot import Floats

LEVEL = 0.95
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Those of every distribution and every fan."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its standard error."""

    value: float
    error: float


@dataclass(frozen=True, slots=True)
class Chance:
    """How often something happened in `draws` independent draws."""

    value: float
    draws: int

    @property
    def error(self) -> float:
        """Standard error; of a chance that was never or always seen, the half of 3/n, which it lies below with 95%."""
        if self.value in (0.0, 1.0):
            return 1.5 / self.draws
        return float(np.sqrt(self.value * (1.0 - self.value) / self.draws))

    @classmethod
    def of(cls, happened: npt.NDArray[np.bool_]) -> Chance:
        """The share of draws in which it happened."""
        return cls(float(happened.mean()), len(happened))


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """Profit and loss (USD) over all draws; `value_at_risk` and `expected_shortfall` are losses, positive.

    `quantiles` are those of QUANTILES.
    """

    mean: Figure
    deviation: float
    quantiles: tuple[float, ...]
    value_at_risk: Figure
    expected_shortfall: Figure

    @property
    def median(self) -> float:
        """The middle result."""
        return self.quantiles[QUANTILES.index(0.5)]


def distribution(results: Floats, *, level: float = LEVEL, independent: int | None = None) -> Distribution:
    """The distribution of `results` (USD, a draw each), VaR and CVaR at `level`. Raises InvalidInput without any.

    Where results overlap, `independent` says how many do not; errors are then as large as those of so many draws.
    """
    n = len(results)
    wider = 1.0 if independent is None else float(np.sqrt(n / max(independent, 1)))
    if n == 0:
        raise InvalidInput("There is no result to describe.")
    ordered = np.sort(results)
    deviation = float(ordered.std(ddof=1)) if n > 1 else 0.0
    tail = max(1, round(n * (1.0 - level)))
    worst = -ordered[:tail]
    at_risk, shortfall = float(worst[-1]), float(worst.mean())
    step = max(1, round(np.sqrt(n * level * (1.0 - level))))
    low, high = max(tail - 1 - step, 0), min(tail - 1 + step, n - 1)
    spread = float(worst.var()) + level * (shortfall - at_risk) ** 2
    return Distribution(
        mean=Figure(float(ordered.mean()), wider * deviation / float(np.sqrt(n))),
        deviation=deviation,
        quantiles=tuple(float(q) for q in np.quantile(ordered, QUANTILES)),
        value_at_risk=Figure(at_risk, wider * float(ordered[high] - ordered[low]) / 2.0),
        expected_shortfall=Figure(shortfall, wider * float(np.sqrt(spread / (n * (1.0 - level))))),
    )
