"""How much one day's closes move the short of a basket whose legs are kept.

A fit with many days should not rest on one of them. Without the close of day t the returns of t and of the day after
become one, the return from the close before t to the close after it; without the newest close its return is left out.
With the rows that remain, demeaned, and the penalties of the fit, the slopes are b(t) = (X'X + diag(d))⁻¹·X'y.

The influence is information only: a day with a large one may be a wrong close or a day on which much happened.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from hedge_core.market.snapshot import Days, Floats


@dataclass(frozen=True, slots=True)
class CloseInfluence:
    """The day whose closes matter most; they move the short by `share` = Σ|b_j − b_j(day)| / Σ b_j, a fraction."""

    day: date
    share: float


def slopes_without_each_close(X: Floats, y: Floats, d: Floats, days: Days) -> Floats:
    """The slopes of y (days,) on X (days, legs) without the close of each day, shape (days, legs).

    `X` and `y` are simple returns on `days`, without missing values; `d` are the penalties of the legs. One day's
    closes change three rows at most, so the sums of all days are corrected instead of added up anew. Raises
    LinAlgError if the legs do not move without one of the days.
    """
    Z = np.column_stack([X, y])
    is_followed = np.append(np.diff(days) == np.timedelta64(1, "D"), False)[:, None]
    following: Floats = np.where(is_followed, np.roll(Z, -1, axis=0), 0.0)
    merged: Floats = np.where(is_followed, (1.0 + Z) * (1.0 + following) - 1.0, 0.0)
    sums = Z.sum(axis=0) - Z - following + merged
    squares = Z.T @ Z - _outer(Z) - _outer(following) + _outer(merged)
    centred, legs = squares - _outer(sums) / (len(Z) - 1), X.shape[1]
    H: Floats = centred[:, :legs, :legs] + np.diag(d)
    Xy: Floats = centred[:, :legs, legs:]
    slopes: Floats = np.asarray(np.linalg.solve(H, Xy)[:, :, 0], dtype=np.float64)
    return slopes


def largest_influence(X: Floats, y: Floats, d: Floats, slopes: Floats, days: Days) -> CloseInfluence | None:
    """The day without whose closes the `slopes` change most; None if they are no short or all rests on one day."""
    short = float(slopes.sum())
    if short <= 0.0 or len(X) <= len(d) + 2:
        return None
    try:
        shares = np.abs(slopes_without_each_close(X, y, d, days) - slopes).sum(axis=1) / short
    except np.linalg.LinAlgError:
        return None
    row = int(np.argmax(shares))
    return CloseInfluence(days[row].item(), float(shares[row]))


def _outer(rows: Floats) -> Floats:
    """The outer product of each row with itself, shape (rows, columns, columns)."""
    product: Floats = rows[:, :, None] * rows[:, None, :]
    return product
