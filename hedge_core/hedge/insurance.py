"""Insurance: what the hedge costs or earns over its horizon, as a range, and the drop that would pay for it.

Funding is not known in advance, so its range comes from the past. For every period of the horizon's length in the
history, the funding of today's perpetual shorts is added up, all of them together, so that their correlation is kept.
A history of m = days / horizon independent periods is short, so the quantiles of these sums are widened to

    (1 ± 0.9·(1 + 1/m)) / 2, but never beyond the smallest and the largest sum

The basis of a dated future is known until its expiry. After that, today's rate is assumed, without a range.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.market.snapshot import Floats
from hedge_core.text import signed_usd, whole_percent

LEVEL = 0.9
MOST_DAYS = 730
"""Funding older than this says little about funding today."""

MINIMUM_SPANS = 4
"""The fewest independent periods of history from which a range is computed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InsuranceQuote:
    """What the hedge costs over the horizon, in USD; a negative cost is a gain.

    The cost is `fees` (spread and rolls included) less `carry`, which is positive if the shorts earn it. Its 90% range
    is `carry_low` to `carry_high`, each None if the carry is unknown or the history is too short for a range.
    `is_carry_certain`: nothing is rolled, and the carry is the basis of dated futures or a rate that the user set.
    `history_days` counts the days of funding that the range rests on.
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
        """Expected cost in USD, fees − carry; None if the carry is unknown."""
        return None if self.carry is None else self.fees - self.carry

    @property
    def cost_low(self) -> float | None:
        """The cost in the good case, at the high end of the carry; None if there is no range."""
        return None if self.carry_high is None else self.fees - self.carry_high

    @property
    def cost_high(self) -> float | None:
        """The cost in the bad case, at the low end of the carry; None if there is no range."""
        return None if self.carry_low is None else self.fees - self.carry_low

    def as_share_of_bag(self, cost: float) -> float:
        """A cost in USD as a fraction of the bag's value; 0 for an empty bag."""
        return cost / self.bag_value if self.bag_value > 0 else 0.0

    def break_even_fall(self, cost: float) -> float | None:
        """The fall in the coins sold short, as a fraction, at which the shorts gain `cost` USD.

        0 if `cost` is zero or negative. None if nothing is shorted, or if even a fall to zero would gain less than
        `cost`.
        """
        if self.notional <= 0 or cost > self.notional:
            return None
        return max(cost, 0.0) / self.notional

    @property
    def sentence(self) -> str:
        """The quote in words; amounts in the range are positive if you gain."""
        if self.notional <= 0:
            return "Nothing is shorted, so there is nothing to pay."
        if self.cost is None:
            return (
                f"Fees and spread are ${self.fees:,.0f}. The carry of at least one contract is unknown, so the total "
                "cost cannot be quoted."
            )
        bad, good = _gain_text(self.cost_high), _gain_text(self.cost_low)
        if abs(self.cost) < 0.5 and bad == good:
            return f"Over {self.horizon_days} days this hedge costs nothing: fees less carry are $0."
        verb = "costs" if self.cost >= 0 else "earns"
        text = f"Over {self.horizon_days} days this hedge {verb} about ${abs(self.cost):,.0f}"
        text += f", {abs(self.as_share_of_bag(self.cost)):.2%} of your bag"
        if bad != good:
            text += f" ({whole_percent(LEVEL)} range: {bad} to {good})"
        text += ". "
        if self.cost_high is None:
            text += "This assumes the average past funding; the history is too short for a range. "
        elif not self.is_carry_certain and self.history_days == 0:
            text += "This assumes that today's basis also holds after the first expiry. "
        worst = self.cost if self.cost_high is None else self.cost_high
        fall = self.break_even_fall(worst)
        if worst <= 0:
            it = "Even in the bad case it" if bad != good else "It"
            return f"{text}{it} pays for itself without a drop, as long as it is not liquidated."
        if fall is None:
            return f"{text}No drop would pay for that."
        case = f"Even in the bad case ({bad}), a" if bad != good else "A"
        return f"{text}{case} drop of {fall:.1%} in the coins sold short pays for the hedge."


def insurance_quote(assessment: HedgeAssessment) -> InsuranceQuote:
    """The quote for the plan's horizon, computed from the costs of its legs and the market's funding history."""
    costs, horizon = assessment.costs, assessment.costs.horizon_days
    carry = costs.carry if costs.is_carry_known else None
    perpetual = funding_cash(assessment)
    is_certain = carry is not None and perpetual is None and not any(leg.roll_days for leg in costs.legs)
    low = high = carry
    days = 0
    if carry is not None and perpetual is not None:
        fixed = sum(
            cost.carry or 0.0
            for leg, cost in zip(assessment.traded_legs, costs.legs, strict=True)
            if not leg.instrument.earns_funding
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
    """USD per day that the plan's perpetual shorts would have received in funding, shape (days,).

    Positive if the shorts earn; NaN on a day on which a rate is missing; at most the last MOST_DAYS days. None if the
    plan has no perpetual, the user set the carry rate, or a leg has no funding history.
    """
    if assessment.plan.overrides.costs.carry_rate is not None:
        return None
    legs = [leg for leg in assessment.traded_legs if leg.instrument.earns_funding]
    funding = assessment.market.funding
    if not legs or funding is None or any(leg.underlying not in funding for leg in legs):
        return None
    cash: Floats = np.sum([leg.notional * funding.of(leg.underlying) for leg in legs], axis=0)
    return cash[-MOST_DAYS:]


def horizon_range(cash: Floats, horizon_days: int) -> tuple[float, float] | None:
    """The 90% range (low, high) of the cash over `horizon_days` days; `cash` is USD per day, NaN if unknown.

    Only periods without a missing day are summed. None if there are fewer than MINIMUM_SPANS periods' worth of days.
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


def _gain_text(cost: float | None) -> str:
    return "" if cost is None else signed_usd(-cost)
