"""Progress of a plan: which of the six steps of the method are done, and what the others still need."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hedge_core.text import listed, usd

if TYPE_CHECKING:
    from hedge_core.hedge.assessment import HedgeAssessment
    from hedge_core.hedge.held_coins import HeldCoin
    from hedge_core.plan.plan import HedgePlan

STEPS = ("bag", "risk", "proxy", "size", "scenarios", "monitor")

FITS = frozenset({"own future", "good", "usable"})
"""Verdicts on a proxy that need no further check (see `exposure.proxies.judge`)."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the method. `missing` is a sentence that says what is still needed, '' if the step is done."""

    name: str
    missing: str = ""

    @property
    def is_done(self) -> bool:
        """Whether nothing is missing."""
        return not self.missing


def progress(plan: HedgePlan, assessment: HedgeAssessment | None, seen: Collection[str] = ()) -> tuple[Step, ...]:
    """The six steps of the method, in order.

    `assessment` is None if the plan cannot be computed. `seen` holds the names of the steps that the user has opened;
    the scenarios step is done once it has been opened, because nothing is decided there.
    """
    bag = Step("bag", next(_bag(plan, assessment), ""))
    if assessment is None:
        return (bag, *(Step(name, "Finish the bag first.") for name in STEPS[1:]))
    checks = (_risk(plan, assessment), _proxy(assessment), _size(assessment), _scenarios(seen), _monitor(plan))
    return (bag, *(Step(name, next(check, "")) for name, check in zip(STEPS[1:], checks, strict=True)))


def _bag(plan: HedgePlan, assessment: HedgeAssessment | None) -> Iterator[str]:
    if not plan.holdings:
        yield "Enter what you hold."
    elif assessment is None:
        yield "The bag cannot be valued yet: see the message at the top."
    elif assessment.hedgeable_value <= 0:
        yield "None of your coins can be hedged: the table of the bag says why."


def _risk(plan: HedgePlan, assessment: HedgeAssessment) -> Iterator[str]:
    if plan.decisions.collateral is None:
        yield "Enter the cash you would post to see where you would be liquidated."
    elif assessment.is_limited:
        yield f"Your cash opens only part of the hedge: all of it needs {usd(assessment.cash_for_wanted)}."


def _proxy(assessment: HedgeAssessment) -> Iterator[str]:
    weak = [held.holding.coin for held in assessment.held_coins if _is_weak(held)]
    if weak:
        more = f" and {len(weak) - 5} more" if len(weak) > 5 else ""
        names = listed(weak[:5]) if not more else ", ".join(weak[:5]) + more
        yield f"Check the hedge of {names}: the proxy is a poor fit."


def _is_weak(held: HeldCoin) -> bool:
    """Whether a coin is hedged with proxies that fit poorly, and the user did not choose them."""
    if held.status != "hedged" or held.route in ("own future", "set by you"):
        return False
    return held.choice is None or not any(one.verdict in FITS for one in held.choice.candidates)


def _size(assessment: HedgeAssessment) -> Iterator[str]:
    if assessment.hedge_ratio > 0 and not assessment.traded_legs:
        yield "The plan yields no whole contract: see the reasons next to the orders."
    elif assessment.is_practice:
        yield "Prices are simulated, so the orders are for practice only. Choose live or own prices (sidebar, Prices)."


def _scenarios(seen: Collection[str]) -> Iterator[str]:
    if "scenarios" not in seen:
        yield "Look at what a fall, a rally and a squeeze would do to you."


def _monitor(plan: HedgePlan) -> Iterator[str]:
    if not plan.watch.exit_rules:
        yield "Decide now when you will close. Add one rule for a fall and one for no fall."
    elif not plan.execution.fills:
        yield "Enter your fills once the orders are executed."
