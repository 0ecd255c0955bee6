"""Path models: joint daily moves of several coins, drawn from a `Panel` of their history.

Four models share the interface `PathModel`:

    Bootstrap    blocks of real days, all coins together (stationary bootstrap, Politis and Romano 1994)
    FatTails     a joint Student t with clustering variance: S·h(t), h(t+1) = (1 − a − b) + a·q(t) + b·h(t), with q the
                 day's squared length in units of S (a GARCH(1,1) with one common variance); for short histories
    Windows      every period of the history as it was, one path from each starting day
    Given        one path of stated moves
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from hedge_core.errors import InvalidInput
from hedge_core.exposure.estimators import ledoit_wolf
from hedge_core.market.snapshot import MINIMUM_DAYS, Floats
from hedge_core.simulation.panel import Panel

ModelKind = Literal["auto", "bootstrap", "fat_tails"]

MOST_VARIANCE = 25.0
"""The upper limit of the common variance, relative to its mean."""

DEGREES = (2.5, 50.0)
"""The range of degrees of freedom fitted to the tails; near 50, the tails count as normal."""


class Day(NamedTuple):
    """One day on many paths: growth factors (paths, coins) and funding rates (paths or 1, perpetuals)."""

    growth: Floats
    funding: Floats


class PathModel(Protocol):
    """A source of daily moves."""

    @property
    def coins(self) -> tuple[str, ...]:
        """The coins, in the order of the columns of `Day.growth`."""

    def draw(self, random: np.random.Generator, paths: int, horizon: int) -> Iterator[Day]:
        """Yield `horizon` days in order, each for `paths` paths."""


@dataclass(frozen=True, eq=False)
class Bootstrap:
    """Real days in blocks of random length, `block_length` days on average; a block ends before a missing day."""

    panel: Panel
    block_length: float

    @property
    def coins(self) -> tuple[str, ...]:
        """The panel's coins."""
        return self.panel.coins

    def draw(self, random: np.random.Generator, paths: int, horizon: int) -> Iterator[Day]:
        """Draw the paths day by day; funding rates are those of the days drawn."""
        returns = self.panel.returns
        funding = np.where(np.isnan(self.panel.funding), self.panel.mean_funding, self.panel.funding)
        days = len(returns)
        table = np.ascontiguousarray(returns)
        ends = ~self.panel.is_followed
        at = random.integers(0, days, paths)
        for _ in range(horizon):
            yield Day(self.panel.completed(random, table.take(at, axis=0)), funding.take(at, axis=0))
            starts = (random.random(paths) * self.block_length < 1.0) | ends[at]
            at = np.where(starts, random.integers(0, days, paths), at + 1)


@dataclass(frozen=True, eq=False)
class FatTails:
    """A joint Student t distribution with one common, clustering variance.

    - `root`: a Cholesky factor of the covariance S of the panel's core.
    - `persistence`: (a, b), the weights of yesterday's shock and of yesterday's variance.
    - `degrees`: degrees of freedom of the tails (infinite: normal).
    - `variance_now`: the common variance at the start of the paths, relative to its mean.
    """

    panel: Panel
    root: Floats
    persistence: tuple[float, float]
    degrees: float
    variance_now: float = 1.0

    @property
    def coins(self) -> tuple[str, ...]:
        """The panel's coins."""
        return self.panel.coins

    def draw(self, random: np.random.Generator, paths: int, horizon: int) -> Iterator[Day]:
        """Draw the paths day by day; funding rates are their means."""
        size, (a, b) = len(self.root), self.persistence
        variance = np.full(paths, self.variance_now)
        for _ in range(horizon):
            normal = random.standard_normal((paths, size))
            scale = variance.copy()
            if math.isfinite(self.degrees):
                scale *= (self.degrees - 2.0) / (2.0 * random.standard_gamma(self.degrees / 2.0, paths))
            spread = np.sqrt(scale)[:, None]
            if a or b:
                length = np.einsum("ij,ij->i", normal, normal) / size
                variance = np.minimum((1.0 - a - b) + a * scale * length + b * variance, MOST_VARIANCE)
            normal *= spread
            yield Day(self.panel.completed(random, normal @ self.root.T, spread), self.panel.mean_funding)


def fit_fat_tails(panel: Panel) -> FatTails:
    """The joint t distribution with clustering variance fitted to the panel by maximum likelihood (a, b, degrees).

    The covariance is the panel's, shrunk (Ledoit and Wolf 2004) so that it stays reliable with few days.
    """
    from scipy.optimize import minimize

    S = ledoit_wolf(panel.returns)
    size = len(S)
    S = S + 1e-12 * float(np.trace(S)) / size * np.eye(size)
    root = np.asarray(np.linalg.cholesky(S), dtype=np.float64)
    white = np.linalg.solve(root, panel.returns.T)
    lengths = (white**2).mean(axis=0).tolist()

    def parameters(x: Floats) -> tuple[float, float, float]:
        together, share, tails = (1.0 / (1.0 + math.exp(-min(max(v, -30.0), 30.0))) for v in x)
        together *= 0.99
        low, high = (1.0 / degrees for degrees in DEGREES)
        return together * share, together * (1.0 - share), 1.0 / (high + (low - high) * tails)

    def unlikelihood(x: Floats) -> float:
        a, b, degrees = parameters(x)
        return _unlikelihood(lengths, size, a, b, degrees)

    found = minimize(unlikelihood, np.array([2.5, -2.0, 0.0]), method="Nelder-Mead", options={"maxfev": 300})
    a, b, degrees = parameters(found.x)
    is_normal = degrees > 0.95 * DEGREES[1]
    return FatTails(panel, root, (a, b), math.inf if is_normal else degrees, _variances(lengths, a, b)[-1])


