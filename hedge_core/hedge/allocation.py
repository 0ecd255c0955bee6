"""Allocation: which contracts are shorted against which held coin, and for how many USD.

With the approach `recommended`, a coin that has a usable future of its own is hedged with it, a coin whose proxy or
beta the user set is hedged as set, and all other coins are hedged together as one bag. `bag_level` hedges coins with a
future of their own as part of the bag as well. `coin_by_coin` gives each coin one proxy. Shorts in the same contract
are added together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from hedge_core.errors import MissingPrice, Notice
from hedge_core.exposure.bag_fit import BAG_PROXIES, BagFit, bag_target, exposures, fit_bag, sound_proxies
from hedge_core.exposure.betas import BetaEstimate
from hedge_core.exposure.pinned import PinnedMarket
from hedge_core.exposure.proxies import WEAK_CORRELATION
from hedge_core.hedge.held_coins import MAX_PRICE_AGE_DAYS, HeldCoin, route_of, underlying_price
from hedge_core.hedge.sizing import target_notional
from hedge_core.market.contracts import Contract
from hedge_core.market.snapshot import Floats, MarketSnapshot
from hedge_core.plan.plan import HedgePlan, SizingMethod
from hedge_core.text import listed


@dataclass(frozen=True, eq=False, kw_only=True)
class Allocation:
    """The held coins, each with its route, and the short that they need in each underlying.

    `targets` is the USD to short according to the sizing method, `exposure` the USD to short according to beta at a
    hedge ratio of 1; both are keyed by underlying and positive for a short. `bag_fit` is the joint regression of the
    coins hedged as one bag, None if there are none.
    """

    held_coins: tuple[HeldCoin, ...]
    targets: Mapping[str, float]
    exposure: Mapping[str, float]
    bag_fit: BagFit | None = None
    notices: tuple[Notice, ...] = field(default=())


def allocate(
    plan: HedgePlan, market: MarketSnapshot, held_coins: Sequence[HeldCoin], contracts: Mapping[str, Contract]
) -> Allocation:
    """How each held coin is hedged, and the sum of the shorts per underlying.

    Raises MissingPrice if the coin of a contract has no price.
    """
    in_bag = [joins_the_bag(plan, held) for held in held_coins]
    bag = [held for held, is_in in zip(held_coins, in_bag, strict=True) if is_in]
    rest = [held for held, is_in in zip(held_coins, in_bag, strict=True) if not is_in]
    exposure, targets = _one_by_one(plan, rest)
    if not bag:
        return Allocation(held_coins=tuple(held_coins), targets=targets, exposure=exposure)

    values: dict[str, float] = {}
    for held in bag:
        values[held.moves_with] = values.get(held.moves_with, 0.0) + held.value
    fitted: tuple[BagFit, Floats, tuple[str, ...]] | None
    if isinstance(market, PinnedMarket):
        fitted, unfit = _as_pinned(plan, market, values, contracts), market.unfit
    else:
        sound, unfit = bag_proxies(plan, market, contracts)
        fitted = _fit_with_whole_contracts(plan, market, values, sound, contracts, targets) if sound else None
    if fitted is None:
        exposure, targets = _one_by_one(plan, held_coins)
        text = "There is too little history to hedge the bag as a whole, so each coin is hedged separately."
        return Allocation(
            held_coins=tuple(held_coins),
            targets=targets,
            exposure=exposure,
            notices=(Notice("bag_level_unknown", text),),
        )
    fit, target, dropped = fitted
    for proxy, b, x in zip(fit.proxies, exposures(fit, values), target, strict=True):
        exposure[proxy] = exposure.get(proxy, 0.0) + float(b)
        targets[proxy] = targets.get(proxy, 0.0) + float(x)
    routed = tuple(
        replace(held, route="bag", estimates=_joint_estimates(fit, held), reason=_joint_reason(fit, held))
        if is_in
        else held
        for held, is_in in zip(held_coins, in_bag, strict=True)
    )
    return Allocation(
        held_coins=routed,
        targets=targets,
        exposure=exposure,
        bag_fit=fit,
        notices=tuple(_bag_notices(plan, fit, dropped, unfit)),
    )


def joins_the_bag(plan: HedgePlan, held: HeldCoin) -> bool:
    """Whether a held coin is hedged together with others, as part of the bag.

    It is not if the plan's approach or method hedges coin by coin, if the coin is not hedged or the user set its proxy
    or beta, or if it is hedged with its own future. With `bag_level` an own future counts only for the proxies
    themselves and for coins that follow no proxy.
    """
    if plan.decisions.approach == "coin_by_coin" or plan.decisions.method == "guide_divided":
        return False
    route = route_of(held.choice)
    if held.status != "hedged" or route in ("none", "set by you"):
        return False
    if route == "own future":
        is_proxy = held.moves_with in BAG_PROXIES
        return plan.decisions.approach == "bag_level" and not is_proxy and _moves_with_a_proxy(held)
    return True


def _moves_with_a_proxy(held: HeldCoin) -> bool:
    candidates = held.choice.candidates if held.choice else ()
    estimates = [c.estimate for c in candidates if c.proxy != held.moves_with and c.estimate is not None]
    return any((estimate.correlation or 0.0) >= WEAK_CORRELATION for estimate in estimates)


def _one_by_one(plan: HedgePlan, held_coins: Sequence[HeldCoin]) -> tuple[dict[str, float], dict[str, float]]:
    """Exposure and target per underlying, in USD, for the held coins that have one proxy each."""
    exposure: dict[str, float] = {}
    targets: dict[str, float] = {}
    h, method = plan.decisions.hedge_ratio, plan.decisions.method
    for held in held_coins:
        if held.status != "hedged" or held.proxy is None or held.beta is None:
            continue
        proxy, beta, value = held.proxy, held.beta, held.value
        exposure[proxy] = exposure.get(proxy, 0.0) + value * beta
        targets[proxy] = targets.get(proxy, 0.0) + target_notional(value, beta, h, method)
    return exposure, targets


def bag_proxies(
    plan: HedgePlan, market: MarketSnapshot, contracts: Mapping[str, Contract]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The proxies that the bag can be fitted on, and the proxies that have a contract but too little recent history."""
    history = market.history
    listed_here = [proxy for proxy in BAG_PROXIES if proxy in contracts]
    known = [p for p in listed_here if p in history and market.price_age_days(p) <= MAX_PRICE_AGE_DAYS]
    recent = history.returns[-plan.decisions.window_days :, [history.column_of[proxy] for proxy in known]]
    sound = tuple(proxy for proxy, is_sound in zip(known, sound_proxies(recent), strict=True) if is_sound)
    return sound, tuple(proxy for proxy in listed_here if proxy not in sound)


