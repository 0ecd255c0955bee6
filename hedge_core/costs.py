"""Costs: what it takes to open and close the hedge, and what carrying it earns or pays.

Signs are cash to the holder: fees are positive amounts that are paid, carry is positive when the short earns
it. With a positive funding rate longs pay shorts; a short in a dated future that trades above spot earns the
basis when held to expiry. Realised funding over a trailing window is used, never one print.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import Ge, Le, Lt

from hedge_core.market import MarketSnapshot
from hedge_core.sizing import HedgeLeg

FUNDING_WINDOW_DAYS = 90
ASSUMED_FEE_RATE = 0.001
"""A side, where the venue's fee depends on the broker or has no source."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CostAssumptions:
    """What the user states about costs; None leaves a figure to the catalogue and the market.

    Rates are fractions of notional: `fee_rate` and `half_spread_rate` a side, `carry_rate` a year (positive:
    the short earns).
    """

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "allow_inf_nan": False}

    fee_rate: Annotated[float, Ge(0), Lt(0.1)] | None = None
    half_spread_rate: Annotated[float, Ge(0), Lt(0.1)] = 0.0005
    carry_rate: Annotated[float, Ge(-5), Le(5)] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LegCost:
    """Costs of one leg in USD over the horizon; `carry` is None when nothing is known of it."""

    contract_id: str
    fees: float
    is_fee_assumed: bool
    carry_rate: float | None
    carry: float | None
    carry_basis: str


@dataclass(frozen=True, slots=True)
class CostEstimate:
    """Costs of all legs over `horizon_days`: fees and spread to open and close, and carry."""

    horizon_days: int
    legs: tuple[LegCost, ...]

    @property
    def fees(self) -> float:
        """USD to open and close all legs, spread included."""
        return sum(leg.fees for leg in self.legs)

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


def fee_rate(leg: HedgeLeg, assumptions: CostAssumptions) -> float:
    """The taker fee a side: the user's, else the catalogue's, else ASSUMED_FEE_RATE."""
    if assumptions.fee_rate is not None:
        return assumptions.fee_rate
    rate = leg.contract.taker_fee_rate
    return ASSUMED_FEE_RATE if rate is None else rate


def carry_rate(leg: HedgeLeg, market: MarketSnapshot, assumptions: CostAssumptions) -> tuple[float | None, str]:
    """What the short earns a year as a fraction of notional, and where the figure is from."""
    if assumptions.carry_rate is not None:
        return assumptions.carry_rate, "set by you"
    if leg.contract.kind == "perpetual":
        if market.funding is None or leg.underlying not in market.funding:
            return None, "no funding history at hand"
        rate = market.funding.annual_mean(leg.underlying, FUNDING_WINDOW_DAYS)
        days = market.funding.days_known(leg.underlying, FUNDING_WINDOW_DAYS)
        return rate, f"mean realised funding of {days} days"
    spot = market.price_or_none(leg.underlying)
    today = market.as_of.date()
    for quote in sorted(market.futures, key=lambda quote: quote.expiry):
        if quote.underlying == leg.underlying and spot is not None:
            rate = quote.annual_basis(spot, today)
            if rate is not None:
                return rate, f"basis of the future expiring {quote.expiry}"
    return None, "no future quoted"


def estimate_costs(
    legs: Sequence[HedgeLeg],
    market: MarketSnapshot,
    *,
    horizon_days: int,
    assumptions: CostAssumptions,
) -> CostEstimate:
    """Costs of opening, carrying for `horizon_days` and closing the legs."""
    costs = []
    for leg in legs:
        lots = abs(leg.contracts)
        if not lots:
            continue
        minimum = leg.contract.minimum_fee if assumptions.fee_rate is None else 0.0
        per_lot = max(fee_rate(leg, assumptions) * leg.lot_notional, minimum)
        spread = assumptions.half_spread_rate * leg.notional
        rate, basis = carry_rate(leg, market, assumptions)
        costs.append(
            LegCost(
                contract_id=leg.contract.id,
                fees=2.0 * (lots * per_lot + spread),
                is_fee_assumed=assumptions.fee_rate is None and leg.contract.taker_fee_rate is None,
                carry_rate=rate,
                carry=None if rate is None else rate * leg.notional * horizon_days / 365.0,
                carry_basis=basis,
            )
        )
    return CostEstimate(horizon_days, tuple(costs))
