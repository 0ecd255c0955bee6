"""Costs: what it costs to open, roll and close the hedge, and the carry that it earns or pays.

Fees are positive amounts that the holder pays; carry is positive if the short earns it. With a positive funding rate,
longs pay shorts. A short in a dated future that trades above spot earns the basis if it is held to expiry. Funding is
averaged over a past window; a single rate is never used. One side (one purchase or sale) costs

    max(fee rate·N, minimum fee) + fixed fee per contract, and half spread·(1 + sqrt(notional / depth)) of the notional

where the square root is slippage. A roll is two more sides. The calendar spread between two futures is already part of
the basis and is not counted again.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from hedge_core.hedge.legs import ShortLeg, traded
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
    the future that is sold, None for a perpetual.
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

    @property
    def fees(self) -> float:
        """The cost in USD of opening, rolling and closing this leg: fees, spread and slippage, but not carry."""
        return self.commission + self.spread + self.roll_cost


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


def spread_and_slippage(notional: float, assumptions: CostAssumptions) -> float:
    """The cost in USD of half the spread plus slippage for buying or selling `notional` USD once.

    It is half_spread_rate·notional·(1 + sqrt(notional / depth)). `notional` must not be negative.
    """
    return assumptions.half_spread_rate * notional * (1.0 + math.sqrt(notional / assumptions.depth))


def carry_of(leg: ShortLeg, market: MarketSnapshot, assumptions: CostAssumptions) -> Carry:
    """What the leg earns per year as a fraction of notional: the user's rate, else that of its instrument."""
    if assumptions.carry_rate is not None:
        return Carry(assumptions.carry_rate, "set by you")
    return leg.instrument.carry(leg.contract, market)


def estimate_costs(
    legs: Sequence[ShortLeg],
    market: MarketSnapshot,
    *,
    horizon_days: int,
    assumptions: CostAssumptions,
) -> CostEstimate:
    """Costs of opening the legs, holding them for `horizon_days`, rolling them when needed, and closing them."""
    costs, today = [], market.as_of.date()
    for leg in traded(legs):
        paid, slipped = commission(leg, assumptions), spread_and_slippage(leg.notional, assumptions)
        days = rolls(leg.contract, today, horizon_days)
        rate, source, until = carry_of(leg, market, assumptions)
        counted = horizon_days if until is None else min((until - today).days, horizon_days)
        costs.append(
            LegCost(
                contract_id=leg.contract.id,
                commission=2.0 * paid,
                spread=2.0 * slipped,
                roll_days=days,
                roll_cost=len(days) * 2.0 * (paid + slipped),
                is_fee_assumed=is_fee_assumed(leg, assumptions),
                carry_rate=rate,
                carry_days=counted,
                carry=None if rate is None else rate * leg.notional * counted / 365.0,
                carry_basis=source,
                held_until=held_expiry(leg.contract, today),
            )
        )
    return CostEstimate(horizon_days, tuple(costs))
