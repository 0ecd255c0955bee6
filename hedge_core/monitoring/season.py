"""The value of bag and hedge on each day since the hedge was opened, at daily closes.

This daily history is called a season. Exit rules and the check for a hedge that is too large use it. Limits: the bag
is valued at today's quantities on all days; dated futures are marked at spot except today; and a coin without a close
on some day is estimated from its beta.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.held_coins import HeldCoin
from hedge_core.hedge.market_days import closes_on
from hedge_core.market.snapshot import Days, Floats
from hedge_core.monitoring.position import PositionState
from hedge_core.plan.exit_rule import HedgeDay

CARRY_DAYS = 30


@dataclass(frozen=True, eq=False)
class Season:
    """Bag and hedge on each of `days` since the hedge was opened, in USD; the last day is today, at today's prices.

    `bag` is the value of the hedged coins at today's quantities. On days without a close, the coins in `estimated` are
    valued from their betas; the value is NaN if that is not possible. `hedge` is the profit of the shorts since the
    start, after fees and funding. `start` is the value of the bag when the first fill was made (NaN if unknown).
    """

    days: Days
    bag: Floats
    hedge: Floats
    start: float
    estimated: tuple[str, ...]

    @property
    def change(self) -> Floats:
        """Change of the bag since the start, USD; since its first known value if the one at the start is unknown."""
        known = self.bag[~np.isnan(self.bag)]
        since = known[0] if np.isnan(self.start) and known.size else self.start
        change: Floats = self.bag - since
        return change

    @property
    def net(self) -> Floats:
        """Change of the bag plus profit of the hedge, USD."""
        net: Floats = self.change + self.hedge
        return net


def season(state: PositionState) -> Season:
    """Return bag and hedge for each day since the open position was begun, or since the first fill if none is open."""
    assessment, ledger = state.assessment, state.ledger
    began = ledger.opened_at or ledger.fills[0].at
    today = assessment.market.as_of.date()
    days = np.arange(np.datetime64(min(began.date(), today), "D"), np.datetime64(today, "D") + 1)
    # One more close, before the first fill: the value at the start is interpolated between the two by the fill's price.
    longer = np.concatenate(([days[0] - np.timedelta64(1, "D")], days))
    quantities: dict[str, float] = {}
    closes: dict[str, Floats] = {}
    estimated = []
    for held in assessment.hedged_coins:
        coin = held.moves_with
        row = closes_on(assessment, coin, longer)
        if np.isnan(row).any():
            row = _by_beta(assessment, held, row, longer)
            estimated.append(coin)
        closes[coin] = row
        quantities[coin] = quantities.get(coin, 0.0) + held.value / row[-1]
    bag = np.zeros(len(longer))
    for coin, quantity in quantities.items():
        bag += closes[coin] * quantity
    marks = {}
    for key, position in ledger.positions.items():
        row = position.instrument.spot_mark(closes_on(assessment, position.contract.underlying, days))
        if key in state.marks:
            row[-1] = state.marks[key]
        marks[key] = _filled(row)
    before = ledger.at(began - timedelta(microseconds=1))
    earlier = before.realised_pnl + before.funding - before.fees
    hedge = ledger.timeline(days, marks).total - earlier
    first = next(fill for fill in ledger.fills if fill.at == began)
    row = closes_on(assessment, ledger.positions[first.contract, first.expiry].contract.underlying, longer)
    way = float(np.clip((first.price - row[0]) / (row[1] - row[0]), 0.0, 1.0)) if row[1] != row[0] else 1.0
    way = 1.0 if np.isnan(way) or np.isnan(bag[0]) else way
    start = float(bag[0] + way * (bag[1] - bag[0])) if way < 1.0 else float(bag[1])
    return Season(days, bag[1:], hedge, start, tuple(dict.fromkeys(estimated)))


def hedge_day(state: PositionState, over: Season, day: date) -> HedgeDay:
    """Return the figures that exit rules use on `day`. An unknown value of the bag is 0, which meets no rule."""
    is_known = bool(np.isfinite(over.start)) and bool(np.isfinite(over.bag).all())
    return HedgeDay(
        day=day,
        opened_on=over.days[0].item(),
        bag=float(over.bag[-1]) if is_known else 0.0,
        bag_at_start=over.start if is_known else 0.0,
        bag_low=float(min(over.bag.min(), over.start)) if is_known else 0.0,
        hedge_pnl=float(over.hedge[-1]),
        carry_rate=trailing_carry(state, CARRY_DAYS),
        next_expiry=state.next_expiry,
    )


def trailing_carry(state: PositionState, days: int) -> float | None:
    """Return the funding per year that short perpetuals earned over `days`, weighted by size; None if unknown."""
    funding = state.assessment.market.funding
    rates = []
    for position in state.open_positions:
        coin = position.contract.underlying
        if position.lots <= 0 or not position.instrument.earns_funding or funding is None or coin not in funding:
            continue
        rate = funding.annual_mean(coin, days)
        if rate is not None:
            rates.append((rate, position.hedged(state.coin_prices[position.key])))
    total = sum(weight for _, weight in rates)
    return sum(rate * weight for rate, weight in rates) / total if total > 0.0 else None


def _by_beta(assessment: HedgeAssessment, held: HeldCoin, row: Floats, days: Days) -> Floats:
    """Fill missing closes from today's price, the moves of the proxies and the betas in use, else an estimated beta."""
    known = [e for e in held.estimates if e.proxy != held.moves_with and e.proxy in assessment.market.history]
    if not known and held.choice is not None:
        known = [
            c.estimate
            for c in held.choice.candidates
            if c.estimate and c.proxy != held.moves_with and c.proxy in assessment.market.history
        ][:1]
    if not known:
        return row
    moved = np.zeros(len(days))
    for estimate in known:
        proxy = closes_on(assessment, estimate.proxy, days)
        moved += estimate.beta * (proxy / proxy[-1] - 1.0)
    filled: Floats = np.where(np.isnan(row), row[-1] * np.maximum(1.0 + moved, 0.02), row)
    return filled


def _filled(row: Floats) -> Floats:
    """Fill gaps in marks with the last known value, and leading gaps with the first known one. Not for returns."""
    known = np.flatnonzero(~np.isnan(row))
    if not known.size:
        return row
    places = np.maximum.accumulate(np.where(~np.isnan(row), np.arange(len(row)), known[0]))
    return row[places]
