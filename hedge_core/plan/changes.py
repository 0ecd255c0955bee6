"""What tells two plans apart, in a few words: for undoing a change by its name."""

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
    "window_days": "window of betas",
}
PARTS = {
    "holdings": "the bag",
    "decisions": "decisions",
    "overrides": "what you set by hand",
    "execution": "the position",
    "watch": "the watch",
    "market": "the source of prices",
}
SEVERAL = "several things"
OVERRIDES = {
    "prices": "own price",
    "betas": "own beta",
    "proxies": "proxy",
    "contract_choice": "contract",
    "contracts": "own contracts",
    "costs": "costs",
}


def change_between(before: HedgePlan, after: HedgePlan) -> str:
    """What is different, as the name of one thing; 'several things' where it is more than one, '' where it is none."""
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
