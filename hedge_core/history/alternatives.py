"""Alternatives: the hedges that a backtest compares, each as a rule that turns past returns into shorts.

A rule takes the returns so far, shape (days, columns), and the bag's weights, shape (columns,), which add up to 1. It
returns the short in each column at a hedge ratio of 1, as a share of the bag, or None if the history is too short. A
rule never sees later days.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from hedge_core.exposure.bag_fit import exposures, fit_bag, non_negative_slopes, sound_proxies
from hedge_core.exposure.basket import Basket, BasketFitter, most_extra_legs
from hedge_core.exposure.estimators import ESTIMATORS, Estimator
from hedge_core.exposure.joint_fit import JointFit
from hedge_core.exposure.past_slopes import past_slopes
from hedge_core.hedge.allocation import allocate, joins_the_bag
from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.bag_sizes import joint_target
from hedge_core.hedge.contract_choice import choose_contracts
from hedge_core.hedge.held_coins import HeldCoin, price_held_coins, route_of
from hedge_core.hedge.sizing import target_notional
from hedge_core.market.contracts import Contract
from hedge_core.market.snapshot import MINIMUM_DAYS, PROXY_COINS, Floats, PriceHistory
from hedge_core.plan.plan import Approach, HedgePlan, SizingMethod

Shorts = Callable[[Floats, Floats], "Floats | None"]

APPROACHES: Mapping[str, str] = {
    "recommended": "Recommended",
    "bag_level": "As one bag",
    "coin_by_coin": "Coin by coin",
    "naive": "Half Bitcoin, half Ether",
}
"""The label of each hedge that the user can choose, by name."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One way to hedge: its name, its label, the function `shorts`, and whether the venue lists its contracts.

    Two rules with equal `basis` return the same shorts for the same history. `is_by_construction`: the rule shorts
    some of the coins with futures of their own.
    """

    name: str
    label: str
    shorts: Shorts
    is_available: bool
    basis: Hashable
    is_by_construction: bool = False


def hedge_rules(assessment: HedgeAssessment, tested: Sequence[HeldCoin]) -> list[Rule]:
    """Every hedge of the coins `tested`: the approaches, half Bitcoin and half Ether, and other beta estimators."""
    plan, history = assessment.plan, assessment.market.history
    columns = history.column_of
    window = plan.decisions.window_days
    contracts = choose_contracts(plan, assessment.market).in_use
    approaches: tuple[Approach, ...] = ("recommended", "bag_level", "coin_by_coin")
    rules = []
    for approach in approaches:
        rules.append(approach_rule(assessment, approach, contracts, tested))
    if "BTC" in columns and "ETH" in columns:
        pair, has_both = [columns["BTC"], columns["ETH"]], "BTC" in contracts and "ETH" in contracts
        rules.append(Rule("naive", APPROACHES["naive"], _even(pair), has_both, tuple(pair)))
        label = f"Joint betas to BTC and ETH, {window} days"
        rules.append(Rule(f"joint_{window}", label, _joint(pair, window), has_both, (*pair, window)))
    is_one_coin = len({held.moves_with for held in tested}) == 1
    for estimator, proxy, days in _trials(window):
        name = f"{estimator.name}_{days}_{proxy.lower()}"
        is_known = name in (rule.name for rule in rules) or (estimator.uses_peers and is_one_coin)
        if proxy in columns and not is_known:
            label = f"{estimator.words} to {proxy}, {days} days"
            basis = (estimator.name, days, columns[proxy])
            shorts = _single(history, columns[proxy], estimator, days)
            rules.append(Rule(name, label, shorts, proxy in contracts, basis))
    return rules


def own_rule(assessment: HedgeAssessment, tested: Sequence[HeldCoin]) -> Rule:
    """The rule of the plan's own approach for the coins `tested`."""
    contracts = choose_contracts(assessment.plan, assessment.market).in_use
    return approach_rule(assessment, assessment.plan.decisions.approach, contracts, tested)


def _trials(window: int) -> Iterator[tuple[Estimator, str, int]]:
    """The backtests with one proxy that the estimators ask for, those with Ether first: estimator, proxy and days."""
    for proxy in PROXY_COINS:
        for estimator in ESTIMATORS.values():
            for trial in estimator.trials:
                if trial.proxy == proxy:
                    yield estimator, proxy, trial.days or window


def _even(proxies: Sequence[int]) -> Shorts:
    def shorts(past: Floats, weights: Floats) -> Floats:
        short = np.zeros(len(weights))
        short[list(proxies)] = 1.0 / len(proxies)
        return short

    return shorts


