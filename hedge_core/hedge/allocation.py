"""Allocation: which contracts are shorted against which held coin, and for how many USD.

With the approach `recommended`, a coin that has a usable future of its own is hedged with it, a coin whose proxy or
beta the user set is hedged as set, and all other coins, the rest, are hedged together with a basket of the venue's
contracts (`exposure.basket`). Without a basket the rest is hedged on Bitcoin, Ether and Solana, as `bag_level` does,
which hedges coins with a future of their own as part of the bag as well. `coin_by_coin` gives each coin one proxy.
Shorts in the same contract are added together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from hedge_core.errors import Notice
from hedge_core.exposure.bag_fit import BAG_PROXIES, BagFit, exposures
from hedge_core.exposure.basket import Basket, most_extra_legs
from hedge_core.exposure.basket_intervals import intervals
from hedge_core.exposure.betas import BetaEstimate
from hedge_core.exposure.estimates import Estimates
from hedge_core.exposure.joint_fit import JointFit
from hedge_core.exposure.proxies import WEAK_CORRELATION
from hedge_core.hedge.approaches import APPROACHES, uses_basket
from hedge_core.hedge.bag_notices import bag_notices, no_basket
from hedge_core.hedge.bag_sizes import BagSizes, lots_of
from hedge_core.hedge.candidates import most_traded
from hedge_core.hedge.held_coins import HeldCoin, route_of
from hedge_core.hedge.methods import METHODS
from hedge_core.hedge.rounding import ROUNDINGS
from hedge_core.hedge.sizing import target_notional
from hedge_core.market.contracts import Contract
from hedge_core.market.snapshot import MarketSnapshot
from hedge_core.market.volumes import volumes_of
from hedge_core.plan.plan import HedgePlan
from hedge_core.text import listed


@dataclass(frozen=True, eq=False, kw_only=True)
class Allocation:
    """The held coins, each with its route, and the short that they need in each underlying.

    `targets` is the USD to short according to the sizing method, `exposure` the USD to short according to beta at a
    hedge ratio of 1; both are keyed by underlying and positive for a short. `joint` is the fit of the coins
    hedged as one bag, None if there are none.
    """

    held_coins: tuple[HeldCoin, ...]
    targets: Mapping[str, float]
    exposure: Mapping[str, float]
    joint: JointFit | None = None
    notices: tuple[Notice, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class _Inputs:
    """What an allocation is made from, besides the held coins."""

    plan: HedgePlan
    market: MarketSnapshot
    contracts: Mapping[str, Contract]
    estimates: Estimates


def allocate(
    plan: HedgePlan,
    market: MarketSnapshot,
    held_coins: Sequence[HeldCoin],
    contracts: Mapping[str, Contract],
    estimates: Estimates,
) -> Allocation:
    """How each held coin is hedged, and the sum of the shorts per underlying.

    Raises MissingPrice if the coin of a contract has no price.
    """
    inputs = _Inputs(plan, market, contracts, estimates)
    if not uses_basket(plan, estimates):
        return _with_bag_fit(inputs, held_coins)
    found = _with_basket(inputs, held_coins)
    if found is not None:
        return found
    instead = _with_bag_fit(inputs, held_coins)
    is_one_proxy = instead.joint is not None and len(instead.joint.fit.proxies) == 1
    if instead.joint is None or is_one_proxy:
        return instead
    wanted = most_traded(contracts, volumes_of(contracts))
    missing = [coin for coin in wanted if not estimates.knows(coin) or market.price_or_none(coin) is None]
    return replace(instead, notices=(*instead.notices, no_basket(missing)))


def _with_basket(inputs: _Inputs, held_coins: Sequence[HeldCoin]) -> Allocation | None:
    """The coins without a future of their own hedged with a basket; None if none can be fitted.

    Bitcoin's own short, the basket's included, may be less than one contract; Bitcoin then joins the rest, unless the
    user set its beta.
    """
    held_coins = tuple(_left_out_if_worse(held, inputs.estimates) for held in held_coins)
    in_rest = [joins_the_rest(held, inputs.estimates) for held in held_coins]
    found = _allocated(inputs, held_coins, in_rest)
    if found is None or not inputs.estimates.fit_any_size or not _is_short_too_small(inputs, found, "BTC"):
        return found
    can_join = [_has_own(held, "BTC") and not _is_beta_set(inputs.plan, held) for held in held_coins]
    in_rest = [is_in or joins for is_in, joins in zip(in_rest, can_join, strict=True)]
    return _allocated(inputs, held_coins, in_rest) or found


def _allocated(inputs: _Inputs, held_coins: Sequence[HeldCoin], in_rest: Sequence[bool]) -> Allocation | None:
    """The coins `in_rest` hedged with a basket, the others one by one; None if no basket can be fitted."""
    plan, estimates = inputs.plan, inputs.estimates
    exposure, targets = _one_by_one(plan, [held for held, is_in in zip(held_coins, in_rest, strict=True) if not is_in])
    if not any(in_rest):
        return Allocation(held_coins=tuple(held_coins), targets=targets, exposure=exposure)
    sizes = BagSizes(plan, inputs.market, inputs.contracts, _values(held_coins, in_rest), targets)
    joint = estimates.basket(
        sizes.values, sizes.charges, most_extra_legs(sizes.value), sizes.too_small, sizes.held_legs
    )
    if joint is None:
        return None
    if estimates.fit_any_size:
        joint = replace(joint, unfit=(*joint.unfit, *sizes.unpriced))
    return _hedged_as_one(sizes, held_coins, in_rest, joint, exposure)


def _with_bag_fit(inputs: _Inputs, held_coins: Sequence[HeldCoin]) -> Allocation:
    """The coins that join the bag hedged on Bitcoin, Ether and Solana, the others one by one."""
    plan = inputs.plan
    in_bag = [joins_the_bag(plan, held) for held in held_coins]
    rest = [held for held, is_in in zip(held_coins, in_bag, strict=True) if not is_in]
    exposure, targets = _one_by_one(plan, rest)
    if not any(in_bag):
        return Allocation(held_coins=tuple(held_coins), targets=targets, exposure=exposure)
    sizes = BagSizes(plan, inputs.market, inputs.contracts, _values(held_coins, in_bag), targets)
    joint = inputs.estimates.joint_fit(sizes.values, inputs.contracts, sizes.too_small)
    if joint is not None:
        return _hedged_as_one(sizes, held_coins, in_bag, joint, exposure)
    exposure, targets = _one_by_one(plan, held_coins)
    text = "There is too little history to hedge the bag as a whole, so each coin is hedged separately."
    return Allocation(
        held_coins=tuple(held_coins),
        targets=targets,
        exposure=exposure,
        notices=(Notice("bag_level_unknown", text),),
    )


def _hedged_as_one(
    sizes: BagSizes,
    held_coins: Sequence[HeldCoin],
    in_bag: Sequence[bool],
    joint: JointFit,
    exposure: dict[str, float],
) -> Allocation:
    """The allocation with the shorts of the bag added to those of the other coins."""
    fit, targets = joint.fit, dict(sizes.others)
    for proxy, b, x in zip(fit.proxies, exposures(fit, sizes.values), sizes.target(fit), strict=True):
        exposure[proxy] = exposure.get(proxy, 0.0) + float(b)
        targets[proxy] = targets.get(proxy, 0.0) + float(x)
    routed = tuple(
        replace(held, status="hedged", route="bag", estimates=_joint_estimates(joint, held), reason=_reason(fit, held))
        if is_in
        else held
        for held, is_in in zip(held_coins, in_bag, strict=True)
    )
    return Allocation(
        held_coins=routed,
        targets=targets,
        exposure=exposure,
        joint=joint,
        notices=tuple(bag_notices(sizes.plan, joint, sizes.contracts)),
    )


def _values(held_coins: Sequence[HeldCoin], in_bag: Sequence[bool]) -> Mapping[str, float]:
    """USD of each coin of the bag."""
    values: dict[str, float] = {}
    for held, is_in in zip(held_coins, in_bag, strict=True):
        if is_in:
            values[held.moves_with] = values.get(held.moves_with, 0.0) + held.value
    return values


def joins_the_rest(held: HeldCoin, estimates: Estimates) -> bool:
    """Whether a held coin is hedged with the basket.

    It is if it is to be hedged, has neither a usable future of its own nor anything set by the user, has a price
    history, and was not left out.
    """
    choice = held.choice
    if held.status not in ("hedged", "unhedgeable") or choice is None or choice.is_override or choice.is_own_future:
        return False
    return estimates.knows(held.moves_with) and not estimates.fails_alone(held.moves_with)


def _left_out_if_worse(held: HeldCoin, estimates: Estimates) -> HeldCoin:
    """The coin without a hedge if hedges raised its variance out of sample, else the coin as it is."""
    choice = held.choice
    if held.status != "hedged" or choice is None or choice.is_override or choice.is_own_future:
        return held
    if not estimates.fails_alone(held.moves_with):
        return held
    reason = (
        "On unseen days, hedging this coin raised its variance instead of lowering it. Set a proxy to hedge it anyway."
    )
    return replace(held, status="unhedgeable", route="none", estimates=(), reason=reason)


def _has_own(held: HeldCoin, coin: str) -> bool:
    return held.moves_with == coin and held.route == "own future"


def _is_beta_set(plan: HedgePlan, held: HeldCoin) -> bool:
    """Whether the user set the beta of the coin, or of the coin with which it moves."""
    return held.holding.coin in plan.overrides.betas or held.moves_with in plan.overrides.betas


def _is_short_too_small(inputs: _Inputs, found: Allocation, coin: str) -> bool:
    """Whether the coin is hedged with its own future and the whole short in that is less than one contract."""
    if not any(_has_own(held, coin) for held in found.held_coins) or inputs.plan.decisions.hedge_ratio == 0.0:
        return False
    contract = inputs.contracts[coin]
    lots = lots_of(inputs.plan, inputs.market, contract, found.targets[coin])
    return lots < ROUNDINGS[inputs.plan.decisions.rounding].least_lots(contract)


def joins_the_bag(plan: HedgePlan, held: HeldCoin) -> bool:
    """Whether a held coin is hedged together with others, as part of the bag.

    It is not if the plan's approach or method hedges coin by coin, if the coin is not hedged or the user set its proxy
    or beta, or if it is hedged with its own future. With `bag_level` an own future counts only for the proxies
    themselves and for coins that follow no proxy.
    """
    approach = APPROACHES[plan.decisions.approach]
    route = route_of(held.choice)
    if held.status != "hedged" or route in ("none", "set by you"):
        return False
    if METHODS[plan.decisions.method].bag_target is None or not approach.pools_coins:
        return False
    if route == "own future":
        return approach.pools_own_futures and held.moves_with not in BAG_PROXIES and _moves_with_a_proxy(held)
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


def _joint_estimates(joint: JointFit, held: HeldCoin) -> tuple[BetaEstimate, ...]:
    fit = joint.fit
    row = fit.coins.index(held.moves_with)
    to_come = intervals(fit, joint.calibration, row) if isinstance(fit, Basket) else (None,) * len(fit.proxies)
    return tuple(
        BetaEstimate(
            coin=held.moves_with,
            proxy=proxy,
            beta=float(fit.betas[row, column]),
            method="shrunk" if fit.is_young[row] else "joint",
            standard_error=float(fit.standard_errors[row, column]),
            interval_to_come=to_come[column],
            observations=int(fit.observations[row]),
            window_days=fit.window_days,
        )
        for column, proxy in enumerate(fit.proxies)
    )


def _reason(fit: BagFit | Basket, held: HeldCoin) -> str:
    betas = fit.betas[fit.coins.index(held.moves_with)]
    parts = listed([f"{beta:.2f} to {proxy}" for proxy, beta in zip(fit.proxies, betas, strict=True)])
    return f"Hedged together with the bag: beta {parts}."