def _fit_with_whole_contracts(
    plan: HedgePlan,
    market: MarketSnapshot,
    values: Mapping[str, float],
    proxies: tuple[str, ...],
    contracts: Mapping[str, Contract],
    others: Mapping[str, float],
) -> tuple[BagFit, Floats, tuple[str, ...]] | None:
    """The fit on the proxies whose shorts round to at least one contract, its target, and the proxies left out.

    While the short in some proxy, `others` included, rounds to no contract, the smallest such proxy is left out and the
    bag is fitted again; ETH is left out last. None if no fit is possible.
    """
    history, h = market.history, plan.decisions.hedge_ratio
    total = sum(values.values())
    dropped: tuple[str, ...] = ()
    while True:
        fit = fit_bag(
            history.returns[:, [history.column_of[coin] for coin in values]],
            history.returns[:, [history.column_of[proxy] for proxy in proxies]],
            coins=tuple(values),
            proxies=proxies,
            values=np.array(list(values.values())),
            window=plan.decisions.window_days,
        )
        if fit is None:
            return None
        target = joint_target(exposures(fit, values), total, h, plan.decisions.method)
        lots = {
            proxy: (float(x) + others.get(proxy, 0.0)) / _lot(plan, market, contracts[proxy])
            for proxy, x in zip(proxies, target, strict=True)
        }
        small = [proxy for proxy, n in lots.items() if n < _least_lots(plan, contracts[proxy])]
        if len(proxies) == 1 or not small or h == 0.0:
            return fit, target, dropped
        smallest = min(small, key=lambda proxy: (proxy == "ETH", lots[proxy]))
        dropped, proxies = (*dropped, smallest), tuple(proxy for proxy in proxies if proxy != smallest)