def _single(history: PriceHistory, proxy: int, estimator: Estimator, window: int) -> Shorts:
    """A rule that shorts one proxy by each coin's beta to it; a coin without a beta takes the others' mean.

    The peers of a coin, if the estimator uses any, are the other coins of the bag.
    """

    def shorts(past: Floats, weights: Floats) -> Floats | None:
        held = np.flatnonzero(weights)
        if estimator.uses_peers:
            slopes = estimator.fit(past[-window:, held], past[-window:, proxy]).slope
        else:
            slopes = past_slopes(history, estimator, proxy=proxy, window=window, end=len(past), coins=held)[0]
        known = ~np.isnan(slopes)
        if not known.any():
            return None
        short = np.zeros(len(weights))
        short[proxy] = float(weights[held] @ np.where(known, slopes, slopes[known].mean()))
        return short

    return shorts


def _joint(proxies: Sequence[int], window: int) -> Shorts:
    """A rule that shorts several proxies by non-negative least squares of the bag's returns on theirs."""

    def shorts(past: Floats, weights: Floats) -> Floats | None:
        held = np.flatnonzero(weights)
        days = past[-window:]
        days = days[~np.isnan(days[:, [*held, *proxies]]).any(axis=1)]
        if len(days) < MINIMUM_DAYS:
            return None
        short = np.zeros(len(weights))
        short[list(proxies)] = non_negative_slopes(days[:, held] @ weights[held], days[:, list(proxies)])
        return short

    return shorts


@dataclass(frozen=True, slots=True)
class _Part:
    """A holding in a rule: its column, its share of the total held of that coin, and how it is hedged.

    `proxy` is a column and `beta` the user's; each is None if the rule estimates it day by day.
    """

    column: int
    share: float
    how: Literal["own future", "stated", "closest", "bag"]
    proxy: int | None = None
    beta: float | None = None


def _parts(
    plan: HedgePlan, held_coins: Sequence[HeldCoin], columns: Mapping[str, int], *, is_basket: bool
) -> list[_Part] | None:
    """The holdings with a history and how each is hedged; None if a proxy that the user chose has no history."""
    totals: dict[str, float] = {}
    for held in held_coins:
        totals[held.moves_with] = totals.get(held.moves_with, 0.0) + held.value
    parts = []
    for held in held_coins:
        column = columns.get(held.moves_with)
        chosen, share = held.choice.chosen if held.choice else None, held.value / totals[held.moves_with]
        if is_basket and held.route == "bag" and column is not None:
            parts.append(_Part(column, share, "bag"))
            continue
        if column is None or chosen is None or chosen.estimate is None:
            continue
        route = route_of(held.choice)
        if joins_the_bag(plan, held):
            parts.append(_Part(column, share, "bag"))
        elif route == "own future":
            parts.append(_Part(column, share, "own future"))
        elif route == "set by you":
            proxy = columns.get(chosen.proxy)
            if proxy is None:
                return None
            beta = chosen.estimate.beta if chosen.estimate.is_stated else None
            parts.append(_Part(column, share, "stated", proxy, beta))
        else:
            parts.append(_Part(column, share, "closest"))
    return parts


def approach_rule(
    assessment: HedgeAssessment, approach: Approach, contracts: Mapping[str, Contract], tested: Sequence[HeldCoin]
) -> Rule:
    """The rule of one approach for the coins `tested`, with the plan's sizing method.

    Own futures, the user's settings and the proxies with whole contracts are today's; so are the candidates of a
    basket and what they cost, of which the past chooses the legs as the plan does: the cheapest of those that hedge
    equally well. Betas are estimated day by day, and so is the proxy of a coin hedged individually: the one with the
    highest correlation so far.
    """
    plan, market = assessment.plan.with_decisions(approach=approach), assessment.market
    columns, window, method = market.history.column_of, plan.decisions.window_days, plan.decisions.method
    estimator = assessment.evidence.estimator
    allocated, joint = _allocated(assessment, plan, contracts)
    legs = None
    if joint is not None and isinstance(joint.fit, Basket):
        value = sum(held.value for held in allocated if held.route == "bag")
        legs = _Legs.of(joint, columns, most_extra_legs(value))
    proxies = {} if joint is None or legs is not None else {columns[proxy]: proxy for proxy in joint.fit.proxies}
    singles = [columns[proxy] for proxy in PROXY_COINS if proxy in contracts and proxy in columns]
    wanted = {held.holding for held in tested}
    hedged = [held for held in allocated if held.status == "hedged" and held.holding in wanted]
    parts = _parts(plan, hedged, columns, is_basket=legs is not None)

    def shorts(past: Floats, weights: Floats) -> Floats | None:
        if parts is None:
            return None
        short, bag = np.zeros(len(weights)), dict[int, float]()
        for part in parts:
            value = float(weights[part.column]) * part.share
            if value > 0.0 and part.how == "bag":
                bag[part.column] = bag.get(part.column, 0.0) + value
            elif value > 0.0:
                proxy, beta = _proxy_and_beta(part, market.history, len(past), window, singles, estimator)
                short[proxy] += target_notional(value, beta, 1.0, method) if beta > 0.0 else 0.0
        if bag:
            if legs is None:
                target = _bag_shorts(past, bag, proxies, window, method)
            else:
                target = legs.shorts(past[-window:], bag)
            if target is None:
                return None
            for proxy, x in target.items():
                short[proxy] += x
        return short

    ways = None if parts is None else tuple(parts)
    basis = (tuple(proxies.items()), legs, tuple(singles), ways, window, method, estimator.name)
    is_covered = any(part.how == "own future" for part in parts or ())
    return Rule(approach, APPROACHES[approach], shorts, True, basis, is_covered)


