"""Paths: joint daily moves of several coins, drawn from what their history was like.

Four ways to make days follow each other, all with the same face (`PathModel`):

    Bootstrap    blocks of real days, all coins together (stationary bootstrap, Politis and Romano 1994)
    FatTails     a joint Student t whose variance clusters: S·h(t), h(t+1) = (1 − a − b) + a·q(t) + b·h(t), with q the
                 day's squared length in units of S (a GARCH(1,1) with one common variance); for short histories
    Windows      every stretch of the history as it was, one path from each day
    Given        one path of stated moves

Each coin's own mean is taken out, so that no trend of the past is sold as a forecast. A coin that is too young to be
drawn with the others is attached: the beta of its stand-in, and a residual of its own.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from hedge_core.errors import InvalidInput
from hedge_core.estimators import MINIMUM_DAYS, ledoit_wolf
from hedge_core.market import Days, Floats, PriceHistory

ModelKind = Literal["auto", "bootstrap", "fat_tails"]

BOOTSTRAP_DAYS = 250
"""Common days that a history must hold to be drawn from; with fewer, whole regimes are missing."""

MOST_DAYS = 1095
"""Days further back than three years are left out: another market."""

LEAST_GROWTH = 0.02
"""No coin loses more than 98% in a day; a fat tail would otherwise reach below zero."""

MOST_VARIANCE = 25.0
"""The common variance is held below 25 times its mean."""

DEGREES = (2.5, 50.0)
"""Degrees of freedom that are tried for the tails; at 50 they are normal."""


class Day(NamedTuple):
    """One day on many paths: growth factors (paths, coins) and funding rates (paths or 1, perpetuals)."""

    growth: Floats
    funding: Floats


class PathModel(Protocol):
    """Where daily moves come from. `coins` names the columns of what is drawn."""

    @property
    def coins(self) -> tuple[str, ...]:
        """The columns of a day's growth."""

    def draw(self, random: np.random.Generator, paths: int, horizon: int) -> Iterator[Day]:
        """The days of so many paths, in their order."""


@dataclass(frozen=True, slots=True)
class StandIn:
    """How a coin without enough days of its own follows another: its beta and correlation to it."""

    proxy: str
    beta: float
    correlation: float


@dataclass(frozen=True, eq=False)
class Panel:
    """Days on which all of `core` traded, and how the others follow them.

    `returns` (days, core), each column with mean zero, and the `means` (core,) that were taken out; `funding` (days,
    perpetuals), NaN where unknown; `loadings` (core, attached) and `residuals` (attached,) make a young coin's return:
    returns @ loadings + residual·noise. `drift` (core + attached,) is added to each day's return.
    """

    days: Days
    core: tuple[str, ...]
    attached: tuple[str, ...]
    returns: Floats
    means: Floats
    funding: Floats
    loadings: Floats
    residuals: Floats
    drift: Floats

    @property
    def coins(self) -> tuple[str, ...]:
        """The coins of the core, then those attached."""
        return self.core + self.attached

    @property
    def variances(self) -> Floats:
        """Variance of each coin's daily return, in the order of `coins`."""
        core = self.returns.var(axis=0)
        return np.concatenate((core, (self.returns @ self.loadings).var(axis=0) + self.residuals**2))

    @cached_property
    def mean_funding(self) -> Floats:
        """Mean daily rate of each perpetual, shape (1, perpetuals); 0 where none is known."""
        known = ~np.isnan(self.funding)
        total = np.where(known, self.funding, 0.0).sum(axis=0)
        mean: Floats = total / np.maximum(known.sum(axis=0), 1)
        return mean[None, :]

    def completed(self, random: np.random.Generator, drawn: Floats, scale: Floats | float = 1.0) -> Floats:
        """Growth factors of all coins from the core's returns, shape (paths, coins)."""
        growth = drawn
        if self.attached:
            noise = random.standard_normal((len(drawn), len(self.attached)))
            growth = np.concatenate((drawn, drawn @ self.loadings + noise * self.residuals * scale), axis=1)
        grown = growth + (1.0 + self.drift)
        return np.maximum(grown, LEAST_GROWTH, out=grown)


