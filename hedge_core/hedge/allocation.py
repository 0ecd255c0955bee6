"""Approaches: which short stands against which holding, and how large each is to be.

`recommended` hedges a coin with a usable future of its own with that, a coin whose proxy or beta the user has set
with what was set, and the rest as one bag (`bag_level`). `coin_by_coin` gives each coin one proxy. Shorts in the same
contract are added up.
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
    """The holdings with the way each is hedged, and the shorts by underlying of the contracts.

    In USD, positive for a short: `targets` is what the sizing method asks for, `exposure` what beta asks for at a hedge
    ratio of 1. `bag_fit` is the joint regression of the coins hedged as one bag, None where there is none.
    """

    held_coins: tuple[HeldCoin, ...]
    targets: Mapping[str, float]
    exposure: Mapping[str, float]
    bag_fit: BagFit | None = None
    notices: tuple[Notice, ...] = field(default=())


def allocate(
    plan: HedgePlan, market: MarketSnapshot, held_coins: Sequence[HeldCoin], contracts: Mapping[str, Contract]
) -> Allocation:
    """Route every hedged holding and add up the shorts. Raises MissingPrice for a contract's coin without a price."""
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
        text = "There is too little history for a hedge of the bag as a whole; each coin is hedged by itself."
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
    """Whether the plan hedges a holding with the bag as a whole: it does, unless something nearer is at hand."""
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
    """Exposure and target of the holdings that have one proxy each."""
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
    """The proxies that a bag can be fitted on, and those that have a contract but no history that would do."""
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
    """The fit and its target on those proxies of which whole contracts can be had, and the proxies left out.

    While a proxy's short, that of `others` included, comes to no contract at all, the smallest is left out and the bag
    fitted anew; Ether stays to the last.
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
    """The fit that was pinned with its target for these values, and the proxies that were left out then."""
    fit = market.fit_of(tuple(values))
    if fit is None or any(proxy not in contracts for proxy in fit.proxies):
        return None
    decisions = plan.decisions
    target = joint_target(exposures(fit, values), sum(values.values()), decisions.hedge_ratio, decisions.method)
    return fit, target, market.left_out


def joint_target(exposure: Floats, value: float, hedge_ratio: float, method: SizingMethod) -> Floats:
    """USD to short in each proxy of a bag: the blend of `bag_target`, or split evenly where beta is ignored."""
    if method == "notional":
        return np.full(len(exposure), hedge_ratio * value / len(exposure))
    return bag_target(exposure, value, hedge_ratio)


def _lot(plan: HedgePlan, market: MarketSnapshot, contract: Contract) -> float:
    price = underlying_price(plan, market, contract.underlying)
    if price is None:
        raise MissingPrice(contract.underlying, market.source)
    return contract.lot_notional(price)


def _least_lots(plan: HedgePlan, contract: Contract) -> float:
    """Exact lots below which a short rounds to none."""
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
    return f"Hedged with the bag as a whole: beta {parts}."


def _bag_notices(plan: HedgePlan, fit: BagFit, dropped: Sequence[str], unfit: Sequence[str]) -> Iterator[Notice]:
    names = listed(fit.proxies)
    is_sized = plan.decisions.method == "beta_weighted" and plan.decisions.hedge_ratio > 0.0
    if len(fit.proxies) > 1 and is_sized:
        yield Notice(
            "blended",
            f"The coins hedged as one bag are shorted half by their betas to {names} ({fit.window_days} days) and half "
            "by equal notional, which did as well as anything on real history; so the short need not offset exactly "
            "the share that you chose.",
        )
    elif fit.proxies == ("BTC",) and is_sized:
        yield Notice(
            "bitcoin_only", f"Bitcoin is the only proxy here: betas are ⅔ of {fit.window_days} days and ⅓ of 1."
        )
    if dropped:
        yield Notice(
            "proxy_left_out",
            f"The part of the short that would go to {listed(dropped)} comes to less than one contract; the bag is "
            f"hedged with {names} alone.",
        )
    if unfit:
        yield Notice(
            "proxy_unfit",
            f"{listed(unfit)}: too little history, or none of late, to hedge the bag with; it is hedged with {names}.",
        )
    young = [coin for coin, is_young in zip(fit.coins, fit.is_young, strict=True) if is_young]
    if young:
        yield Notice(
            "shrunk",
            f"{listed(young)}: fewer days of history than the others, so the betas lean on those of the other coins.",
        )
