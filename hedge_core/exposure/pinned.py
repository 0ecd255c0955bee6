"""A pinned market: prices at one moment with the estimates made then, and no price history.

`assess` on it gives the same betas, routes, legs and costs as on the market from which the pin was made, whatever has
happened since. It covers only the pinned coins, and nothing that must be computed from past days, such as backtests.
`documents.link.pin` builds it from a link.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from hedge_core.errors import InsufficientHistory
from hedge_core.exposure.bag_fit import BagFit
from hedge_core.exposure.basket import Basket
from hedge_core.exposure.betas import BetaEstimate
from hedge_core.exposure.count_risk import CountRisk
from hedge_core.market.contracts import Catalogue
from hedge_core.market.snapshot import Floats, MarketSnapshot

FORMULAS = 3
"""The formulas with which new pins are made, counted from 1. Raise it when a change of a formula would show another
count, margin or scenario on a pin that was made before, and keep the former behaviour for pins that state less."""

BASKET_FORMULAS = 2
"""The formulas since which a bag is hedged with a basket, and market betas are pinned."""

OPENED_FORMULAS = 2
"""The formulas since which the counts are those that the collateral opens."""

MONTH_FORMULAS = 3
"""The formulas since which the month of a future is chosen by its cost."""


@dataclass(frozen=True, eq=False)
class PinnedMarket(MarketSnapshot):
    """A market snapshot with an empty history, whose estimates are given instead.

    `venue` is where the plan shorts. `estimates` holds, for each coin, the one estimate on a proxy that is used, or the
    reason why there is none. `own` are the coins hedged with their own future. `fit` is the joint regression of the
    coins hedged as one bag (None if there is none), and `predicted` the correlation of each of them with the return it
    predicts. The fit omits the proxies in `left_out` (too small for a contract) and `unfit` (too little history).
    `covariance` is that of the daily returns of the coins `covered`, on `covered_days` days, and `bag_variance` the
    variance of the bag's own return (None if not pinned). `volatilities` are
    standard deviations of daily returns, `market_betas` betas to the market. `left_out_coins` were not hedged because
    that had raised their variance.
    `funding_means` are mean realised rates per year with the number of days behind them. `stale_days` are the
    ages in days of prices that were already old. `formulas` is the value of FORMULAS when the pin was made: 1 is
    the first edition, whose behaviour every link of format 1 keeps. `counted` are the fractions for which pledged coins
    count as margin.
    """

    venue: str = ""
    estimates: Mapping[str, BetaEstimate | InsufficientHistory] = field(default_factory=dict)
    own: frozenset[str] = frozenset()
    fit: BagFit | Basket | None = None
    predicted: Mapping[str, float] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    unfit: tuple[str, ...] = ()
    covered: tuple[str, ...] = ()
    covariance: Floats = field(default_factory=lambda: np.ones((0, 0)))
    covered_days: int = 0
    bag_variance: float | None = None
    market_betas: Mapping[str, float] = field(default_factory=dict)
    left_out_coins: tuple[str, ...] = ()
    volatilities: Mapping[str, float] = field(default_factory=dict)
    funding_means: Mapping[str, tuple[float | None, int]] = field(default_factory=dict)
    stale_days: Mapping[str, int] = field(default_factory=dict)
    formulas: int = 1
    counted: Mapping[str, float] = field(default_factory=dict)

    @property
    def opens_what_fits(self) -> bool:
        """Whether the pin was made since counts are limited to what the collateral opens."""
        return self.formulas >= OPENED_FORMULAS

    @property
    def collateral_counts(self) -> Mapping[str, float]:
        """The fractions for which coins counted as margin when the pin was made."""
        return self.counted

    @property
    def chooses_months(self) -> bool:
        """Whether the pin was made since months are chosen by their cost."""
        return self.formulas >= MONTH_FORMULAS

    def contracts_over(self, shipped: Catalogue) -> Catalogue:
        """Return `shipped` with the pinned contracts, which replace those with the same id and come before others."""
        return shipped.with_preferred(self.contracts)

    def price_age_days(self, coin: str) -> int:
        """Return how many days the coin's price is older than the newest prices, 0 if it is not."""
        return self.stale_days.get(coin, 0)

    def mean_funding(self, coin: str, window_days: int) -> tuple[float | None, int] | None:
        """Return the pinned mean funding rate per year and its number of days; None if the coin has none."""
        return self.funding_means.get(coin)

    def proxies_of(self, coin: str) -> tuple[str, ...]:
        """Return the pinned proxy of the coin, besides its own future; () if the coin is not pinned."""
        estimate = self.estimates.get(coin)
        return () if estimate is None else (estimate.proxy,)

    def may_use(self, coin: str, underlying: str) -> bool:
        """Whether a contract on `underlying` may hedge the coin, as it could on the original market."""
        return underlying in self.proxies_of(coin) or (underlying == coin and coin in self.own)

    def fit_of(self, coins: Sequence[str]) -> BagFit | Basket | None:
        """Return the joint fit of these coins, in this order; None if one of them is not in it."""
        if self.fit is None or any(coin not in self.fit.coins for coin in coins):
            return None
        rows = [self.fit.coins.index(coin) for coin in coins]
        return replace(
            self.fit,
            coins=tuple(coins),
            betas=self.fit.betas[rows],
            standard_errors=self.fit.standard_errors[rows],
            observations=self.fit.observations[rows],
            is_young=self.fit.is_young[rows],
        )

    def covariance_of(self, coins: Sequence[str]) -> Floats | None:
        """Return the covariance of these coins' daily returns; None if one of them is not covered."""
        if any(coin not in self.covered for coin in coins):
            return None
        rows = [self.covered.index(coin) for coin in coins]
        S: Floats = self.covariance[np.ix_(rows, rows)]
        return S

    def count_risk_of(self, legs: Sequence[str]) -> CountRisk | None:
        """Return what whole counts of these legs are judged by, for those that are covered; None if none is."""
        known = tuple(leg for leg in legs if leg in self.covered)
        S = self.covariance_of(known)
        if not known or S is None:
            return None
        return CountRisk(known, S, self.covered_days, self.bag_variance)
