"""Insurance: what the hedge costs or earns over its horizon, as a range, and the drop that would pay for it.

Funding is not known in advance, so its range comes from the past. The funding of today's perpetual shorts, all of them
together, is added up over m spans of the horizon's length that do not overlap, counted back from the newest day. With
their mean and their standard deviation s, the next sum lies with 90% in

    mean ± t(m − 1; .95)·s·sqrt(1 + 1/m)

Only the last 730 days on which all shorts have funding count: funding has fallen over the years, and all of its past
would give ranges three times too wide. With fewer than 8 spans there is no range, so none beyond 91 days.

The basis of a dated future is known until its expiry. After that, today's rate is assumed, without a range.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.market.snapshot import Floats
from hedge_core.text import signed_usd, whole_percent

LEAST_FALL = 0.001
"""A fall below this is too small to name."""

LEVEL = 0.9
MOST_DAYS = 730
"""Funding older than this says little about funding today."""

MINIMUM_SPANS = 8
"""The fewest spans of history from which a range is computed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InsuranceQuote:
    """What the hedge costs over the horizon, in USD; a negative cost is a gain.

    The cost is `fees` (spread and rolls included) less `carry`, which is positive if the shorts earn it. Its 90% range
    is `carry_low` to `carry_high`, each None if the carry is unknown or the history is too short for a range.
    `is_carry_certain`: nothing is rolled, and the carry is the basis of dated futures or a rate that the user set.
    `history_days` counts the days of funding that were used. `cash` is what the cash set aside costs; it is in no cost,
    but the drop that pays for the hedge pays for it, too.
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
    cash: float = 0.0

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
        without = f", without the cost of cash (${self.cash:,.0f})," if self.cash >= 0.5 else ""
        over = f"Over {self.horizon_days} days{without} this hedge"
        if abs(self.cost) < 0.5 and bad == good:
            return f"{over} costs nothing: fees less carry are $0."
        verb = "costs" if self.cost >= 0 else "earns"
        text = f"{over} {verb} about ${abs(self.cost):,.0f}"
        text += f", {abs(self.as_share_of_bag(self.cost)):.2%} of your bag"
        if bad != good:
            text += f" ({whole_percent(LEVEL)} range: {bad} to {good})"
        text += ". "
        if self.cost_high is None:
            text += (
                f"This assumes the average past funding; a range needs {MINIMUM_SPANS} spans of this length in the "
                f"last {MOST_DAYS} days of funding. "
            )
        elif not self.is_carry_certain and self.history_days == 0:
            text += "This assumes that today's basis also holds after the first expiry. "
        return text + self.paid_by

    @property
    def paid_by(self) -> str:
        """The fall in the coins sold short that pays for the hedge, in words; '' if the cost is unknown or zero."""
        if self.notional <= 0 or self.cost is None:
            return ""
        bad, good = _gain_text(self.cost_high), _gain_text(self.cost_low)
        if abs(self.cost) < 0.5 and bad == good:
            return ""
        worst = (self.cost if self.cost_high is None else self.cost_high) + self.cash
        fall = self.break_even_fall(worst)
        besides = " and for the cash" if self.cash >= 0.5 else ""
        if worst <= 0:
            it = "Even in the bad case it" if bad != good else "It"
            return f"{it} pays for itself{besides} without a drop, as long as it is not liquidated."
        if fall is None:
            return "No drop would pay for that."
        case = f"Even in the bad case ({bad}), a" if bad != good else "A"
        drop = f"{fall:.1%}" if fall >= LEAST_FALL else f"under {LEAST_FALL:.1%}"
        return f"{case} drop of {drop} in the coins sold short pays for the hedge{besides}."


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
        days = min(int((~np.isnan(perpetual)).sum()), MOST_DAYS)
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
        cash=assessment.cash_cost,
    )


def funding_cash(assessment: HedgeAssessment) -> Floats | None:
    """USD per day that the plan's perpetual shorts would have received in funding, shape (days,).

    Positive if the shorts earn; NaN on a day on which a rate is missing. None if the plan has no perpetual, the user
    set the carry rate, or a leg has no funding history.
    """
    if assessment.plan.overrides.costs.carry_rate is not None:
        return None
    legs = [leg for leg in assessment.traded_legs if leg.instrument.earns_funding]
    funding = assessment.market.funding
    if not legs or funding is None or any(leg.underlying not in funding for leg in legs):
        return None
    cash: Floats = np.sum([leg.notional * funding.of(leg.underlying) for leg in legs], axis=0)
    return cash


def horizon_range(cash: Floats, horizon_days: int) -> tuple[float, float] | None:
    """The 90% range (low, high) of the cash over the next `horizon_days` days; `cash` is USD per day, NaN if unknown.

    None with fewer than MINIMUM_SPANS spans.
    """
    from scipy.special import stdtrit

    sums = span_sums(cash, horizon_days)
    m = len(sums)
    if m < MINIMUM_SPANS:
        return None
    reach = float(stdtrit(m - 1, (1.0 + LEVEL) / 2.0)) * float(sums.std(ddof=1)) * math.sqrt(1.0 + 1.0 / m)
    return float(sums.mean()) - reach, float(sums.mean()) + reach


def span_sums(cash: Floats, horizon_days: int) -> Floats:
    """The sums over spans of `horizon_days` days without a gap that do not overlap, the newest first.

    They lie within the last MOST_DAYS days with a figure.
    """
    known = np.flatnonzero(~np.isnan(cash))[-MOST_DAYS:]
    sums, end = [], len(known)
    while end >= horizon_days:
        first, last = known[end - horizon_days], known[end - 1]
        if last - first == horizon_days - 1:
            sums.append(float(cash[first : last + 1].sum()))
            end -= horizon_days
        else:
            end -= 1
    return np.array(sums)


def _gain_text(cost: float | None) -> str:
    return "" if cost is None else signed_usd(-cost)
