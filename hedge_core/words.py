"""Words that several sentences share."""

from __future__ import annotations

from collections.abc import Sequence


def listed(names: Sequence[str]) -> str:
    """'A', 'A and B', 'A, B and C'."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def days_text(days: int) -> str:
    """'1 day', '30 days'."""
    return f"{days} day" if days == 1 else f"{days} days"


def whole_percent(fraction: float) -> str:
    """'62%'; 'more than 99%' where rounding would claim that nothing is left."""
    if 0.995 <= fraction < 1.0:
        return "more than 99%"
    return f"{fraction:.0%}".replace("-", "−")