def make_panel(
    history: PriceHistory,
    coins: Sequence[str],
    *,
    funding: Floats,
    stand_ins: Mapping[str, StandIn],
    least_days: int = BOOTSTRAP_DAYS,
    proxy_move_a_day: float = 0.0,
    leader: str = "",
) -> Panel | None:
    """The days that `coins` have in common, the young ones attached to others.

    `funding` (days of the history, perpetuals) goes with the returns. Coins are dropped from the core, the youngest
    first, until `least_days` common days remain; None where not even one coin has them, or a dropped coin has no
    stand-in in the core. `proxy_move_a_day` is a drift of `leader`, in which the others share by their beta to it.
    """
    recent = history.returns[-MOST_DAYS:]
    columns = {coin: recent[:, history.position[coin]] for coin in dict.fromkeys(coins) if coin in history}
    core = [coin for coin, column in columns.items() if _has_moved(column)]
    core.sort(key=lambda coin: -int((~np.isnan(columns[coin])).sum()))
    while core and int(_common(columns, core).sum()) < least_days:
        core.pop()
    core = [coin for coin in dict.fromkeys(coins) if coin in core]
    attached = [coin for coin in dict.fromkeys(coins) if coin not in core]
    if not core or any(coin not in stand_ins or stand_ins[coin].proxy not in core for coin in attached):
        return None
    days = _common(columns, core)
    returns = np.column_stack([columns[coin][days] for coin in core])
    means = returns.mean(axis=0)
    returns -= means
    loadings, residuals = np.zeros((len(core), len(attached))), np.zeros(len(attached))
    for place, coin in enumerate(attached):
        stand_in = stand_ins[coin]
        row = core.index(stand_in.proxy)
        loadings[row, place] = stand_in.beta
        followed = abs(stand_in.beta) * float(returns[:, row].std())
        residuals[place] = followed * math.sqrt(max(1.0 / stand_in.correlation**2 - 1.0, 0.0))
    drift = np.zeros(len(coins))
    if proxy_move_a_day and leader in core:
        lead = returns[:, core.index(leader)]
        betas = lead @ returns / float(lead @ lead)
        drift = proxy_move_a_day * np.concatenate((betas, betas @ loadings))
    return Panel(
        days=history.days[1:][-MOST_DAYS:][days],
        core=tuple(core),
        attached=tuple(attached),
        returns=returns,
        means=means,
        funding=funding[-MOST_DAYS:][days] if len(funding) else np.zeros((int(days.sum()), funding.shape[1])),
        loadings=loadings,
        residuals=residuals,
        drift=drift,
    )


def _has_moved(column: Floats) -> bool:
    known = column[~np.isnan(column)]
    return len(known) >= MINIMUM_DAYS and float(np.abs(known).max()) > 0.0


def _common(columns: Mapping[str, Floats], core: Sequence[str]) -> npt.NDArray[np.bool_]:
    known: npt.NDArray[np.bool_] = np.logical_and.reduce([~np.isnan(columns[coin]) for coin in core])
    return known


@dataclass(frozen=True, eq=False)
class Bootstrap:
    """Real days in blocks of random length, `block_length` days on average; the last day is followed by the first."""

    panel: Panel
    block_length: float

    @property
    def coins(self) -> tuple[str, ...]:
        """The panel's coins."""
        return self.panel.coins

    def draw(self, random: np.random.Generator, paths: int, horizon: int) -> Iterator[Day]:
        """Draw the paths day by day; funding is that of the days drawn."""
        returns = self.panel.returns
        funding = np.where(np.isnan(self.panel.funding), self.panel.mean_funding, self.panel.funding)
        days = len(returns)
        table = np.ascontiguousarray(returns)
        at = random.integers(0, days, paths)
        for _ in range(horizon):
            yield Day(self.panel.completed(random, table.take(at, axis=0)), funding.take(at, axis=0))
            at = np.where(random.random(paths) * self.block_length < 1.0, random.integers(0, days, paths), at + 1)
            at[at == days] = 0


@dataclass(frozen=True, eq=False)
class FatTails:
    """Joint Student t with one common, clustering variance.

    `persistence` (a, b) of the variance: a of yesterday's shock, b of yesterday's variance; `degrees` of freedom of
    the tails (infinite: normal); `root` a Cholesky factor of the covariance S of the panel's core. `variance_now` is
    the common variance from which paths start (1: the mean).
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
        """Draw the paths day by day; funding is its mean."""
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
    """The joint t with clustering variance that fits the panel best (maximum likelihood for a, b and the degrees).

    The covariance is that of the panel, shrunk (Ledoit and Wolf 2004), so that it is sound with few days.
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
    """Minus the log-likelihood of the lengths of the days, constants left out."""
    constant = math.lgamma((degrees + size) / 2.0) - math.lgamma(degrees / 2.0) - size / 2.0 * math.log(degrees - 2.0)
    variances = np.array(_variances(lengths, a, b)[:-1])
    distance = np.log1p(size * np.array(lengths) / (variances * (degrees - 2.0)))
    total = float((size * np.log(variances) + (degrees + size) * distance).sum())
    return total / 2.0 - len(lengths) * constant


