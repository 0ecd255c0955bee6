"""The position as it is: the ledger of a plan at today's marks, its equity, and what it has made day by day.

A mark is the coin's price; of a dated future it is the market's quote for that very expiry, or, where there is none,
the spot price, and then the position is named as marked at spot. Equity is the collateral that the plan states plus
all that the position has made.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from hedge_core.assessment import HedgeAssessment
from hedge_core.contracts import Contract
from hedge_core.errors import MissingPrice
from hedge_core.ledger import Key, Ledger, OpenPosition, post
from hedge_core.margin import MarginRequirement, margin_requirement
from hedge_core.market import Days, Floats
from hedge_core.positions import known_contracts, underlying_price
from hedge_core.rules import HedgeDay
from hedge_core.sizing import HedgeLeg

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
        """What is open."""
        return self.ledger.open_positions

    @property
    def pnl(self) -> float:
        """All that the shorts have made: realised, open and funding, less fees."""
        return self.ledger.total_pnl(self.marks)

    def notional_of(self, underlying: str) -> float:
        """USD short of one coin, positive."""
        mine = (p for p in self.open_positions if p.contract.underlying == underlying)
        return -sum(position.notional(self.marks[position.key]) for position in mine)

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

    `bag` is what the hedged coins are worth at today's quantities, NaN on days without all of their prices; `hedge`
    what the shorts have made.
    """

    days: Days
    bag: Floats
    hedge: Floats

    @property
    def net(self) -> Floats:
        """Change of the bag since the first day on which it was priced, and the hedge."""
        known = self.bag[~np.isnan(self.bag)]
        change: Floats = self.bag - (known[0] if len(known) else np.nan) + self.hedge
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
    legs = [_leg(position, marks[position.key]) for position in ledger.open_positions if position.contracts < 0]
    equity = None if collateral is None else collateral + pnl
    margin = margin_requirement(legs, None if equity is None else max(equity, 0.0))
    return PositionState(
        assessment=assessment, ledger=ledger, marks=marks, at_spot=at_spot, margin=margin, equity=equity
    )


def season(state: PositionState) -> Season:
    """Bag and hedge day by day since the first fill, from the market's history; futures are marked at spot."""
    assessment = state.assessment
    opened = state.assessment.plan.execution.opened_on
    assert opened is not None
    today = assessment.market.as_of.date()
    last = np.datetime64(today, "D")
    days = np.arange(np.datetime64(min(opened, today), "D"), last + 1)
    coins = _coins(assessment) | {position.contract.underlying for position in state.ledger.positions.values()}
    closes = {coin: _closes(assessment, coin, days) for coin in coins}
    quantities: dict[str, float] = {}
    for position in assessment.hedged_positions:
        price = closes[position.moves_with][-1]
        quantities[position.moves_with] = quantities.get(position.moves_with, 0.0) + position.value / price
    bag = np.sum([closes[coin] * quantity for coin, quantity in quantities.items()], axis=0)
    marks = {}
    for key, held in state.ledger.positions.items():
        row = closes[held.contract.underlying].copy()
        if key in state.marks:
            row[-1] = state.marks[key]
        marks[key] = _filled(row)
    timeline = state.ledger.timeline(days, marks)
    return Season(days, np.asarray(bag, dtype=np.float64), timeline.total)


def hedge_day(state: PositionState, over: Season) -> HedgeDay:
    """What exit rules look at today."""
    known = over.bag[~np.isnan(over.bag)]
    start = float(known[0]) if len(known) else 0.0
    return HedgeDay(
        day=over.days[-1].item(),
        opened_on=over.days[0].item(),
        bag=float(known[-1]) if len(known) else 0.0,
        bag_at_start=start,
        bag_low=float(known.min()) if len(known) else 0.0,
        hedge_pnl=state.pnl,
        carry_rate=trailing_carry(state.assessment, state.open_positions, CARRY_DAYS),
        next_expiry=state.next_expiry,
    )


def trailing_carry(assessment: HedgeAssessment, positions: tuple[OpenPosition, ...], days: int) -> float | None:
    """What the perpetuals that are short have earned a year over the last `days`, weighted by size; None if unknown."""
    funding = assessment.market.funding
    rates = []
    for position in positions:
        if position.contract.kind != "perpetual" or funding is None or position.contract.underlying not in funding:
            continue
        rate = funding.annual_mean(position.contract.underlying, days)
        if rate is not None:
            rates.append((rate, abs(position.coins) * (position.entry_price or 0.0)))
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


def _coins(assessment: HedgeAssessment) -> set[str]:
    return {position.moves_with for position in assessment.hedged_positions}


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
