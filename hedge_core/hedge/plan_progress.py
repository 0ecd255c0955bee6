"""How far a plan has come: the six steps of the method, which of them are done, and what the others still need."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.held_coins import HeldCoin
from hedge_core.plan.plan import HedgePlan
from hedge_core.text import listed, usd

STEPS = ("bag", "risk", "proxy", "size", "scenarios", "monitor")

FITS = frozenset({"own future", "good", "usable"})
"""Verdicts on a proxy that need no second look (see `proxies.judge`)."""


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the method. `missing` says in a sentence what it needs to be done; '' when it is."""

    name: str
    missing: str = ""

    @property
    def is_done(self) -> bool:
        """Whether nothing is missing."""
        return not self.missing


def progress(plan: HedgePlan, assessment: HedgeAssessment | None, seen: Collection[str] = ()) -> tuple[Step, ...]:
    """The six steps, in order.

    `assessment` is None where the plan cannot be worked out; `seen` are the steps that the user has looked at: of the
    scenarios there is nothing to decide, only to see.
    """
    bag = Step("bag", next(_bag(plan, assessment), ""))
    if assessment is None:
        return (bag, *(Step(name, "Needs a bag.") for name in STEPS[1:]))
    checks = (_risk(plan, assessment), _proxy(assessment), _size(assessment), _scenarios(seen), _monitor(plan))
    return (bag, *(Step(name, next(check, "")) for name, check in zip(STEPS[1:], checks, strict=True)))


def _bag(plan: HedgePlan, assessment: HedgeAssessment | None) -> Iterator[str]:
    if not plan.holdings:
        yield "Enter what you hold."
    elif assessment is None:
        yield "The bag cannot be valued yet: see the message at the top."
    elif assessment.hedgeable_value <= 0:
        yield "Nothing in the bag can be hedged: see the reasons in its table."


def _risk(plan: HedgePlan, assessment: HedgeAssessment) -> Iterator[str]:
    if plan.decisions.collateral is None:
        yield "State the collateral that you set aside: without it nobody knows which rally ends the hedge."
    elif assessment.margin.is_enough_to_open is False:
        yield f"The collateral does not open the hedge: that takes {usd(assessment.margin.initial)}."


def _proxy(assessment: HedgeAssessment) -> Iterator[str]:
    weak = [held.holding.coin for held in assessment.held_coins if _is_weak(held)]
    if weak:
        more = f" and {len(weak) - 5} more" if len(weak) > 5 else ""
        yield f"Look at {listed(weak[:5]) if not more else ', '.join(weak[:5]) + more}: what is shorted fits poorly."


def _is_weak(held: HeldCoin) -> bool:
    """Whether a coin is hedged with what hardly follows it, without the user having said so."""
    if held.status != "hedged" or held.route in ("own future", "set by you"):
        return False
    return held.choice is None or not any(one.verdict in FITS for one in held.choice.candidates)


def _size(assessment: HedgeAssessment) -> Iterator[str]:
    if assessment.hedge_ratio > 0 and not any(leg.contracts for leg in assessment.legs):
        yield "No whole contract comes out: see the reasons beside the orders."
    elif assessment.is_practice:
        yield "Orders are for practice: the prices are simulated. Choose live or own prices (sidebar, Prices)."


def _scenarios(seen: Collection[str]) -> Iterator[str]:
    if "scenarios" not in seen:
        yield "See what a fall, a rally and a squeeze would do."


def _monitor(plan: HedgePlan) -> Iterator[str]:
    if not plan.watch.exit_rules:
        yield "Set the rules that lift the hedge, before you open it."
    elif not plan.execution.fills:
        yield "Enter your fills once the orders are done."
