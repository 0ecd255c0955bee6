"""What is not known of a plan at a venue, in words: margins, fees and carry without a source."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.legs import SizedLeg
from hedge_core.text import listed

MOST_NAMES = 4
"""More contracts than this are counted instead of named."""


def unknowns(assessment: HedgeAssessment) -> tuple[str, ...]:
    """What the plan's figures at its venue assume or lack, each as a phrase without a full stop."""
    return tuple(_unknowns(assessment))


def _unknowns(assessment: HedgeAssessment) -> Iterator[str]:
    legs = [leg for leg in assessment.legs if leg.wanted_contracts or leg.contracts]
    missing = [leg for leg in legs if _margin_rate(leg) is None]
    assumed = [leg for leg in legs if leg.contract.margin_is_assumed and leg not in missing and _margin_rate(leg)]
    if missing:
        yield f"the margin of {_names(leg.contract.code for leg in missing)}, which counts 100%"
    if assumed:
        yield f"the margin of {_names(leg.contract.code for leg in assumed)}, which is assumed"
    codes = {leg.contract.id: leg.contract.code for leg in legs}
    fees = [
        codes[cost.contract_id] for cost in assessment.costs.legs if cost.is_fee_assumed and cost.contract_id in codes
    ]
    if fees:
        yield f"the fees of {_names(fees)}, which depend on your broker or are assumed"
    carry = [
        codes[cost.contract_id] for cost in assessment.costs.legs if cost.carry is None and cost.contract_id in codes
    ]
    if carry:
        yield f"the carry of {_names(carry)}"


def _margin_rate(leg: SizedLeg) -> float | None:
    return leg.contract.maintenance_margin_rate


def _names(codes: Iterable[str]) -> str:
    names = list(codes)
    return listed(names) if len(names) <= MOST_NAMES else f"{len(names)} contracts"
