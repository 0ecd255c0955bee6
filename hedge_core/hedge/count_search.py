"""Count search: the whole lots that minimise a convex quadratic function under exact cash limits.

With n the lots, R'R = H and n° the best counts without whole numbers and without limits, the problem is

    minimise  |R(n − n°)|²    over whole n, each 0 or at least its minimum, within all cash limits

A box gives each count a least and a most. In a box every limit is replaced by the steepest lines that it stays above,
A·n <= b, which are exact where the legs stay in one tier. The relaxed problem, without whole numbers, has multipliers
lambda (of A·n <= b), nu (of n >= least) and omega (of n <= most). For any such multipliers >= 0, with n* the minimum of
the Lagrangian and v its value there,

    |R(n − n°)|² = v + |R(n − n*)|² + nu'(n − least) + omega'(most − n) + lambda'(b − A·n)

No term after v is negative for counts that are allowed, so v is a bound on the box, and the depth-first search of
Schnorr and Euchner (Mathematical Programming 66, 1994) is exact: it fixes one count after the other, trying values from
the middle outwards, and turns back once the terms so far exceed the best result. Boxes are taken in the order of their
bounds. A box in which the lines understate what n* needs is first split at the start of a tier.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from hedge_core.hedge.cash_limits import CashLimit, CashUse
from hedge_core.market.snapshot import Floats

TIE = 1e-9
"""Variances whose relative difference is below this count as equal; a distance is negligible if it is this small a
fraction of the distance of no hedge."""

UNDERSTATED = 1e-9
"""A box is split if its lines understate what its middle needs by more than this fraction of the cash."""


@dataclass(frozen=True, eq=False, kw_only=True)
class CountProblem:
    """The problem above, with the contracts in search order: the count of the last one is fixed first.

    `centre` is n°. `accepts` is a condition on counts that the limits do not express.
    """

    R: Floats
    centre: Floats
    minimum: Sequence[int]
    limits: tuple[CashLimit, ...]
    accepts: Callable[[Sequence[int]], bool] | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """The best counts found; no counts are better by more than `gap`. It is None if none are better but for ties."""

    counts: tuple[int, ...]
    gap: float | None


@dataclass(frozen=True, eq=False)
class _Relaxed:
    """A box with its relaxed solution `middle` (n*), the `bound` on it (v), and the other terms of the identity.

    nu'(n − least) + omega'(most − n) is `slopes`·n + `constants` by leg; `lines` holds A, one row per limit, and
    `spare` b.
    """

    least: tuple[int, ...]
    most: tuple[float, ...]
    middle: Floats
    bound: float
    slopes: Floats
    constants: Floats
    multipliers: Floats
    lines: Floats
    spare: Floats


class CountSearch:
    """One search for the best counts of a problem; it stops without a proof after `most_nodes` partial solutions."""

    def __init__(self, problem: CountProblem, most_nodes: int) -> None:
        self.problem, self.most_nodes = problem, most_nodes
        self.rows: list[list[float]] = problem.R.tolist()
        self.nodes = 0
        self.untried = math.inf
        """The least value of the partial solutions that were left out when the search stopped."""
        self.limit = math.inf
        self.counts = [0] * len(self.rows)
        self.found: list[tuple[float, tuple[int, ...]]] = []
        self.relief = [
            list(itertools.accumulate((use.relief for use in limit.uses), initial=0.0)) for limit in problem.limits
        ]
        self.unhedged = float(np.sum((problem.R @ problem.centre) ** 2))
        if self._is_allowed(self.counts):
            self.keep(self.unhedged)
        if problem.accepts is not None:
            self._keep_shares()

    def run(self) -> Found:
        """The best counts of all boxes."""
        m, limits = len(self.rows), self.problem.limits
        most = tuple(
            min((limit.uses[leg].most(self._ceiling(at, leg)) for at, limit in enumerate(limits)), default=math.inf)
            for leg in range(m)
        )
        order = itertools.count()
        boxes: list[tuple[float, int, _Relaxed]] = []

        def add(least: tuple[int, ...], most: tuple[float, ...]) -> None:
            box = self._relaxed(least, most)
            if box is not None and box.bound <= self.limit:
                heapq.heappush(boxes, (box.bound, next(order), box))

        add((0,) * m, most)
        while boxes and boxes[0][0] <= self.limit:
            if self.nodes > self.most_nodes:
                self.untried = min(self.untried, boxes[0][0])
                break
            _, _, box = heapq.heappop(boxes)
            self.nodes += 1
            leg = self._most_understated(box)
            if leg is None:
                _Descent(self, box).run()
                continue
            low, high = box.least[leg], box.most[leg]
            starts = [first for limit in limits for first in limit.uses[leg].breaks(low, high)]
            start = min(starts, key=lambda first: (abs(first - box.middle[leg]), first))
            add(box.least, (*box.most[:leg], start - 1.0, *box.most[leg + 1 :]))
            add((*box.least[:leg], start, *box.least[leg + 1 :]), box.most)
        ties = [(value, counts) for value, counts in self.found if value <= self.limit]
        value, best = min(ties, key=lambda leaf: sum(leaf[1]))
        gap = value - self.untried
        is_proven = gap <= TIE * max(value, 0.0)
        return Found(best, None if is_proven else gap)

    def _keep_shares(self) -> None:
        """Note as many of the best counts as are allowed: of all legs in proportion, and of each leg by itself.

        Most counts that the limits pay for may fail `accepts`, so that the search could stop before it finds any that
        are allowed.
        """
        R, centre = self.problem.R, self.problem.centre
        alone = np.diag(R.T @ (R @ centre) / np.sum(R * R, axis=0))
        for best in (centre, *alone):
            wanted = np.rint(np.maximum(best, 0.0))
            if self._keep_if_allowed(wanted):
                continue
            low, high = 0.0, 1.0
            while (np.floor(high * wanted) - np.floor(low * wanted)).max() > 1.0:
                share = (low + high) / 2.0
                low, high = (share, high) if self._keep_if_allowed(np.floor(share * wanted)) else (low, share)

    def _keep_if_allowed(self, lots: Floats) -> bool:
        """Note these lots if they are allowed, without those below a smallest order; say whether they are."""
        problem = self.problem
        counts = [int(n) if n >= least else 0 for n, least in zip(lots, problem.minimum, strict=True)]
        if not self._is_allowed(counts):
            return False
        before, self.counts = self.counts, counts
        self.keep(float(np.sum((problem.R @ (np.array(counts) - problem.centre)) ** 2)))
        self.counts = before
        return True

    def _ceiling(self, limit: int, leg: int) -> float:
        """The cash for one leg if all others set free what they can."""
        found = self.problem.limits[limit]
        return found.ceiling + sum(use.relief for other, use in enumerate(found.uses) if other != leg)

    def _most_understated(self, box: _Relaxed) -> int | None:
        """The leg whose need in the middle the box's lines understate most; None if they understate none."""
        worst, chosen = UNDERSTATED, None
        for limit, slopes in zip(self.problem.limits, box.lines, strict=True):
            for leg, use in enumerate(limit.uses):
                low, high, middle = box.least[leg], box.most[leg], float(box.middle[leg])
                if limit.cash <= 0.0 or not use.breaks(low, high):
                    continue
                at = min(max(round(middle), low), high)
                short = (use(int(at)) - use(low) - slopes[leg] * (at - low)) / limit.cash
                if short > worst:
                    worst, chosen = short, leg
        return chosen

    def _relaxed(self, least: tuple[int, ...], most: tuple[float, ...]) -> _Relaxed | None:
        """The box with its relaxed solution; None if it holds no counts."""
        problem = self.problem
        low, high = np.array(least, dtype=np.float64), np.array(most)
        if (high < low).any():
            return None
        parts = [
            [use.line_below(a, b) for use, a, b in zip(limit.uses, least, most, strict=True)]
            for limit in problem.limits
        ]
        lines = np.array([[slope for slope, _ in row] for row in parts]).reshape(len(parts), len(least))
        spare = np.array(
            [
                limit.ceiling - sum(constant for _, constant in row)
                for limit, row in zip(problem.limits, parts, strict=True)
            ]
        )
        solved = _multipliers(problem.R, problem.centre, low, high, lines, spare)
        if solved is None:
            return None
        nu, omega, multipliers = solved
        H = problem.R.T @ problem.R
        slopes = nu - omega
        constants = omega * np.where(np.isinf(high), 0.0, high) - nu * low
        middle = problem.centre + 0.5 * np.linalg.solve(H, slopes - multipliers @ lines)
        terms = float(slopes @ middle + constants.sum() + multipliers @ (spare - lines @ middle))
        bound = float(np.sum((problem.R @ (middle - problem.centre)) ** 2)) - terms
        return _Relaxed(least, most, middle, bound, slopes, constants, multipliers, lines, spare)

    def _is_allowed(self, counts: Sequence[int]) -> bool:
        accepts = self.problem.accepts
        return all(limit.is_kept(counts) for limit in self.problem.limits) and (accepts is None or accepts(counts))

    def keep(self, value: float) -> None:
        """Note the present counts, whose |R(n − n°)|² is `value`."""
        self.limit = min(self.limit, value + TIE * max(value, 0.0) + TIE * TIE * self.unhedged)
        self.found.append((value, tuple(self.counts)))


