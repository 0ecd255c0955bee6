"""Ridge regressions of coins on several contracts, with a penalty on what Bitcoin and Ether do not explain.

    minimise  |y − X·b|² + Σ d_j·b_j²

X and y are demeaned, and d_j is the sum of squares of contract j that the core, Bitcoin and Ether, leaves over. It is
zero for the core itself, so residuals have no in-sample beta to the core. The slope on any other contract is smaller
the more of its risk is its own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hedge_core.market.snapshot import Floats

LEAST_WEIGHT = 1e-6
"""A contract with a smaller weight in the bag is removed."""

LEAST_UNEXPLAINED = 1e-6
"""A contract of which the core leaves a smaller share unexplained adds nothing to the core."""

LEAST_LENGTH = 1e-13
"""A direction that is a smaller share of a column than this is the rounding of floating-point numbers."""

EQUAL_RISK = 0.0025
"""Contracts whose objectives differ by less than this share of |y|² hedge equally well, and the cheapest is added."""

LEAST_GAIN = 1e-12
"""A contract is added if it lowers the objective by more than this share."""


def unexplained_squares(returns: Floats, core: Floats) -> Floats:
    """Return d: the sum of squares of each column of `returns` (days, contracts) that `core` (days, k) leaves over.

    Both are demeaned first and have no missing values.
    """
    basis, _ = _orthonormal(core - core.mean(axis=0))
    return _left_over(returns - returns.mean(axis=0), basis)


def _left_over(x: Floats, basis: Floats) -> Floats:
    """The sum of squares of each column of `x` that an orthonormal `basis` leaves over."""
    return _squares(x - basis @ (basis.T @ x))


def _squares(columns: Floats) -> Floats:
    """The sum of squares of each column."""
    squares: Floats = np.einsum("ij,ij->j", columns, columns)
    return squares


def _orthonormal(columns: Floats) -> tuple[Floats, list[float]]:
    """Return an orthonormal basis of the span of a few `columns` (days, k), and what is new in each of them.

    The basis has the shape (days, rank). Beside it stands, for each column, the sum of squares that the ones before it
    leave over. Gram-Schmidt with each projection done twice, which is as exact as a QR decomposition (Giraud and others
    2005). A column that the ones before it explain but for LEAST_LENGTH of its length adds nothing to the basis.
    """
    basis: Floats = np.empty(columns.shape)
    rank, left_over = 0, []
    for column in columns.T:
        rest, before = column, basis[:, :rank]
        for _ in range(2 if rank else 0):
            rest = rest - before @ (before.T @ rest)
        left_over.append(float(rest @ rest))
        if left_over[-1] > LEAST_LENGTH**2 * float(column @ column):
            basis[:, rank] = rest / math.sqrt(left_over[-1])
            rank += 1
    return basis[:, :rank], left_over


@dataclass(frozen=True, eq=False)
class Ridge:
    """The regressions on `X` (days, contracts), demeaned, with the penalties `d`; H = X'X + diag(d).

    `is_distinct`: a contract is more than a mix of the core. The second contract of a core of two equal ones is not.
    """

    X: Floats
    d: Floats
    H: Floats
    is_distinct: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, returns: Floats, core: Sequence[int]) -> Ridge:
        """Return the regressions on `returns` (days, contracts) without missing values; `core` names columns."""
        X: Floats = returns - returns.mean(axis=0)
        H: Floats = X.T @ X
        basis, of_core = _orthonormal(X[:, core])
        d, least = _left_over(X, basis), LEAST_UNEXPLAINED * np.diag(H)
        is_distinct = d > least
        for column, left_over in zip(core, of_core, strict=True):
            d[column], is_distinct[column] = 0.0, left_over > least[column]
        H.flat[:: len(H) + 1] += d
        return cls(X, d, H, is_distinct)

    def slopes(self, y: Floats, kept: Sequence[int]) -> Floats:
        """Return H⁻¹·X'y, the slopes of each column of y (days, coins) on the columns `kept`, shape (coins, kept)."""
        Xy: Floats = self.X[:, kept].T @ y  # the columns of X add up to zero, so the mean of y makes no difference
        return np.linalg.solve(self.H[kept][:, kept], Xy).T.astype(np.float64, copy=False)

    def errors(self, y: Floats, slopes: Floats, kept: Sequence[int]) -> Floats:
        """Return the standard errors of `slopes`: the square roots of the diagonal of s²·H⁻¹·X'X·H⁻¹.

        s² is the variance of the residuals; errors are taken to be independent and of equal variance.
        """
        X, inverse = self.X[:, kept], np.linalg.inv(self.H[kept][:, kept])
        residuals: Floats = X @ slopes.T
        residuals -= y
        residuals -= residuals.mean(axis=0)
        variances = _squares(residuals) / max(len(X) - 1 - len(kept), 1)
        errors: Floats = np.sqrt(np.outer(variances, np.diag(inverse @ (X.T @ X) @ inverse)))
        return errors

    def objective(self, y: Floats, slopes: Floats, kept: Sequence[int]) -> float:
        """Return |y − X·b|² + Σ d_j·b_j² as a share of |y|², for y (days,) and its slopes b on the columns `kept`."""
        y = y - y.mean()
        residuals = y - self.X[:, kept] @ slopes
        return float((residuals @ residuals + self.d[kept] @ slopes**2) / (y @ y))

    def selected(
        self, y: Floats, start: Sequence[int], others: Sequence[int], most: int, charges: Floats | None = None
    ) -> list[int]:
        """Return the columns for a hedge of y (days,) with slopes not below zero, in ascending order.

        To `start`, up to `most` of the `others` are added by forward selection: at each step the one that lowers the
        objective most, or, with the `charges` of a dollar short in each column, the cheapest of those that lower it by
        EQUAL_RISK of |y|² less at most. Columns with a slope under LEAST_WEIGHT are then removed.
        """
        y = y - y.mean()
        selection, left = Selection.of(self, self.X.T @ y, start), list(others)
        for _ in range(min(most, len(left))):
            gains, least = selection.gains(left)
            best = int(np.argmax(gains))
            if not gains[best] > least:
                break
            if charges is not None:
                equal = np.flatnonzero((gains > least) & (gains >= gains[best] - EQUAL_RISK * float(y @ y)))
                best = int(min(equal, key=lambda place: (charges[left[place]], -gains[place])))
            selection = selection.with_column(left.pop(best))
        kept, weights = selection.used, selection.slopes
        while (weights < LEAST_WEIGHT).any():
            kept = [column for column, weight in zip(kept, weights, strict=True) if weight >= LEAST_WEIGHT]
            weights, _ = self.non_negative(selection.Xy, kept)
        return sorted(kept)

    def non_negative(self, Xy: Floats, kept: Sequence[int]) -> tuple[Floats, float]:
        """Return the b >= 0 on `kept` that minimises the objective, and that minimum less |y|²: b'Hb − 2·b'X'y.

        With R'R = H this is the non-negative least squares problem |R·b − R⁻ᵀ·X'y|², equal to that with the rows
        diag(√d) below X and far smaller.
        """
        H, c = self.H[kept][:, kept], Xy[kept]
        b: Floats = np.linalg.solve(H, c).astype(np.float64)
        if (b < 0.0).any():
            from scipy.optimize import nnls

            R = np.linalg.cholesky(H).T
            b = np.asarray(nnls(R, np.linalg.solve(R.T, c))[0], dtype=np.float64)
        return b, float(b @ H @ b - 2.0 * b @ c)


