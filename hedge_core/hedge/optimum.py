"""The integer optimum: the whole lots of several contracts whose hedge differs least from its target in variance.

With n the lots, N the notional of one lot of each contract, x the target notionals, S the covariance of the contracts'
returns (or S + D, see `exposure.basket.CountRisk`), c the cost of a lot and k the price of cost, the problem is

    minimise  f(n) = (N∘n − x)' S (N∘n − x) + k·c'n    over whole n, each 0 or at least its minimum, margin'n <= W

First it is solved without the whole-number condition. The solution is n*, with multipliers lambda (of the budget W) and
nu (of n >= 0). Then

    f(n) = f(n*) + |R(n − n*)|² + nu'n + lambda·(W − margin'n),    R'R = (N∘S∘N')

No term after f(n*) is negative, so the search of Schnorr and Euchner (Mathematical Programming 66, 1994) is exact: it
fixes one count after the other, trying values from the middle outwards, and turns back once the terms so far exceed the
best result. The search stays short when collateral is scarce, because its middle already respects the budget.

It takes some tens of steps for a dozen contracts whose own moves differ, and many more the more they move as one. If it
has to stop, the least bound of what it has not tried says how much better the result could be.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hedge_core.errors import InvalidInput
from hedge_core.market.snapshot import Floats

Integers = npt.NDArray[np.int64]

TIE = 1e-9
"""Variances whose relative difference is below this count as equal; a distance is negligible if it is this small a
fraction of the distance of no hedge."""

MAX_NODES = 300_000
"""The most partial solutions that the search visits (under a second); then it stops without a proof."""

MAX_UNDER_BUDGET = 6
"""The most contracts that are counted together when the budget binds: with more, the search can take seconds."""

MAX_STEPS = 200
"""The most steps in which the price of the budget is found; a few are enough."""


@dataclass(frozen=True, slots=True)
class Counts:
    """The best whole lots, in the order of the contracts.

    `variance` is (N∘n − x)' S (N∘n − x), in USD² over the period of S. `is_budget_binding`: without a budget, the
    best lots would need more margin than the budget. `is_proven` is False if the search stopped at MAX_NODES; these
    lots are then the best that were found. No lots have a variance, priced costs included, that is lower by more than
    `gap`, in USD²; 0 if the lots are proven to be best.
    """

    lots: tuple[int, ...]
    variance: float
    is_budget_binding: bool
    is_proven: bool
    gap: float = 0.0


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
    USD (None: no limit), `cost_price` in USD² of variance per USD of cost. Raises InvalidInput for numbers that are not
    finite or have the wrong sign, for a covariance that is not positive definite (if two contracts move exactly
    together, no mix of them is best), and if the budget binds more than MAX_UNDER_BUDGET contracts.
    """
    m = len(lot_notionals)
    N, x, S = (np.asarray(values, dtype=np.float64) for values in (lot_notionals, target, covariance))
    margin = np.zeros(m) if margins is None else np.asarray(margins, dtype=np.float64)
    cost = np.zeros(m) if costs is None else np.asarray(costs, dtype=np.float64)
    minimum = np.ones(m, dtype=np.int64) if minimum_lots is None else np.asarray(minimum_lots, dtype=np.int64)
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
    lots, gap = problem.search(math.inf)
    is_binding = budget is not None and float(margin @ lots) > _ceiling(budget)
    if budget is not None and is_binding:
        if m > MAX_UNDER_BUDGET:
            raise InvalidInput(
                f"With too little collateral, at most {MAX_UNDER_BUDGET} contracts can be rounded together, not {m}."
            )
        lots, gap = problem.search(_ceiling(budget))
    rest = N * lots - x
    return Counts(tuple(int(n) for n in lots), float(rest @ S @ rest), is_binding, gap is None, gap or 0.0)


