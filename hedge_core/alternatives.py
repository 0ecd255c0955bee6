"""Alternatives: the ways to hedge a bag that a backtest compares, each as a rule from the past to a short.

A rule takes the returns so far (days, columns) and the bag's weights (columns, adding up to 1), and gives the short in
each column at a hedge ratio of 1, as a share of the bag; None where the past is too short for it. It sees no later day.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from hedge_core.approaches import joins_the_bag
from hedge_core.assessment import HedgeAssessment
from hedge_core.bag_level import BAG_PROXIES, bag_target, exposures, fit_bag, non_negative_slopes
from hedge_core.estimators import MINIMUM_DAYS, Estimator, downside, ewma, huber, ols, vasicek, weekly
from hedge_core.market import PROXY_COINS, Floats
from hedge_core.plan import Approach
from hedge_core.positions import contracts_in_use, known_contracts, route_of

Shorts = Callable[[Floats, Floats], "Floats | None"]

APPROACHES: Mapping[str, str] = {
    "recommended": "Recommended",
    "bag_level": "As one bag",
    "coin_by_coin": "Coin by coin",
    "naive": "Half Bitcoin, half Ether",
}
"""The hedges that a user can put on, by name."""


def alternatives(assessment: HedgeAssessment) -> list[tuple[str, str, Shorts]]:
    """Every hedge that a backtest compares, name, label and rule: approaches, the naive one, single estimators."""
    columns = assessment.market.history.position
    window = assessment.plan.decisions.window_days
    made: list[tuple[str, str, Shorts]] = [
        (approach, APPROACHES[approach], _approach(assessment, approach))
        for approach in ("recommended", "bag_level", "coin_by_coin")
    ]
    pair = [columns[coin] for coin in ("BTC", "ETH") if coin in columns]
    if pair:
        made.append(("naive", APPROACHES["naive"], _even(pair)))
    if len(pair) == 2:
        made.append((f"joint_{window}", f"Betas to BTC and ETH together, {window} days", _joint(pair, window)))
    single: list[tuple[str, str, str, Estimator, int]] = [
        ("ETH", "ols", "Betas", ols, window),
        ("ETH", "ols", "Betas", ols, 90),
        ("ETH", "ewma", "Betas of recent days", ewma, window),
        ("ETH", "vasicek", "Betas shrunk to other coins'", lambda y, x: vasicek(ols(y, x)), 180),
        ("ETH", "weekly", "Betas of weekly returns", weekly, window),
        ("ETH", "downside", "Betas of falling days", downside, window),
        ("BTC", "ols", "Betas", ols, window),
        ("BTC", "ols", "Betas", ols, 90),
        ("BTC", "huber", "Robust betas (Huber)", huber, 90),
    ]
    for proxy, name, words, estimator, days in single:
        key = f"{name}_{days}_{proxy.lower()}"
        if proxy in columns and key not in (known for known, _, _ in made):
            made.append((key, f"{words} to {proxy}, {days} days", _single(columns[proxy], estimator, days)))
    return made


def _even(proxies: Sequence[int]) -> Shorts:
    def shorts(past: Floats, weights: Floats) -> Floats:
        short = np.zeros(len(weights))
        short[list(proxies)] = 1.0 / len(proxies)
        return short

    return shorts


def _single(proxy: int, estimator: Estimator, window: int) -> Shorts:
    """Beta to one proxy, coin by coin; a coin without a beta has the mean of the others."""

    def shorts(past: Floats, weights: Floats) -> Floats | None:
        held = np.flatnonzero(weights)
        slopes = _filled(estimator(past[-window:, held], past[-window:, proxy]).slope)
        if slopes is None:
            return None
        short = np.zeros(len(weights))
        short[proxy] = float(weights[held] @ slopes)
        return short

    return shorts


def _joint(proxies: Sequence[int], window: int) -> Shorts:
    """Non-negative least squares of the bag on several proxies."""

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


def _filled(slopes: Floats) -> Floats | None:
    known = ~np.isnan(slopes)
    return np.where(known, slopes, slopes[known].mean()) if known.any() else None


def _approach(assessment: HedgeAssessment, approach: Approach) -> Shorts:
    """An approach as the plan would follow it: own futures and what the user set as today, betas as of each day."""
    plan = assessment.plan.with_decisions(approach=approach)
    columns, window = assessment.market.history.position, plan.decisions.window_days
    contracts = contracts_in_use(plan, known_contracts(plan, assessment.market))
    joint = assessment.bag_fit.proxies if assessment.bag_fit is not None else BAG_PROXIES
    proxies = {columns[proxy]: proxy for proxy in joint if proxy in contracts and proxy in columns}
    singles = [columns[proxy] for proxy in PROXY_COINS if proxy in contracts and proxy in columns]
    in_bag: set[int] = set()
    own: set[int] = set()
    stated: dict[int, tuple[int, float | None]] = {}
    for position in assessment.hedged_positions:
        column = columns.get(position.moves_with)
        chosen = position.choice.chosen if position.choice else None
        if column is None or chosen is None or chosen.estimate is None or chosen.proxy not in columns:
            continue
        if joins_the_bag(plan, position) and proxies:
            in_bag.add(column)
        elif route_of(position.choice) == "own future":
            own.add(column)
        elif route_of(position.choice) == "set by you":
            beta = chosen.estimate.beta if chosen.estimate.method == "set by you" else None
            stated[column] = columns[chosen.proxy], beta

    def shorts(past: Floats, weights: Floats) -> Floats | None:
        short = np.zeros(len(weights))
        held: list[int] = np.flatnonzero(weights).tolist()
        for column in held:
            if column in own:
                short[column] += weights[column]
        one_by_one = [column for column in held if column not in own and column not in in_bag]
        for column in one_by_one:
            proxy, beta = stated[column] if column in stated else (_closest(past[-window:], column, singles), None)
            if beta is None and proxy >= 0:
                beta = float(ols(past[-window:, [column]], past[-window:, proxy]).slope[0])
            if proxy >= 0 and beta is not None and np.isfinite(beta):
                short[proxy] += weights[column] * beta
        together = [column for column in held if column in in_bag]
        if together:
            target = _bag_shorts(past, weights, together, proxies, window)
            if target is None:
                return None
            short[list(proxies)] += target
        return short

    return shorts


def _closest(past: Floats, column: int, proxies: Sequence[int]) -> int:
    """The proxy with the highest correlation so far; −1 where there is none."""
    found: dict[int, float] = {}
    for proxy in proxies:
        correlation = float(ols(past[:, [column]], past[:, proxy]).correlation[0])
        if np.isfinite(correlation):
            found[proxy] = correlation
    return max(found, key=found.__getitem__) if found else -1


def _bag_shorts(
    past: Floats, weights: Floats, coins: Sequence[int], proxies: Mapping[int, str], window: int
) -> Floats | None:
    """The shorts of a bag-level hedge at a hedge ratio of 1."""
    names = tuple(str(column) for column in coins)
    values = weights[list(coins)]
    fit = fit_bag(
        past[:, list(coins)],
        past[:, list(proxies)],
        coins=names,
        proxies=tuple(proxies.values()),
        values=values,
        window=window,
    )
    if fit is None:
        return None
    return bag_target(exposures(fit, dict(zip(names, values.tolist(), strict=True))), float(values.sum()), 1.0)
