"""A short name for the difference between two plans, so that "undo" can say what it will undo."""

from __future__ import annotations

from collections.abc import Mapping

from hedge_core.plan.plan import HedgePlan

DECISIONS = {
    "risk_accepted": "loss accepted",
    "method": "sizing method",
    "rounding": "rounding",
    "approach": "approach",
    "horizon_days": "horizon",
    "venue": "venue",
    "collateral": "collateral",
    "window_days": "beta window",
}
PARTS = {
    "holdings": "the bag",
    "decisions": "decisions",
    "overrides": "your own figures",
    "execution": "fills and journal",
    "watch": "monitoring",
    "market": "price source",
}
SEVERAL = "several changes"
OVERRIDES = {
    "prices": "own price",
    "betas": "own beta",
    "proxies": "proxy",
    "contract_choice": "contract",
    "contracts": "own contracts",
    "costs": "costs",
}


def change_between(before: HedgePlan, after: HedgePlan) -> str:
    """The name of what differs between the plans: SEVERAL if more than one thing does, '' if nothing does."""
    if before.holdings != after.holdings:
        return PARTS["holdings"]
    changed = [name for part, name in PARTS.items() if getattr(before, part) != getattr(after, part)]
    if len(changed) > 1:
        return SEVERAL
    if changed == [PARTS["decisions"]]:
        return _only(DECISIONS, before.decisions, after.decisions)
    if changed == [PARTS["overrides"]]:
        return _only(OVERRIDES, before.overrides, after.overrides)
    return changed[0] if changed else "" if before == after else "the plan"


def _only(names: Mapping[str, str], before: object, after: object) -> str:
    changed = [name for key, name in names.items() if getattr(before, key) != getattr(after, key)]
    return changed[0] if len(changed) == 1 else SEVERAL