@dataclass(frozen=True, eq=False)
class Selection:
    """The slopes b >= 0 of one y on some columns of a ridge that minimise the objective.

    `used` are the columns with a slope above zero, `unused` those with none. `table` is [H, X'y; y'X, 0] after
    Gauss-Jordan elimination of the used columns P: row p of P holds that row of H_PP⁻¹·H_Pj and, last, b_p; row i of
    another column holds H_ij − H_iP·H_PP⁻¹·H_Pj and, last, X_i'y − H_iP·b; the last entry of all is −b'X'y.
    """

    ridge: Ridge
    Xy: Floats
    used: list[int]
    unused: list[int]
    table: Floats

    @classmethod
    def of(cls, ridge: Ridge, Xy: Floats, columns: Sequence[int]) -> Selection:
        """Return the best slopes on these columns."""
        b, _ = ridge.non_negative(Xy, list(columns))
        used = [column for column, slope in zip(columns, b, strict=True) if slope > 0.0]
        table = np.zeros((len(Xy) + 1, len(Xy) + 1))
        table[:-1, :-1], table[:-1, -1], table[-1, :-1] = ridge.H, Xy, Xy
        for column in used:
            table = _eliminated(table, column)
        return cls(ridge, Xy, used, [column for column in columns if column not in used], table)

    @property
    def slopes(self) -> Floats:
        """The slopes of the used columns."""
        slopes: Floats = self.table[self.used, -1]
        return slopes

    def with_column(self, column: int) -> Selection:
        """Return the best slopes with one column more."""
        table, used = _eliminated(self.table, column), [*self.used, column]
        stays_out = not self.unused or bool((table[self.unused, -1] <= 0.0).all())
        if stays_out and (table[used, -1] > 0.0).all():
            return Selection(self.ridge, self.Xy, used, self.unused, table)
        return Selection.of(self.ridge, self.Xy, [*used, *self.unused])

    def gains(self, left: Sequence[int]) -> tuple[Floats, float]:
        """Return by how much each column of `left` would lower the objective, and the least that counts as a gain.

        Column j enters with the slope r_j/s_j and gains r_j²/s_j, where r_j is the last entry of its row of the table
        and s_j the one in its own column; if r_j <= 0 it stays out. That holds as long as no other slope changes its
        sign or leaves zero; otherwise the problem is solved anew.
        """
        b, value, left = self.slopes, float(self.table[-1, -1]), list(left)
        s = self.table[left, left]
        slopes = np.maximum(self.table[left, -1] / s, 0.0)
        gains: Floats = slopes**2 * s
        is_other = (b[:, None] < self.table[self.used][:, left] * slopes).any(axis=0)
        if self.unused:
            pull = self.table[self.unused, -1][:, None] - self.table[self.unused][:, left] * slopes
            is_other |= (pull > 0.0).any(axis=0)
        is_other &= slopes > 0.0
        for place in np.flatnonzero(is_other).tolist():
            gains[place] = value - self.ridge.non_negative(self.Xy, [*self.used, *self.unused, left[place]])[1]
        return gains, LEAST_GAIN * abs(value)


def _eliminated(table: Floats, column: int) -> Floats:
    """The table after one step of Gauss-Jordan elimination, which turns this column into a unit vector."""
    row = table[column] / table[column, column]
    eliminated: Floats = table - table[:, column, None] * row
    eliminated[column] = row
    return eliminated
