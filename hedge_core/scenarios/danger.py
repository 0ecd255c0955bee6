"""A danger of a plan: one situation, with and without what goes wrong in it, and how its chance reads."""

from __future__ import annotations

from dataclasses import dataclass

from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.scenarios.crash_days import DEEP_DAYS, RECORD_DAYS
from hedge_core.text import percent

CRASH = "2025-10-10"
"""The crash day on which dangers are ranked: the worst of the record, and the one whose lows are known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Danger:
    """One danger. `without` and `with_it` are net results (USD) of the same situation without it and with it.

    `key` is its stable name. `happens`, `left` and `to_do` say what happens, what is left of the hedge, and what the
    user can do; `assumed` says what the figures rest on. `chance` is that over the horizon (None: not known).
    """

    key: str
    title: str
    without: float
    with_it: float
    chance: float | None
    happens: str
    left: str
    to_do: str
    assumed: str

    @property
    def cost(self) -> float:
        """USD that it takes (positive: it hurts)."""
        return self.without - self.with_it


def chance_over(chance: float, days: float, of_days: float) -> float:
    """The chance of an event within `days` days that has the chance `chance` within `of_days` days."""
    return float(1.0 - (1.0 - chance) ** (days / of_days))


def chance_text(chance: float | None) -> str:
    """A chance in words, as in "3.5%" or "under 0.1%"."""
    if chance is None:
        return "not known"
    return percent(chance) if chance >= 0.001 or chance == 0.0 else "under 0.1%"


def of_the_short(share: float) -> str:
    """A share of the short (a fraction) in words: 'the whole short', '12.5% of the short', 'nothing of the short'."""
    text = percent(share)
    return {"100.0%": "the whole short", "0.0%": "nothing of the short"}.get(text, f"{text} of the short")


def left_text(share: float) -> str:
    """What is left of the hedge where this share of the short (a fraction) stays open, as a sentence."""
    text = of_the_short(share)
    return f"{text[0].upper()}{text[1:]}."


def crash_chance(assessment: HedgeAssessment) -> float:
    """The chance over the plan's horizon of a day on which the median coin falls by half."""
    return chance_over(DEEP_DAYS / RECORD_DAYS, assessment.plan.decisions.horizon_days, 1.0)
