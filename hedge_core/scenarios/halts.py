"""A venue that is shut while the market rises: what the gap does to margin, and to a short that cannot be topped up.

While a venue is shut nothing is closed and nothing can be paid in. When it opens, prices have gapped by a rise of the
market

    rise = weekend_rally · sqrt(hours / WEEKEND)

and the account is looked at there: what its rule closes is closed at the gap, without the reserve. Without the halt the
same rise is a straight way, on which the rule acts where margin runs out. What a broker's account lost beyond its
collateral is owed. Of several venues one is shut, the one at which that costs most, and the others trade.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.deleveraging import several_venues
from hedge_core.hedge.margin import MarginRequirement
from hedge_core.market.snapshot import Floats
from hedge_core.market.venues import venue_of
from hedge_core.scenarios.hedge_outcome import accounts_after_a_gap, lots_left
from hedge_core.scenarios.run import run_scenario
from hedge_core.scenarios.shocks import MOST_MOVE, Shock

WEEKEND = 49.0
"""The hours from Friday 16:00 to Sunday 17:00, Chicago time, for which CME was shut until it began to trade around the
clock on 2026-05-29; a broker may still be."""


@dataclass(frozen=True, slots=True)
class HaltPreset:
    """How long a venue is shut, and in which case."""

    key: str
    name: str
    hours: float


PRESETS = (
    HaltPreset("break", "a break of an hour", 1.0),
    HaltPreset("outage", "an outage of 8 hours, as at dYdX on 10 Oct 2025", 8.0),
    HaltPreset("weekend", "a weekend of 49 hours", WEEKEND),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Halt:
    """What happens if the venue is shut while the market rises by `rise` (a fraction).

    USD: `room` above the maintenance margin when it opens (negative: missing), `owed` beyond the cash posted, and the
    net results of bag and hedge `without` and `with_it`, before ordinary costs. `open_share` is the share of the short
    that stays open, and `needed` the cash with which nothing is closed. `venue` is the one that is shut.
    """

    preset: HaltPreset
    rise: float
    room: float
    needed: float
    open_share: float
    owed: float
    without: float
    with_it: float
    venue: str = ""

    @property
    def cost(self) -> float:
        """USD that the halt takes, compared with the same rise in a market that trades."""
        return self.without - self.with_it


def rise_in(assessment: HedgeAssessment, hours: float) -> float:
    """The assumed rise of the market (a fraction) within so many hours."""
    weekend = assessment.plan.overrides.dangers.weekend_rally
    return min(weekend * math.sqrt(hours / WEEKEND), MOST_MOVE)


def usual_preset(assessment: HedgeAssessment, venue: str | None = None) -> HaltPreset:
    """The preset that fits a venue: a weekend through a broker, else an outage; or the hours that the plan states.

    `venue` None is the plan's own.
    """
    stated = assessment.plan.overrides.dangers.halt_hours
    if stated is not None:
        return HaltPreset("stated", f"{stated:g} hours, as you stated it", stated)
    key = "weekend" if venue_of(venue or assessment.plan.decisions.venue).is_exchange_traded else "outage"
    return next(one for one in PRESETS if one.key == key)


def halts(assessment: HedgeAssessment) -> tuple[Halt, ...]:
    """Every preset on this plan; () if nothing is short, or no collateral that opens it is stated."""
    if not assessment.traded_legs or not assessment.margin.is_enough_to_open:
        return ()
    return tuple(halt_of(assessment, preset) for preset in PRESETS)


def usual_halt(assessment: HedgeAssessment) -> Halt:
    """The halt that fits the plan's venue; of several venues the one that costs most."""
    several = dict.fromkeys(several_venues(assessment.margin))
    if not several:
        return halt_of(assessment, usual_preset(assessment))
    found = (halt_of(assessment, usual_preset(assessment, venue), venue) for venue in several)
    return max(found, key=lambda halt: halt.cost)


def halt_of(assessment: HedgeAssessment, preset: HaltPreset, venue: str | None = None) -> Halt:
    """One preset on a plan with a short and stated collateral; `venue` is shut, None takes the one that costs most."""
    several = dict.fromkeys(several_venues(assessment.margin))
    if several and venue is None:
        return max((halt_of(assessment, preset, one) for one in several), key=lambda halt: halt.cost)
    margin, rise = assessment.margin, rise_in(assessment, preset.hours)
    trading = run_scenario(assessment, Shock(move=rise, of="market"), days=0)
    legs = [trading.moves[leg.underlying] for leg in assessment.traded_legs]
    moves = np.array([*legs, *trading.pledged_moves])
    ends = accounts_after_a_gap(assessment, moves, venue)
    equity = [float(end.equity[0]) for end in ends]
    kept = lots_left(margin, ends) / np.array([leg.lots for leg in assessment.traded_legs], dtype=np.float64)
    notional = np.array([leg.notional for leg in margin.legs])
    account, there = _shut_account(margin, moves, venue)
    room = account.room(there)
    shut = trading.bag_pnl + trading.options_pnl + sum(equity) - (margin.collateral or 0.0)
    return Halt(
        preset=preset,
        rise=rise,
        room=room,
        needed=float(account.collateral_needed(there)),
        open_share=float(notional @ kept) / margin.notional,
        owed=sum(max(-one, 0.0) for one in equity),
        without=trading.net_pnl,
        with_it=trading.net_pnl if room >= 0.0 else shut,
        venue=venue or assessment.plan.decisions.venue,
    )


def _shut_account(margin: MarginRequirement, moves: Floats, venue: str | None) -> tuple[MarginRequirement, Floats]:
    """The account that is shut, that of a `venue` if it is given, with the moves of its coins."""
    if venue is None:
        return margin, moves
    group = margin.venues.index(venue)
    place = next(at for at, legs in enumerate(margin.groups) if group in legs)
    return margin.accounts[place], moves[list(margin.groups[place])]
