"""Insurance: what the hedge costs or earns over its horizon, as a range, and the fall at which it has paid for itself.

Funding is the part that is not known in advance. Its range is that of the past: the cash that these very shorts would
have had over every span of the horizon in the history, all perpetuals together, so that what moves together stays
together. The quantiles are widened for the few independent spans that a history holds (m = days / horizon):

    (1 ± 0.9·(1 + 1/m)) / 2, at most the least and the most that there was

The basis of a dated future is known up to its expiry; beyond that today's rate is taken, without a range.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.legs import SizedLeg
from hedge_core.market.snapshot import Floats
from hedge_core.text import whole_percent

LEVEL = 0.9
MOST_DAYS = 730
"""Funding further back than this says little of today's."""

MINIMUM_SPANS = 4
"""Independent spans that a history must hold for a range."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InsuranceQuote:
    """What the hedge costs over the horizon, USD; a negative cost is a gain.

    `fees` (spread and rolls included) less carry. `carry_low` and `carry_high` hold the carry with 90%, None where it
    is not known or the history is too short for a range; `is_carry_certain` says that there is nothing to be uncertain
    about (no perpetual, or a rate that the user states).
    """

    horizon_days: int
    notional: float
    bag_value: float
    fees: float
    carry: float | None
    carry_low: float | None
    carry_high: float | None
    is_carry_certain: bool
    history_days: int

    @property
    def cost(self) -> float | None:
        """Expected cost: fees − carry."""
        return None if self.carry is None else self.fees - self.carry

    @property
    def cost_low(self) -> float | None:
        """The cost in a good case: with the high carry."""
        return None if self.carry_high is None else self.fees - self.carry_high

    @property
    def cost_high(self) -> float | None:
        """The cost in a bad case: with the low carry."""
        return None if self.carry_low is None else self.fees - self.carry_low

    def as_share_of_bag(self, cost: float) -> float:
        """A cost as a share of the bag."""
        return cost / self.bag_value if self.bag_value > 0 else 0.0

    def break_even_fall(self, cost: float) -> float | None:
        """The fall of what is shorted (a fraction) at which the short has earned this cost; None if none would do."""
        if self.notional <= 0 or cost > self.notional:
            return None
        return max(cost, 0.0) / self.notional

    @property
    def sentence(self) -> str:
        """The quote in words."""
        if self.notional <= 0:
            return "Nothing is shorted, so there is nothing to pay."
        if self.cost is None:
            return (
                f"Fees and spread come to ${self.fees:,.0f}. What the shorts earn or pay meanwhile is not known for "
                "every contract, so there is no quote."
            )
        low, high = _cost_text(self.cost_low), _cost_text(self.cost_high)
        if abs(self.cost) < 0.5 and low == high:
            return f"Over {self.horizon_days} days this hedge costs nothing: fees and carry come to $0."
        verb = "costs" if self.cost >= 0 else "earns"
        text = f"Over {self.horizon_days} days this hedge {verb} about ${abs(self.cost):,.0f}"
        text += f", {abs(self.as_share_of_bag(self.cost)):.2%} of your bag"
        if low != high:
            text += f" (with {whole_percent(LEVEL)} between {low} and {high})"
        text += ". "
        if self.cost_high is None:
            text += "That is at the mean of past funding; no range is known. "
        elif not self.is_carry_certain and self.history_days == 0:
            text += "That is at today's basis, beyond the first expiry too. "
        worst = self.cost if self.cost_high is None else self.cost_high
        fall = self.break_even_fall(worst)
        if worst <= 0:
            return f"{text}At that rate it pays for itself without a fall, as long as it is not closed."
        if fall is None:
            return f"{text}No fall pays for that."
        even = " even then" if low != high else ""
        return f"{text}A fall of {fall:.1%} in what is shorted pays for it{even}."


def insurance_quote(assessment: HedgeAssessment) -> InsuranceQuote:
    """The quote for the plan's horizon, from the costs of its legs and the funding history of the market."""
    costs, horizon = assessment.costs, assessment.costs.horizon_days
    carry = costs.carry if costs.is_carry_known else None
    perpetual = funding_cash(assessment)
    is_certain = carry is not None and perpetual is None and not any(leg.roll_days for leg in costs.legs)
    low = high = carry
    days = 0
    if carry is not None and perpetual is not None:
        fixed = sum(
            cost.carry or 0.0
            for leg, cost in zip(_traded(assessment), costs.legs, strict=True)
            if leg.contract.kind != "perpetual"
        )
        days = int((~np.isnan(perpetual)).sum())
        spread = horizon_range(perpetual, horizon)
        low = None if spread is None else min(fixed + spread[0], carry)
        high = None if spread is None else max(fixed + spread[1], carry)
    return InsuranceQuote(
        horizon_days=horizon,
        notional=sum(leg.notional for leg in assessment.legs),
        bag_value=assessment.bag_value,
        fees=costs.fees,
        carry=carry,
        carry_low=low,
        carry_high=high,
        is_carry_certain=is_certain,
        history_days=days,
    )


def funding_cash(assessment: HedgeAssessment) -> Floats | None:
    """USD that the plan's perpetual shorts would have had from funding on each day; NaN where a rate is missing.

    Positive when the shorts earn. None where there is no perpetual, the rate is the user's, or a leg has no history.
    """
    if assessment.plan.overrides.costs.carry_rate is not None:
        return None
    legs = [leg for leg in _traded(assessment) if leg.contract.kind == "perpetual"]
    funding = assessment.market.funding
    if not legs or funding is None or any(leg.underlying not in funding for leg in legs):
        return None
    cash: Floats = np.sum([leg.notional * funding.of(leg.underlying) for leg in legs], axis=0)
    return cash[-MOST_DAYS:]


def horizon_range(cash: Floats, horizon_days: int) -> tuple[float, float] | None:
    """The range that held 90% of what spans of the horizon brought, from cash a day (NaN: unknown).

    None with fewer than four spans of history without gaps. Sums are of spans without a missing day.
    """
    known = int((~np.isnan(cash)).sum())
    if known < MINIMUM_SPANS * horizon_days:
        return None
    sums = np.convolve(cash, np.ones(horizon_days), mode="valid")
    sums = sums[~np.isnan(sums)]
    if len(sums) <= (MINIMUM_SPANS - 1) * horizon_days:
        return None
    reach = min(1.0, LEVEL * (1.0 + horizon_days / known))
    low, high = np.quantile(sums, ((1.0 - reach) / 2.0, (1.0 + reach) / 2.0))
    return float(low), float(high)


def _traded(assessment: HedgeAssessment) -> list[SizedLeg]:
    return [leg for leg in assessment.legs if leg.contracts]


def _cost_text(cost: float | None) -> str:
    if cost is None:
        return ""
    return f"a cost of ${cost:,.0f}" if cost >= 0 else f"a gain of ${-cost:,.0f}"
