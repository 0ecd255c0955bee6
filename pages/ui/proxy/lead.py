"""What leads the Proxy page: how good the hedge would have been, and what that figure rests on."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from hedge_core.hedge.unsold_legs import unsold_own_futures
from hedge_core.history.backtest import untested_reason
from hedge_core.text import listed, whole_percent
from pages.ui.parts import as_filled
from pages.ui.parts.lead import Lead

if TYPE_CHECKING:
    from hedge_core import HedgeAssessment
    from hedge_core.history.backtest import Comparison

MOST_NAMED = 4
"""Coins that the sentence names; more are counted."""

Tested = Callable[["HedgeAssessment"], "Comparison | None"]
"""Tests the hedge of an assessment on the past; None if there is too little of it."""


def lead(result: HedgeAssessment, tested: Tested) -> Lead:
    """The grade of the hedge, and what it rests on."""
    held = as_filled.shown(result)
    comparison = tested(held) if held.is_hedged else None
    return Lead(_answer(result, held, comparison), _basis(result, held, comparison, tested))


def _answer(result: HedgeAssessment, held: HedgeAssessment, comparison: Comparison | None) -> str:
    """The grade of the hedge and how much of the daily variance it would have removed, at its own size."""
    if not result.hedged_coins:
        return "None of your coins can be hedged."
    if not held.is_hedged:
        return "Nothing is sold short, so there is no hedge to grade."
    if comparison is not None and comparison.is_by_construction:
        if unsold := _unsold(held):
            return f"Every coin that you hedge has a future of its own, but {unsold}."
        return "Every coin that you hedge has a future of its own, so there is no proxy to trust."
    planned = None if comparison is None else comparison.as_planned
    if comparison is None or planned is None:
        return "This history is too short to say how good your hedge is."
    low, high = planned.variance_interval
    grade = f"Grade {planned.grade}: " if comparison.is_graded else ""
    what = "your hedge" if held is result else "what is filled"
    whose = "coins without their own future" if comparison.covered_share else "your bag"
    text = (
        f"{grade}{what} would have removed {whole_percent(planned.variance_reduction)} of the daily variance of "
        f"{whose} (95% range {whole_percent(low)} to {whole_percent(high)})."
    )
    return text[0].upper() + text[1:]


def _basis(result: HedgeAssessment, held: HedgeAssessment, comparison: Comparison | None, tested: Tested) -> str:
    """What the figure in the lead rests on, and the plan's own figure beside that of what is filled."""
    if not held.is_hedged:
        return "The table says what would hedge each coin, and how much of its risk that would leave."
    if comparison is None or comparison.as_planned is None:
        return untested_reason(result) if comparison is None else ""
    prices = ", on simulated prices" if result.market.simulated else ""
    text = f"Tested on {comparison.as_planned.days} unseen days{prices}, at your hedge ratio and in whole contracts."
    if comparison.covered_share and not comparison.is_by_construction:
        share = whole_percent(comparison.covered_share)
        unsold = _unsold(held)
        text += f" The other {share} of what you hedge has its own futures, "
        text += f"but {unsold}" if unsold else "which cover it by construction"
        left = whole_percent(1.0 - comparison.covered_share)
        text += "." if comparison.is_graded else f"; a part as small as {left} gets no grade."
    if held is not result:
        planned = tested(result)
        if planned is not None and planned.as_planned is not None:
            text += f" The plan would have removed {whole_percent(planned.as_planned.variance_reduction)}."
    return text


def _unsold(held: HedgeAssessment) -> str:
    """What stands in for own futures that are not sold, as part of a sentence; '' if all are sold."""
    coins = unsold_own_futures(held)
    if not coins:
        return ""
    which = listed(coins) if len(coins) <= MOST_NAMED else f"{len(coins)} of the coins"
    return f"none is sold on {which}: what is sold stands in for {'it' if len(coins) == 1 else 'them'}"
