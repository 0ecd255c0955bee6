"""Costs: what it takes to open, roll and close the hedge, and what carrying it earns or pays.

Signs are cash to the holder: fees are positive amounts that are paid, carry is positive when the short earns it. With
a positive funding rate longs pay shorts; a short in a dated future that trades above spot earns the basis when held to
expiry. Realised funding over a trailing window is used, never one print. A side costs

    max(fee rate·N, minimum fee) for each contract, and half spread·(1 + sqrt(notional / depth)) of the notional

the second part being slippage, which grows with the square root of the size. A roll is two sides more; the calendar
spread between two futures is in the basis already and is not counted again.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from hedge_core.hedge.legs import SizedLeg
from hedge_core.market.expiries import held_expiry, rolls
from hedge_core.market.snapshot import FutureQuote, MarketSnapshot
from hedge_core.plan.plan import CostAssumptions

FUNDING_WINDOW_DAYS = 90
ASSUMED_FEE_RATE = 0.001
"""A side, where the venue's fee depends on the broker or has no source."""

LEAST_BASIS_DAYS = 14
"""A future that ends sooner is not annualised while another is quoted; alone, it is counted up to its end only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LegCost:
    """Costs of one leg in USD over the horizon.

    `commission` and `spread` (slippage included) are those of opening and closing, `roll_cost` that of moving on at
    each of `roll_days`. `carry` is None when nothing is known of it; `held_until` is the expiry of the future that is
    opened, None for a perpetual.
    """

    contract_id: str
    commission: float
    spread: float
    roll_days: tuple[date, ...]
    roll_cost: float
    is_fee_assumed: bool
    carry_rate: float | None
    carry: float | None
    carry_basis: str
    held_until: date | None

    @property
    def fees(self) -> float:
        """USD to open, roll and close, spread included."""
        return self.commission + self.spread + self.roll_cost


@dataclass(frozen=True, slots=True)
class CostEstimate:
    """Costs of all legs over `horizon_days`: fees and spread to open, roll and close, and carry."""

    horizon_days: int
    legs: tuple[LegCost, ...]

    @property
    def fees(self) -> float:
        """USD to open, roll and close all legs, spread included."""
        return sum(leg.fees for leg in self.legs)

    @property
    def rolls(self) -> float:
        """USD of the fees that go to rolls."""
        return sum(leg.roll_cost for leg in self.legs)

    @property
    def carry(self) -> float:
        """USD earned (positive) or paid over the horizon by the legs whose carry is known."""
        return sum(leg.carry for leg in self.legs if leg.carry is not None)

    @property
    def carry_a_month(self) -> float:
        """Carry scaled to 30 days."""
        return self.carry * 30.0 / self.horizon_days

    @property
    def is_carry_known(self) -> bool:
        """Whether the carry of every leg is known."""
        return all(leg.carry is not None for leg in self.legs)

    @property
    def is_fee_assumed(self) -> bool:
        """Whether a fee rests on ASSUMED_FEE_RATE."""
        return any(leg.is_fee_assumed for leg in self.legs)


def fee_rate(leg: SizedLeg, assumptions: CostAssumptions) -> float:
    """The taker fee a side: the user's, else the catalogue's, else ASSUMED_FEE_RATE."""
    if assumptions.fee_rate is not None:
        return assumptions.fee_rate
    rate = leg.contract.taker_fee_rate
    return ASSUMED_FEE_RATE if rate is None else rate


def commission(leg: SizedLeg, assumptions: CostAssumptions) -> float:
    """USD of fees for one side of the leg; a rate that the user states takes the place of the venue's minimum."""
    minimum = leg.contract.minimum_fee if assumptions.fee_rate is None else 0.0
    return abs(leg.contracts) * max(fee_rate(leg, assumptions) * leg.lot_notional, minimum)


def spread_and_slippage(notional: float, assumptions: CostAssumptions) -> float:
    """USD of half spread and slippage for one side of an order of `notional` USD."""
    return assumptions.half_spread_rate * notional * (1.0 + math.sqrt(notional / assumptions.depth))


def carry_rate(leg: SizedLeg, market: MarketSnapshot, assumptions: CostAssumptions) -> tuple[float | None, str]:
    """What the short earns a year as a fraction of notional, and where the figure is from."""
    if assumptions.carry_rate is not None:
        return assumptions.carry_rate, "set by you"
    if leg.contract.kind == "perpetual":
        funding = market.mean_funding(leg.underlying, FUNDING_WINDOW_DAYS)
        if funding is None:
            return None, "no funding history at hand"
        return funding[0], f"mean realised funding of {funding[1]} days"
    spot, quote = market.price_or_none(leg.underlying), quote_of(leg, market)
    rate = None if spot is None or quote is None else quote.annual_basis(spot, market.as_of.date())
    return (
        (None, "no future quoted")
        if rate is None or quote is None
        else (rate, f"basis of the future that ends on {quote.expiry:%d %b %Y}")
    )


def quote_of(leg: SizedLeg, market: MarketSnapshot) -> FutureQuote | None:
    """The quote of the dated future that the leg opens: of those still living, the one that ends nearest to it."""
    today = market.as_of.date()
    held = held_expiry(leg.contract, today) or today
    living = [q for q in market.futures if q.underlying == leg.underlying and q.expiry > today]
    # A basis of a few days says nothing of a year.
    living = [q for q in living if (q.expiry - today).days >= LEAST_BASIS_DAYS] or living
    return min(living, key=lambda quote: (abs((quote.expiry - held).days), quote.expiry), default=None)


def _days_of_carry(leg: SizedLeg, market: MarketSnapshot, assumptions: CostAssumptions, horizon_days: int) -> int:
    """Days over which the carry is counted: the horizon, but a basis of a few days only up to its end."""
    quote = quote_of(leg, market) if leg.contract.kind != "perpetual" and assumptions.carry_rate is None else None
    if quote is None:
        return horizon_days
    days = (quote.expiry - market.as_of.date()).days
    return horizon_days if days >= LEAST_BASIS_DAYS else min(days, horizon_days)


def estimate_costs(
    legs: Sequence[SizedLeg],
    market: MarketSnapshot,
    *,
    horizon_days: int,
    assumptions: CostAssumptions,
) -> CostEstimate:
    """Costs of opening, carrying for `horizon_days`, rolling on the way, and closing the legs."""
    costs, today = [], market.as_of.date()
    for leg in legs:
        if not leg.contracts:
            continue
        paid, slipped = commission(leg, assumptions), spread_and_slippage(leg.notional, assumptions)
        days = rolls(leg.contract, today, horizon_days)
        rate, basis = carry_rate(leg, market, assumptions)
        counted = _days_of_carry(leg, market, assumptions, horizon_days)
        costs.append(
            LegCost(
                contract_id=leg.contract.id,
                commission=2.0 * paid,
                spread=2.0 * slipped,
                roll_days=days,
                roll_cost=len(days) * 2.0 * (paid + slipped),
                is_fee_assumed=assumptions.fee_rate is None and leg.contract.taker_fee_rate is None,
                carry_rate=rate,
                carry=None if rate is None else rate * leg.notional * counted / 365.0,
                carry_basis=basis,
                held_until=held_expiry(leg.contract, today),
            )
        )
    return CostEstimate(horizon_days, tuple(costs))
