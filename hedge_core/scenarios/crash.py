"""A crash day on a plan: what bag and hedge make of it, with the hedge intact and with what can take it away.

Two days are looked at. On the first, coins go to their lows and close where they closed on the crash day; on the
second, every coin falls by the plan's `further_fall`. All amounts are USD before the ordinary costs of the hedge.

    deleveraging   the first day's lots are closed by the venue and missing on the second; then they are opened again
    halt           nothing can be traded around the low, so its gain cannot be taken
    venue loss     what lies at the venue is gone, collateral and open profit
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.deleveraging import (
    DeleveragingRule,
    Queued,
    closing_fees,
    deleveraging_rule,
    score,
    several_venues,
)
from hedge_core.market.snapshot import Floats
from hedge_core.market.venues import venue_of
from hedge_core.scenarios.crash_days import CrashDay
from hedge_core.scenarios.hedge_outcome import hedge_outcome
from hedge_core.scenarios.option_outcome import option_levels
from hedge_core.scenarios.run import ScenarioResult, run_scenario
from hedge_core.scenarios.shocks import Shock
from hedge_core.scenarios.stress import basis_deviation, window_shock

HOURS_TO_CLOSE = 2.75
"""Hours from the low of 2025-10-10 (21:15 UTC) to the close of that day; prices are taken to rise evenly between."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Deleveraged:
    """What deleveraging does on a crash day and the day after.

    `lots` are closed by traded leg, at `fills` (levels relative to today's prices). `gain_at_fill` is what closing
    below the close earns, `missing` what the closed lots would have earned on the day after, `closing` what their
    closing costs there and `reopening` the cost of opening them again (USD, all positive).
    """

    share: float
    lots: Floats
    fills: Floats
    gain_at_fill: float
    missing: float
    closing: float
    reopening: float

    @property
    def change(self) -> float:
        """The change of the net result (USD): negative if deleveraging hurts."""
        return self.gain_at_fill - self.missing - self.closing - self.reopening


class LostVenue(NamedTuple):
    """A venue that fails, and what lies there: collateral `posted` and the `profit` of its shorts, USD."""

    venue: str
    posted: float
    profit: float

    @property
    def total(self) -> float:
        """Collateral and open profit, USD; losses use up the collateral."""
        return self.posted + max(self.profit, -self.posted)


