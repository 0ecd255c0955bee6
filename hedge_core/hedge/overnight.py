"""Overnight margin: which of a venue's two margins a plan rests on, and when the other one applies.

Some venues and brokers ask less margin while their trading day lasts. A hedge is held overnight, so every figure of a
plan rests on the overnight rates. An account that is funded for the day alone lacks the difference when the day ends:

    step = initial margin overnight − sum of notional × intraday rate      (the overnight rate where that is unknown)
"""

from __future__ import annotations

from dataclasses import dataclass

from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.market.venues import venue_of
from hedge_core.text import exact_percent, listed, usd


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginByTime:
    """The initial margin (USD) of the traded legs `overnight`, on which the plan rests, and `intraday`.

    `lower` holds the contracts that ask less by day, with their overnight and intraday rates (fractions). `until` says
    when the intraday rates end.
    """

    overnight: float
    intraday: float
    lower: tuple[tuple[str, float, float], ...]
    until: str

    @property
    def step(self) -> float:
        """USD by which the margin rises when the day ends."""
        return self.overnight - self.intraday

    @property
    def sentence(self) -> str:
        """Which margin the plan rests on, and what happens when the intraday rates end."""
        rates = [f"{name} {exact_percent(day)} instead of {exact_percent(night)}" for name, night, day in self.lower]
        return (
            f"The plan rests on the margin for a short held overnight, {usd(self.overnight)}. Intraday less is asked "
            f"({listed(rates)}), {usd(self.intraday)} in all, until {self.until}. An account that holds only that "
            f"lacks {usd(self.step)} then, and its short may be closed."
        )


def margin_by_time(assessment: HedgeAssessment) -> MarginByTime | None:
    """Both margins of the traded legs; None if no lower intraday rate is known for any of them."""
    intraday, lower, until = 0.0, [], ""
    for leg, asked in zip(assessment.traded_legs, assessment.margin.legs, strict=True):
        rate, window = leg.contract.intraday_margin_rate, venue_of(leg.contract.venue).intraday_margin
        night = asked.initial / leg.notional
        if rate is None or window is None or rate >= night:
            intraday += asked.initial
            continue
        intraday += rate * leg.notional
        lower.append((leg.contract.id, night, rate))
        until = window.until
    if not lower:
        return None
    return MarginByTime(overnight=assessment.margin.initial, intraday=intraday, lower=tuple(lower), until=until)
