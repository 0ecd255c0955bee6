"""Panel: the days that several coins have in common, and how those too young for them follow the others.

Each coin's own mean is taken out, so that no trend of the past is sold as a forecast. A coin that is too young to be
drawn with the others is attached: the beta of its stand-in, and a residual, a joint t that is correlated with those of
other young coins as they were on the days that they have in common.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from hedge_core.market.snapshot import MINIMUM_DAYS, Days, Floats, PriceHistory

BOOTSTRAP_DAYS = 250
"""Common days that a history must hold to be drawn from; with fewer, whole regimes are missing."""

MOST_DAYS = 1095
"""Days further back than three years are left out: another market."""

LEAST_GROWTH = 0.02
"""No coin loses more than 98% in a day; a fat tail would otherwise reach below zero."""

RESIDUAL_DEGREES = 5.0
"""Degrees of freedom of young coins' residuals beside real days."""


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
    perpetuals), NaN where unknown; `loadings` (core, attached) and `residual_root` (attached, attached), a Cholesky
    factor, make young coins' returns: returns @ loadings + noise @ residual_root'. `drift` (core + attached,) is added
    to each day's return. `stand_ins` are those that were used, by coin.
    """

    days: Days
    core: tuple[str, ...]
    attached: tuple[str, ...]
    returns: Floats
    means: Floats
    funding: Floats
    loadings: Floats
    residual_root: Floats
    drift: Floats
    stand_ins: Mapping[str, StandIn]

    @cached_property
    def is_followed(self) -> npt.NDArray[np.bool_]:
        """Whether the day after a row is the next row: where not, a stretch of days ends."""
        followed: npt.NDArray[np.bool_] = np.append(np.diff(self.days) == np.timedelta64(1, "D"), False)
        return followed

    @property
    def coins(self) -> tuple[str, ...]:
        """The coins of the core, then those attached."""
        return self.core + self.attached

    @property
    def variances(self) -> Floats:
        """Variance of each coin's daily return, in the order of `coins`."""
        core = self.returns.var(axis=0)
        residual = (self.residual_root**2).sum(axis=1)
        return np.concatenate((core, (self.returns @ self.loadings).var(axis=0) + residual))

    @cached_property
    def mean_funding(self) -> Floats:
        """Mean daily rate of each perpetual, shape (1, perpetuals); 0 where none is known."""
        known = ~np.isnan(self.funding)
        total = np.where(known, self.funding, 0.0).sum(axis=0)
        mean: Floats = total / np.maximum(known.sum(axis=0), 1)
        return mean[None, :]

    def completed(self, random: np.random.Generator, drawn: Floats, scale: Floats | None = None) -> Floats:
        """Growth factors of all coins from the core's returns, shape (paths, coins).

        `scale` (paths, 1) of the day's deviations; without one the residuals have the tails of RESIDUAL_DEGREES.
        """
        growth = drawn
        if self.attached:
            noise = random.standard_normal((len(drawn), len(self.attached))) @ self.residual_root.T
            if scale is None:
                mixed = random.standard_gamma(RESIDUAL_DEGREES / 2.0, (len(drawn), 1))
                scale = np.sqrt((RESIDUAL_DEGREES - 2.0) / (2.0 * mixed))
            growth = np.concatenate((drawn, drawn @ self.loadings + noise * scale), axis=1)
        grown = growth + (1.0 + self.drift)
        return np.maximum(grown, LEAST_GROWTH, out=grown)


