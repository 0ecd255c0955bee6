"""The dangers of a plan with their chances: the ranked list, and the same paths with and without what can go wrong."""

from __future__ import annotations

from dataclasses import dataclass

from hedge_core.errors import InvalidInput
from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.deleveraging import deleveraging_rule, several_venues
from hedge_core.scenarios.dangers import Danger, chance_text, hurts_reading, what_hurts
from hedge_core.simulation.simulation import Simulation, simulate
from hedge_core.text import days_text, usd

PATHS = 4_000
"""The paths that are drawn if the caller states no other number."""


@dataclass(frozen=True, eq=False, kw_only=True)
class WhatHurts:
    """The dangers of a plan, the most expensive first.

    `intact` and `struck` are the same paths without and with hazards; None if paths cannot be simulated, for the reason
    in `no_paths`.
    """

    assessment: HedgeAssessment
    dangers: tuple[Danger, ...]
    intact: Simulation | None
    struck: Simulation | None
    no_paths: str = ""

    @property
    def reading(self) -> str:
        """The list in one or two sentences."""
        return hurts_reading(self.assessment, self.dangers)

    @property
    def on_paths(self) -> str:
        """What the hazards do on the paths, in one sentence; why there are none otherwise."""
        intact, struck = self.intact, self.struck
        if intact is None or struck is None:
            return self.no_paths
        worst, then = intact.net.expected_shortfall.value, struck.net.expected_shortfall.value
        chances = []
        if (
            struck.deleveraged is not None
            and deleveraging_rule(self.assessment.plan, venues=several_venues(self.assessment.margin)).share
        ):
            chances.append(f"closes winning shorts on {chance_text(struck.deleveraged.value)}")
        if struck.lost is not None:
            chances.append(f"fails on {chance_text(struck.lost.value)}")
        return (
            f"On {intact.paths:,} paths over {days_text(intact.horizon)}, bag and hedge together lose {usd(worst)} in "
            f"the worst 5% with the hedge intact, and {usd(then)} with what can go wrong: the venue "
            f"{' and '.join(chances)} of them."
        )


def hurts_on_paths(assessment: HedgeAssessment, *, paths: int = PATHS, seed: int = 0) -> WhatHurts:
    """The dangers of a plan, with the chance that margin runs out from `paths` paths.

    Raises InvalidInput if `paths` or `seed` is out of range.
    """
    intact, struck, reason = None, None, ""
    if assessment.traded_legs:
        try:
            intact, struck = (
                simulate(assessment, paths=paths, seed=seed, with_hazards=with_hazards)
                for with_hazards in (False, True)
            )
        except InvalidInput as error:
            if paths < 1 or seed < 0:
                raise
            reason = str(error)
    closed = intact.closed.value if intact is not None and intact.closed is not None else None
    return WhatHurts(
        assessment=assessment,
        dangers=what_hurts(assessment, liquidation_chance=closed),
        intact=intact,
        struck=struck,
        no_paths=reason,
    )
