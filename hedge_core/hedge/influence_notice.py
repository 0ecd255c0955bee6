"""The notices on a day, and on a source of prices, that alone move the short."""

from __future__ import annotations

from collections.abc import Iterator

from hedge_core.errors import Notice
from hedge_core.exposure.bag_fit import exposures
from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.source_influence import largest_source_influence
from hedge_core.text import listed

MOST_INFLUENCE = 0.15
"""A day or a source that alone moves the short by more than this share, and more than one lot, is named."""


def influence_notice(assessment: HedgeAssessment) -> Iterator[Notice]:
    """The notices, if there is such a day or source; they are information and no sign of a fault."""
    yield from _of_day(assessment)
    yield from _of_source(assessment)


def _of_source(assessment: HedgeAssessment) -> Iterator[Notice]:
    found = largest_source_influence(assessment)
    lots = [leg.lot_notional for leg in assessment.legs]
    short = sum(leg.target_notional for leg in assessment.legs)
    if found is not None and lots and found.share > MOST_INFLUENCE and found.share * short > max(lots):
        yield Notice(
            "influence_source",
            f"The prices of {found.source} ({listed(found.coins)}) alone move the short by {found.share:.0%} from what "
            "it is at the last closes. If the market moved that much, this is in order; if not, compare them with "
            "another source.",
        )


def _of_day(assessment: HedgeAssessment) -> Iterator[Notice]:
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
