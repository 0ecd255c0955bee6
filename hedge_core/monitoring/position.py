"""The position as it is: the ledger of a plan at today's marks, its equity, and what it has made day by day.

A mark is the coin's price; of a dated future it is the market's quote for that very expiry, or, where there is none,
the spot price, and then the position is named as marked at spot. Equity is the collateral that the plan states plus
all that the position has made.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import numpy as np

from hedge_core.errors import MissingPrice
from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.held_coins import Position, known_contracts, underlying_price
from hedge_core.hedge.margin import MarginRequirement, margin_requirement
from hedge_core.hedge.sizing import HedgeLeg
from hedge_core.market.contracts import Contract
from hedge_core.market.snapshot import Days, Floats
from hedge_core.monitoring.ledger import Key, Ledger, OpenPosition, post
from hedge_core.plan.rules import HedgeDay

CARRY_DAYS = 30


@dataclass(frozen=True, eq=False, kw_only=True)
class PositionState:
    """A plan's position at today's prices, USD.

    `marks` (USD a coin) by position, `at_spot` those that had no quote of their own. `margin` is the account as it
    runs, with today's equity as collateral (None: none is stated); `equity` is the collateral and all that the
    shorts have made, below zero where they have lost more.
    """

    assessment: HedgeAssessment
    ledger: Ledger
    marks: Mapping[Key, float]
    at_spot: tuple[Key, ...]
    margin: MarginRequirement
    equity: float | None

    @property
    def open_positions(self) -> tuple[OpenPosition, ...]:
        """What is open and still alive; a future that has ended hedges nothing."""
        return tuple(position for position in self.ledger.open_positions if position not in self.ended)

    @cached_property
    def ended(self) -> tuple[OpenPosition, ...]:
        """Positions in futures that have ended, whose settlement is missing."""
        return self.ledger.ended(self.assessment.market.as_of.date())

    @property
    def is_flat(self) -> bool:
        """Whether nothing is open."""
        return not self.ledger.open_positions

    @property
    def pnl(self) -> float:
        """All that the shorts have made: realised, open and funding, less fees."""
        return self.ledger.total_pnl(self.marks)

    def short_of(self, underlying: str) -> float:
        """USD that the shorts in one coin lose when it doubles, positive: coins·mark, of inverse contracts too."""
        mine = (p for p in self.open_positions if p.contract.underlying == underlying)
        return -sum(position.coins * self.marks[position.key] for position in mine)

    def lots_of(self, contract: Contract) -> int:
        """Lots short of one contract over all expiries, positive."""
        return -sum(position.contracts for position in self.open_positions if position.contract.id == contract.id)

    @property
    def underlyings(self) -> tuple[str, ...]:
        """The coins that are short."""
        return tuple(dict.fromkeys(position.contract.underlying for position in self.open_positions))

    @property
    def next_expiry(self) -> date | None:
        """The nearest end of a future that is held."""
        return min((p.expiry for p in self.open_positions if p.expiry is not None), default=None)


@dataclass(frozen=True, eq=False)
class Season:
    """Bag, hedge and both on each day since the hedge was opened, USD; the last day is today at today's prices.

    `bag` is what the hedged coins are worth at today's quantities; on days without a price a coin in `estimated` stands
    where its beta puts it, NaN where that is not known. `hedge` is what the shorts have made since the start, and
    `start` what the bag was worth at the price of the first fill (NaN: not known).
    """

    days: Days
    bag: Floats
    hedge: Floats
    start: float
    estimated: tuple[str, ...]

    @property
    def net(self) -> Floats:
        """Change of the bag since the start, and the hedge."""
        change: Floats = self.bag - self.start + self.hedge
        return change


def position_state(assessment: HedgeAssessment) -> PositionState | None:
    """The plan's position at the market's prices; None where no fill is entered.

    Raises as `ledger.post` does, and MissingPrice where a coin that is short has no price.
    """
    plan, market = assessment.plan, assessment.market
    if not plan.execution.fills:
        return None
    ledger = post(plan.execution.fills, plan.execution.payments, known_contracts(plan, market))
    marks, at_spot = _marks(assessment, ledger)
    pnl = ledger.total_pnl(marks)
    collateral = plan.decisions.collateral
    today = assessment.market.as_of.date()
    alive = [p for p in ledger.open_positions if p.contracts < 0 and p not in ledger.ended(today)]
    legs = [_leg(position, marks[position.key]) for position in alive]
    equity = None if collateral is None else collateral + pnl
    margin = margin_requirement(legs, None if equity is None else max(equity, 0.0))
    return PositionState(
        assessment=assessment, ledger=ledger, marks=marks, at_spot=at_spot, margin=margin, equity=equity
    )


def season(state: PositionState) -> Season:
    """Bag and hedge day by day since what is open was begun (else since the first fill); futures are marked at spot."""
    assessment, ledger = state.assessment, state.ledger
    began = ledger.opened_at or ledger.fills[0].at
    today = assessment.market.as_of.date()
    days = np.arange(np.datetime64(min(began.date(), today), "D"), np.datetime64(today, "D") + 1)
    # One close more, the one before the first fill: the bag is taken between it and that day's by the fill's own price.
    longer = np.concatenate(([days[0] - np.timedelta64(1, "D")], days))
    quantities: dict[str, float] = {}
    closes: dict[str, Floats] = {}
    estimated = []
    for position in assessment.hedged_positions:
        coin = position.moves_with
        row = _closes(assessment, coin, longer)
        if np.isnan(row).any():
            row = _by_beta(assessment, position, row, longer)
            estimated.append(coin)
        closes[coin] = row
        quantities[coin] = quantities.get(coin, 0.0) + position.value / row[-1]
    bag = np.zeros(len(longer))
    for coin, quantity in quantities.items():
        bag += closes[coin] * quantity
    marks = {}
    for key, held in ledger.positions.items():
        row = _closes(assessment, held.contract.underlying, days)
        if key in state.marks:
            row[-1] = state.marks[key]
        marks[key] = _filled(row)
    before = ledger.at(began - timedelta(microseconds=1))
    earlier = before.realised_pnl + before.funding - before.fees
    hedge = ledger.timeline(days, marks).total - earlier
    first = next(fill for fill in ledger.fills if fill.at == began)
    row = _closes(assessment, ledger.positions[first.contract, first.expiry].contract.underlying, longer)
    way = float(np.clip((first.price - row[0]) / (row[1] - row[0]), 0.0, 1.0)) if row[1] != row[0] else 1.0
    way = 1.0 if np.isnan(way) or np.isnan(bag[0]) else way
    start = float(bag[0] + way * (bag[1] - bag[0])) if way < 1.0 else float(bag[1])
    return Season(days, bag[1:], hedge, start, tuple(dict.fromkeys(estimated)))


def hedge_day(state: PositionState, over: Season, day: date) -> HedgeDay:
    """What exit rules look at on `day`; a bag that is not known is 0, and meets no rule."""
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
    """What the perpetuals that are short have earned a year over the last `days`, weighted by size; None if unknown."""
    funding = state.assessment.market.funding
    rates = []
    for position in state.open_positions:
        coin = position.contract.underlying
        if position.contracts >= 0 or position.contract.kind != "perpetual" or funding is None or coin not in funding:
            continue
        rate = funding.annual_mean(coin, days)
        if rate is not None:
            rates.append((rate, -position.coins * state.marks[position.key]))
    total = sum(weight for _, weight in rates)
    return sum(rate * weight for rate, weight in rates) / total if total > 0.0 else None


def _marks(assessment: HedgeAssessment, ledger: Ledger) -> tuple[dict[Key, float], tuple[Key, ...]]:
    marks: dict[Key, float] = {}
    at_spot = []
    for position in ledger.open_positions:
        coin = position.contract.underlying
        spot = underlying_price(assessment.plan, assessment.market, coin)
        if spot is None:
            raise MissingPrice(coin, assessment.market.source)
        quoted = [q for q in assessment.market.futures if q.underlying == coin and q.expiry == position.expiry]
        if position.expiry is not None and not quoted:
            at_spot.append(position.key)
        marks[position.key] = quoted[0].price if quoted and position.expiry is not None else spot
    return marks, tuple(at_spot)


def _leg(position: OpenPosition, mark: float) -> HedgeLeg:
    """An open short as a leg at its mark."""
    notional = -position.notional(mark)
    return HedgeLeg(
        contract=position.contract,
        underlying=position.contract.underlying,
        price=mark,
        lot_notional=notional / -position.contracts,
        ideal_notional=0.0,
        target_notional=0.0,
        exact_contracts=float(-position.contracts),
        contracts=position.contracts,
    )


def _by_beta(assessment: HedgeAssessment, position: Position, row: Floats, days: Days) -> Floats:
    """The row with missing closes put where the betas in use, else the measured one, put them from today's price."""
    known = [e for e in position.estimates if e.proxy != position.moves_with and e.proxy in assessment.market.history]
    if not known and position.choice is not None:
        known = [
            c.estimate
            for c in position.choice.candidates
            if c.estimate and c.proxy != position.moves_with and c.proxy in assessment.market.history
        ][:1]
    if not known:
        return row
    moved = np.zeros(len(days))
    for estimate in known:
        proxy = _closes(assessment, estimate.proxy, days)
        moved += estimate.beta * (proxy / proxy[-1] - 1.0)
    filled: Floats = np.where(np.isnan(row), row[-1] * np.maximum(1.0 + moved, 0.02), row)
    return filled


def _closes(assessment: HedgeAssessment, coin: str, days: Days) -> Floats:
    """The coin's closes on these days, NaN where there is none; today's is its price now."""
    history = assessment.market.history
    closes = np.full(len(days), np.nan)
    if coin in history:
        _, ours, theirs = np.intersect1d(days, history.days, return_indices=True)
        closes[ours] = history.of(coin)[theirs]
    now = next((p.price for p in assessment.hedged_positions if p.moves_with == coin == p.holding.coin), None)
    now = now if now is not None else underlying_price(assessment.plan, assessment.market, coin)
    if now is not None:
        closes[-1] = now
    return closes


def _filled(row: Floats) -> Floats:
    """The row with gaps filled from the day before, the first ones from the first that is known: marks, not returns."""
    known = np.flatnonzero(~np.isnan(row))
    if not known.size:
        return row
    places = np.maximum.accumulate(np.where(~np.isnan(row), np.arange(len(row)), known[0]))
    return row[places]
