"""Scaling: would paths at today's volatility have foretold losses better? Chosen on some coins, tested on others.

Paths scaled with a power g (`simulation.volatility`) are judged by the pinball loss of their VaR of 95%: with u the
loss less the VaR, 0.95·u if u > 0 and −0.05·u otherwise, which is least on average if the VaR is right. The power of
least loss on every other coin is tried on the remaining coins, and the other way round. It would be served only if both
were better by more than chance; one that is better only on the coins that it was chosen on is luck.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hedge_core.history.forecasts import POWERS, Forecast, p_value
from hedge_core.history.risk_tests import LEAST_DATES, pinball
from hedge_core.market.snapshot import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalingTest:
    """The power g chosen on some coins, and what it changed on others, which it was not chosen on.

    `change` is that of the pinball loss as a fraction of the loss with g = 0 (negative: better), the mean over bag and
    net at both horizons, and `p` its two-sided p-value with errors by date; None if g = 0 was chosen.
    """

    chosen_on: tuple[str, ...]
    tested_on: tuple[str, ...]
    power: float
    change: float
    p: float | None


def scaling_tests(forecasts: Mapping[str, Mapping[int, Forecast]]) -> tuple[ScalingTest, ...]:
    """The tests from forecasts by coin and start date; () if a half of the coins has fewer than LEAST_DATES dates."""
    halves = (tuple(forecasts)[::2], tuple(forecasts)[1::2])
    found = []
    for chosen_on, tested_on in (halves, halves[::-1]):
        chosen, tested = (_changes([forecasts[coin] for coin in coins]) for coins in (chosen_on, tested_on))
        if min(len(chosen), len(tested)) < LEAST_DATES:
            return ()
        best = int(chosen.mean(axis=0).argmin())
        found.append(
            ScalingTest(
                chosen_on=chosen_on,
                tested_on=tested_on,
                power=POWERS[best],
                change=float(tested[:, best].mean()),
                p=p_value(tested[:, best]) if POWERS[best] else None,
            )
        )
    return tuple(found)


def _changes(coins: Sequence[Mapping[int, Forecast]]) -> Floats:
    """The relative change of the pinball loss by start date and power, shape (dates, powers), averaged over coins."""
    by_date: dict[int, list[Floats]] = {}
    for made in coins:
        for date, forecast in made.items():
            by_date.setdefault(date, []).append(
                np.array([[pinball(one) for one in forecast.at_power(power)] for power in POWERS])
            )
    if not by_date:
        return np.zeros((0, len(POWERS)))
    losses = np.array([np.mean(by_date[date], axis=0) for date in sorted(by_date)])
    usual = losses[:, :1].mean(axis=0)
    changes: Floats = ((losses - losses[:, :1]) / np.where(usual > 0.0, usual, 1.0)).mean(axis=2)
    return changes
