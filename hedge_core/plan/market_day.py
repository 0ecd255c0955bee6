"""What is known at the close of one day: the figures that entry rules look at.

    distance from the average    level / mean(last n levels) − 1
    change                       level / level(n days ago) − 1
    volatility                   standard deviation of the last n daily returns · √365
    beta, correlation            of the bag's daily returns to the market's, over n days

A day holds nothing of the days after it, so the same rule can be checked today and replayed on every day of history.
A figure is None if it is unknown: too few days, or more than MISSING_SHARE of them without a value.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, NamedTuple

import numpy as np

from hedge_core.market.snapshot import MINIMUM_DAYS, Floats

Series = Literal["bag", "market", "BTC", "ETH"]
"""What a rule can watch: the hedged coins of the bag together, half Bitcoin and half Ether, or one of the two."""

SERIES_WORDS: Mapping[Series, str] = {"bag": "the bag", "market": "the market", "BTC": "Bitcoin", "ETH": "Ether"}

MISSING_SHARE = 0.05
"""A figure leaves out missing days; it is unknown if more than this share of its days is missing."""

LATE_DAYS = 2
"""The newest funding may be so many days old."""

REFERENCE_DAYS, LEAST_REFERENCE_DAYS = 365, 90
"""A jump is measured against the year before it, of which at least so many days must be known."""

LEAST_BETA = 0.05
"""A beta below this is no base for a relative change."""


class Comovement(NamedTuple):
    """Least-squares slope of the bag's daily returns on the market's, and their correlation."""

    beta: float
    correlation: float


@dataclass(frozen=True, eq=False, kw_only=True)
class MarketDay:
    """The figures at the close of `day`.

    `levels` are the daily closes of each series up to `day` (any unit; NaN where unknown), `carry` what the plan's
    perpetuals earned on each day up to it, as a fraction of notional and positive if the short earned, and `events` the
    days of the user's own events.
    """

    day: date
    levels: Mapping[Series, Floats]
    carry: Floats = field(default_factory=lambda: np.empty(0))
    events: tuple[date, ...] = ()

    @property
    def next_event(self) -> date | None:
        """The nearest of the user's events that is not over, None if there is none."""
        return min((event for event in self.events if event >= self.day), default=None)

    def distance(self, of: Series, days: int) -> float | None:
        """How far the level is above its mean of the last `days` days, today included; a fraction."""
        recent = self.levels[of][-days:]
        if len(recent) < days or np.isnan(recent[-1]) or _is_too_thin(recent):
            return None
        return float(recent[-1] / np.nanmean(recent) - 1.0)

    def change(self, of: Series, days: int) -> float | None:
        """The return over the last `days` days, a fraction."""
        levels = self.levels[of]
        if len(levels) <= days:
            return None
        moved = float(levels[-1] / levels[-1 - days] - 1.0)
        return moved if math.isfinite(moved) else None

    def volatility(self, of: Series, days: int) -> float | None:
        """The standard deviation of the last `days` daily returns, per year, a fraction."""
        returns = self._returns(of)[-days:]
        if len(returns) < days or _is_too_thin(returns):
            return None
        return float(np.nanstd(returns, ddof=1)) * math.sqrt(365.0)

    def volatility_jump(self, of: Series, days: int) -> float | None:
        """The volatility of the last `days` daily returns, relative to the year before: 0.5 is +50%."""
        now, returns = self.volatility(of, days), self._returns(of)
        before = returns[max(len(returns) - days - REFERENCE_DAYS, 0) : max(len(returns) - days, 0)]
        if now is None or (~np.isnan(before)).sum() < LEAST_REFERENCE_DAYS:
            return None
        past = float(np.nanstd(before, ddof=1)) * math.sqrt(365.0)
        return now / past - 1.0 if past > 0.0 else None

    def carry_rate(self, days: int) -> float | None:
        """What the plan's perpetuals earned per year over `days` days, negative if they paid; a fraction.

        The last of these days is the newest one that is known, at most LATE_DAYS ago: today's funding is not paid yet.
        """
        known = np.flatnonzero(~np.isnan(self.carry))
        if not known.size or len(self.carry) - 1 - known[-1] > LATE_DAYS:
            return None
        recent = self.carry[max(known[-1] + 1 - days, 0) : known[-1] + 1]
        return None if len(recent) < days or _is_too_thin(recent) else float(np.nanmean(recent)) * 365.0

    def beta_jump(self, days: int) -> float | None:
        """The bag's beta to the market over the last `days` days, relative to that of the year before: 0.3 is +30%."""
        both = self._comovements(days)
        if both is None or both[1].beta < LEAST_BETA:
            return None
        return both[0].beta / both[1].beta - 1.0

    def correlation_jump(self, days: int) -> float | None:
        """The bag's correlation with the market over the last `days` days, less that of the year before."""
        both = self._comovements(days)
        return None if both is None else both[0].correlation - both[1].correlation

    def _returns(self, of: Series) -> Floats:
        levels = self.levels[of]
        returns: Floats = levels[1:] / levels[:-1] - 1.0
        return returns

    def _comovements(self, days: int) -> tuple[Comovement, Comovement] | None:
        """The bag with the market, over the last `days` days and over the year before them."""
        bag, market = self._returns("bag"), self._returns("market")
        recent = slice(len(bag) - days, None)
        before = slice(max(len(bag) - days - REFERENCE_DAYS, 0), max(len(bag) - days, 0))
        if len(bag) < days:
            return None
        now = _comovement(bag[recent], market[recent], least=math.ceil((1.0 - MISSING_SHARE) * days))
        past = _comovement(bag[before], market[before], least=LEAST_REFERENCE_DAYS)
        return None if now is None or past is None else (now, past)


def _is_too_thin(values: Floats) -> bool:
    return int(np.isnan(values).sum()) > MISSING_SHARE * len(values)


def _comovement(bag: Floats, market: Floats, *, least: int) -> Comovement | None:
    """The co-movement on the days on which both are known; None with fewer than `least`, or if one never moved."""
    known = ~(np.isnan(bag) | np.isnan(market))
    if known.sum() < max(least, MINIMUM_DAYS // 3):
        return None
    y, f = bag[known] - bag[known].mean(), market[known] - market[known].mean()
    yy, ff, yf = float(y @ y), float(f @ f), float(y @ f)
    return Comovement(yf / ff, yf / math.sqrt(yy * ff)) if yy > 0.0 and ff > 0.0 else None
