"""A short name for the difference between two plans, so that "undo" can say what it will undo.

The names are the labels of the fields (`schema.About`).
"""

from __future__ import annotations

from collections.abc import Iterator

from hedge_core.plan.plan import HedgePlan
from hedge_core.plan.schema import fields_of

SEVERAL = "several changes"
THE_BAG, THE_PLAN = "the bag", "the plan"
"""A change of the bag names the whole change; a change of the plan's own name or notes only counts by itself."""


def change_between(before: HedgePlan, after: HedgePlan) -> str:
    """The name of what differs between the plans: SEVERAL if more than one thing does, '' if nothing does."""
    changed = set(_changed(before, after))
    if THE_BAG in changed:
        return THE_BAG
    if len(changed) > 1:
        changed.discard(THE_PLAN)
    return changed.pop() if len(changed) == 1 else SEVERAL if changed else ""


def _changed(before: object, after: object) -> Iterator[str]:
    """The labels of the fields that differ, those inside a group one by one."""
    for field in fields_of(type(before)):
        old, new = getattr(before, field.name), getattr(after, field.name)
        if old == new:
            continue
        if field.about.is_group:
            yield from _changed(old, new)
        else:
            yield field.about.label