def _unlikelihood(lengths: Sequence[float], size: int, a: float, b: float, degrees: float) -> float:
    """Minus the log-likelihood of the days' squared lengths, without constants."""
    constant = math.lgamma((degrees + size) / 2.0) - math.lgamma(degrees / 2.0) - size / 2.0 * math.log(degrees - 2.0)
    variances = np.array(_variances(lengths, a, b)[:-1])
    distance = np.log1p(size * np.array(lengths) / (variances * (degrees - 2.0)))
    total = float((size * np.log(variances) + (degrees + size) * distance).sum())
    return total / 2.0 - len(lengths) * constant


def _variances(lengths: Sequence[float], a: float, b: float) -> list[float]:
    """The common variance on each day and on the next day, relative to its mean."""
    variances = [1.0]
    for length in lengths:
        variances.append(min((1.0 - a - b) + a * length + b * variances[-1], MOST_VARIANCE))
    return variances


@dataclass(frozen=True, eq=False)
class Windows:
    """Every period of `horizon` days without a gap, as it was, trend included; path k starts on row `starts[k]`."""

    panel: Panel
    horizon: int

    @property
    def coins(self) -> tuple[str, ...]:
        """The panel's coins."""
        return self.panel.coins

    @cached_property
    def starts(self) -> npt.NDArray[np.intp]:
        """The rows on which a period starts, shape (periods,)."""
        gaps = np.concatenate(([0], np.cumsum(~self.panel.is_followed)))
        rows = np.arange(max(len(self.panel.returns) - self.horizon + 1, 0))
        whole: npt.NDArray[np.intp] = rows[gaps[rows + self.horizon - 1] == gaps[rows]]
        return whole

    @property
    def independent(self) -> int:
        """The number of periods that do not overlap."""
        count, free = 0, 0
        for start in self.starts.tolist():
            if start >= free:
                count, free = count + 1, start + self.horizon
        return count

    def draw(self, random: np.random.Generator, paths: int, horizon: int) -> Iterator[Day]:
        """Yield the days of the first `paths` periods side by side."""
        funding = np.where(np.isnan(self.panel.funding), self.panel.mean_funding, self.panel.funding)
        for day in range(horizon):
            rows = self.starts[:paths] + day
            yield Day(self.panel.completed(random, self.panel.returns[rows] + self.panel.means), funding[rows])


@dataclass(frozen=True, eq=False)
class Given:
    """One path of stated `returns`, shape (days, coins), without funding; all paths are the same.

    `perpetuals` is the number of funding columns, which are zero.
    """

    coins: tuple[str, ...]
    returns: Floats
    perpetuals: int = 0

    def draw(self, random: np.random.Generator, paths: int, horizon: int) -> Iterator[Day]:
        """Yield the stated days, at most `horizon` of them."""
        for row in self.returns[:horizon]:
            yield Day(np.tile(1.0 + row, (paths, 1)), np.zeros((1, self.perpetuals)))


def block_length(series: Floats) -> float:
    """The mean block length, in days (at least 1), with which the stationary bootstrap estimates a mean best.

    b = (G²/g²)^(1/3)·n^(1/3), at most min(3·sqrt(n), n/3), with autocovariances R(k), G = sum of lambda·|k|·R(k) and
    g = sum of lambda·R(k), where lambda is the flat-top window up to m, twice the last significant lag (Politis and
    White 2004, corrected by Patton, Politis and White 2009). Raises InvalidInput for fewer than 30 days.
    """
    n = len(series)
    if n < MINIMUM_DAYS:
        raise InvalidInput(f"A block length needs at least {MINIMUM_DAYS} days of returns, not {n}.")
    centred = series - series.mean()
    if not float(centred @ centred) > 0.0:
        return 1.0
    run = max(5, int(math.log10(n)))
    most = math.ceil(math.sqrt(n)) + run
    matters = 2.0 * math.sqrt(math.log10(n) / n)
    last = _quiet_from(centred, matters, run, most)
    m = most if last is None else min(2 * max(last, 1), most)
    covariances = np.array([float(centred[lag:] @ centred[: n - lag]) / n for lag in range(m + 1)])
    lags = np.arange(1, m + 1)
    window = np.minimum(1.0, 2.0 * (1.0 - lags / m))
    G = float(2.0 * (window * lags) @ covariances[1 : m + 1])
    g = float(covariances[0] + 2.0 * window @ covariances[1 : m + 1])
    length = (G**2 / g**2 * n) ** (1.0 / 3.0) if g else 1.0
    return max(1.0, min(length, math.ceil(min(3.0 * math.sqrt(n), n / 3.0))))


def _quiet_from(centred: Floats, matters: float, run: int, most: int) -> int | None:
    """The first lag below `most` + 1 − `run` from which `run` correlations in a row are below `matters`; None: none."""
    quiet = 0
    for lag in range(most):
        quiet = quiet + 1 if abs(_correlation(centred, lag)) < matters else 0
        if quiet == run:
            return lag + 1 - run
    return None


def _correlation(centred: Floats, lag: int) -> float:
    n = len(centred)
    late, early = centred[lag + 1 :], centred[: n - lag - 1]
    scale = math.sqrt(float(late @ late) * float(early @ early))
    return float(centred[lag:] @ centred[: n - lag]) / scale if scale else 0.0
