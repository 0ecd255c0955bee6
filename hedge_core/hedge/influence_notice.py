"""The notice on a day whose closes alone move the short of a basket."""

from __future__ import annotations

from collections.abc import Iterator

from hedge_core.errors import Notice
from hedge_core.exposure.bag_fit import exposures
from hedge_core.hedge.assessment import HedgeAssessment

MOST_INFLUENCE = 0.15
"""A single day whose closes move a basket's short by more than this share, and more than one lot, is named."""


def influence_notice(assessment: HedgeAssessment) -> Iterator[Notice]:
    """The notice, if there is such a day; it is information and no sign of a fault."""
    joint = assessment.joint
    if joint is None or joint.influence is None:
        return
    values = dict.fromkeys(joint.fit.coins, 0.0)
    for held in assessment.held_coins:
        if held.route == "bag" and held.moves_with in values:
            values[held.moves_with] += held.value
    lots = [leg.lot_notional for leg in assessment.legs if leg.underlying in joint.fit.proxies]
    found, short = joint.influence, assessment.hedge_ratio * float(exposures(joint.fit, values).sum())
    if lots and found.share > MOST_INFLUENCE and found.share * short > max(lots):
        yield Notice(
            "influence",
            f"The closes of {found.day} alone move the short of the basket by {found.share:.0%}. If much happened on "
            "that day, this is in order; if not, compare them with another source.",
        )
