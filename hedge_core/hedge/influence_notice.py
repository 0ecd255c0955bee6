"""The notices on a day, and on a source of prices, that alone move the short."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from hedge_core.errors import Notice
from hedge_core.exposure.influence import dollars_moved
from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.source_influence import source_influence
from hedge_core.market.snapshot import Floats
from hedge_core.text import day_text, listed

MOST_INFLUENCE = 0.15
"""A day or a source that alone moves more than this share of the short, and one leg by more than its lot, is named."""


def influence_notice(assessment: HedgeAssessment) -> Iterator[Notice]:
    """The notices, if there is such a day or source; they are information and no sign of a fault.

    The short is that of all legs at the plan's hedge ratio; what moves is counted as `dollars_moved` says.
    """
    yield from _of_day(assessment)
    yield from _of_source(assessment)


def _of_source(assessment: HedgeAssessment) -> Iterator[Notice]:
    found = source_influence(assessment)
    if found is None:
        return
    row, share = _largest(assessment, found.changes)
    if share > MOST_INFLUENCE:
        yield Notice(
            "influence_source",
            f"The prices of {found.sources[row]} ({listed(found.coins[row])}) alone move the short by {share:.0%} from "
            "what it is at the last closes. If the market moved that much, this is in order; if not, compare them with "
            "another source.",
        )


def _of_day(assessment: HedgeAssessment) -> Iterator[Notice]:
    joint = assessment.joint
    if joint is None or joint.influence is None:
        return
    place = {leg.underlying: column for column, leg in enumerate(assessment.legs)}
    changes = np.zeros((len(joint.influence.days), len(assessment.legs)))
    changes[:, [place[proxy] for proxy in joint.fit.proxies]] = assessment.hedge_ratio * joint.influence.changes
    row, share = _largest(assessment, changes)
    if share > MOST_INFLUENCE:
        day = day_text(joint.influence.days[row].item(), "%d %b %Y")
        yield Notice(
            "influence",
            f"The closes of {day} alone move the short by {share:.0%}. If much happened on that day, this is in order; "
            "if not, compare them with another source.",
        )


def _largest(assessment: HedgeAssessment, changes: Floats) -> tuple[int, float]:
    """The row of the changes (rows, legs), in USD, that moves most, and the share of the short that it moves.

    Rows that change no leg by more than its lot do not count; the share is 0 if there is no other.
    """
    lots = np.array([leg.lot_notional for leg in assessment.legs])
    short = sum(leg.target_notional for leg in assessment.legs)
    moved = np.where((np.abs(changes) > lots).any(axis=1), dollars_moved(changes), 0.0)
    row = int(np.argmax(moved))
    return row, float(moved[row]) / short if moved[row] > 0.0 else 0.0
