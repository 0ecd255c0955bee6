"""Derivations as plain values for JSON: what `explain` prints with `--json`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.reports.json import finite, market_document
from hedge_core.reports.why import Derivation


def explanation_document(assessment: HedgeAssessment, figures: Sequence[Derivation]) -> dict[str, Any]:
    """What `explain --json` prints: each figure with its formula in words and the steps with the user's numbers.

    `value` is in USD, a fraction or a count, depending on the figure, and null if it is unknown; `result` is the same
    as text.
    """
    return {
        "name": assessment.plan.name,
        "figures": [
            {
                "name": figure.name,
                "result": figure.result,
                "value": finite(figure.value),
                "formula": figure.formula,
                "steps": list(figure.steps),
            }
            for figure in figures
        ],
        "market": market_document(assessment.market),
    }
