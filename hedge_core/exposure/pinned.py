"""A market without a history, pinned: the prices of one moment and the estimates that were made on it then.

`assess` on it gives the same betas, routes, legs and costs as on the market that the pin was taken from, whatever has
happened since. It answers for the coins that it knows and for nothing that has to be worked out from past days.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from hedge_core.errors import InsufficientHistory
from hedge_core.exposure.bag_fit import BagFit
from hedge_core.exposure.betas import BetaEstimate
from hedge_core.market.snapshot import Floats, MarketSnapshot


@dataclass(frozen=True, eq=False)
class PinnedMarket(MarketSnapshot):
    """A snapshot whose estimates are given instead of its history, which is empty.

    `venue` is where the plan shorted. `estimates` holds for each coin the one estimate on a proxy that is used, or why
    there is none; `own` are the coins that were hedged with a future of their own. `fit` is the joint regression of the
    coins hedged as one bag (None: there was none), `predicted` the correlation of each of them with what it predicts,
    `left_out` and `unfit` the proxies that it does without. `covariance` is that of daily returns of the coins
    `covered`, `volatilities` the standard deviation of a coin's daily returns. `funding_means` are realised means a
    year with the days behind them, `stale_days` the ages of prices that were old already.
    """

    venue: str = ""
    estimates: Mapping[str, BetaEstimate | InsufficientHistory] = field(default_factory=dict)
    own: frozenset[str] = frozenset()
    fit: BagFit | None = None
    predicted: Mapping[str, float] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    unfit: tuple[str, ...] = ()
    covered: tuple[str, ...] = ()
    covariance: Floats = field(default_factory=lambda: np.ones((0, 0)))
    volatilities: Mapping[str, float] = field(default_factory=dict)
    funding_means: Mapping[str, tuple[float | None, int]] = field(default_factory=dict)
    stale_days: Mapping[str, int] = field(default_factory=dict)

    def price_age_days(self, coin: str) -> int:
        """Days by which the coin's price was behind the market's newest day; 0 for most."""
        return self.stale_days.get(coin, 0)

    def mean_funding(self, coin: str, window_days: int) -> tuple[float | None, int] | None:
        """The mean funding rate a year that was pinned, with the days behind it; None for another coin."""
        return self.funding_means.get(coin)

    def proxies_of(self, coin: str) -> tuple[str, ...]:
        """The proxy that the coin was matched with, beside a future of its own; () for a coin that is not pinned."""
        estimate = self.estimates.get(coin)
        return () if estimate is None else (estimate.proxy,)

    def may_use(self, coin: str, underlying: str) -> bool:
        """Whether a contract on `underlying` was looked at for the coin in the end."""
        return underlying in self.proxies_of(coin) or (underlying == coin and coin in self.own)

    def fit_of(self, coins: Sequence[str]) -> BagFit | None:
        """The joint regression of these coins, in this order; None where it was not of all of them."""
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
        """The covariance of these coins' daily returns; None where one of them is not covered."""
        if any(coin not in self.covered for coin in coins):
            return None
        rows = [self.covered.index(coin) for coin in coins]
        S: Floats = self.covariance[np.ix_(rows, rows)]
        return S
