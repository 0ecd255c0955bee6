"""Alerts of the bag itself, hedged or not: a stop that is near or reached, and a risk that has jumped."""

from __future__ import annotations

from collections.abc import Set

from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.monitoring.alerts import Alert, is_below, is_beyond
from hedge_core.plan.market_day import MarketDay
from hedge_core.plan.plan import Thresholds

RISK_DAYS = 30
"""Days of the bag's volatility."""


def stops_near(assessment: HedgeAssessment, limits: Thresholds, active: Set[str]) -> list[Alert]:
    """Return alerts for speculative holdings whose price is at their stop, below it or near it."""
    alerts = []
    for coin, stop in assessment.plan.execution.stop_prices.items():
        held = next((p for p in assessment.held_coins if p.holding.coin == coin and p.status == "speculative"), None)
        if held is None:
            continue
        distance = held.price / stop - 1.0
        if distance <= 0.0 or (f"stop:reached:{coin}" in active and distance < limits.stop_near):
            alerts.append(
                Alert(
                    code="stop",
                    key=f"stop:reached:{coin}",
                    severity="critical",
                    evidence=f"{coin} is at ${held.price:,.6g} and its stop at ${stop:,.6g}.",
                    threshold="stop reached",
                    action="Check that the stop order was filled, then remove the coin from the bag.",
                )
            )
        elif is_below(distance, limits.stop_near, f"stop:near:{coin}" in active):
            alerts.append(
                Alert(
                    code="stop",
                    key=f"stop:near:{coin}",
                    severity="warning",
                    evidence=f"{coin} is {distance:.1%} above its stop of ${stop:,.6g}.",
                    threshold=f"{limits.stop_near:.0%}",
                    action="Check that the stop order is still in place.",
                )
            )
    return alerts


def bag_risk(day: MarketDay | None, limits: Thresholds, active: Set[str]) -> Alert | None:
    """Return an alert if the bag's volatility is far above that of the year before. `day`: None while it is hedged."""
    jump = None if day is None else day.volatility_jump("bag", RISK_DAYS)
    if jump is None or not is_beyond(jump, limits.bag_risk, "bag_risk" in active):
        return None
    return Alert(
        code="bag_risk",
        key="bag_risk",
        severity="warning",
        evidence=f"Over {RISK_DAYS} days the bag's volatility was {jump:.0%} above that of the year before.",
        threshold=f"{limits.bag_risk:.0%}",
        action="Nothing is hedged: decide whether to open the hedge.",
    )
