"""Panel: the common days of several coins (the core), and how coins with too few days follow the core.

Each coin's mean return is removed, so that a past trend does not become a forecast. A coin with too little history is
attached to the core: it moves by its beta to a stand-in, plus a residual with a joint t distribution. Residuals of
attached coins are correlated as on the days that these coins have in common.
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
"""The common days needed to draw real days; with fewer, whole market regimes are missing."""

MOST_DAYS = 1095
"""Days more than three years back are left out, because the market was a different one."""

LEAST_GROWTH = 0.02
"""The smallest growth factor of a day: no coin loses more than 98%, even in a fat tail."""

RESIDUAL_DEGREES = 5.0
"""Degrees of freedom of the residuals of attached coins when real days are drawn."""


@dataclass(frozen=True, slots=True)
class StandIn:
    """The coin that another coin with too few days follows, with the beta and the correlation to it."""

    proxy: str
    beta: float
    correlation: float


@dataclass(frozen=True, eq=False)
class Panel:
    """The days on which all coins of `core` traded, and how the `attached` coins follow them.

    - `returns`: daily returns with mean zero, shape (days, core); `means`: the means removed, shape (core,).
    - `funding`: daily funding rates, shape (days, perpetuals), NaN if unknown.
    - `loadings` (core, attached) and `residual_root` (attached, attached), a factor of the residual covariance: returns
      of attached coins are returns @ loadings + noise @ residual_root'.
    - `drift`: added to each day's return, shape (core + attached,).
    - `stand_ins`: the stand-in used, by attached coin.
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
        """Whether the next row is the next calendar day, shape (days,); false where a run of days ends."""
        followed: npt.NDArray[np.bool_] = np.append(np.diff(self.days) == np.timedelta64(1, "D"), False)
        return followed

    @property
    def coins(self) -> tuple[str, ...]:
        """The coins of the core, then the attached coins."""
        return self.core + self.attached

    @property
    def variances(self) -> Floats:
        """Variance of each coin's daily return, in the order of `coins`."""
        core = self.returns.var(axis=0)
        residual = (self.residual_root**2).sum(axis=1)
        return np.concatenate((core, (self.returns @ self.loadings).var(axis=0) + residual))

    @cached_property
    def mean_funding(self) -> Floats:
        """The mean daily funding rate of each perpetual, shape (1, perpetuals); 0 if none is known."""
        known = ~np.isnan(self.funding)
        total = np.where(known, self.funding, 0.0).sum(axis=0)
        mean: Floats = total / np.maximum(known.sum(axis=0), 1)
        return mean[None, :]

    def completed(self, random: np.random.Generator, drawn: Floats, scale: Floats | None = None) -> Floats:
        """The growth factors of all coins from the core's returns `drawn`, shape (paths, coins).

        `scale`, shape (paths, 1), scales the day's residuals; without it they have the tails of RESIDUAL_DEGREES.
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
    """The panel of `coins`, or None if no coin has `least_days` days or an attached coin has no stand-in in the core.

    The coins with the fewest days leave the core until `least_days` common days remain; each then follows the first of
    its `stand_ins` that is in the core. `funding` has the rows of the history's returns, shape (days, perpetuals).
    `proxy_move_a_day` (a fraction) is the drift of the first of `leaders` in the core, or else of the core's first
    coin; the other coins take part in it by their beta to that coin.
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
    """A factor of the residuals' covariance, shape (attached, attached).

    Standard deviations are measured if there are enough days, else they follow from the stand-in's correlation. Pairs
    with fewer than MINIMUM_DAYS in common count as uncorrelated. Negative eigenvalues, which can arise because pairs
    use different days, are set to zero.
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
