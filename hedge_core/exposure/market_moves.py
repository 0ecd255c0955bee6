"""How each coin moves with the market, and how it fared on the market's worst days.

The market's daily return f is the mean of Bitcoin's and Ether's, on the days on which both have one. The beta of a coin
is its least-squares slope on f, so that the betas of Bitcoin and Ether add up to 2. If the market moves by p, a coin is
expected to move by beta·p.

The *stress beta* is the mean return of a coin on the worst 10% of days divided by the market's on the same days, shrunk
towards the mean of all coins, the more the less precise it is. It describes crashes; hedges are not sized with it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hedge_core.exposure.estimators import block_starts, ols
from hedge_core.market.snapshot import MINIMUM_DAYS, Floats

MARKET = ("BTC", "ETH")
"""The market is half of each."""

WORST_SHARE = 0.1
BLOCK_DAYS = 10
SAMPLES = 200
SEED = 0
"""The bootstrap: blocks of ten days, 200 samples, the same draw every time."""

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class MarketBetas:
    """Betas of the coins to the market, in the order of `coins`.

    `observations` counts the days on which a coin and the market both have a return. `is_assumed` marks the coins whose
    beta is taken to be 1, because there are fewer than MINIMUM_DAYS such days or a price never moved.
    """

    coins: tuple[str, ...]
    betas: Floats
    observations: npt.NDArray[np.int64]
    is_assumed: Bools

    def of(self, coin: str) -> float:
        """Return the beta of a coin; 1 for a coin that is not listed."""
        return float(self.betas[self.coins.index(coin)]) if coin in self.coins else 1.0


@dataclass(frozen=True, eq=False)
class StressBetas:
    """Stress betas of the coins, in the order of `coins`, from the market's `worst_days`.

    `own` are the ratios of the coins themselves, NaN with fewer than MINIMUM_DAYS days, and `standard_errors` theirs
    by block bootstrap. `weights` say how much of its own ratio is in each coin's `betas`; the rest is the mean of all
    coins.
    """

    coins: tuple[str, ...]
    betas: Floats
    own: Floats
    standard_errors: Floats
    weights: Floats
    worst_days: int


def market_returns(returns: Floats, coins: Sequence[str]) -> Floats:
    """Return f, the mean of the daily returns of Bitcoin and Ether, shape (days,); NaN if one of them is missing.

    `returns` has shape (days, coins). All are NaN if there is no column of one of the two.
    """
    if any(coin not in coins for coin in MARKET):
        return np.full(len(returns), np.nan)
    market: Floats = returns[:, [list(coins).index(coin) for coin in MARKET]].mean(axis=1)
    return market


def market_betas(returns: Floats, coins: Sequence[str]) -> MarketBetas:
    """Return the betas of all `coins` to the market, from their `returns` in the window (days, coins), NaN if missing.

    Bitcoin and Ether must be among the coins; without either, all betas are assumed.
    """
    fit = ols(returns, market_returns(returns, coins))
    betas = np.where(fit.is_usable, fit.slope, 1.0)
    return MarketBetas(tuple(coins), betas, fit.observations, ~fit.is_usable)


def stress_betas(returns: Floats, coins: Sequence[str]) -> StressBetas | None:
    """Return the stress betas of all `coins` from their `returns` in the window (days, coins), NaN if missing.

    Stress beta = w·own + (1 − w)·mean of all coins, w = v/(v + SE²), v the variance of the coins' own ratios. None if
    the market has fewer than MINIMUM_DAYS days, if its worst days are no falls, or if no coin has enough days.
    """
    f = market_returns(returns, coins)
    f, r = f[~np.isnan(f)], returns[~np.isnan(f)]
    if len(f) < MINIMUM_DAYS:
        return None
    count = math.ceil(WORST_SHARE * len(f))
    as_it_was = np.arange(len(f))[None]
    own = np.where((~np.isnan(r)).sum(axis=0) >= MINIMUM_DAYS, _stress_ratios(f, r, as_it_was, count)[0], np.nan)
    known = np.isfinite(own)
    if not known.any() or not np.sort(f)[:count].mean() < 0.0:
        return None
    errors = _deviation(_stress_ratios(f, r, block_starts(len(f), BLOCK_DAYS, SAMPLES, SEED), count))
    mean = float(own[known].mean())
    between = float(own[known].var(ddof=1)) if known.sum() > 1 else 0.0
    with np.errstate(invalid="ignore"):
        weights = np.where(known & np.isfinite(errors), between / (between + errors**2), 0.0)
    weights = np.nan_to_num(weights)
    betas = weights * np.where(known, own, 0.0) + (1.0 - weights) * mean
    return StressBetas(tuple(coins), betas, own, errors, weights, count)


def _stress_ratios(f: Floats, r: Floats, drawn: npt.NDArray[np.int64], count: int) -> Floats:
    """Mean return of each coin over the market's on its `count` worst days, for each sample: shape (samples, coins).

    `f` (days,) and `r` (days, coins) are the returns, `drawn` (samples, days) the days of each sample. A day without a
    return of the coin counts for neither.
    """
    worst = np.take_along_axis(drawn, np.argpartition(f[drawn], count - 1, axis=1)[:, :count], axis=1)
    falls, moves = f[worst][:, :, None], r[worst]
    is_known = ~np.isnan(moves)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratios: Floats = np.where(is_known, moves, 0.0).sum(axis=1) / np.where(is_known, falls, 0.0).sum(axis=1)
    return ratios


def _deviation(samples: Floats) -> Floats:
    """The standard deviation of each column without its NaN values; NaN with fewer than two others."""
    is_known = np.isfinite(samples)
    n = is_known.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(is_known, samples, 0.0).sum(axis=0) / n
        squares = (np.where(is_known, samples - mean, 0.0) ** 2).sum(axis=0)
        deviation: Floats = np.where(n > 1, np.sqrt(squares / (n - 1)), np.nan)
    return deviation