def _variances(lengths: Sequence[float], a: float, b: float) -> list[float]:
    """The common variance on each day, and on the day to come."""
    variances = [1.0]
    for length in lengths:
        variances.append(min((1.0 - a - b) + a * length + b * variances[-1], MOST_VARIANCE))
    return variances


@dataclass(frozen=True, eq=False)
class Windows:
    """Every stretch of a panel as it was, its trend included: path k starts on day k.

    `paths` must be `count(horizon)`.
    """

    panel: Panel

    @property
    def coins(self) -> tuple[str, ...]:
        """The panel's coins."""
        return self.panel.coins

    def count(self, horizon: int) -> int:
        """How many stretches of `horizon` days there are."""
        return max(0, len(self.panel.returns) - horizon + 1)

    def draw(self, random: np.random.Generator, paths: int, horizon: int) -> Iterator[Day]:
        """The stretches side by side."""
        funding = np.where(np.isnan(self.panel.funding), self.panel.mean_funding, self.panel.funding)
        for day in range(horizon):
            drawn = self.panel.returns[day : day + paths] + self.panel.means
            yield Day(self.panel.completed(random, drawn), funding[day : day + paths])


@dataclass(frozen=True, eq=False)
class Given:
    """One path of stated returns (days, coins), without funding; every path drawn is the same."""

    coins: tuple[str, ...]
    returns: Floats

    def draw(self, random: np.random.Generator, paths: int, horizon: int) -> Iterator[Day]:
        """The stated days, at most `horizon` of them."""
        for row in self.returns[:horizon]:
            yield Day(np.tile(1.0 + row, (paths, 1)), np.zeros((1, 0)))


def block_length(series: Floats) -> float:
    """Mean length of the blocks with which the stationary bootstrap estimates a mean best, in days, at least 1.

    Politis and White (2004), as corrected by Patton, Politis and White (2009): with R(k) the autocovariances, m twice
    the last lag that matters, lambda the flat-top window, G = sum of lambda·|k|·R(k) and g = sum of lambda·R(k),
    b = (G²/g²)^(1/3)·n^(1/3), at most 3·sqrt(n) or n/3. Raises InvalidInput for fewer than 30 days.
    """
    n = len(series)
    if n < MINIMUM_DAYS:
        raise InvalidInput(f"A block length needs at least {MINIMUM_DAYS} days, not {n}.")
    centred = series - series.mean()
    if not float(centred @ centred) > 0.0:
        return 1.0
    run = max(5, int(math.log10(n)))
    most = math.ceil(math.sqrt(n)) + run
    covariances = np.array([float(centred[lag:] @ centred[: n - lag]) / n for lag in range(most + 1)])
    matters = 2.0 * math.sqrt(math.log10(n) / n)
    correlations = np.abs([_correlation(centred, lag) for lag in range(most + 1)])
    quiet = (lag for lag in range(most + 1 - run) if (correlations[lag : lag + run] < matters).all())
    last = next(quiet, None)
    m = most if last is None else min(2 * max(last, 1), most)
    lags = np.arange(1, m + 1)
    window = np.minimum(1.0, 2.0 * (1.0 - lags / m))
    G = float(2.0 * (window * lags) @ covariances[1 : m + 1])
    g = float(covariances[0] + 2.0 * window @ covariances[1 : m + 1])
    length = (G**2 / g**2 * n) ** (1.0 / 3.0) if g else 1.0
    return max(1.0, min(length, math.ceil(min(3.0 * math.sqrt(n), n / 3.0))))


def _correlation(centred: Floats, lag: int) -> float:
    n = len(centred)
    late, early = centred[lag + 1 :], centred[: n - lag - 1]
    scale = math.sqrt(float(late @ late) * float(early @ early))
    return float(centred[lag:] @ centred[: n - lag]) / scale if scale else 0.0
