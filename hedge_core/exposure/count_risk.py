"""What whole counts are judged by: how the contracts that are short move together, and each by itself.

The target of a basket is not made of whole contracts. The best counts are those that leave least of the bag's variance,
so what they miss their target by is judged here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hedge_core.exposure.basket import CORE, FULL_SHARE
from hedge_core.market.snapshot import MINIMUM_DAYS, Floats


@dataclass(frozen=True, eq=False)
class CountRisk:
    """What whole counts are judged by: S = X'X / T and D = diag(d) / T of the daily returns of the `legs`, T days.

    A hedge that misses its target by e USD has the daily variance e'(S + D)e, which counts a leg's own risk twice. A
    leg that is not in `legs` has too few days and is rounded alone. `bag_variance` is the variance of the bag's own
    return, None if it is unknown.
    """

    legs: tuple[str, ...]
    covariance: Floats
    days: int
    bag_variance: float | None = None

    @cached_property
    def unexplained(self) -> Floats:
        """Return the diagonal of D: S_jj − S_jc·S_cc⁻¹·S_cj with c Bitcoin and Ether, whose own entries are 0.

        Without Bitcoin and Ether among the legs everything counts as unexplained.
        """
        S, core = self.covariance, [place for place, name in enumerate(self.legs) if name in CORE]
        explained = S[:, core] @ np.linalg.pinv(S[np.ix_(core, core)], hermitian=True) @ S[core]
        unexplained: Floats = np.maximum(np.diag(S) - np.diag(explained), 0.0)
        unexplained[core] = 0.0
        return unexplained

    @property
    def matrix(self) -> Floats:
        """Return S + D."""
        return np.asarray(self.covariance + np.diag(self.unexplained))


def count_risk(returns: Floats, proxies: Sequence[str], bag: float | None = None) -> CountRisk | None:
    """Return S and D of the legs from their `returns` in the window (days, proxies), on the days that all share.

    Legs with fewer than MINIMUM_DAYS days are left out; None if the others share fewer. `bag` is the bag's variance.
    """
    known = ~np.isnan(returns)
    together = np.flatnonzero(known.sum(axis=0) >= MINIMUM_DAYS).tolist()
    shared = returns[known[:, together].all(axis=1)][:, together]
    if not together or len(shared) < MINIMUM_DAYS:
        return None
    legs = tuple(proxies[leg] for leg in together)
    X = shared - shared.mean(axis=0)
    return CountRisk(legs, X.T @ X / len(X), len(X), bag)


def bag_variance(returns: Floats, values: Floats) -> float | None:
    """Return the variance of the daily return of a bag at present weights, by its coins that are not young.

    `returns` are those of the window (days, coins), NaN if missing, `values` are USD of each coin. Only days that these
    coins share count. None without such a coin, or with fewer than MINIMUM_DAYS such days.
    """
    old = (~np.isnan(returns)).sum(axis=0) >= FULL_SHARE * len(returns)
    shared = returns[:, old][~np.isnan(returns[:, old]).any(axis=1)]
    total = float(values[old].sum())
    return float((shared @ (values[old] / total)).var()) if total > 0.0 and len(shared) >= MINIMUM_DAYS else None
