"""Volatility: the days of a panel scaled to how volatile the market is now.

    r(t) becomes r(t)·(σ(now) / σ(t))^g
    σ²(t + 1) = λ·σ²(t) + (1 − λ)·q(t),  λ = 2^(−1/H)

with q(t) the mean squared return of the coins on day t, each in units of its own variance, and H the half-life in days.
With g = 0 days are drawn as they were, with g = 1 as if volatility stayed where it is today (filtered historical
simulation, Hull and White 1998). All coins of a day share one factor, which leaves their betas alone.

Which g serves best is measured by `history.scaling`. On years of real closes no g above 0 foretold losses better on
coins that it was not chosen on, so that distributions use 0. Chances that margin runs out, and the cash that they ask
for, use 1: a rise of half in a month is foretold better so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from hedge_core.market.snapshot import Floats
from hedge_core.simulation.account import Book, peak_factors
from hedge_core.simulation.engine import FAN_PATHS, Runs, run_paths
from hedge_core.simulation.panel import Panel
from hedge_core.simulation.paths import Bootstrap, PathModel
from hedge_core.simulation.policies import Policy
from hedge_core.simulation.setup import Setup

HALF_LIFE_DAYS = 30.0

CLOSE_OUT_POWER = 1.0
"""The power g with which chances that margin runs out are drawn."""

MOST_SCALE = 5.0
"""The largest ratio of two volatilities that counts, up and down."""


def ewma_variances(squares: Floats, half_life: float = HALF_LIFE_DAYS) -> Floats:
    """The EWMA variance before each day and after the last, shape (days + 1,), from squared returns, shape (days,).

    It starts from the mean of all squares.
    """
    decay = 0.5 ** (1.0 / half_life)
    variances = [float(squares.mean())]
    for square in squares.tolist():
        variances.append(decay * variances[-1] + (1.0 - decay) * square)
    return np.array(variances)


def volatility_now(panel: Panel) -> float:
    """Today's volatility of the panel's coins relative to that of all its days, within MOST_SCALE."""
    return float(np.clip(np.sqrt(ewma_variances(_squares(panel))[-1]), 1.0 / MOST_SCALE, MOST_SCALE))


def scaled(panel: Panel, power: float, half_life: float = HALF_LIFE_DAYS) -> Panel:
    """The panel with its days scaled to today's volatility; with a `power` of 0 the panel as it is.

    Returns keep a mean of zero. Residuals of attached coins are scaled by (σ(now) / σ)^g, with σ that of all days.
    """
    if power == 0.0:
        return panel
    variances = ewma_variances(_squares(panel), half_life)
    ratio = np.sqrt(variances[-1] / np.maximum(variances[:-1], 1e-300))
    factors = np.clip(ratio, 1.0 / MOST_SCALE, MOST_SCALE)[:, None] ** power
    returns = panel.returns * factors
    now = np.clip(np.sqrt(variances[-1]), 1.0 / MOST_SCALE, MOST_SCALE) ** power
    return replace(panel, returns=returns - returns.mean(axis=0), residual_root=panel.residual_root * now)


def _squares(panel: Panel) -> Floats:
    """The mean squared return of each day, each coin in units of its variance, shape (days,)."""
    squares: Floats = (panel.returns**2 / (panel.returns**2).mean(axis=0)).mean(axis=1)
    return squares


@dataclass(frozen=True, eq=False)
class TodaysPaths:
    """A setup and its path model at today's volatility, for chances that margin runs out; `remarks` say so."""

    setup: Setup
    model: PathModel
    remarks: tuple[str, ...]

    def run(self, policies: Sequence[Policy] = (), *, paths: int, seed: int, wanted: Book | None = None) -> Runs:
        """Run the bag, its book and `policies` as `run_paths` does, on at most FAN_PATHS of these paths."""
        there, fewer = self.setup, min(paths, FAN_PATHS)
        return run_paths(
            self.model, there.bag, there.book, policies, horizon=there.horizon, paths=fewer, seed=seed, wanted=wanted
        )


def todays_paths(setup: Setup, model: PathModel, power: float = CLOSE_OUT_POWER) -> TodaysPaths:
    """The setup and the model with days scaled to today's volatility with a power.

    A model that is not drawn from real days starts from today's variance by itself and stays as it is. Blocks keep the
    length that they have without scaling, and the highest prices of a day follow the scaled days.
    """
    if not isinstance(model, Bootstrap):
        return TodaysPaths(setup, model, ())
    panel = scaled(setup.panel, power)
    peaks = peak_factors(np.sqrt(panel.variances))
    there = replace(
        setup,
        panel=panel,
        bag=replace(setup.bag, trough=1.0 / peaks[setup.bag.columns]),
        book=with_peaks(setup.book, panel),
    )
    remark = (
        "Whether margin runs out, and the cash that this asks for, is tried on the same days at today's volatility, "
        f"{volatility_now(setup.panel):.2f} times that of all these days."
    )
    return TodaysPaths(there, replace(model, panel=panel), (remark,))


def with_peaks(book: Book, panel: Panel) -> Book:
    """The book with factors to the day's highest price, of pledged coins the lowest, that follow the panel's days."""
    peaks, options = peak_factors(np.sqrt(panel.variances)), book.options
    if options is not None:
        options = replace(options, peak=peaks[options.columns])
    peak, shorts = peaks[book.columns], len(book.margin.legs)
    return replace(book, peak=np.concatenate([peak[:shorts], 1.0 / peak[shorts:]]), options=options)
