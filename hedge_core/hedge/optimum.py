"""The integer optimum: the whole lots of several contracts whose hedge differs least from its target in variance.

With n the lots, N the notional of one lot of each contract, x the target notionals, S the covariance of the contracts'
returns, c the cost of a lot and k the price of cost, the problem is

    minimise  f(n) = (N∘n − x)' S (N∘n − x) + k·c'n    over whole n, each 0 or at least its minimum, margin'n <= W

First it is solved without the whole-number condition. The solution is n*, with multipliers lambda (of the budget W) and
nu (of n >= 0). Then

    f(n) = f(n*) + |R(n − n*)|² + nu'n + lambda·(W − margin'n),    R'R = (N∘S∘N')

No term after f(n*) is negative, so the search of Schnorr and Euchner (Mathematical Programming 66, 1994) is exact: it
fixes one count after the other, trying values from the middle outwards, and turns back once the terms so far exceed the
best result. The search stays short when collateral is scarce, because its middle already respects the budget.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from hedge_core.errors import InvalidInput
from hedge_core.market.snapshot import Floats

Integers = npt.NDArray[np.int64]

MAX_INSTRUMENTS = 6
"""The most contracts that are optimised together."""

TIE = 1e-9
"""Variances whose relative difference is below this count as equal; a distance is negligible if it is this small a
fraction of the distance of no hedge."""

MAX_NODES = 300_000
"""The most partial solutions that the search visits (under a second); then it stops without a proof."""


@dataclass(frozen=True, slots=True)
class Counts:
    """The best whole lots, in the order of the contracts.

    `variance` is (N∘n − x)' S (N∘n − x), in USD² over the period of S. `is_budget_binding`: without a budget, the
    best lots would need more margin than the budget. `is_proven` is False if the search stopped at MAX_NODES; these
    lots are then the best that were found.
    """

    lots: tuple[int, ...]
    variance: float
    is_budget_binding: bool
    is_proven: bool


def best_counts(
    lot_notionals: Floats,
    target: Floats,
    covariance: Floats,
    *,
    margins: Floats | None = None,
    budget: float | None = None,
    minimum_lots: tuple[int, ...] | None = None,
    costs: Floats | None = None,
    cost_price: float = 0.0,
) -> Counts:
    """The whole lots that minimise f (see above); of equally good ones the fewest lots, then the lowest cost.

    All arrays have one entry per contract, and no two contracts may be on the same coin. `lot_notionals` and `margins`
    are in USD per lot, `target` in USD, `costs` in USD per lot over the horizon (negative: the lot earns), `budget` in
    USD (None: no limit), `cost_price` in USD² of variance per USD of cost. Raises InvalidInput for more than
    MAX_INSTRUMENTS contracts, for numbers that are not finite or have the wrong sign, and for a covariance that is not
    positive definite (if two contracts move exactly together, no mix of them is best).
    """
    m = len(lot_notionals)
    N, x, S = (np.asarray(values, dtype=np.float64) for values in (lot_notionals, target, covariance))
    margin = np.zeros(m) if margins is None else np.asarray(margins, dtype=np.float64)
    cost = np.zeros(m) if costs is None else np.asarray(costs, dtype=np.float64)
    minimum = np.ones(m, dtype=np.int64) if minimum_lots is None else np.asarray(minimum_lots, dtype=np.int64)
    if m > MAX_INSTRUMENTS:
        raise InvalidInput(f"At most {MAX_INSTRUMENTS} contracts can be rounded together, not {m}.")
    if x.shape != (m,) or S.shape != (m, m) or {len(margin), len(cost), len(minimum)} != {m}:
        raise InvalidInput(
            "Lots, target, covariance, margins, costs and minimum lots must have one entry per contract."
        )
    if not all(np.isfinite(values).all() for values in (N, x, S, margin, cost)):
        raise InvalidInput("Lot notionals, target, covariance, margins and costs must be finite numbers.")
    if (N <= 0).any() or (margin < 0).any() or cost_price < 0 or (budget is not None and not budget >= 0):
        raise InvalidInput("Lot notionals must be above zero; margins, budget and cost price must not be negative.")
    if m == 0:
        return Counts((), 0.0, False, True)

    problem = _Problem.of(N, x, S, margin, minimum, cost, cost_price)
    lots, is_proven = problem.search(math.inf)
    is_binding = budget is not None and float(margin @ lots) > _ceiling(budget)
    if budget is not None and is_binding:
        lots, is_proven = problem.search(_ceiling(budget))
    rest = N * lots - x
    return Counts(tuple(int(n) for n in lots), float(rest @ S @ rest), is_binding, is_proven)


def _ceiling(budget: float) -> float:
    """The budget plus a tolerance for rounding errors: a lot that costs exactly what is left is affordable."""
    return budget * (1.0 + 1e-12)


@dataclass(frozen=True, eq=False)
class _Problem:
    """Minimise |R n|² + g'n, with the contracts in search order: the count of the last one is fixed first."""

    R: Floats
    g: Floats
    margin: Floats
    minimum: list[int]
    cost: Floats
    order: Integers
    scale: float
    """|R·(x/N)|², the squared distance between no hedge and the target."""

    @classmethod
    def of(
        cls, N: Floats, x: Floats, S: Floats, margin: Floats, minimum: Integers, cost: Floats, cost_price: float
    ) -> _Problem:
        risk = N * np.sqrt(np.maximum(np.diag(S), 0.0))
        order: Integers = np.lexsort((risk, minimum > 1)).astype(np.int64)
        H = (S * np.outer(N, N))[np.ix_(order, order)]
        try:
            R: Floats = np.linalg.cholesky(H).T.astype(np.float64)
        except np.linalg.LinAlgError:
            R = np.zeros_like(H)
        if (np.diag(R) <= 1e-6 * risk[order]).any():
            raise InvalidInput("Some contracts move exactly together, so no mix of them is best. Use only one of them.")
        exact = (x / N)[order]
        g = -2.0 * H @ exact + cost_price * cost[order]
        size = float(exact @ H @ exact)
        return cls(R, g, margin[order], [int(n) for n in minimum[order]], cost[order], order, size)

    def search(self, budget: float) -> tuple[Integers, bool]:
        """The best lots in the caller's order, and whether the search was completed."""
        centre, multiplier, nu = self._relaxed(budget)
        found, is_complete = _Search(self, centre, multiplier, nu, budget).run()
        lots = np.zeros(len(found), dtype=np.int64)
        lots[self.order] = found
        return lots, is_complete

    def _relaxed(self, budget: float) -> tuple[Floats, float, Floats]:
        """n*, lambda and nu of the problem without whole numbers: every set of contracts above 0 is tried."""
        H, g, m = self.R.T @ self.R, self.g, len(self.g)
        best: tuple[float, Floats, float] = (0.0, np.zeros(m), 0.0)
        for size in range(m, 0, -1):
            for chosen in combinations(range(m), size):
                face = list(chosen)
                inverse = np.linalg.inv(H[np.ix_(face, face)])
                free, needs = -0.5 * inverse @ g[face], self.margin[face]
                multiplier = 0.0
                if needs @ free > budget:
                    pull = inverse @ needs
                    multiplier = 2.0 * float(needs @ free - budget) / float(needs @ pull)
                    free = free - 0.5 * multiplier * pull
                if (free < 0).any():
                    continue
                n = np.zeros(m)
                n[face] = free
                if size == m:
                    return n, multiplier, np.zeros(m)
                value = float(n @ H @ n + g @ n)
                if value < best[0]:
                    best = value, n, multiplier
        _, n, multiplier = best
        nu = np.where(n > 0, 0.0, np.maximum(2.0 * H @ n + g + multiplier * self.margin, 0.0))
        return n, multiplier, nu


