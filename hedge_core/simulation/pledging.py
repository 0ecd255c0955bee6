"""What pledging coins of the bag as margin does to a plan: the rally survived, a crash day, and the same paths.

On the crash day the account is looked at when pledged coins are at their lows (see `scenarios.lows`), while the
contracts are at their closes. That is the danger of pledged coins: they fall farther than the shorts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.market_margin import rally_text
from hedge_core.hedge.planner import assess
from hedge_core.hedge.pledge import with_pledge
from hedge_core.scenarios.crash import Crash
from hedge_core.scenarios.crash_days import crash_day
from hedge_core.scenarios.dangers import CRASH
from hedge_core.simulation.simulation import Simulation, simulate
from hedge_core.text import listed, percent, usd


@dataclass(frozen=True, eq=False, kw_only=True)
class Pledging:
    """A hedge without and with pledged coins.

    `room_at_low` and `room_without` are USD above the maintenance margin on the crash day, with pledged coins at their
    lows and without any. `plain` and `backed` are the same paths without and with them.
    """

    without: HedgeAssessment
    pledged: HedgeAssessment
    room_at_low: float
    room_without: float
    plain: Simulation
    backed: Simulation

    @property
    def sentences(self) -> tuple[str, ...]:
        """What changes, in words."""
        margin = self.pledged.margin
        value = sum(one.value for one in margin.pledged)
        before, after = self.without.market_rally_survived, self.pledged.market_rally_survived
        chances = [0.0 if one.closed is None else one.closed.value for one in (self.plain, self.backed)]
        ends = "margin runs out there" if self.room_at_low < 0.0 else "nothing is closed"
        counts = _counts(self.without), _counts(self.pledged)
        opened = f"They open {counts[1]}; your cash alone opens {counts[0]}."
        return (
            f"Coins worth {usd(value)} count for {usd(margin.pledged_value)} as margin.",
            *([opened] if counts[0] != counts[1] else []),
            f"The short survives {_survives(after)}, without them {_survives(before)}.",
            f"On a day like {CRASH}, with the pledged coins at their lows, {usd(self.room_at_low)} are left above the "
            f"maintenance margin ({usd(self.room_without)} without them): {ends}.",
            f"Contracts are closed by force on {percent(chances[1])} of {self.backed.paths:,} paths, without them on "
            f"{percent(chances[0])}.",
            "What is pledged lies at the venue: if the venue fails, it is lost too.",
        )


def pledging(
    assessment: HedgeAssessment,
    shares: Mapping[str, float],
    haircuts: Mapping[str, float] | None = None,
    *,
    paths: int = 4_000,
    seed: int = 0,
) -> Pledging:
    """What pledging `shares` of coins does, instead of what the plan pledges, with the counts that its cash opens.

    Arguments are as in `with_pledge` and `simulate`, and errors as theirs.
    """
    base = _on_cash_alone(assessment)
    return _compared(with_pledge(base, {}), with_pledge(base, shares, haircuts), paths, seed)


def kept_pledging(assessment: HedgeAssessment, *, paths: int = 4_000, seed: int = 0) -> Pledging | None:
    """What the coins that the plan has as margin do, each side with the counts that it opens.

    None if no coin counts, or if no cash is stated, because the hedge then counts as funded.
    """
    if not assessment.pledged or assessment.plan.decisions.collateral is None:
        return None
    return _compared(_on_cash_alone(assessment), assessment, paths, seed)


def _on_cash_alone(assessment: HedgeAssessment) -> HedgeAssessment:
    """The assessment of the plan without the coins that it pledges."""
    if not assessment.plan.decisions.pledges:
        return assessment
    return assess(assessment.plan.with_decisions(pledges={}), assessment.market, assessment.evidence)


def _compared(without: HedgeAssessment, pledged: HedgeAssessment, paths: int, seed: int) -> Pledging:
    return Pledging(
        without=without,
        pledged=pledged,
        room_at_low=room_at_low(pledged),
        room_without=room_at_low(without),
        plain=simulate(without, paths=paths, seed=seed),
        backed=simulate(pledged, paths=paths, seed=seed),
    )


def room_at_low(assessment: HedgeAssessment) -> float:
    """USD above the maintenance margin on the crash day: contracts at their closes, pledged coins at their lows."""
    crash = Crash(assessment, crash_day(CRASH))
    return assessment.margin.room(np.array([*(crash.closes - 1.0), *crash.first_day.pledged_moves]))


def _counts(assessment: HedgeAssessment) -> str:
    legs = [f"{leg.contract.quantity_text(leg.lots)} {leg.contract.id}" for leg in assessment.traded_legs]
    return listed(legs) if legs else "no contract"


def _survives(rally: float | None) -> str:
    return "no rise, because nothing opens it" if rally is None else rally_text(rally)
