"""The integer optimum: the whole lots of several contracts whose hedge differs least from its target in variance.

With n the lots, N the notional of one lot of each contract, x the target notionals, S the covariance of the contracts'
returns (or S + D, see `exposure.count_risk.CountRisk`), the problem is

    minimise  f(n) = (N∘n − x)' S (N∘n − x)    over whole n, each 0 or at least its minimum, within cash limits

With H = N∘S∘N', R'R = H and n° = x/N, f(n) = |R(n − n°)|², which `count_search` minimises exactly. It takes some tens
of steps for a dozen contracts whose own moves differ, and many more the more they move as one or the scarcer the cash.
If it has to stop, the least bound of what it has not tried says how much better the result could be.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from hedge_core.errors import InvalidInput
from hedge_core.hedge.cash_limits import CashLimit
from hedge_core.hedge.count_search import TIE, CountProblem, CountSearch
from hedge_core.market.snapshot import Floats

__all__ = ["MAX_NODES", "TIE", "Counts", "best_counts", "cost_of_fewer_legs"]

Integers = npt.NDArray[np.int64]

MAX_NODES = 30_000
"""The most partial solutions that the search visits (some tenths of a second); then it stops without a proof."""


@dataclass(frozen=True, slots=True)
class Counts:
    """The best whole lots, in the order of the contracts.

    `variance` is (N∘n − x)' S (N∘n − x), in USD² over the period of S. `wanted` are the best lots without a limit of
    cash; they are `lots` unless the cash is too little for them, which `is_budget_binding` says. `is_proven` is False
    if the search stopped at MAX_NODES; these lots are then the best that were found. No lots have a variance that is
    lower by more than `gap`, in USD²; 0 if the lots are proven to be best.
    """

    lots: tuple[int, ...]
    variance: float
    is_budget_binding: bool
    is_proven: bool
    gap: float = 0.0
    wanted: tuple[int, ...] = ()


def best_counts(
    lot_notionals: Floats,
    target: Floats,
    covariance: Floats,
    *,
    minimum_lots: tuple[int, ...] | None = None,
    limits: Sequence[CashLimit] = (),
    accepts: Callable[[Sequence[int]], bool] | None = None,
) -> Counts:
    """The whole lots that minimise f (see above); of equally good ones the fewest.

    All arrays have one entry per contract, and no two contracts may be on the same coin. `lot_notionals` are in USD per
    lot, `target` in USD. Counts keep all `limits`, and `accepts` is true of them, which it must be of no lots. Raises
    InvalidInput for numbers that are not finite or have the wrong sign, and for a covariance that is not positive
    definite (if two contracts move exactly together, no mix of them is best).
    """
    m = len(lot_notionals)
    N, x, S = (np.asarray(values, dtype=np.float64) for values in (lot_notionals, target, covariance))
    minimum = np.ones(m, dtype=np.int64) if minimum_lots is None else np.asarray(minimum_lots, dtype=np.int64)
    if x.shape != (m,) or S.shape != (m, m) or len(minimum) != m:
        raise InvalidInput("Lots, target, covariance and minimum lots must have one entry per contract.")
    if not all(np.isfinite(values).all() for values in (N, x, S)):
        raise InvalidInput("Lot notionals, target and covariance must be finite numbers.")
    if (N <= 0).any():
        raise InvalidInput("Lot notionals must be above zero.")
    if m == 0:
        return Counts((), 0.0, False, True)

    ordered = _Ordered.of(N, x, S, minimum)
    wanted, gap = ordered.search((), None)
    is_binding = not all(limit.is_kept(wanted) for limit in limits) or (accepts is not None and not accepts(wanted))
    lots = wanted
    if is_binding:
        lots, gap = ordered.search(limits, accepts)
    rest = N * np.array(lots) - x
    return Counts(lots, float(rest @ S @ rest), is_binding, gap is None, gap or 0.0, wanted)


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


@dataclass(frozen=True, eq=False)
class _Ordered:
    """The problem without limits, with the contracts in search order: the riskiest smallest order is fixed first.

    The search is short if what is fixed first decides most, and a count between none and its minimum cannot be chosen.
    """

    order: Integers
    problem: CountProblem

    @classmethod
    def of(cls, N: Floats, x: Floats, S: Floats, minimum: Integers) -> _Ordered:
        risk = N * np.sqrt(np.maximum(np.diag(S), 0.0))
        order: Integers = np.argsort(risk * minimum, kind="stable").astype(np.int64)
        H = (S * np.outer(N, N))[np.ix_(order, order)]
        try:
            R: Floats = np.linalg.cholesky(H).T.astype(np.float64)
        except np.linalg.LinAlgError:
            R = np.zeros_like(H)
        if (np.diag(R) <= 1e-6 * risk[order]).any():
            raise InvalidInput("Some contracts move exactly together, so no mix of them is best. Use only one of them.")
        return cls(order, CountProblem(R=R, centre=(x / N)[order], minimum=minimum[order].tolist(), limits=()))

    def search(
        self, limits: Sequence[CashLimit], accepts: Callable[[Sequence[int]], bool] | None
    ) -> tuple[tuple[int, ...], float | None]:
        """The best lots in the caller's order, and how much better others could be: None if they are proven best."""
        order = self.order.tolist()
        ordered = tuple(replace(limit, uses=tuple(limit.uses[leg] for leg in order)) for limit in limits)
        accepts_ordered = None if accepts is None else (lambda counts: accepts(self._restored(counts)))
        found = CountSearch(replace(self.problem, limits=ordered, accepts=accepts_ordered), MAX_NODES).run()
        return self._restored(found.counts), found.gap

    def _restored(self, counts: Sequence[int]) -> tuple[int, ...]:
        lots = [0] * len(counts)
        for leg, count in zip(self.order.tolist(), counts, strict=True):
            lots[leg] = count
        return tuple(lots)