def make_panel(
    history: PriceHistory,
    coins: Sequence[str],
    *,
    funding: Floats,
    stand_ins: Mapping[str, Sequence[StandIn]],
    least_days: int = BOOTSTRAP_DAYS,
    proxy_move_a_day: float = 0.0,
    leaders: Sequence[str] = (),
) -> Panel | None:
    """The days that `coins` have in common, the young ones attached to others.

    `funding` (days of the history, perpetuals) goes with the returns. Coins are dropped from the core, the youngest
    first, until `least_days` common days remain, and follow the first of their `stand_ins` that is in the core; None
    where not even one coin has the days, or a dropped coin has no stand-in. `proxy_move_a_day` is a drift of the first
    of `leaders` that is in the core (else of its first coin), in which the others share by their beta to it.
    """
    coins = tuple(dict.fromkeys(coins))
    recent = history.returns[-MOST_DAYS:]
    columns = {coin: recent[:, history.column_of[coin]] for coin in coins if coin in history}
    core = [coin for coin, column in columns.items() if _has_moved(column)]
    core.sort(key=lambda coin: -int((~np.isnan(columns[coin])).sum()))
    while core and int(_common(columns, core).sum()) < least_days:
        core.pop()
    core = [coin for coin in coins if coin in core]
    attached = [coin for coin in coins if coin not in core]
    used = {coin: next((one for one in stand_ins.get(coin, ()) if one.proxy in core), None) for coin in attached}
    if not core or None in used.values():
        return None
    known = {coin: stand_in for coin, stand_in in used.items() if stand_in is not None}
    days = _common(columns, core)
    returns = np.column_stack([columns[coin][days] for coin in core])
    means = returns.mean(axis=0)
    returns -= means
    loadings = np.zeros((len(core), len(attached)))
    for place, coin in enumerate(attached):
        loadings[core.index(known[coin].proxy), place] = known[coin].beta
    drift = np.zeros(len(coins))
    if proxy_move_a_day:
        leader = next((coin for coin in leaders if coin in core), core[0])
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
        residual_root=_residual_root(columns, attached, known, dict(zip(core, returns.std(axis=0), strict=True))),
        drift=drift,
        stand_ins=known,
    )


def _residual_root(
    columns: Mapping[str, Floats],
    attached: Sequence[str],
    stand_ins: Mapping[str, StandIn],
    deviations: Mapping[str, float],
) -> Floats:
    """A factor of the residuals' covariance: measured where there are days for it, else from the correlation stated.

    Pairs without MINIMUM_DAYS in common are taken as unrelated; eigenvalues below zero, which pairs of different days
    can leave, are cut off.
    """
    size = len(attached)
    residuals = np.full((len(next(iter(columns.values()))), size), np.nan)
    spread = np.zeros(size)
    for place, coin in enumerate(attached):
        stand_in = stand_ins[coin]
        followed = abs(stand_in.beta) * deviations[stand_in.proxy]
        spread[place] = followed * math.sqrt(max(1.0 / max(stand_in.correlation, 1e-3) ** 2 - 1.0, 0.0))
        if coin in columns:
            own = columns[coin] - stand_in.beta * columns[stand_in.proxy]
            if int((~np.isnan(own)).sum()) >= MINIMUM_DAYS:
                residuals[:, place] = own
                spread[place] = float(np.nanstd(own))
    correlation = np.eye(size)
    for row in range(size):
        for column in range(row):
            pair = residuals[:, [row, column]]
            pair = pair[~np.isnan(pair).any(axis=1)]
            if len(pair) >= MINIMUM_DAYS and pair.std(axis=0).min() > 0.0:
                correlation[row, column] = correlation[column, row] = float(np.corrcoef(pair.T)[0, 1])
    values, vectors = np.linalg.eigh(correlation)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    lengths = np.sqrt((root**2).sum(axis=1))
    scaled: Floats = root / np.where(lengths > 0.0, lengths, 1.0)[:, None] * spread[:, None]
    return scaled


def _has_moved(column: Floats) -> bool:
    known = column[~np.isnan(column)]
    return len(known) >= MINIMUM_DAYS and float(np.abs(known).max()) > 0.0


def _common(columns: Mapping[str, Floats], core: Sequence[str]) -> npt.NDArray[np.bool_]:
    known: npt.NDArray[np.bool_] = np.logical_and.reduce([~np.isnan(columns[coin]) for coin in core])
    return known
