"""Make the pin that reproduces an assessment.

Numbers are rounded to six significant digits. If that would change a number of contracts or how a coin is hedged,
nine digits are kept, or all of them. Correlations of proxies are rounded towards zero, so that none crosses the
threshold at which a proxy counts as good or usable.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import product

import numpy as np

from hedge_core.documents.link.pin import (
    MAX_SOURCE,
    Pin,
    PinnedBeta,
    PinnedContract,
    PinnedFunding,
    PinnedJoint,
    PinnedQuote,
    pinned_market,
)
from hedge_core.errors import HedgeError, InvalidPlan
from hedge_core.exposure.bag_fit import BagFit
from hedge_core.exposure.basket import Basket
from hedge_core.exposure.betas import BetaEstimate
from hedge_core.exposure.count_risk import CountRisk
from hedge_core.exposure.estimates import EstimateTable
from hedge_core.exposure.estimators import ESTIMATORS, PLAN_ESTIMATOR
from hedge_core.exposure.pinned import FORMULAS
from hedge_core.hedge.approaches import uses_basket
from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.contract_choice import choose_contracts
from hedge_core.hedge.currency import TYPED, rate_of
from hedge_core.hedge.held_coins import HeldCoin, hedged_values, resolved
from hedge_core.hedge.legs import SizedLeg
from hedge_core.hedge.openable import next_quote
from hedge_core.hedge.planner import assess
from hedge_core.market.instruments import FUNDING_WINDOW_DAYS
from hedge_core.market.snapshot import PROXY_COINS, FutureQuote, MarketSnapshot

DIGITS = (6, 9, 17)
"""Significant digits to try, the fewest first; 17 keep a float exactly."""


def pin_of(assessment: HedgeAssessment) -> Pin:
    """Return a pin for which `assess(plan, pinned_market(pin))` gives the same routes, contracts, months and counts.

    Raises InvalidPlan if no pin does.
    """
    for digits, has_all_months, has_next in product(DIGITS, (False, True), (False, True)):
        try:
            pin = _Pinning(assessment, digits, has_all_months, has_next).pin()
            again = assess(assessment.plan, pinned_market(pin))
        except HedgeError:
            continue
        if _outcome(again) == _outcome(assessment):
            return pin
    raise InvalidPlan("These numbers cannot be stored in a link. Share the plan without its pin.")


def _outcome(assessment: HedgeAssessment) -> object:
    legs = [(leg.contract.id, leg.contracts) for leg in assessment.legs]
    months = [(cost.contract_id, cost.held_until) for cost in assessment.costs.legs]
    return legs, months, [(held.status, held.route, held.proxies) for held in assessment.held_coins]


@dataclass(frozen=True, eq=False)
class _Pinning:
    """One attempt to pin an assessment with a given number of significant digits.

    `has_all_months`: the quotes of all months among which one was chosen are pinned, not just that of the chosen one.
    `has_next`: so is that of the next month, on which margin is counted where the collateral limits the counts.
    """

    assessment: HedgeAssessment
    digits: int
    has_all_months: bool
    has_next: bool

    def pin(self) -> Pin:
        assessment, decisions = self.assessment, self.assessment.plan.decisions
        market, joint = assessment.market, assessment.joint
        fit = assessment.bag_fit
        betas = tuple(self._betas())
        prices = dict(self._prices(market, [row.proxy for row in betas]))
        ages = {coin: market.price_age_days(coin) for coin in prices}
        S, covered, risk = assessment.covariance, tuple(leg.underlying for leg in assessment.legs), self._count_risk
        if risk is not None:
            S, covered = risk.covariance, risk.legs
        elif len(covered) == 1 and covered[0] in assessment.volatilities:
            S = np.array([[assessment.volatilities[covered[0]] ** 2]])
        elif len(covered) < 2 or assessment.is_covariance_assumed:
            S, covered = np.ones((0, 0)), ()
        deviations = np.sqrt(np.diag(S))
        correlations = (S / np.outer(deviations, deviations))[np.triu_indices(len(covered), 1)]
        return Pin(
            as_of=market.as_of,
            source=market.source[:MAX_SOURCE],
            simulated=market.simulated,
            venue=decisions.venue,
            window_days=decisions.window_days,
            prices=prices,
            stale={coin: age for coin, age in ages.items() if age},
            betas=betas,
            proxies=fit.proxies if fit else (),
            joint=tuple(self._joint(fit)) if fit else (),
            fit_days=fit.window_days if fit else 0,
            left_out=joint.left_out if joint else (),
            unfit=joint.unfit if joint else (),
            covered=covered,
            deviations=tuple(self._cut(float(value)) for value in deviations),
            correlations=tuple(round(float(value), max(self.digits - 1, 5)) for value in correlations),
            funding=tuple(self._funding(market)),
            futures=tuple(self._futures(market)),
            contracts=tuple(self._contracts()),
            estimator=self._estimator(),
            formulas=FORMULAS,
            fit_kind="basket" if assessment.basket else "bag",
            covered_days=risk.days if risk else 0,
            market_betas=dict(self._market_betas()),
            left_out_coins=tuple(self._left_out()),
            bag_variance=self._bag_variance(risk),
            counted={one.name: self._cut(one.counted / one.value) for one in assessment.pledged},
        )

    @cached_property
    def _count_risk(self) -> CountRisk | None:
        """What the counts were judged by; None without a basket, and if a single leg was not compared with fills."""
        assessment = self.assessment
        names = [leg.underlying for leg in assessment.legs]
        least = 1 if assessment.plan.execution.fills else 2
        if len(names) < least or not uses_basket(assessment.plan, assessment.estimates):
            return None
        return assessment.estimates.count_risk(names, hedged_values(assessment.held_coins))

    def _bag_variance(self, risk: CountRisk | None) -> float | None:
        """The variance of the bag, with which counts that are held are compared."""
        if risk is None or risk.bag_variance is None or not self.assessment.plan.execution.fills:
            return None
        return self._cut(risk.bag_variance)

    def _market_betas(self) -> Iterator[tuple[str, float]]:
        """The betas to the market of the legs, and of coins that do not move with legs; assumed ones are left out."""
        held = (p.moves_with for p in self.assessment.held_coins if p.status != "stablecoin" and p.route != "bag")
        coins = tuple(dict.fromkeys((*held, *(leg.underlying for leg in self.assessment.legs))))
        known = self.assessment.estimates.market_betas(coins)
        for coin, beta, is_assumed in zip(known.coins, known.betas, known.is_assumed, strict=True):
            if coin in coins and not is_assumed:
                yield coin, float(f"{beta:.{max(self.digits - 1, 5)}g}")

    def _left_out(self) -> Iterator[str]:
        """The coins that are not hedged because hedges failed out of sample."""
        assessment = self.assessment
        if uses_basket(assessment.plan, assessment.estimates):
            coins = dict.fromkeys(p.moves_with for p in assessment.held_coins if p.status == "unhedgeable")
            yield from (coin for coin in coins if assessment.estimates.fails_alone(coin))

    def _cut(self, number: float) -> float:
        return float(f"{number:.{self.digits}g}")

    def _few(self, number: float) -> float:
        """Round a standard error or a spread to two digits fewer, but at least four."""
        return float(f"{number:.{max(self.digits - 2, 4)}g}")

    def _towards_zero(self, correlation: float) -> float:
        scale = 10.0 ** (self.digits - 1) if self.digits < 17 else 1e15
        return max(-1.0, min(1.0, math.trunc(correlation * scale + math.copysign(1e-9, correlation)) / scale))

    def _prices(self, market: MarketSnapshot, proxies: Sequence[str]) -> Iterator[tuple[str, float]]:
        priced = [resolved(market, p.holding.coin).priced_as for p in self.assessment.held_coins if not p.is_own_price]
        rate = rate_of(self.assessment.plan, market)
        shown = () if rate is None or rate.source in ("", TYPED) else (rate.currency,)
        for coin in dict.fromkeys((*priced, *(leg.underlying for leg in self.assessment.legs), *proxies, *shown)):
            price = market.price_or_none(coin)
            if price is not None:
                yield coin, self._cut(price)

    def _estimator(self) -> str:
        """The name of the estimator behind the betas; that of plans if every beta is shrunk."""
        betas = (found for row in self._table.values() for found in row.values())
        methods = {found.method for found in betas if isinstance(found, BetaEstimate)}
        return next((name for name in ESTIMATORS if name in methods), PLAN_ESTIMATOR.name)

    @cached_property
    def _table(self) -> EstimateTable:
        return self.assessment.estimates.betas(p.moves_with for p in self.assessment.held_coins if p.choice is not None)

    def _betas(self) -> Iterator[PinnedBeta]:
        assessment, table = self.assessment, self._table
        chosen = {p.moves_with: p for p in assessment.held_coins if p.choice is not None}
        for coin, held in chosen.items():
            proxy = _matched(held, table, coin)
            found, known = table[coin].get(proxy), assessment.co_movement(held)
            own = _is_own(held, assessment.basket is not None)
            if not isinstance(found, BetaEstimate):
                yield PinnedBeta(coin=coin, proxy=proxy, own=own, observations=found.found if found else 0)
                continue
            yield PinnedBeta(
                coin=coin,
                proxy=proxy,
                own=own,
                beta=self._cut(found.beta),
                standard_error=None if found.standard_error is None else self._few(found.standard_error),
                correlation=None if found.correlation is None else self._towards_zero(found.correlation),
                observations=found.observations,
                is_shrunk=found.is_shrunk,
                volatility=None if known is None or held.proxy == coin else self._cut(known[0]),
            )

    def _joint(self, fit: BagFit | Basket) -> Iterator[PinnedJoint]:
        held_coins = {p.moves_with: p for p in self.assessment.held_coins if p.route == "bag"}
        for row, coin in enumerate(fit.coins):
            known = self.assessment.co_movement(held_coins[coin])
            yield PinnedJoint(
                coin=coin,
                betas=tuple(self._cut(float(beta)) for beta in fit.betas[row]),
                standard_errors=tuple(self._few(float(error)) for error in fit.standard_errors[row]),
                observations=int(fit.observations[row]),
                is_young=bool(fit.is_young[row]),
                predicted=None if known is None else round(known[1], self.digits),
            )

    def _funding(self, market: MarketSnapshot) -> Iterator[PinnedFunding]:
        for leg in self.assessment.legs:
            known = market.mean_funding(leg.underlying, FUNDING_WINDOW_DAYS)
            if leg.instrument.earns_funding and known is not None:
                rate = None if known[0] is None else self._cut(known[0])
                yield PinnedFunding(coin=leg.underlying, rate=rate, days=known[1])

    def _futures(self, market: MarketSnapshot) -> Iterator[PinnedQuote]:
        for leg in self.assessment.legs:
            for quote in self._quotes(leg, market):
                yield PinnedQuote(coin=leg.underlying, expiry=quote.expiry, price=self._cut(quote.price))

    def _quotes(self, leg: SizedLeg, market: MarketSnapshot) -> tuple[FutureQuote, ...]:
        """The quotes from which the carry of the leg is read: those of the months among which one is chosen."""
        costs = {cost.contract_id: cost for cost in self.assessment.costs.legs}
        cost = costs.get(leg.contract.id)
        months: tuple[date | None, ...] = (None,)
        if cost is not None and cost.month is not None:
            chosen = cost.month.chosen
            others = (month for month in cost.month.candidates if month.trades_enough and self.has_all_months)
            months = tuple(dict.fromkeys((chosen.expiry, *(month.expiry for month in others))))
        quotes = [leg.instrument.quote(leg.contract, market, month) for month in months]
        if self.has_next:
            quotes.append(next_quote(leg, market))
        return tuple(dict.fromkeys(quote for quote in quotes if quote is not None))

    def _contracts(self) -> Iterator[PinnedContract]:
        """The contracts of legs and held coins; if a coin has a usual one and one with smaller lots, both."""
        plan, held_coins = self.assessment.plan, self.assessment.held_coins
        own = {custom.contract().id for custom in plan.overrides.contracts}
        chosen = (p.choice.chosen.contract for p in held_coins if p.choice and p.choice.chosen)
        used = {c.id: c for c in (*(leg.contract for leg in self.assessment.legs), *chosen) if c is not None}
        known = choose_contracts(plan, self.assessment.market)
        coins = dict.fromkeys(contract.underlying for contract in used.values())
        used |= {c.id: c for coin in coins for c in (known.usual[coin], known.in_use[coin])}
        yield from (PinnedContract.of(contract) for name, contract in used.items() if name not in own)


def _is_own(held: HeldCoin, is_basket: bool) -> bool:
    """Whether the coin's own future may hedge it. Beside a basket, that is settled for good."""
    if is_basket and held.route == "bag":
        return False
    chosen = held.choice.chosen if held.choice else None
    return chosen is not None and chosen.proxy == held.moves_with


def _matched(held: HeldCoin, table: EstimateTable, coin: str) -> str:
    """Return the proxy whose estimate is pinned: the chosen one, else the one with the highest correlation."""
    chosen = held.choice.chosen if held.choice else None
    if chosen is not None and chosen.proxy != coin:
        return chosen.proxy
    others: dict[str, float] = {proxy: 0.0 for proxy in PROXY_COINS if proxy != coin}
    for proxy, found in table[coin].items():
        if proxy != coin and isinstance(found, BetaEstimate):
            others[proxy] = abs(found.correlation or 0.0)
    return max(others, key=lambda proxy: others[proxy])
