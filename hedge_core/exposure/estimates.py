"""How the coins of a plan move together: estimated from price history, or as a link pinned it.

`Estimates` is the interface that the rest of the core uses; nothing asks which kind it has. `HistoryEstimates` computes
the figures from a market's history, `PinnedEstimates` reads them from a pinned market. To add a kind of market with
estimates of its own, write one class and register it for that market (see `estimates_of`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import singledispatch
from typing import Protocol

import numpy as np

from hedge_core.errors import InsufficientHistory
from hedge_core.exposure import betas
from hedge_core.exposure.bag_fit import BAG_PROXIES, BagFit, fit_bag, sound_proxies
from hedge_core.exposure.basket import Basket, BasketFitter, eligible
from hedge_core.exposure.basket_intervals import basket_calibration
from hedge_core.exposure.betas import BetaEstimate, estimate_betas, shrunk_to_peers
from hedge_core.exposure.count_risk import CountRisk, bag_variance, count_risk
from hedge_core.exposure.evidence import Evidence
from hedge_core.exposure.joint_fit import Charges, Held, JointFit, TooSmall
from hedge_core.exposure.market_moves import MARKET, MarketBetas, StressBetas, market_betas, stress_betas
from hedge_core.exposure.pinned import BASKET_FORMULAS, PinnedMarket
from hedge_core.market.contracts import Contract
from hedge_core.market.snapshot import MAX_PRICE_AGE_DAYS, MINIMUM_DAYS, PROXY_COINS, Floats, MarketSnapshot

YOUNG_SHARE = 0.95
"""A coin with a smaller share of the window's days is young: its beta is shrunk towards those of its peers."""

EstimateTable = Mapping[str, Mapping[str, BetaEstimate | InsufficientHistory]]
"""Coin -> proxy -> the estimate of its beta, or why there is none."""

Contracts = Mapping[str, Contract]
"""The contract to short for each underlying."""

ENOUGH_TEST_DAYS = 180
"""A coin is left out of a basket only if it was tested on at least this many unseen days."""


class Estimates(Protocol):
    """How coins move with what can be shorted, and with each other. All figures are those of daily returns."""

    @property
    def evidence(self) -> Evidence:
        """Out-of-sample results for the coins and proxies; empty without history."""

    @property
    def fit_any_size(self) -> bool:
        """Whether the estimates hold for a bag of any size, not just for the size that they were made for."""

    def betas(self, coins: Iterable[str]) -> EstimateTable:
        """Betas of `coins` to each proxy: coin -> proxy -> estimate, or why there is none."""

    def candidates(self, coin: str, contracts: Contracts) -> tuple[tuple[str, ...], Contracts]:
        """The proxies to try for a coin besides its own future, and the contracts that may hedge it."""

    def joint_fit(self, values: Mapping[str, float], contracts: Contracts, too_small: TooSmall) -> JointFit | None:
        """The fit of a bag on the proxies that have a contract; None if no fit is possible.

        `values` is the USD value of each coin of the bag.
        """

    @property
    def has_baskets(self) -> bool:
        """Whether a bag can be hedged with a basket; False for a pin of the first edition, which knew none."""

    def basket(
        self, values: Mapping[str, float], candidates: Charges, extra_legs: int, too_small: TooSmall, held: Held
    ) -> JointFit | None:
        """The basket of a bag: up to `extra_legs` of the `candidates` besides Bitcoin and Ether; None if none fits.

        `values` is the USD value of each coin of the bag. At least two candidates must have a usable history; of those
        that hedge equally well the cheapest is taken. Legs that are `held` stay unless the best are clearly better.
        """

    def knows(self, coin: str) -> bool:
        """Whether the coin can be in the bag of a basket: something is known of its past."""

    def fails_alone(self, coin: str) -> bool:
        """Whether hedges of this coin alone raised its variance out of sample, on ENOUGH_TEST_DAYS days or more."""

    def count_risk(self, legs: Sequence[str], values: Mapping[str, float]) -> CountRisk | None:
        """What whole counts of shorts in `legs` are judged by, for a bag worth `values`; None with too few days."""

    def market_betas(self, coins: Sequence[str]) -> MarketBetas:
        """The betas of the coins to the market, which is half Bitcoin and half Ether."""

    def stress_betas(self, coins: Sequence[str]) -> StressBetas | None:
        """How the coins fared on the market's worst days; None if that is unknown."""

    def covariance(self, coins: Sequence[str]) -> Floats | None:
        """The covariance of the coins' daily returns, shape (coins, coins); None if it is unknown."""

    def co_movement(self, coin: str, used: Sequence[BetaEstimate], *, is_in_bag: bool) -> tuple[float, float] | None:
        """The daily volatility of a coin and its correlation with the return that the betas `used` predict.

        The volatility is the standard deviation of daily returns, a fraction. `is_in_bag` says that the betas are those
        of the bag's joint fit. None if either figure is unknown.
        """