def _as_pinned(
    plan: HedgePlan, market: PinnedMarket, values: Mapping[str, float], contracts: Mapping[str, Contract]
) -> tuple[BagFit, Floats, tuple[str, ...]] | None:
    """The pinned fit, its target for these values and the proxies left out then; None if the fit does not apply."""
    fit = market.fit_of(tuple(values))
    if fit is None or any(proxy not in contracts for proxy in fit.proxies):
        return None
    decisions = plan.decisions
    target = joint_target(exposures(fit, values), sum(values.values()), decisions.hedge_ratio, decisions.method)
    return fit, target, market.left_out


def joint_target(exposure: Floats, value: float, hedge_ratio: float, method: SizingMethod) -> Floats:
    """USD to short in each proxy of a bag: the blend of `bag_target`, or an equal split if the method ignores beta."""
    if method == "notional":
        return np.full(len(exposure), hedge_ratio * value / len(exposure))
    return bag_target(exposure, value, hedge_ratio)


def _lot(plan: HedgePlan, market: MarketSnapshot, contract: Contract) -> float:
    price = underlying_price(plan, market, contract.underlying)
    if price is None:
        raise MissingPrice(contract.underlying, market.source)
    return contract.lot_notional(price)


def _least_lots(plan: HedgePlan, contract: Contract) -> float:
    """The number of exact lots below which a short rounds to none."""
    if plan.decisions.rounding == "up":
        return 1e-9
    least = 1.0 if plan.decisions.rounding == "down" else 0.5 + 1e-9
    return least if contract.minimum_lots == 1 else float(contract.minimum_lots)


def _joint_estimates(fit: BagFit, held: HeldCoin) -> tuple[BetaEstimate, ...]:
    row = fit.coins.index(held.moves_with)
    return tuple(
        BetaEstimate(
            coin=held.moves_with,
            proxy=proxy,
            beta=float(fit.betas[row, column]),
            method="shrunk" if fit.is_young[row] else "joint",
            standard_error=float(fit.standard_errors[row, column]),
            observations=int(fit.observations[row]),
            window_days=fit.window_days,
        )
        for column, proxy in enumerate(fit.proxies)
    )


def _joint_reason(fit: BagFit, held: HeldCoin) -> str:
    betas = fit.betas[fit.coins.index(held.moves_with)]
    parts = listed([f"{beta:.2f} to {proxy}" for proxy, beta in zip(fit.proxies, betas, strict=True)])
    return f"Hedged together with the bag: beta {parts}."


def _bag_notices(plan: HedgePlan, fit: BagFit, dropped: Sequence[str], unfit: Sequence[str]) -> Iterator[Notice]:
    names = listed(fit.proxies)
    is_sized = plan.decisions.method == "beta_weighted" and plan.decisions.hedge_ratio > 0.0
    if len(fit.proxies) > 1 and is_sized:
        yield Notice(
            "blended",
            f"Half of the short against the coins hedged as one bag follows their betas to {names} "
            f"({fit.window_days} days); the other half is split equally. On real prices this did as well as any "
            "alternative, but the short may offset slightly more or less than the share that you chose.",
        )
    elif fit.proxies == ("BTC",) and is_sized:
        yield Notice(
            "bitcoin_only",
            f"Bitcoin is the only proxy here, so each beta is ⅔ of its {fit.window_days}-day estimate plus ⅓.",
        )
    if dropped:
        yield Notice(
            "proxy_left_out",
            f"Not used: {listed(dropped)}. That part of the short would be less than one contract, so the bag is "
            f"hedged with {names} only.",
        )
    if unfit:
        yield Notice(
            "proxy_unfit",
            f"{listed(unfit)}: too little recent history. The bag is hedged with {names} instead.",
        )
    young = [coin for coin, is_young in zip(fit.coins, fit.is_young, strict=True) if is_young]
    if young:
        yield Notice(
            "shrunk",
            f"{listed(young)}: less history than the other coins, so the betas partly use the average of the others.",
        )
