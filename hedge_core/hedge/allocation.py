"""Allocation: which contracts are shorted against which held coin, and for how many USD.

With the approach `recommended`, a coin that has a usable future of its own is hedged with it, a coin whose proxy or
beta the user set is hedged as set, and all other coins are hedged together as one bag. `bag_level` hedges coins with a
future of their own as part of the bag as well. `coin_by_coin` gives each coin one proxy. Shorts in the same contract
are added together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from hedge_core.errors import MissingPrice, Notice
from hedge_core.exposure.bag_fit import BAG_PROXIES, BagFit, exposures
from hedge_core.exposure.betas import BetaEstimate
from hedge_core.exposure.estimates import Estimates, JointFit
from hedge_core.exposure.proxies import WEAK_CORRELATION
from hedge_core.hedge.held_coins import HeldCoin, route_of, underlying_price
from hedge_core.hedge.methods import METHODS
from hedge_core.hedge.rounding import ROUNDINGS
from hedge_core.hedge.sizing import target_notional
from hedge_core.market.contracts import Contract
from hedge_core.market.snapshot import Floats, MarketSnapshot
from hedge_core.plan.plan import Approach, HedgePlan, SizingMethod
from hedge_core.text import listed


@dataclass(frozen=True, slots=True)
class ApproachRule:
    """Whether coins without a future of their own are hedged together as one bag, and whether other coins join it."""

    pools_coins: bool
    pools_own_futures: bool


APPROACHES: Mapping[Approach, ApproachRule] = {
    "recommended": ApproachRule(pools_coins=True, pools_own_futures=False),
    "bag_level": ApproachRule(pools_coins=True, pools_own_futures=True),
    "coin_by_coin": ApproachRule(pools_coins=False, pools_own_futures=False),
}


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
    in_bag = [joins_the_bag(plan, held) for held in held_coins]
    bag = [held for held, is_in in zip(held_coins, in_bag, strict=True) if is_in]
    rest = [held for held, is_in in zip(held_coins, in_bag, strict=True) if not is_in]
    exposure, targets = _one_by_one(plan, rest)
    if not bag:
        return Allocation(held_coins=tuple(held_coins), targets=targets, exposure=exposure)

    values: dict[str, float] = {}
    for held in bag:
        values[held.moves_with] = values.get(held.moves_with, 0.0) + held.value
    sizes = _BagSizes(plan, market, contracts, values, targets)
    joint = estimates.joint_fit(values, contracts, sizes.too_small)
    if joint is None:
        exposure, targets = _one_by_one(plan, held_coins)
        text = "There is too little history to hedge the bag as a whole, so each coin is hedged separately."
        return Allocation(
            held_coins=tuple(held_coins),
            targets=targets,
            exposure=exposure,
            notices=(Notice("bag_level_unknown", text),),
        )
    fit = joint.fit
    for proxy, b, x in zip(fit.proxies, exposures(fit, values), sizes.target(fit), strict=True):
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
        joint=joint,
        notices=tuple(_bag_notices(plan, joint)),
    )


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


@dataclass(frozen=True, slots=True)
class _BagSizes:
    """How large the shorts of a bag are: `values` is the USD value of each coin, `others` the USD already targeted."""

    plan: HedgePlan
    market: MarketSnapshot
    contracts: Mapping[str, Contract]
    values: Mapping[str, float]
    others: Mapping[str, float]

    def target(self, fit: BagFit) -> Floats:
        """USD to short in each proxy of the fit."""
        decisions = self.plan.decisions
        value = sum(self.values.values())
        return joint_target(exposures(fit, self.values), value, decisions.hedge_ratio, decisions.method)

    def too_small(self, fit: BagFit) -> str | None:
        """The proxy whose short, `others` included, is the smallest that rounds to no contract; ETH comes last.

        None if there is no such proxy, if it is the only proxy, or if nothing is to be hedged.
        """
        lots = {
            proxy: (float(x) + self.others.get(proxy, 0.0)) / _lot(self.plan, self.market, self.contracts[proxy])
            for proxy, x in zip(fit.proxies, self.target(fit), strict=True)
        }
        small = [
            proxy
            for proxy, n in lots.items()
            if n < ROUNDINGS[self.plan.decisions.rounding].least_lots(self.contracts[proxy])
        ]
        if len(fit.proxies) == 1 or not small or self.plan.decisions.hedge_ratio == 0.0:
            return None
        return min(small, key=lambda proxy: (proxy == "ETH", lots[proxy]))


def joint_target(exposure: Floats, value: float, hedge_ratio: float, method: SizingMethod) -> Floats:
    """USD to short in each proxy of a bag: the blend of `bag_target`, or an equal split if the method ignores beta."""
    target = METHODS[method].bag_target
    assert target is not None, "this method hedges no bag"
    return target(exposure, value, hedge_ratio)


def _lot(plan: HedgePlan, market: MarketSnapshot, contract: Contract) -> float:
    price = underlying_price(plan, market, contract.underlying)
    if price is None:
        raise MissingPrice(contract.underlying, market.source)
    return contract.lot_notional(price)


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


def _bag_notices(plan: HedgePlan, joint: JointFit) -> Iterator[Notice]:
    fit, dropped, unfit = joint.fit, joint.left_out, joint.unfit
    names = listed(fit.proxies)
    is_sized = METHODS[plan.decisions.method].follows_exposure and plan.decisions.hedge_ratio > 0.0
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