class _Descent:
    """The depth-first search of one box; all values are |R(n − n°)|² or bounds on it."""

    def __init__(self, search: CountSearch, box: _Relaxed) -> None:
        self.search, self.box = search, box
        self.minimum, self.limits = search.problem.minimum, search.problem.limits
        self.middle: list[float] = box.middle.tolist()
        self.slopes: list[float] = box.slopes.tolist()
        self.constants: list[float] = box.constants.tolist()
        self.lines: list[list[float]] = box.lines.tolist()
        self.multipliers: list[float] = box.multipliers.tolist()
        self.has_holes = any(not use.is_rising for limit in self.limits for use in limit.uses)

    def run(self) -> None:
        """Keep every count of the box that is as good as the best so far, best first."""
        cash = [limit.ceiling for limit in self.limits]
        self._descend(len(self.middle) - 1, self.box.bound, cash, self.box.spare.tolist())

    def _descend(self, level: int, above: float, cash: list[float], spare: list[float]) -> None:
        """Try all counts of this level that can be part of the best solution, given the counts of the levels above.

        `cash` is what the limits leave for this level and those below, `spare` what the lines of the box leave. The
        relief is what the levels below can set free.
        """
        search, counts = self.search, self.search.counts
        row, slope, above = search.rows[level], self.slopes[level], above + self.constants[level]
        middle, square = self.middle[level], row[level] ** 2
        for j in range(level + 1, len(counts)):
            middle -= row[j] * (counts[j] - self.middle[j]) / row[level]
        if level == 0:  # the last count determines how much of the cash is left
            for multiplier, line, left in zip(self.multipliers, self.lines, spare, strict=True):
                above += multiplier * left
                slope -= multiplier * line[0]
        uses = [limit.uses[level] for limit in self.limits]
        relief = [freed[level] for freed in search.relief]
        most = self.box.most[level]
        for use, left, freed in zip(uses, cash, relief, strict=True):
            most = min(most, use.most(left + freed))
        best = middle - slope / (2.0 * square)
        for count in _outwards(best, self.box.least[level], self.minimum[level], most):
            total = above + square * (count - middle) ** 2 + slope * count
            search.nodes += 1
            if total > search.limit:
                return
            if search.nodes > search.most_nodes:
                search.untried = min(search.untried, total)  # the counts that follow in this loop are no better
                return
            if self.has_holes and not _fits(uses, count, cash, relief):
                continue
            counts[level] = count
            if level:
                below = [left - use(count) for use, left in zip(uses, cash, strict=True)]
                rest = [left - line[level] * count for left, line in zip(spare, self.lines, strict=True)]
                self._descend(level - 1, total, below, rest)
            elif search.problem.accepts is None or search.problem.accepts(counts):
                search.keep(total)


