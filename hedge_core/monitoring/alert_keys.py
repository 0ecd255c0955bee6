"""Keys of alerts as earlier releases saved them, so that a saved alert is recognised and not sent again.

A watch keeps the keys of active alerts. When the form of a key changes, the former form is written down here under a
name and kept for good. `renamed` lists the keys of a plan's exit rules that a state file may still hold in a former
form, each with its present one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any

from hedge_core.plan.exit_rule import ExitRule

Fields = Mapping[str, Any]

FIRST_TEXTS: Mapping[str, Callable[[Fields], str]] = {
    "fall_reached": lambda of: f"the bag has fallen {_percent(of['fall'])} since the hedge was opened",
    "bag_recovered": lambda of: (
        f"after a fall of {_percent(of['fall'])} or more the bag has made up {_percent(of['recovered'])} of it"
    ),
    "on_date": lambda of: f"{_day(of['day'])} has come",
    "expiry_near": lambda of: f"a future that you hold ends within {_days(of['days'])}",
    "catalyst": lambda of: f"{of['event']} (you tick it)",
    "loss_limit": lambda of: f"the hedge has lost {_percent(of['loss'])} of the bag's value at the start",
    "carry_limit": lambda of: f"the short pays {_percent(of['paid'])} a year or more (mean of 30 days)",
}
"""The texts of the rules of the first release, which were part of their keys. Rules added later are not here."""


def keyed_by_text(rule: ExitRule) -> str | None:
    """The key of a rule in the first release: kind, text and share. None for a rule that it did not have."""
    text = FIRST_TEXTS.get(rule.kind)
    if text is None:
        return None
    fields = {name: getattr(rule, name) for name in rule.__dataclass_fields__}
    return f"exit_rule:{rule.kind}:{text(fields)}:{rule.share:g}"


FORMER_KEYS: Mapping[str, Callable[[ExitRule], str | None]] = {"keyed by text": keyed_by_text}
"""Every former form of a rule's key, by name."""


def renamed(rules: Iterable[ExitRule]) -> dict[str, str]:
    """Former keys of these rules, each with the present key. The first of two rules with the same former key counts."""
    names: dict[str, str] = {}
    for rule in rules:
        for former in FORMER_KEYS.values():
            key = former(rule)
            if key is not None:
                names.setdefault(key, rule.key)
    return names


def _percent(fraction: float) -> str:
    return f"{100.0 * fraction:.6g}%"


def _day(day: date) -> str:
    return f"{day:%d %b %Y}"


def _days(days: int) -> str:
    return "1 day" if days == 1 else f"{days} days"
