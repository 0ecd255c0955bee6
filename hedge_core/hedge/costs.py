"""Costs: what it costs to open, roll and close the hedge, and the carry that it earns or pays.

Fees are positive amounts that the holder pays; carry is positive if the short earns it. With a positive funding rate,
longs pay shorts. A short in a dated future that trades above spot earns the basis if it is held to expiry. Funding is
averaged over a past window; a single rate is never used. One side (one purchase or sale) costs

    max(fee rate·N, minimum fee) + fixed fee per contract, and half the spread and slippage (see `hedge.trading_costs`)

A roll is two more sides, and `hedge.month_choice` chooses the month of a series.
The calendar spread between two futures is already part of the basis and is not counted again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from hedge_core.hedge.legs import ShortLeg, traded
from hedge_core.hedge.month_choice import Month, MonthChoice, Season, choose_month, month_of, months_to_sell
from hedge_core.hedge.trading_costs import TradingCost, TradingCosts
from hedge_core.market.expiries import held_expiry, rolls
from hedge_core.market.instruments import Carry
from hedge_core.market.snapshot import MarketSnapshot
from hedge_core.plan.plan import CostAssumptions

ASSUMED_FEE_RATE = 0.001
"""Fee rate per side if the venue's fee depends on the broker or has no source."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LegCost:
    """Costs of one leg over the horizon, in USD.

    `commission` and `spread` (slippage included) are for opening and closing, `roll_cost` for the rolls on `roll_days`.
    `carry_rate` is a fraction of notional per year, positive if the short earns it; it and `carry` (USD) are None if
    unknown. It counts for `carry_days`, and `carry_basis` says where the rate comes from. `held_until` is the expiry of
    the future that is sold, None for a perpetual; `ends` are those of the futures that are rolled. `month` says why it
    is that future; None if there was no choice. `one_side` is the spread and slippage of the opening order, with the
    figures behind them. `is_open`: the leg is open already, so that opening it costs nothing any more.
    """

    contract_id: str
    commission: float
    spread: float
    roll_days: tuple[date, ...]
    roll_cost: float
    is_fee_assumed: bool
    carry_rate: float | None
    carry_days: int
    carry: float | None
    carry_basis: str
    held_until: date | None
    ends: tuple[date, ...] = ()
    month: MonthChoice | None = None
    one_side: TradingCost | None = None
    is_open: bool = False

    @property
    def opening(self) -> float:
        """The cost in USD of opening this leg from today on: half of fees, spread and slippage, 0 if it is open."""
        return 0.0 if self.is_open else (self.commission + self.spread) / 2.0

    @property
    def fees(self) -> float:
        """The cost in USD of opening, rolling and closing this leg: fees, spread and slippage, but not carry."""
        closing = (self.commission + self.spread) / 2.0
        return closing + self.roll_cost if self.is_open else self.commission + self.spread + self.roll_cost


@dataclass(frozen=True, slots=True)
class CostEstimate:
    """Costs of all legs over `horizon_days`: fees and spread to open, roll and close, and the carry."""

    horizon_days: int
    legs: tuple[LegCost, ...]

    @property
    def fees(self) -> float:
        """The cost in USD of opening, rolling and closing all legs: fees, spread and slippage, but not carry."""
        return sum(leg.fees for leg in self.legs)

    @property
    def opening(self) -> float:
        """USD of the fees for opening what is not open yet."""
        return sum(leg.opening for leg in self.legs)

    @property
    def is_open(self) -> bool:
        """Whether every leg is open already; False without legs."""
        return bool(self.legs) and all(leg.is_open for leg in self.legs)

    @property
    def rolls(self) -> float:
        """USD of the fees that rolls cost."""
        return sum(leg.roll_cost for leg in self.legs)

    @property
    def carry(self) -> float:
        """USD that the legs earn (positive) or pay over the horizon; legs with unknown carry are left out."""
        return sum(leg.carry for leg in self.legs if leg.carry is not None)

    @property
    def carry_a_month(self) -> float:
        """The carry per 30 days, in USD."""
        return self.carry * 30.0 / self.horizon_days

    @property
    def is_carry_known(self) -> bool:
        """Whether the carry of every leg is known."""
        return all(leg.carry is not None for leg in self.legs)

    @property
    def is_fee_assumed(self) -> bool:
        """Whether the fee of any leg has no source or depends on the broker."""
        return any(leg.is_fee_assumed for leg in self.legs)


def fee_rate(leg: ShortLeg, assumptions: CostAssumptions) -> float:
    """Taker fee per side as a fraction of notional: the user's, else the catalogue's, else ASSUMED_FEE_RATE."""
    if assumptions.fee_rate is not None:
        return assumptions.fee_rate
    rate = leg.contract.taker_fee_rate
    return ASSUMED_FEE_RATE if rate is None else rate


def is_fee_assumed(leg: ShortLeg, assumptions: CostAssumptions) -> bool:
    """Whether the fee has no source or depends on the broker; False if the user set it."""
    contract = leg.contract
    return assumptions.fee_rate is None and (contract.taker_fee_rate is None or contract.fee_is_assumed)