def _fits(uses: Sequence[CashUse], count: int, cash: Sequence[float], relief: Sequence[float]) -> bool:
    """Whether every limit pays for this count, the relief of the levels below included."""
    return all(use(count) <= left + freed for use, left, freed in zip(uses, cash, relief, strict=True))


def _multipliers(
    R: Floats, centre: Floats, low: Floats, high: Floats, lines: Floats, spare: Floats
) -> tuple[Floats, Floats, Floats] | None:
    """nu, omega and lambda of: minimise |R(n − n°)|² over low <= n <= high, lines·n <= spare. None if no n is allowed.

    With z = R(n − n°) and all conditions as G·n >= h this is the least distance |z| with (G·R⁻¹)z >= h − G·n°, which
    non-negative least squares solve (Lawson and Hanson, Solving Least Squares Problems, 1974, chapter 23).
    """
    m = len(centre)
    if ((low <= centre) & (centre <= high)).all() and (lines @ centre <= spare).all():
        return np.zeros(m), np.zeros(m), np.zeros(len(spare))
    from scipy.optimize import nnls

    capped = np.flatnonzero(np.isfinite(high))
    G = np.vstack([np.eye(m), -np.eye(m)[capped], -lines])
    h = np.concatenate([low, -high[capped], -spare]) - G @ centre
    G = np.linalg.solve(R.T, G.T).T
    size = np.linalg.norm(G, axis=1)
    is_used = size > 0.0
    if (h[~is_used] > 0.0).any():
        return None
    G, h, size = G[is_used], h[is_used], size[is_used]
    reach = max(float(np.abs(h / size).max()), 1e-300)
    system = np.vstack([(G / size[:, None]).T, h / size / reach])
    u, _ = nnls(system, np.eye(m + 1)[-1])
    left = 1.0 - float(system[-1] @ u)
    if left <= 1e-12:
        return None
    found = np.zeros(len(is_used))
    found[is_used] = 2.0 * u / left * reach / size
    nu, omega = found[:m], np.zeros(m)
    omega[capped] = found[m : m + len(capped)]
    return nu, omega, found[m + len(capped) :]


def _outwards(middle: float, low: int, least: int, most: float) -> Iterator[int]:
    """0 and the whole numbers from `least` to `most`, not below `low`, in order of their distance from `middle`."""
    if low > 0:
        least = max(least, low)
    up = max(math.floor(middle) + 1, low)
    down = up - 1
    while True:
        if down < least:
            down = 0 if down >= 0 and low == 0 else -1
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