def _allocated(
    assessment: HedgeAssessment, plan: HedgePlan, contracts: Mapping[str, Contract]
) -> tuple[tuple[HeldCoin, ...], JointFit | None]:
    """The held coins with their routes, and their joint fit, of `plan`: that of `assessment` with any approach.

    The assessment has those of its own approach already.
    """
    if plan.decisions.approach == assessment.plan.decisions.approach:
        return assessment.held_coins, assessment.joint
    held_coins = price_held_coins(plan, assessment.market, contracts, assessment.estimates)  # without its routes
    allocation = allocate(plan, assessment.market, held_coins, contracts, assessment.estimates)
    return allocation.held_coins, allocation.joint


def _proxy_and_beta(
    part: _Part, history: PriceHistory, end: int, window: int, singles: Sequence[int], estimator: Estimator
) -> tuple[int, float]:
    """The proxy (a column) of a coin hedged individually, and the beta to it so far; 0 if it cannot be estimated."""
    if part.how == "own future":
        return part.column, 1.0
    if part.proxy is not None and part.beta is not None:
        return part.proxy, part.beta
    best = -np.inf, part.column, 0.0
    coins = np.array([part.column])
    for proxy in [part.proxy] if part.proxy is not None else singles:
        found = past_slopes(history, estimator, proxy=proxy, window=window, end=end, coins=coins)[:, 0]
        slope, correlation = found.tolist()
        if not np.isnan(slope):
            best = max(best, (correlation, proxy, slope))
    return best[1], best[2]


def _bag_shorts(
    past: Floats, values: Mapping[int, float], proxies: Mapping[int, str], window: int, method: SizingMethod
) -> dict[int, float] | None:
    """The shorts of a bag-level hedge at a hedge ratio of 1, by proxy column.

    Proxies with too few days are left out; None if none remains or the fit fails.
    """
    columns = list(proxies)
    sound = [c for c, is_sound in zip(columns, sound_proxies(past[-window:, columns]), strict=True) if is_sound]
    if not sound:
        return None
    names = {str(column): value for column, value in values.items()}
    fit = fit_bag(
        past[:, list(values)],
        past[:, sound],
        coins=tuple(names),
        proxies=tuple(proxies[column] for column in sound),
        values=np.array(list(names.values())),
        window=window,
    )
    if fit is None:
        return None
    target = joint_target(exposures(fit, names), sum(names.values()), 1.0, method)
    return dict(zip(sound, target.tolist(), strict=True))


@dataclass(frozen=True, slots=True)
class _Legs:
    """What a basket may be made of: `proxies` with their `columns` and `charges`, and how many.

    Those `left_out` are too small for the bag, and `extra_legs` is the most besides Bitcoin and Ether.
    """

    proxies: tuple[str, ...]
    columns: tuple[int, ...]
    charges: tuple[float, ...]
    left_out: tuple[str, ...]
    extra_legs: int

    @classmethod
    def of(cls, joint: JointFit, columns: Mapping[str, int], extra_legs: int) -> _Legs:
        """What the basket of a plan was made of."""
        proxies = tuple(joint.charges)
        charges = tuple(joint.charges.values())
        return cls(proxies, tuple(columns[proxy] for proxy in proxies), charges, joint.left_out, extra_legs)

    def shorts(self, window: Floats, values: Mapping[int, float]) -> dict[int, float] | None:
        """The shorts at a hedge ratio of 1 by proxy column, for `values` by column; None if no basket fits the window.

        They are fitted as those of a plan are.
        """
        names = {str(column): value for column, value in values.items()}
        fitter = BasketFitter(
            coins=tuple(names),
            proxies=self.proxies,
            coin_returns=window[:, list(values)],
            proxy_returns=window[:, list(self.columns)],
            values=np.array(list(names.values())),
            charges=np.array(self.charges),
        )
        basket = fitter.fit(self.extra_legs, without=self.left_out)
        if basket is None:
            return None
        column_of = dict(zip(self.proxies, self.columns, strict=True))
        shorts = zip(basket.proxies, basket.exposures(names).tolist(), strict=True)
        return {column_of[proxy]: short for proxy, short in shorts}
