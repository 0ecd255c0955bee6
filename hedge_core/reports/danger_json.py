"""What `dangers --json` prints: what can take the hedge away, ranked, on past crash days and on paths."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.deleveraging import EXPECTED_SHARE, STRESS_SHARE, WHOLE
from hedge_core.reports.json import finite, market_document, pledged_document
from hedge_core.scenarios.crash import Crash
from hedge_core.scenarios.crash_days import crash_days
from hedge_core.scenarios.dangers import Danger, what_hurts
from hedge_core.scenarios.halts import Halt, halts
from hedge_core.simulation.distributions import Chance
from hedge_core.simulation.pledging import Pledging
from hedge_core.simulation.simulation import Simulation
from hedge_core.simulation.what_hurts import WhatHurts


def dangers_document(found: WhatHurts) -> dict[str, Any]:
    """The dangers of a plan in the order of `found`; money in USD, chances over the horizon."""
    assessment = found.assessment
    days = [Crash(assessment, day) for day in crash_days().values()] if assessment.traded_legs else []
    return {
        "name": assessment.plan.name,
        "reading": found.reading,
        "dangers": [_danger(danger) for danger in found.dangers],
        "crash_days": [_crash(crash) for crash in days],
        "halts_in_a_rally": [_halt(halt) for halt in halts(assessment)],
        "paths": {
            "reading": found.on_paths,
            "intact": _paths(found.intact),
            "with_dangers": _paths(found.struck),
        },
        "assumptions": asdict(assessment.plan.overrides.dangers),
        "market": market_document(assessment.market),
    }


def planned_dangers(planned: HedgeAssessment) -> dict[str, Any]:
    """What the dangers cost if the whole plan is filled, for the key `plan` beside what is filled; without paths."""
    return {"dangers": [{"key": danger.key, "cost": danger.cost} for danger in what_hurts(planned)]}


def pledging_document(found: Pledging) -> dict[str, Any]:
    """What pledging coins of the bag as margin does to the plan."""
    return {
        "coins": pledged_document(found.pledged.margin.pledged),
        "market_rally_survived": finite(found.pledged.market_rally_survived),
        "market_rally_survived_without": finite(found.without.market_rally_survived),
        "room_at_low": found.room_at_low,
        "room_at_low_without": found.room_without,
        "liquidated": _chance(found.backed.closed),
        "liquidated_without": _chance(found.plain.closed),
        "sentences": list(found.sentences),
    }


def _danger(danger: Danger) -> dict[str, Any]:
    return {"cost": danger.cost, **asdict(danger)}


def _halt(halt: Halt) -> dict[str, Any]:
    figures = ("rise", "room", "needed", "open_share", "owed", "without", "with_it", "cost")
    return {"key": halt.preset.key, "hours": halt.preset.hours, **{name: getattr(halt, name) for name in figures}}


def _crash(crash: Crash) -> dict[str, Any]:
    return {
        "day": crash.day.name,
        "bag_pnl": crash.first_day.bag_pnl,
        "hedge_pnl": crash.first_day.hedge_pnl,
        "net_pnl": crash.first_day.net_pnl,
        "net_after_the_next_day": crash.both_days.net_pnl,
        "deleveraged": [_deleveraged(crash, share) for share in (EXPECTED_SHARE, STRESS_SHARE, WHOLE)],
        "halt_hours": crash.halt_hours,
        "missed_in_halt": crash.missed_in_halt,
        "lost_with_venue": crash.lost_with_venue,
        "basis_deviation": crash.basis_deviation,
    }


def _deleveraged(crash: Crash, share: float) -> dict[str, Any]:
    found = crash.deleveraged(share)
    legs = zip(crash.assessment.traded_legs, found.lots.tolist(), strict=True)
    return {
        "share": share,
        "closed": {leg.contract.id: int(lots) for leg, lots in legs},
        "gain_at_fill": found.gain_at_fill,
        "missing": found.missing,
        "closing": found.closing,
        "reopening": found.reopening,
        "net_after_the_next_day": crash.both_days.net_pnl + found.change,
    }


def _paths(simulation: Simulation | None) -> dict[str, Any] | None:
    if simulation is None:
        return None
    return {
        "paths": simulation.paths,
        "seed": simulation.seed,
        "horizon_days": simulation.horizon,
        "mean": simulation.net.mean.value,
        "worst_5_percent": -simulation.net.expected_shortfall.value,
        "liquidated": _chance(simulation.closed),
        "deleveraged": _chance(simulation.deleveraged),
        "venue_lost": _chance(simulation.lost),
    }


def _chance(chance: Chance | None) -> float | None:
    return None if chance is None else chance.value