@dataclass(frozen=True, eq=False, kw_only=True)
class HistoryEstimates:
    """Estimates from the last `window_days` days of a market's history; `proxies` are tried for every coin."""

    market: MarketSnapshot
    window_days: int
    proxies: tuple[str, ...]
    evidence: Evidence

    @property
    def fit_any_size(self) -> bool:
        """True: prices and history do not depend on the bag."""
        return True

    def betas(self, coins: Iterable[str]) -> EstimateTable:
        """Betas by the estimator that the evidence tested. Those of young coins are shrunk to the market's other coins.

        Each estimate has an interval if the evidence supports one.
        """
        history, window = self.market.history, self.window_days
        wanted = tuple(dict.fromkeys(coins))
        table: dict[str, dict[str, BetaEstimate | InsufficientHistory]] = {coin: {} for coin in wanted}
        for proxy in self.proxies:
            found = self._betas_to(proxy, wanted)
            most = max((e.observations for e in found.values() if isinstance(e, BetaEstimate)), default=0)
            known: list[BetaEstimate] = []
            if any(isinstance(e, BetaEstimate) and e.observations < YOUNG_SHARE * window for e in found.values()):
                everyone = self._betas_to(proxy, tuple(history.coins))
                known = [e for e in everyone.values() if isinstance(e, BetaEstimate)]
                most = max(e.observations for e in known)
            peers = [e for e in known if e.observations >= YOUNG_SHARE * most and e.coin not in PROXY_COINS]
            for coin, estimate in found.items():
                if isinstance(estimate, BetaEstimate):
                    if estimate.observations < YOUNG_SHARE * most and coin not in PROXY_COINS:
                        estimate = shrunk_to_peers(estimate, peers, most)
                    estimate = self.evidence.completed(estimate)
                table[coin][proxy] = estimate
        return table

    def _betas_to(self, proxy: str, coins: tuple[str, ...]) -> Mapping[str, BetaEstimate | InsufficientHistory]:
        """The betas of the coins to one proxy, kept with the history: they are the same for any plan and any venue."""
        history, window, estimator = self.market.history, self.window_days, self.evidence.estimator
        return history.kept_once(
            ("betas", estimator.name, window, proxy, coins),
            lambda: estimate_betas(history, coins, proxy, window_days=window, estimator=estimator),
        )

    def candidates(self, coin: str, contracts: Contracts) -> tuple[tuple[str, ...], Contracts]:
        """BTC and ETH, and every contract."""
        return PROXY_COINS, contracts

    def joint_fit(self, values: Mapping[str, float], contracts: Contracts, too_small: TooSmall) -> JointFit | None:
        """The fit on BAG_PROXIES, made again without each proxy that is `too_small`."""
        history = self.market.history
        proxies, unfit = self._sound(contracts)
        left_out: tuple[str, ...] = ()
        while proxies:
            fit = fit_bag(
                history.returns[:, [history.column_of[coin] for coin in values]],
                history.returns[:, [history.column_of[proxy] for proxy in proxies]],
                coins=tuple(values),
                proxies=proxies,
                values=np.array(list(values.values())),
                window=self.window_days,
            )
            if fit is None:
                return None
            small = too_small(fit)
            if small is None:
                return JointFit(fit, left_out, unfit)
            left_out, proxies = (*left_out, small), tuple(proxy for proxy in proxies if proxy != small)
        return None

    @property
    def has_baskets(self) -> bool:
        """True."""
        return True

    def basket(
        self, values: Mapping[str, float], candidates: Charges, extra_legs: int, too_small: TooSmall, held: Held
    ) -> JointFit | None:
        """The basket fitted on the window. Candidates without a history or with an old price are `unfit`."""
        market, history = self.market, self.market.history
        sound = tuple(c for c in candidates if c in history and market.price_age_days(c) <= MAX_PRICE_AGE_DAYS)
        if len(sound) < 2 or any(coin not in history for coin in values):
            return None
        fitter = BasketFitter(
            coins=tuple(values),
            proxies=sound,
            coin_returns=self._window(tuple(values)),
            proxy_returns=self._window(sound),
            values=np.array(list(values.values())),
            charges=np.array([candidates[coin] for coin in sound]),
        )
        found = fitter.fit_tradable(extra_legs, too_small)
        if found is None:
            return None
        usable = np.array(sound)[eligible(fitter.proxy_returns)]
        best, left_out = found
        basket, change = fitter.with_held(best, held(best), too_small)
        return JointFit(
            basket,
            left_out,
            unfit=tuple(coin for coin in candidates if coin not in usable),
            charges={coin: candidates[coin] for coin in sound},
            change=change,
            calibration=basket_calibration(history, basket.proxies, window_days=self.window_days),
            influence=fitter.influence(basket, history.days),
        )

    def knows(self, coin: str) -> bool:
        """Whether the coin has a return in the window."""
        return coin in self.market.history and not np.isnan(self._window((coin,))).all()

    def fails_alone(self, coin: str) -> bool:
        """Whether every proxy that was tested long enough raised the coin's variance."""
        tested = [result for proxy in self.proxies if (result := self.evidence.of(coin, proxy)) is not None]
        enough = [result for result in tested if result.days >= ENOUGH_TEST_DAYS]
        return bool(enough) and all(result.variance_reduction < 0.0 for result in enough)

    def count_risk(self, legs: Sequence[str], values: Mapping[str, float]) -> CountRisk | None:
        """S and D of the legs, and the variance of the coins, that have a history."""
        known, coins = (tuple(name for name in names if name in self.market.history) for names in (legs, values))
        bag = bag_variance(self._window(coins), np.array([values[coin] for coin in coins]))
        return count_risk(self._window(known), known, bag)

    def market_betas(self, coins: Sequence[str]) -> MarketBetas:
        """The slopes on the market's returns in the window, kept with the history."""
        everyone = self._with_market(coins)
        key = "market betas", self.window_days, everyone
        return self.market.history.kept_once(key, lambda: market_betas(self._window(everyone), everyone))

    def stress_betas(self, coins: Sequence[str]) -> StressBetas | None:
        """The stress betas from the window's worst days."""
        return stress_betas(self._window(self._with_market(coins)), self._with_market(coins))

    def _with_market(self, coins: Sequence[str]) -> tuple[str, ...]:
        """The coins and those that are the market, as far as they have a history."""
        return tuple(coin for coin in dict.fromkeys((*MARKET, *coins)) if coin in self.market.history)

    def _window(self, coins: Sequence[str]) -> Floats:
        """The returns of the coins in the window, shape (days, coins)."""
        history = self.market.history
        returns: Floats = history.returns[-self.window_days :, [history.column_of[coin] for coin in coins]]
        return returns

    def covariance(self, coins: Sequence[str]) -> Floats | None:
        """The shrunk covariance on the days that all coins share (see `betas.covariance`)."""
        return betas.covariance(self.market.history, coins, window_days=self.window_days)

    def co_movement(self, coin: str, used: Sequence[BetaEstimate], *, is_in_bag: bool) -> tuple[float, float] | None:
        """Both figures over the window. None below MINIMUM_DAYS shared days, or if one of the two never moves."""
        history = self.market.history
        if not used or any(name not in history for name in (coin, *(e.proxy for e in used))):
            return None
        returns = self._window((coin, *(e.proxy for e in used)))
        shared = returns[~np.isnan(returns).any(axis=1)]
        if len(shared) < MINIMUM_DAYS:
            return None
        deviations = shared - shared.mean(axis=0)
        own, predicted = deviations[:, 0], deviations[:, 1:] @ np.array([e.beta for e in used])
        variance, explained = float(own @ own), float(predicted @ predicted)
        if variance == 0.0 or explained == 0.0:
            return None
        rho = float(own @ predicted) / math.sqrt(variance * explained)
        return math.sqrt(variance / len(shared)), min(max(rho, -1.0), 1.0)

    def _sound(self, contracts: Contracts) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The proxies that a bag can be fitted on, and those that have a contract but too little recent history."""
        market, history = self.market, self.market.history
        listed = [proxy for proxy in BAG_PROXIES if proxy in contracts]
        known = [p for p in listed if p in history and market.price_age_days(p) <= MAX_PRICE_AGE_DAYS]
        recent = history.returns[-self.window_days :, [history.column_of[proxy] for proxy in known]]
        sound = tuple(proxy for proxy, is_sound in zip(known, sound_proxies(recent), strict=True) if is_sound)
        return sound, tuple(proxy for proxy in listed if proxy not in sound)


@dataclass(frozen=True, eq=False, kw_only=True)
class PinnedEstimates:
    """The estimates of a pinned market, made for the contracts and the size of the plan that it was pinned for.

    At another `venue` than the pinned one, any contract may hedge a coin.
    """

    market: PinnedMarket
    venue: str
    evidence: Evidence

    @property
    def fit_any_size(self) -> bool:
        """False: the pin keeps only the proxies and contracts that suited the size of the bag."""
        return False

    def betas(self, coins: Iterable[str]) -> EstimateTable:
        """The pinned estimates, at most one for each coin."""
        found = {coin: self.market.estimates.get(coin) for coin in coins}
        return {coin: {} if known is None else {known.proxy: known} for coin, known in found.items()}

    def candidates(self, coin: str, contracts: Contracts) -> tuple[tuple[str, ...], Contracts]:
        """What was tried for the coin when it was pinned."""
        if self.market.venue != self.venue:
            return PROXY_COINS, contracts
        allowed = {name: contract for name, contract in contracts.items() if self.market.may_use(coin, name)}
        return self.market.proxies_of(coin), allowed

    def joint_fit(self, values: Mapping[str, float], contracts: Contracts, too_small: TooSmall) -> JointFit | None:
        """The pinned fit, whatever the size; None if it lacks a coin, or a proxy has no contract."""
        fit = self.market.fit_of(tuple(values))
        if not isinstance(fit, BagFit) or any(proxy not in contracts for proxy in fit.proxies):
            return None
        return JointFit(fit, self.market.left_out, self.market.unfit)

    @property
    def has_baskets(self) -> bool:
        """Whether the pin was made since there are baskets."""
        return self.market.formulas >= BASKET_FORMULAS

    def basket(
        self, values: Mapping[str, float], candidates: Charges, extra_legs: int, too_small: TooSmall, held: Held
    ) -> JointFit | None:
        """The pinned basket, whatever the size; None if it lacks a coin, or one of its proxies is no candidate."""
        fit = self.market.fit_of(tuple(values))
        if not isinstance(fit, Basket) or any(proxy not in candidates for proxy in fit.proxies):
            return None
        return JointFit(fit, self.market.left_out, self.market.unfit)

    def knows(self, coin: str) -> bool:
        """Whether the coin is in the pinned fit."""
        return self.market.fit_of((coin,)) is not None

    def fails_alone(self, coin: str) -> bool:
        """Whether the coin was left out when it was pinned."""
        return coin in self.market.left_out_coins

    def count_risk(self, legs: Sequence[str], values: Mapping[str, float]) -> CountRisk | None:
        """The pinned S and D of the legs that it covers."""
        return self.market.count_risk_of(legs)

    def market_betas(self, coins: Sequence[str]) -> MarketBetas:
        """The pinned betas; 1 for a coin without one."""
        known = self.market.market_betas
        betas = np.array([known.get(coin, 1.0) for coin in coins], dtype=np.float64)
        is_assumed = np.array([coin not in known for coin in coins], dtype=np.bool_)
        return MarketBetas(tuple(coins), betas, np.zeros(len(coins), dtype=np.int64), is_assumed)

    def stress_betas(self, coins: Sequence[str]) -> StressBetas | None:
        """None: they are not pinned."""
        return None

    def covariance(self, coins: Sequence[str]) -> Floats | None:
        """The pinned covariance; None if a coin is not covered."""
        return self.market.covariance_of(coins)

    def co_movement(self, coin: str, used: Sequence[BetaEstimate], *, is_in_bag: bool) -> tuple[float, float] | None:
        """The pinned figures. With a single proxy, the correlation has the sign of correlation × beta."""
        known = self.market.estimates.get(coin)
        rho: float | None = None
        if is_in_bag:
            rho = self.market.predicted.get(coin)
        elif isinstance(known, BetaEstimate) and known.correlation is not None and _is_on(known.proxy, used):
            rho = math.copysign(known.correlation, known.correlation * used[0].beta)
        if not used or rho is None or coin not in self.market.volatilities:
            return None
        return self.market.volatilities[coin], rho


@singledispatch
def estimates_of(
    market: MarketSnapshot, *, window_days: int, proxies: tuple[str, ...], venue: str, evidence: Evidence
) -> Estimates:
    """The estimates that a market provides, for betas on `window_days` days to `proxies` and shorts at `venue`."""
    return HistoryEstimates(market=market, window_days=window_days, proxies=proxies, evidence=evidence)


@estimates_of.register
def _(market: PinnedMarket, *, window_days: int, proxies: tuple[str, ...], venue: str, evidence: Evidence) -> Estimates:
    return PinnedEstimates(market=market, venue=venue, evidence=evidence)


def _is_on(proxy: str, used: Sequence[BetaEstimate]) -> bool:
    """Whether a single beta is used, and it is to this proxy."""
    return len(used) == 1 and used[0].proxy == proxy