def cost_of_fewer_legs(
    lot_notionals: Floats, target: Floats, covariance: Floats, *, minimum_lots: tuple[int, ...] | None = None
) -> tuple[float, ...]:
    """By how much the least variance grows without each of the contracts, in USD²; 0 for one that has no lots anyway.

    The other contracts are counted again each time, and take over from the missing one what they can. With e the miss
    of the missing contract, −x, the others' best response moves their targets by −S_oo⁻¹·S_oe·e.
    """
    N, x, S = (np.asarray(values, dtype=np.float64) for values in (lot_notionals, target, covariance))
    least = np.ones(len(N), dtype=np.int64) if minimum_lots is None else np.asarray(minimum_lots)
    best = best_counts(N, x, S, minimum_lots=tuple(least.tolist()))
    losses = []
    for missing, lots in enumerate(best.lots):
        others = np.arange(len(N)) != missing
        if lots == 0:
            losses.append(0.0)
            continue
        response = np.linalg.solve(S[np.ix_(others, others)], S[others, missing])
        left = float(S[missing, missing] - S[missing, others] @ response) * float(x[missing]) ** 2
        moved = x[others] + response * x[missing]
        fewer = best_counts(N[others], moved, S[np.ix_(others, others)], minimum_lots=tuple(least[others].tolist()))
        losses.append(max(fewer.variance + left - best.variance, 0.0))
    return tuple(losses)


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

    def search(self, budget: float) -> tuple[Integers, float | None]:
        """The best lots in the caller's order, and how much better others could be: None if they are proven best."""
        centre, multiplier, nu = self._relaxed(budget)
        found, gap = _Search(self, centre, multiplier, nu, budget).run()
        lots = np.zeros(len(found), dtype=np.int64)
        lots[self.order] = found
        return lots, gap

    def _relaxed(self, budget: float) -> tuple[Floats, float, Floats]:
        """n*, lambda and nu of the problem without whole numbers.

        The margin that n* needs falls as lambda rises, linearly while the contracts above 0 stay the same. So Newton's
        method finds lambda in a few steps; where a step leaves the bracket, the bracket is halved.
        """
        H, tolerance = self.R.T @ self.R, 1e-12 * budget
        low, high, multiplier = 0.0, math.inf, 0.0
        n = self._non_negative(multiplier)
        for _ in range(MAX_STEPS):
            needed = float(self.margin @ n)
            if needed <= budget and (multiplier == 0.0 or needed >= budget - tolerance):
                break
            low, high = (multiplier, high) if needed > budget else (low, multiplier)
            face = np.flatnonzero((n > 0) & (self.margin > 0))
            slope = 0.0
            if face.size:
                above = np.flatnonzero(n > 0)
                slope = 0.5 * float(self.margin[above] @ np.linalg.solve(H[np.ix_(above, above)], self.margin[above]))
            multiplier = multiplier + (needed - budget) / slope if slope > 0.0 else math.inf
            if not low < multiplier < high:
                multiplier = 0.5 * (low + high) if high < math.inf else 2.0 * low + 1.0
                if not low < multiplier < high:
                    break
            n = self._non_negative(multiplier)
        gradient = 2.0 * H @ n + self.g + multiplier * self.margin
        return n, multiplier, np.where(n > 0, 0.0, np.maximum(gradient, 0.0))

    def _non_negative(self, multiplier: float) -> Floats:
        """The n >= 0 that minimises |R·n|² + (g + multiplier·margin)'n, by non-negative least squares."""
        pull = -0.5 * np.linalg.solve(self.R.T, self.g + multiplier * self.margin)
        n: Floats = np.linalg.solve(self.R, pull)
        if (n < 0.0).any():
            from scipy.optimize import nnls

            n = np.asarray(nnls(self.R, pull)[0], dtype=np.float64)
        return n


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
        self.untried = math.inf
        """The least value of the partial solutions that were left out when the search stopped."""

    def run(self) -> tuple[tuple[int, ...], float | None]:
        """The best counts, and how far below them others may be; None if the search was completed."""
        self._descend(len(self.counts) - 1, 0.0, self.budget)
        ties = [leaf for leaf in self.found if leaf[0] <= self.limit]
        best = min(ties, key=lambda leaf: (leaf[1], leaf[2]))
        return best[3], None if self.nodes <= MAX_NODES else max(best[0] - self.untried, 0.0)

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
            if total > self.limit:
                return
            if self.nodes > MAX_NODES:
                self.untried = min(self.untried, total)  # the counts that follow in this loop are no better
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