def commission(leg: ShortLeg, assumptions: CostAssumptions) -> float:
    """The trading fee in USD (positive) for opening or closing the leg once.

    For each lot it is the fee rate times the notional, but at least the contract's minimum fee, and the fixed fee on
    top: max(rate·N, minimum) + fixed. A fee rate that the user set replaces all of it.
    """
    contract, rate = leg.contract, fee_rate(leg, assumptions)
    if assumptions.fee_rate is not None:
        return leg.lots * rate * leg.lot_notional
    return leg.lots * (max(rate * leg.lot_notional, contract.minimum_fee) + contract.fixed_fee)


def carry_of(leg: ShortLeg, market: MarketSnapshot, assumptions: CostAssumptions, expiry: date | None = None) -> Carry:
    """What the leg earns per year as a fraction of notional: the user's rate, else that of its instrument.

    `expiry` is that of the future held, None for the one that `held_expiry` gives.
    """
    if assumptions.carry_rate is not None:
        return Carry(assumptions.carry_rate, "set by you")
    if expiry is None:
        return leg.instrument.carry(leg.contract, market)
    return leg.instrument.carry_of_month(leg.contract, market, expiry)


@dataclass(frozen=True, slots=True, kw_only=True)
class CostBasis:
    """What the costs of a plan rest on, besides the market.

    `volatilities` are standard deviations of daily returns by coin. `roll_ahead` is the plan's own number of days
    before an expiry (None: as at the venue), and `held` the expiries that are settled already, by contract id.
    `traded` is what the venues' tickers say of the last day, USD by contract id.
    """

    assumptions: CostAssumptions
    volatilities: Mapping[str, float] = field(default_factory=dict)
    roll_ahead: int | None = None
    held: Mapping[str, date] = field(default_factory=dict)
    traded: Mapping[str, float] = field(default_factory=dict)

    @property
    def trading(self) -> TradingCosts:
        """What spread and slippage cost."""
        return TradingCosts(self.assumptions, self.volatilities, self.traded)


def estimate_costs(
    legs: Sequence[ShortLeg],
    market: MarketSnapshot,
    *,
    horizon_days: int,
    basis: CostBasis,
) -> CostEstimate:
    """Costs of opening the legs, holding them for `horizon_days`, rolling them when needed, and closing them."""
    return CostEstimate(horizon_days, tuple(_leg_cost(leg, market, horizon_days, basis) for leg in traded(legs)))


def _leg_cost(leg: ShortLeg, market: MarketSnapshot, horizon_days: int, basis: CostBasis) -> LegCost:
    today, given = market.as_of.date(), basis.assumptions
    paid = commission(leg, given)
    choice = _month_choice(leg, market, horizon_days, basis) if market.chooses_months else None
    if choice is None:
        until = held_expiry(leg.contract, today)
        days = ends = rolls(leg.contract, today, horizon_days)
        opening = basis.trading.of_order(leg.contract, leg.price, leg.notional)
        side = paid + leg.notional * opening.rate
        trading, roll_cost = 2.0 * side + 2.0 * len(days) * side, 2.0 * len(days) * side
    else:
        month = choice.chosen
        until, days, ends = month.expiry, month.roll_days, month.ends
        trading, roll_cost = month.trading_cost, month.roll_cost
        opening = basis.trading.of_order(leg.contract, leg.price, leg.notional, ahead=month.ahead)
    rate, source, counts_to = carry_of(leg, market, given, None if choice is None else until)
    counted = horizon_days if counts_to is None else min((counts_to - today).days, horizon_days)
    return LegCost(
        contract_id=leg.contract.id,
        commission=2.0 * paid,
        spread=trading - roll_cost - 2.0 * paid,
        roll_days=days,
        roll_cost=roll_cost,
        is_fee_assumed=is_fee_assumed(leg, given),
        carry_rate=rate,
        carry_days=counted,
        carry=None if rate is None else rate * leg.notional * counted / 365.0,
        carry_basis=source,
        held_until=until,
        ends=ends,
        month=choice,
        one_side=opening,
    )


def _month_choice(leg: ShortLeg, market: MarketSnapshot, horizon_days: int, basis: CostBasis) -> MonthChoice | None:
    """The month to sell and the others that could be; None for a contract that never expires."""
    season = Season(
        leg=leg,
        today=market.as_of.date(),
        horizon_days=horizon_days,
        fee=commission(leg, basis.assumptions),
        trading=basis.trading,
        roll_ahead=basis.roll_ahead,
    )

    def rate(expiry: date) -> float | None:
        return carry_of(leg, market, basis.assumptions, expiry).rate

    settled = basis.held.get(leg.contract.id)
    if settled is not None:
        month: Month = month_of(season, settled, rate(settled))
        return MonthChoice(month, (month,))
    return choose_month(season, {day: rate(day) for day in months_to_sell(season)})
