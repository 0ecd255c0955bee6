"""How much of a short one day's closes move, the legs kept.

A fit with many days should not rest on one of them. Without the close of day t the returns of t and of the day after
become one, the return from the close before t to the close after it; without the newest close its return is left out.
The regression uses a day only if it has every coin's close, so the influence of one coin's close is that of its day.
The rest is the fit of `ridge` on the rows that remain, demeaned, with the penalties of these rows:

    b(t) = (X'X + diag(d))⁻¹·X'y,   d_j = what Bitcoin and Ether leave over of X_j'X_j

With Δ_j the change of the short in leg j, in USD, the dollars that move are counted once each:

    moved = max(Σ_j max(Δ_j, 0), Σ_j max(−Δ_j, 0)) = ½·(Σ_j |Δ_j| + |Σ_j Δ_j|)

That is what is sold in addition or what is bought back, whichever is more. A dollar that goes from one leg to another
is bought back in one and sold in the other, yet it is one dollar of the short; one that the short as a whole gains or
loses is one as well. (With cash as one more leg, it is half of all absolute changes, a portfolio's one-way turnover.)

The influence is information only: a day with a large one may be a wrong close or a day on which much happened.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hedge_core.market.snapshot import Days, Floats


@dataclass(frozen=True, eq=False)
class CloseInfluence:
    """By how many USD the short in each leg changes without the closes of each of `days`; `changes` (days, legs).

    The changes are those at a hedge ratio of 1, positive if more is short without the closes.
    """

    days: Days
    changes: Floats


def dollars_moved(changes: Floats) -> Floats:
    """The dollars that move, each counted once, from the changes of the legs in USD, shape (..., legs)."""
    sold = np.maximum(changes, 0.0).sum(axis=-1)
    bought = np.maximum(-changes, 0.0).sum(axis=-1)
    moved: Floats = np.maximum(sold, bought)
    return moved


def changes_without_each_close(
    X: Floats, Y: Floats, weights: Floats, days: Days, *, core: Sequence[int], kept: Sequence[int]
) -> Floats:
    """By how much the slopes of y = Y·w on the columns `kept` change without the closes of each day (days, kept).

    `X` (days, contracts) and `Y` (days, coins) are simple returns on `days`, without missing values, and w the
    `weights` of the coins; `core` names the columns of X that are Bitcoin and Ether. One day's closes change three rows
    at most, so the sums of all days are corrected instead of added up anew. Raises LinAlgError if the legs do not move
    without one of the days.
    """
    R = np.column_stack([X, Y])
    is_followed = np.append(np.diff(days) == np.timedelta64(1, "D"), False)[:, None]
    next_day = np.where(is_followed, np.roll(R, -1, axis=0), 0.0)
    both_days = np.where(is_followed, (1.0 + R) * (1.0 + next_day) - 1.0, 0.0)
    Z, following, merged = (
        np.column_stack([rows[:, : X.shape[1]], rows[:, X.shape[1] :] @ weights]) for rows in (R, next_day, both_days)
    )
    sums = Z.sum(axis=0) - Z - following + merged
    squares = Z.T @ Z - _outer(Z) - _outer(following) + _outer(merged)
    centred = Z - Z.mean(axis=0)
    without = _slopes(squares - _outer(sums) / (len(Z) - 1), core, kept)
    changes: Floats = without - _slopes(centred.T @ centred, core, kept)
    return changes


def _slopes(squares: Floats, core: Sequence[int], kept: Sequence[int]) -> Floats:
    """The ridge slopes (..., kept) from the sums of squares and products of demeaned X and y (..., columns, columns).

    y is the last column.
    """
    of_core, of_kept = squares[..., core, :][..., core], squares[..., kept, :]
    between = of_kept[..., core]
    explained = ((between @ np.linalg.pinv(of_core, hermitian=True)) * between).sum(axis=-1)
    H: Floats = of_kept[..., kept].copy()
    places = np.arange(len(kept))
    is_other = np.array([column not in core for column in kept], dtype=np.float64)
    H[..., places, places] += is_other * (H[..., places, places] - explained)
    slopes: Floats = np.asarray(np.linalg.solve(H, of_kept[..., -1:])[..., 0], dtype=np.float64)
    return slopes


def _outer(rows: Floats) -> Floats:
    """The outer product of each row with itself, shape (rows, columns, columns)."""
    product: Floats = rows[:, :, None] * rows[:, None, :]
    return product
