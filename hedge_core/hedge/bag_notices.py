"""Notices on coins that are hedged together: what their hedge rests on, and what it does without."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from hedge_core.errors import Notice
from hedge_core.exposure.bag_fit import BagFit
from hedge_core.exposure.basket import CORE, LEGS_STAY, Basket, LegChange
from hedge_core.exposure.joint_fit import JointFit
from hedge_core.hedge.methods import METHODS
from hedge_core.market.contracts import Contract
from hedge_core.plan.plan import HedgePlan
from hedge_core.text import listed

YOUNG_RECORD = (
    "In the first year of eight coins, from 2021 to 2024, hedges removed about 32% of a coin's variance and 22% of its "
    "worst losses, and half Bitcoin and half Ether 31% and 25%."
)
"""How well young coins were hedged out of sample, by variance and by the mean of the worst 5% of days.

Source: docs/evidence.md, "Coins with and without a year of history".
"""

MOST_NAMED = 8
"""The most coins that a notice names."""


def no_basket(missing: Sequence[str]) -> Notice:
    """Say that the bag is hedged without a basket, and for which coins there are no recent prices."""
    lacking = f" Recent prices are missing for {_some(missing)}." if missing else ""
    return Notice(
        "basket_unknown",
        "There is too little common history for a basket of contracts, so the coins without a future of their own are "
        f"hedged on Bitcoin, Ether and Solana only, as with the approach bag_level.{lacking}",
    )


def bag_notices(plan: HedgePlan, joint: JointFit, contracts: Mapping[str, Contract]) -> Iterator[Notice]:
    """Everything to say about a joint fit on these contracts, by underlying."""
    fit = joint.fit
    is_sized = METHODS[plan.decisions.method].follows_exposure and plan.decisions.hedge_ratio > 0.0
    if isinstance(fit, Basket):
        yield from _of_basket(fit, joint, is_sized, contracts)
    else:
        yield from _of_bag_fit(fit, joint, is_sized, contracts)
    young = [coin for coin, is_young in zip(fit.coins, fit.is_young, strict=True) if is_young]
    if young:
        text = f"{listed(young)}: less history than the other coins, so the betas partly use the average of the others."
        if isinstance(fit, Basket) and is_sized and not _is_all_young(fit):
            text += f" The figures for baskets are not about such coins. {YOUNG_RECORD}"
        yield Notice("shrunk", text)


def _of_basket(fit: Basket, joint: JointFit, is_sized: bool, contracts: Mapping[str, Contract]) -> Iterator[Notice]:
    """What is known of baskets and what is not, how they fail, and the contracts that this one does without."""
    names, others = listed(fit.proxies), [proxy for proxy in fit.proxies if proxy not in CORE]
    if is_sized:
        yield Notice(
            "basket",
            f"{_how_chosen(fit)} That says nothing about returns, and little about events of a single coin. The split "
            "by coin is indicative.",
        )
    if is_sized and others:
        yield Notice(
            "leg_outruns",
            f"If {_one_of(others)} rises alone, the short loses and your bag does not gain. In February 2021, when "
            "BNB rose by 469% and ADA by 256%, a basket lost a quarter of the bag's value while the bag doubled. Try "
            "the scenario 'A leg outruns your bag' before you trade.",
        )
    if joint.change is not None and is_sized:
        yield _of_change(joint.change)
    yield from _of_left_out(joint, contracts)
    if joint.unfit:
        yield Notice(
            "proxy_unfit",
            f"Not considered, for lack of recent prices: {_some(joint.unfit)}. The bag is hedged with {names} instead.",
        )


def _is_all_young(fit: Basket) -> bool:
    """Whether no altcoin of the bag is old enough to choose contracts by."""
    altcoins = [is_young for coin, is_young in zip(fit.coins, fit.is_young, strict=True) if coin not in CORE]
    return bool(altcoins) and all(altcoins)


def _how_chosen(fit: Basket) -> str:
    """How the contracts of a basket were chosen, and how well such a choice did."""
    names = listed(fit.proxies)
    if _is_all_young(fit):
        return (
            "The coins without a future of their own have too little history to choose contracts by, so they are "
            f"hedged with {names}, by betas that partly rest on other coins. {YOUNG_RECORD}"
        )
    return (
        f"The coins without a future of their own are hedged together with {names}, in the proportions that fit "
        f"their returns over {fit.window_days} days best. On twelve other coins from 2021 to 2026, such baskets "
        "removed about 55% of a coin's variance and 84% of a bag's; half Bitcoin and half Ether removed 43% and 73%."
    )


def _of_left_out(joint: JointFit, contracts: Mapping[str, Contract]) -> Iterator[Notice]:
    """The proxies whose short would be less than one contract, or than the venue's smallest order if that is more."""
    if not joint.left_out:
        return
    left_out = [contracts[proxy] for proxy in joint.left_out if proxy in contracts]
    larger = [one for one in left_out if one.minimum_lots * one.amount_step > 1.0]
    orders = [f"{one.size_text(one.minimum_lots)} for {one.id}" for one in larger]
    least = f"the smallest order ({', '.join(orders)})" if orders else "one contract"
    yield Notice(
        "proxy_left_out",
        f"Not used: {listed(joint.left_out)}. That part of the short would be less than {least}, so the bag "
        f"is hedged with {listed(joint.fit.proxies)} only.",
    )


def _of_change(change: LegChange) -> Notice:
    """Whether the legs that are short already stay, and why."""
    held, best = listed(change.held), listed(change.best)
    gone = [leg for leg in change.held if leg not in change.kept]
    if change.kept and change.gain is not None:
        without = f", without {listed(gone)}, of which the bag needs no contract any more" if gone else ""
        text = (
            f"Your legs stay {listed(change.kept)}{without}. With {best} instead, only {max(change.gain, 0.0):.1%} of "
            f"the bag's variance would be saved; legs change for more than {LEGS_STAY:.0%}."
        )
        return Notice("legs_kept", text, severity="warning" if gone else "note")
    why = (
        "the bag needs no contract of those that you hold any more"
        if change.gain is None
        else f"that saves {change.gain:.1%} of the bag's variance (for {LEGS_STAY:.0%} or less they would stay)"
    )
    return Notice("legs_changed", f"The legs change from {held} to {best}: {why}.", severity="warning")


def _of_bag_fit(fit: BagFit, joint: JointFit, is_sized: bool, contracts: Mapping[str, Contract]) -> Iterator[Notice]:
    """How the target is made, and the proxies that the fit does without."""
    names = listed(fit.proxies)
    if len(fit.proxies) > 1 and is_sized:
        yield Notice(
            "blended",
            f"Half of the short against the coins hedged as one bag follows their betas to {names} "
            f"({fit.window_days} days); the other half is split equally, so the short may offset slightly more or less "
            "than the share that you chose.",
        )
    elif fit.proxies == ("BTC",) and is_sized:
        yield Notice(
            "bitcoin_only",
            f"Bitcoin is the only proxy here, so each beta is ⅔ of its {fit.window_days}-day estimate plus ⅓.",
        )
    yield from _of_left_out(joint, contracts)
    if joint.unfit:
        yield Notice(
            "proxy_unfit",
            f"{listed(joint.unfit)}: too little recent history. The bag is hedged with {names} instead.",
        )


def _some(names: Sequence[str]) -> str:
    """The names, or the first MOST_NAMED of them 'and others'."""
    return listed(names) if len(names) <= MOST_NAMED else f"{', '.join(names[:MOST_NAMED])} and others"


def _one_of(names: Sequence[str]) -> str:
    """The names as alternatives: 'A', 'A or B', 'A, B or C'."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