class _Search:
    """Depth-first search over the counts, each from its middle outwards; all values are relative to f(n*)."""

    def __init__(self, problem: _Problem, centre: Floats, multiplier: float, nu: Floats, budget: float) -> None:
        self.rows: list[list[float]] = problem.R.tolist()
        self.centre: list[float] = centre.tolist()
        self.slopes: list[float] = nu.tolist()
        self.margins: list[float] = problem.margin.tolist()
        self.costs: list[float] = problem.cost.tolist()
        self.minimum, self.multiplier, self.budget = problem.minimum, multiplier, budget
        least = problem.scale + float(np.sum((problem.R @ centre) ** 2) + problem.g @ centre)
        self.least, self.floor = max(least, 0.0), TIE * TIE * problem.scale
        self.limit = math.inf
        self.counts = [0] * len(centre)
        self.found: list[tuple[float, int, float, tuple[int, ...]]] = []
        self.nodes = 0

    def run(self) -> tuple[tuple[int, ...], bool]:
        self._descend(len(self.counts) - 1, 0.0, self.budget)
        ties = [leaf for leaf in self.found if leaf[0] <= self.limit]
        return min(ties, key=lambda leaf: (leaf[1], leaf[2]))[3], self.nodes <= MAX_NODES

    def _descend(self, level: int, above: float, room: float) -> None:
        """Try all counts of this level that can be part of the best solution, given the counts of the levels above."""
        row, margin, slope = self.rows[level], self.margins[level], self.slopes[level]
        middle, square = self.centre[level], row[level] ** 2
        for j in range(level + 1, len(self.counts)):
            middle -= row[j] * (self.counts[j] - self.centre[j]) / row[level]
        if level == 0 and self.multiplier:  # the last count determines how much of the budget is left
            above += self.multiplier * room
            slope -= self.multiplier * margin
        most = room / margin if margin > 0 else math.inf
        for count in _outwards(middle - slope / (2.0 * square), self.minimum[level], most):
            total = above + square * (count - middle) ** 2 + slope * count
            self.nodes += 1
            if total > self.limit or self.nodes > MAX_NODES:
                return
            self.counts[level] = count
            if level == 0:
                self._keep(total)
            else:
                self._descend(level - 1, total, room - margin * count)

    def _keep(self, total: float) -> None:
        self.limit = min(self.limit, total + TIE * (self.least + total) + self.floor)
        counts = tuple(self.counts)
        self.found.append((total, sum(counts), sum(n * c for n, c in zip(counts, self.costs, strict=True)), counts))


def _outwards(middle: float, least: int, most: float) -> Iterator[int]:
    """0 and the whole numbers from `least` to `most`, in order of their distance from `middle`."""
    up = max(math.floor(middle) + 1, 0)
    down = up - 1
    while True:
        if 0 < down < least:
            down = 0
        if 0 < up < least:
            up = least
        if down >= 0 and (up > most or middle - down <= up - middle) and down <= most:
            yield down
            down -= 1
        elif down > most:
            down = math.floor(most)
        elif up <= most:
            yield up
            up += 1
        else:
            return
