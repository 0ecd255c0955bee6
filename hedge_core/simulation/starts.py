"""Starts: how each way is begun, with its policy, its cash and what it costs up front."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from hedge_core.hedge.breach import RULES, Breach, BreachRule, ToppedUp
from hedge_core.hedge.held_options import calls_breach
from hedge_core.hedge.option_legs import OptionLeg, initial_margin
from hedge_core.market.snapshot import Floats
from hedge_core.simulation.account import peak_factors
from hedge_core.simulation.bag import BagOnPaths
from hedge_core.simulation.option_policy import OptionHedge, RunningOptions
from hedge_core.simulation.option_search import Protection
from hedge_core.simulation.policies import Hedge, Hold, Policy, Running, Sell, StopLoss
from hedge_core.simulation.policy_comparison import PolicySettings
from hedge_core.simulation.setup import Setup
from hedge_core.simulation.volatility import TodaysPaths, with_peaks
from hedge_core.simulation.ways import Kind, Missing
from hedge_core.text import usd

SHORTS: Mapping[str, str] = {
    "by_position": "Short, closed leg by leg",
    "reduced": "Short, cut in parts",
    "closed": "Short, all closed",
}
"""What the short is called by the rule for when margin runs out (see `hedge.breach`)."""


@dataclass(frozen=True, eq=False)
class Start:
    """How one policy is started: its kind and label, its cash, what it costs up front, and its options."""

    kind: Kind
    policy: Policy
    label: str
    up_front: float = 0.0
    cash: float = 0.0
    can_be_closed: bool = False
    is_own: bool = False
    legs: tuple[OptionLeg, ...] = ()


def known_starts(setup: Setup, settings: PolicySettings) -> list[Start]:
    """The ways without options: holding, the short under every rule, the stop-loss, selling a part and everything."""
    book, share = setup.book, settings.share_sold
    share = setup.assessment.hedge_ratio if share is None else share
    opening = book.opening
    held = setup.assessment.options
    of_sold = 0.0 if held is None else held.collateral or 0.0
    of_shorts = book.collateral if setup.assessment.traded_legs else 0.0
    cash = of_shorts + of_sold + setup.assessment.plan.decisions.reserve
    can_be_closed = book.can_be_closed or of_sold > 0.0
    starts = [Start("hold", Hold(), "Hold")]
    for rule in _rules(book.breach):
        is_own = rule == book.breach.rule
        short = Hedge(replace(book, breach=book.breach.under(rule, book.breach.reserve)))
        closing = rule.then if isinstance(rule, ToppedUp) else rule
        label = SHORTS[next(name for name, known in RULES.items() if known == closing)]
        if held is not None:
            label = f"{label}, and your options" if setup.assessment.traded_legs else "Your options"
        starts.append(Start("short", short, label, opening, cash, can_be_closed, is_own))
        if not setup.assessment.traded_legs and held is not None:
            break  # the rules for when margin runs out are those of shorts
    stop = StopLoss(settings.stop_distance, settings.reentry, settings.spot_cost, settings.slippage, settings.gap_share)
    value, cost = setup.bag.value, settings.spot_cost
    return [
        *starts,
        Start("stop_loss", stop, f"Stop-loss at −{settings.stop_distance:.0%}"),
        Start("sell_part", Sell(share, cost), f"Sell {share:.0%} now", share * value * cost),
        Start("stablecoin", Sell(1.0, cost), "All to stablecoin", value * cost),
    ]


def _rules(own: Breach) -> tuple[BreachRule, ...]:
    """The plan's own rule, then those of venues; with a reserve, it is paid in before each of them."""
    rules = [ToppedUp(rule) if own.reserve > 0.0 else rule for rule in RULES.values()]
    return (own.rule, *(rule for rule in rules if rule != own.rule))


def option_starts(
    setup: Setup,
    found: Mapping[Kind, Protection],
    *,
    stated: float | None,
    needs: Callable[[OptionHedge], float],
) -> tuple[list[Start], list[Missing]]:
    """How put and collar are started; a collar whose calls the cash does not open is left out.

    `stated` is the collateral and the reserve of the plan (USD), None if it states none: then the calls have what they
    need on 95% of the paths, which `needs` says.
    """
    starts, missing = list[Start](), list[Missing]()
    panel = setup.panel
    for kind, one in found.items():
        columns = np.array([panel.coins.index(leg.underlying) for leg in one.legs], dtype=np.intp)
        peak = peak_factors(np.sqrt(panel.variances))[columns]
        calls = [leg for leg in one.legs if not leg.is_bought]
        policy = OptionHedge(legs=one.legs, columns=columns, peak=peak, breach=calls_breach(calls, 0.0))
        label = f"{kind.capitalize()} {_strikes(one)}, {one.expiry.day} {one.expiry:%b %Y}"
        cash = 0.0
        if calls:
            advised = needs(policy)
            cash = advised if stated is None else min(advised, stated)
            if cash < initial_margin(calls):
                why = f"its calls need {usd(initial_margin(calls))} of margin, and {usd(cash)} is stated"
                missing.append(Missing("Collar", why))
                continue
            policy = replace(policy, collateral=cash)
        starts.append(Start(kind, policy, label, one.up_front, cash, bool(calls), legs=one.legs))
    return starts, missing


def _strikes(one: Protection) -> str:
    """The strikes relative to the price: "95%", or "95%/110%" for a put and a call."""
    put = f"{100 * one.put_strike:.4g}%"
    return put if one.call_strike is None else f"{put}/{100 * one.call_strike:.4g}%"


def at_peaks(policy: Policy, today: TodaysPaths) -> Policy:
    """A policy whose margin is watched at the highest prices of days at today's volatility."""
    if isinstance(policy, Hedge):
        return replace(policy, book=with_peaks(policy.book, today.setup.panel))
    if isinstance(policy, OptionHedge):
        return replace(policy, peak=peak_factors(np.sqrt(today.setup.panel.variances))[policy.columns])
    return policy


def cash_for_calls(today: TodaysPaths, policy: OptionHedge, *, paths: int, seed: int) -> float:
    """The collateral (USD) with which the sold calls live through 95% of the paths at today's volatility."""
    recorded = _CashNeeded(replace(policy, peak=peak_factors(np.sqrt(today.setup.panel.variances))[policy.columns]))
    today.run([recorded], paths=paths, seed=seed)
    return float(np.quantile(np.concatenate(recorded.found), 0.95, method="inverted_cdf"))


class _CashNeeded:
    """A policy with the sold calls of another, whose need of cash it keeps."""

    label = "Cash needed"

    def __init__(self, policy: OptionHedge) -> None:
        self._policy = policy
        self.found: list[Floats] = []

    def start(self, bag: BagOnPaths, paths: int) -> Running:
        """Follow the account without a limit of cash."""
        return _RunningCash(self._policy, self, bag, paths)


class _RunningCash(RunningOptions):
    def __init__(self, policy: OptionHedge, kept: _CashNeeded, bag: BagOnPaths, paths: int) -> None:
        super().__init__(policy, bag, paths)
        self._kept = kept

    def finish(self) -> None:
        super().finish()
        self._kept.found.append(self.calls.cash_needed)
