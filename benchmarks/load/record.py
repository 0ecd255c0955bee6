"""What happened: how long every action took, what went wrong, and the percentiles of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

WIDGETS = frozenset(("example", "paste", "replace bag", "risk", "collateral", "rounding", "coin", "scenario"))
"""Kinds of action that are a widget's message; the others open or change a page."""


@dataclass(frozen=True, slots=True)
class Action:
    """One message of a user, answered after so many seconds; `at` counts from the start of the load."""

    kind: str
    seconds: float
    at: float


@dataclass(frozen=True, slots=True)
class Failure:
    """What a user found that must not be."""

    user: int
    kind: str
    what: str
    at: float


@dataclass(frozen=True, slots=True)
class Spread:
    """How the times of one kind of action are spread, in seconds."""

    kind: str
    count: int
    p50: float
    p95: float
    p99: float
    longest: float


@dataclass(slots=True)
class Record:
    """Everything that the users of one load have seen."""

    actions: list[Action] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    visits: int = 0
    moves: int = 0
    checks: int = 0
    received: int = 0

    def spread(self, kind: str, actions: Iterable[Action] | None = None) -> Spread | None:
        times = [action.seconds for action in (self.actions if actions is None else actions)]
        if not times:
            return None
        p50, p95, p99 = np.percentile(times, [50, 95, 99])
        return Spread(kind, len(times), float(p50), float(p95), float(p99), max(times))

    def spreads(self) -> list[Spread]:
        """All actions, then the widgets' messages, then each kind, the slowest first."""
        kinds = {action.kind for action in self.actions}
        each = [self.spread(kind, (a for a in self.actions if a.kind == kind)) for kind in kinds]
        widgets = self.spread("widget messages", (a for a in self.actions if a.kind in WIDGETS))
        parts: Sequence[Spread | None] = [self.spread("all"), widgets, *sorted(
            (one for one in each if one), key=lambda one: -one.p95
        )]  # fmt: skip
        return [part for part in parts if part is not None]
