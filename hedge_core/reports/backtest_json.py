"""The tests of a plan's hedge on past days as a JSON document."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from hedge_core.exposure.effectiveness import Effectiveness
from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.history.backtest import Comparison, untested_reason
from hedge_core.history.elsewhere import better_venues
from hedge_core.reports.json import market_document


def backtest_document(assessment: HedgeAssessment, comparison: Comparison | None) -> dict[str, Any]:
    """What `backtest --json` prints: how effective the plan's hedge and the alternatives were out of sample.

    `comparison` is None if the hedge cannot be tested; `verdict` then says why.
    """
    market, evidence = assessment.market, assessment.evidence
    differences = comparison.differences if comparison else {}
    coins = {held.moves_with for held in assessment.hedged_coins}
    return {
        "name": assessment.plan.name,
        "approach": assessment.plan.decisions.approach,
        "window_days": assessment.plan.decisions.window_days,
        "effectiveness": _graded(comparison, comparison.effectiveness) if comparison else None,
        "as_planned": _graded(comparison, comparison.as_planned) if comparison else None,
        "verdict": comparison.verdict if comparison else untested_reason(assessment),
        "covered_share": comparison.covered_share if comparison else None,
        "held": asdict(comparison.held) if comparison and comparison.held else None,
        "yearly_cost": comparison.yearly_cost if comparison else None,
        "better_venues": [asdict(one) for one in better_venues(assessment, comparison)],
        "coins_missing": list(comparison.coins_missing) if comparison else [],
        "alternatives": [
            {
                "name": hedge.name,
                "label": hedge.label,
                "effectiveness": _graded(comparison, hedge.effectiveness) if comparison else None,
                "difference_interval": _listed(differences.get(hedge.name)),
                "is_available": hedge.is_available,
                "is_by_construction": hedge.is_by_construction,
            }
            for hedge in (comparison.hedges if comparison else ())
        ],
        "coins": [
            {
                "coin": coin,
                "proxy": proxy,
                "effectiveness": _effectiveness_document(result),
                "beta_range": _listed(evidence.beta_ranges.get((coin, proxy))),
            }
            for (coin, proxy), result in sorted(evidence.effectiveness.items())
            if coin in coins
        ],
        "calibrations": [asdict(calibration) for calibration in evidence.calibrations.values()],
        "market": market_document(market),
    }


def planned_document(comparison: Comparison | None) -> dict[str, Any]:
    """What the test says of the whole plan, for the key `plan` beside what is filled."""
    return {
        "as_planned": _graded(comparison, comparison.as_planned) if comparison else None,
        "yearly_cost": comparison.yearly_cost if comparison else None,
    }


def _graded(comparison: Comparison, result: Effectiveness | None) -> dict[str, Any] | None:
    """The measures of the bag's hedge; without a grade if own futures cover most of it; None if unknown."""
    document = _effectiveness_document(result)
    if document is None or result is None or comparison.is_graded:
        return document
    return {**document, "grade": None, "sentence": f"Not graded: {result.figures}."}


def _effectiveness_document(result: Effectiveness | None) -> dict[str, Any] | None:
    """The measures with grade and sentence; None if the history is too short."""
    if result is None:
        return None
    document = {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(result).items()}
    return {**document, "grade": result.grade, "sentence": result.sentence}


def _listed(pair: tuple[float, float] | None) -> list[float] | None:
    return None if pair is None else list(pair)
