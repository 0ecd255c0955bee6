"""The entry rules of a plan, checked once: which are armed, which are met, and the alert that says so."""

from __future__ import annotations

from dataclasses import dataclass

from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.legs import SizedLeg
from hedge_core.monitoring.alerts import Alert
from hedge_core.plan.entry_rule import EntryRule
from hedge_core.plan.market_day import MarketDay
from hedge_core.text import usd


@dataclass(frozen=True, slots=True)
class EntryCheck:
    """The state of one entry rule. `is_armed`: nothing is open, and the rule is not marked as done."""

    rule: EntryRule
    is_met: bool
    evidence: str
    is_armed: bool


def check_entries(assessment: HedgeAssessment, today: MarketDay | None) -> tuple[EntryCheck, ...]:
    """Every entry rule of the plan today; None for `today` while a position is open, so that none is armed."""
    rules = assessment.plan.watch.entry_rules
    if today is None:
        return tuple(EntryCheck(rule, False, "A position is open, so no rule is armed.", False) for rule in rules)
    return tuple(
        EntryCheck(rule, rule.met(today) and not rule.is_done, rule.evidence(today), not rule.is_done) for rule in rules
    )


def entry_alert(assessment: HedgeAssessment, check: EntryCheck) -> Alert:
    """The alert for an entry rule that is met; it stays until the rule is marked as done or the position is opened."""
    rule, legs = check.rule, assessment.traded_legs
    orders = "; ".join(_opening(leg) for leg in legs)
    what_to_do = f"Open the hedge: {orders}." if legs else "The plan yields no whole contract now: see its notices."
    return Alert(
        code="entry_rule",
        key=rule.key,
        severity="critical",
        evidence=f"An entry rule {'is' if check.is_met else 'was'} met: {rule.text}. {check.evidence}",
        threshold=rule.text,
        action=f"{what_to_do} Then enter the fills, or set the rule aside.",
    )


def _opening(leg: SizedLeg) -> str:
    """The order that opens a leg in words, with its size in dollars."""
    quantity = leg.contract.quantity(leg.lots)
    return f"{leg.instrument.order} {quantity:,.10g} {leg.contract.code} (about {usd(leg.notional)})"
