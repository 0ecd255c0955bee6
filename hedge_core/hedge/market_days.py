"""The days that a plan's entry rules look at: today with its present prices, and every day of history.

The bag's level is a chain of daily returns of the hedged coins at today's quantities, the market's that of the mean of
Bitcoin's and Ether's:

    r_t = Σ q_i·P_i,t / Σ q_i·P_i,t−1 − 1        over the coins that have both prices

A coin without a close keeps its last one for up to GAP_DAYS days, so that its move over the gap counts on the day on
which it trades again. A level is NaN on a day on which fewer than half of the coins have a close (for the market: one
of the two). A level up to day t uses nothing of the days after t.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from hedge_core.exposure.market_moves import MARKET
from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.held_coins import HeldCoin
from hedge_core.market.snapshot import Days, Floats
from hedge_core.plan.market_day import MarketDay, Series

GAP_DAYS = 5
"""How many days a coin without a close keeps its last one."""


@dataclass(frozen=True, eq=False)
class MarketDays:
    """The levels of each series and the carry of the plan's perpetuals on each of `days`, and the user's events."""

    days: Days
    levels: Mapping[Series, Floats]
    carry: Floats
    events: tuple[date, ...]

    def on(self, place: int) -> MarketDay:
        """What is known at the close of the day at this place (0: the first)."""
        return MarketDay(
            day=self.days[place].item(),
            levels={name: level[: place + 1] for name, level in self.levels.items()},
            carry=self.carry[: place + 1],
            events=self.events,
        )

    @property
    def today(self) -> MarketDay:
        """What is known now: the last day, at present prices."""
        return self.on(len(self.days) - 1)


def market_days(assessment: HedgeAssessment) -> MarketDays:
    """The days of the market's history up to today; the last one has the present prices."""
    market, history = assessment.market, assessment.market.history
    today = np.datetime64(market.as_of.date(), "D")
    first = history.days[0] if len(history.days) and history.days[0] <= today else today
    days: Days = np.arange(first, today + np.timedelta64(1, "D"))
    pair = np.array([closes_on(assessment, coin, days) for coin in MARKET])
    halves = _returns(_filled(pair)).mean(axis=0)
    return MarketDays(
        days=days,
        levels={
            "bag": _bag(assessment, days),
            "market": np.where(np.isnan(pair).any(axis=0), np.nan, _chain(halves)),
            "BTC": pair[MARKET.index("BTC")],
            "ETH": pair[MARKET.index("ETH")],
        },
        carry=_carry(assessment, days),
        events=tuple(event.day for event in assessment.plan.watch.events),
    )


def _bag(assessment: HedgeAssessment, days: Days) -> Floats:
    """The level of the hedged coins at today's quantities, shape (days,)."""
    held_coins = assessment.hedged_coins
    if not held_coins:
        return np.full(len(days), np.nan)
    closes = np.array([closes_on(assessment, one.moves_with, days) for one in held_coins])
    values = _filled(closes) * np.array([[_quantity(assessment, one)] for one in held_coins])
    before, after = values[:, :-1], values[:, 1:]
    known = ~np.isnan(before) & ~np.isnan(after)
    total = np.where(known, before, 0.0).sum(axis=0)
    moved = np.where(known, after, 0.0).sum(axis=0) / np.where(total > 0.0, total, np.nan) - 1.0
    is_known = (~np.isnan(closes)).sum(axis=0) * 2 >= len(held_coins)
    return np.where(is_known, _chain(moved), np.nan)


def _quantity(assessment: HedgeAssessment, held: HeldCoin) -> float:
    """The coins held; for one that follows the history of another, as many of those as its value today buys."""
    coin = held.moves_with
    if coin == held.holding.coin:
        return held.holding.quantity
    now = assessment.underlying_price_or_none(coin)
    return held.value / now if now else held.holding.quantity


def closes_on(assessment: HedgeAssessment, coin: str, days: Days) -> Floats:
    """The coin's closes on these days, NaN where missing; the last one, today's, is its present price if known."""
    history, closes = assessment.market.history, np.full(len(days), np.nan)
    if coin in history:
        _, ours, theirs = np.intersect1d(days, history.days, return_indices=True)
        closes[ours] = history.of(coin)[theirs]
    now = assessment.underlying_price_or_none(coin)
    if now is not None:
        closes[-1] = now
    return closes


def _filled(closes: Floats) -> Floats:
    """The closes, shape (coins, days), with each gap of up to GAP_DAYS days filled with the last close before it."""
    places = np.arange(closes.shape[1])
    last = np.maximum.accumulate(np.where(np.isnan(closes), -1, places), axis=1)
    filled = np.take_along_axis(closes, np.maximum(last, 0), axis=1)
    return np.where((last >= 0) & (places - last <= GAP_DAYS), filled, np.nan)


def _returns(closes: Floats) -> Floats:
    returns: Floats = closes[..., 1:] / closes[..., :-1] - 1.0
    return returns


def _chain(returns: Floats) -> Floats:
    """The level of a series of returns, one day more, 1 at first; NaN up to the day before the first return."""
    level = np.concatenate(([1.0], np.cumprod(1.0 + np.where(np.isnan(returns), 0.0, returns))))
    known = np.flatnonzero(~np.isnan(returns))
    level[: known[0] if known.size else len(level)] = np.nan
    return level


def _carry(assessment: HedgeAssessment, days: Days) -> Floats:
    """What a short in the plan's perpetuals earned on each day, a fraction of notional weighted by size; else NaN."""
    funding = assessment.market.funding
    legs = [leg for leg in assessment.traded_legs if leg.instrument.earns_funding]
    legs = [leg for leg in legs if funding is not None and leg.underlying in funding]
    earned = np.full(len(days), np.nan)
    if funding is None or not legs:
        return earned
    sizes = np.array([leg.notional for leg in legs])
    daily = np.column_stack([funding.of(leg.underlying) for leg in legs]) @ (sizes / sizes.sum())
    _, ours, theirs = np.intersect1d(days, funding.days, return_indices=True)
    earned[ours] = daily[theirs]
    return earned