@dataclass(frozen=True, eq=False)
class Crash:
    """A plan on a crash day."""

    assessment: HedgeAssessment
    day: CrashDay

    @cached_property
    def shock(self) -> Shock:
        """The day from close to close."""
        return window_shock(self.assessment, self.day.window)[0]

    @cached_property
    def first_day(self) -> ScenarioResult:
        """Bag and hedge at the close of the day, the hedge intact."""
        return run_scenario(self.assessment, self.shock, days=1)

    @cached_property
    def both_days(self) -> ScenarioResult:
        """Bag and hedge at the close of the day after, the hedge intact."""
        left = 1.0 - self.assessment.plan.overrides.dangers.further_fall
        moves = {coin: (1.0 + move) * left - 1.0 for coin, move in self.shock.stated_moves.items()}
        lows = {coin: min(low, moves[coin]) for coin, low in self.shock.pledged_moves.items()}
        shock = replace(self.shock, move=0.0, stated_moves=moves, pledged_moves=lows)
        return run_scenario(self.assessment, shock, days=2)

    @cached_property
    def with_pledged_at_closes(self) -> ScenarioResult:
        """As `both_days`, with pledged coins counted at the second day's closes instead of their lows."""
        moves = self.both_days.shock.stated_moves
        shock = replace(self.both_days.shock, pledged_moves={coin: moves[coin] for coin in self.shock.pledged_moves})
        return run_scenario(self.assessment, shock, days=2)

    @cached_property
    def missing_at_low(self) -> float:
        """USD of cash with which nothing is closed on the first day, beyond what is posted; 0 if nothing is missing."""
        margin = self.assessment.margin
        return margin.missing(np.array([*(self.closes - 1.0), *self.first_day.pledged_moves]))

    @cached_property
    def closes(self) -> Floats:
        """The level of each traded leg at the close of the day."""
        return np.array([1.0 + self.first_day.moves[leg.underlying] for leg in self.assessment.traded_legs])

    @cached_property
    def lows(self) -> Floats:
        """The level of each traded leg at the low of the day; NaN if it is not known."""
        known = self.day.lows
        lows = np.array([1.0 + known.get(leg.underlying, np.nan) for leg in self.assessment.traded_legs])
        at_most_close: Floats = np.minimum(lows, self.closes)
        return at_most_close

    @cached_property
    def lots(self) -> Floats:
        """The lots of each traded leg that are still open at the close of the day."""
        legs = self.assessment.legs
        moves = np.array([self.first_day.moves[leg.underlying] for leg in legs])
        kept = hedge_outcome(self.assessment, moves, np.array(self.first_day.pledged_moves)).kept
        lots: Floats = np.rint(kept * np.array([leg.lots for leg in self.assessment.traded_legs], dtype=np.float64))
        return lots

    @property
    def _lot_notional(self) -> Floats:
        return np.array([leg.lot_notional for leg in self.assessment.traded_legs])

    @cached_property
    def struck(self) -> npt.NDArray[np.bool_]:
        """Which traded legs are struck, by the plan's thresholds."""
        rule = self._rule(None)
        coins = [leg.underlying for leg in self.assessment.traded_legs]
        day = self.day
        in_market = rule.market_falls(day.median_low if day.has_lows else day.median_close, is_low=day.has_lows)
        at_low = rule.coin_falls(coins, self.lows - 1.0, is_low=True)
        at_close = rule.coin_falls(coins, self.closes - 1.0, is_low=False) & np.isnan(self.lows)
        struck: npt.NDArray[np.bool_] = (at_low | at_close) & in_market
        return struck

    def _rule(self, share: float | None) -> DeleveragingRule:
        return deleveraging_rule(self.assessment.plan, share, venues=several_venues(self.assessment.margin))

    def deleveraged(self, share: float | None = None) -> Deleveraged:
        """What deleveraging does with `share` of each winning short that is struck; None takes the plan's share."""
        rule, further = self._rule(share), self.assessment.plan.overrides.dangers.further_fall
        closes = self.closes
        lots = rule.closed(self.lots, self.struck, closes < 1.0)
        fills = rule.fill(closes, self.lows)
        units = lots * self._lot_notional
        costs = zip(self.assessment.costs.legs, self.assessment.traded_legs, strict=True)
        side = np.array([(cost.commission + cost.spread) / 2.0 / leg.notional for cost, leg in costs])
        return Deleveraged(
            share=rule.share,
            lots=lots,
            fills=fills,
            gain_at_fill=float(units @ (closes - fills)),
            missing=float(units @ closes) * further,
            closing=float(closing_fees(lots, self._lot_notional * fills, side)),
            reopening=float(units @ (side * closes)) * (1.0 - further),
        )

    def queue_score(self, cash: float) -> float:
        """The rank of the whole short in a queue by profit × leverage at the day's close, with this cash (USD)."""
        notional = self.lots * self._lot_notional
        mark = float(notional @ self.closes / notional.sum())
        return score(Queued(lots=float(notional.sum()), entry=1.0, mark=mark, balance=cash))

    @property
    def halt_hours(self) -> float:
        """The hours without trading around the low: the plan's, else the venue's; of several venues, the most."""
        return max(self._hours_by_leg, default=0.0)

    @property
    def _hours_by_leg(self) -> list[float]:
        margin, decided = self.assessment.margin, self.assessment.plan
        stated = decided.overrides.dangers.halt_hours
        venues = several_venues(margin) or [decided.decisions.venue] * len(margin.legs)
        return [venue_of(venue).dangers.halt_hours if stated is None else stated for venue in venues]

    @property
    def halted_venue(self) -> str:
        """The venue that is shut longest around the low."""
        margin, hours = self.assessment.margin, self._hours_by_leg
        several = several_venues(margin)
        return several[hours.index(max(hours))] if several else self.assessment.plan.decisions.venue

    @cached_property
    def missed_in_halt(self) -> float:
        """What the hedge would have gained more, had it been closed at the low and not when trading begins again."""
        lows = np.where(np.isnan(self.lows), self.closes, self.lows)
        missed = np.minimum(np.array(self._hours_by_leg) / HOURS_TO_CLOSE, 1.0)
        return float((self.lots * self._lot_notional * missed) @ (self.closes - lows))

    @cached_property
    def lost_venue(self) -> LostVenue:
        """What lies at the venue at the close of the day; of several venues, at the one with most."""
        margin = self.assessment.margin
        if not margin.is_by_venue:
            posted = margin.cash_to_open if margin.collateral is None else margin.collateral
            return LostVenue(self.assessment.plan.decisions.venue, posted + self._of_sold, self.first_day.shorts_pnl)
        gains = margin.gains(self.closes - 1.0)
        there = [
            LostVenue(
                one.venues[0],
                one.initial if one.collateral is None else one.collateral,
                float(gains[list(group)].sum()),
            )
            for one, group in zip(margin.accounts, margin.groups, strict=True)
        ]
        return max(there, key=lambda one: one.total)

    @property
    def cash_at_venue(self) -> float:
        """USD of cash that lie at the venue: the collateral stated, else what opens the hedge."""
        return self.lost_venue.posted

    @cached_property
    def pledged_at_venue(self) -> float:
        """What the coins that are pledged at the venue are worth at the close of the day (USD)."""
        moves = self.shock.stated_moves
        return sum(one.value * (1.0 + moves[one.coin]) for one in self.assessment.margin.pledged)

    @property
    def _of_sold(self) -> float:
        """The collateral (USD) of options sold at the plan's venue."""
        held, home = self.assessment.options, self.assessment.plan.decisions.venue
        is_there = held is not None and any(leg.option.series.venue == home for leg in held.sold)
        return (held.collateral or 0.0) if held is not None and is_there else 0.0

    @cached_property
    def options_at_venue(self) -> float:
        """What the options that were bought at the lost venue are worth at the close of the day (USD)."""
        held = self.assessment.options
        if held is None:
            return 0.0
        there = [leg for leg in held.legs if leg.is_bought and leg.option.series.venue == self.lost_venue.venue]
        levels = option_levels(self.assessment, there, self.shock)
        return sum((float(leg.worth(np.asarray(levels[leg.underlying]), 1)) for leg in there), start=0.0)

    @property
    def at_venue(self) -> float:
        """USD that lie at the venue: cash, pledged coins and options that were bought."""
        return self.cash_at_venue + self.pledged_at_venue + self.options_at_venue

    @property
    def lost_with_venue(self) -> float:
        """Collateral, pledged coins, options that were bought and open profit at the close of the day (USD)."""
        return self.lost_venue.total + self.pledged_at_venue + self.options_at_venue

    @cached_property
    def basis_deviation(self) -> float:
        """The standard deviation (USD) of what basis noise does to the hedge on the day."""
        return basis_deviation(self.assessment, 1, self.shock.stated_moves)
