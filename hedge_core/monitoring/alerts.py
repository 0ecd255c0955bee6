"""Alerts for the holder of a running hedge. Each compares one figure with one threshold.

An alert states its evidence, its threshold and the advised action. Its key identifies it from one check to the next,
so its message is sent only once. An active alert clears when its figure is 20% back inside its threshold (RELEASE), so
a figure that hovers around the threshold does not raise the same alert again and again.
"""

from __future__ import annotations

import math
from collections.abc import Set
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import numpy as np

from hedge_core.exposure.estimators import ols
from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.breach import ToppedUp
from hedge_core.hedge.market_margin import survived_text
from hedge_core.hedge.plan_breach import rule_at
from hedge_core.market.expiries import roll_ahead_days, roll_day
from hedge_core.monitoring.drift import Trade
from hedge_core.monitoring.ledger import OpenPosition
from hedge_core.monitoring.position import PositionState
from hedge_core.monitoring.season import Season, trailing_carry
from hedge_core.plan.plan import Thresholds
from hedge_core.text import days_text

Severity = Literal["info", "warning", "critical"]
SEVERITIES: tuple[Severity, ...] = ("critical", "warning", "info")

RELEASE = 0.8
"""An active alert clears at this share of its threshold."""

PROXY_DAYS = 60
"""Days of returns over which a proxy is checked."""

CARRY_NOW_DAYS = 7
"""Days over which the present funding is averaged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """Something to act on. `key` identifies the alert while it is active."""

    code: str
    key: str
    severity: Severity
    evidence: str
    threshold: str
    action: str

    @property
    def text(self) -> str:
        """Evidence and action in one text."""
        return f"{self.evidence} {self.action}".strip()


def stale_prices(assessment: HedgeAssessment, moment: datetime, limits: Thresholds, active: Set[str]) -> list[Alert]:
    """Return an alert if the prices are older than the threshold at `moment`. `active`: keys of active alerts."""
    hours = (moment - assessment.market.as_of).total_seconds() / 3600.0
    if not is_beyond(hours, limits.stale_hours, "stale" in active):
        return []
    return [
        Alert(
            code="stale",
            key="stale",
            severity="warning",
            evidence=f"The prices are {hours:,.0f} hours old.",
            threshold=f"{limits.stale_hours:g} hours",
            action="Refresh them before you act.",
        )
    ]


def wrong_positions(assessment: HedgeAssessment, state: PositionState | None, *, has_options: bool) -> list[Alert]:
    """Return alerts for a plan that is neither filled nor armed, long futures, and shorts that are not in the plan.

    `has_options`: fills hold options, so that something is filled.
    """
    wanted = assessment.traded_legs
    if state is None or state.is_flat:
        if state is None and wanted and not has_options and not assessment.plan.watch.armed:
            return [
                Alert(
                    code="not_executed",
                    key="not_executed",
                    severity="info",
                    evidence="No order is marked as filled yet, so there is nothing to watch.",
                    threshold="",
                    action="Enter your fills once the orders are executed.",
                )
            ]
        return []
    known = {leg.underlying for leg in assessment.legs}
    alerts = []
    for position in state.open_positions:
        coin, name = position.contract.underlying, position.contract.id
        if position.lots < 0:
            alerts.append(
                Alert(
                    code="long_position",
                    key=f"long_position:{name}:{position.expiry}",
                    severity="critical",
                    evidence=f"You are long {position.quantity_text} {name}, which adds to the bag's risk.",
                    threshold="no long futures",
                    action="Sell them, or correct the fills if one is missing.",
                )
            )
        elif coin not in known:
            alerts.append(
                Alert(
                    code="not_in_plan",
                    key=f"not_in_plan:{coin}",
                    severity="warning",
                    evidence=f"You are short {coin}, which is not in this plan; it counts as far as it moves with it.",
                    threshold="only shorts of the plan",
                    action="Buy it back, or choose it as a proxy on page 3.",
                )
            )
    return alerts


def thin_margin(state: PositionState | None, rally: float | None, limits: Thresholds, active: Set[str]) -> list[Alert]:
    """Return an alert if the account survives only a small `rally` of the market: critical or warning."""
    if state is None or rally is None:
        return []
    end = _how_it_ends(state)
    for severity, limit in (("critical", limits.rally_critical), ("warning", limits.rally_warning)):
        key = f"margin:{severity}"
        if not is_below(rally, limit, key in active):
            continue
        need = state.market_margin.missing_for(max(limit, limits.rally_warning) / RELEASE) - min(
            state.equity or 0.0, 0.0
        )
        left = (
            f"survives a rise of the market of {survived_text(rally)}; beyond that {end}"
            if rally > 0.0
            else f"has no room left: {end}"
        )
        where = f" at {state.first_account.venue}" if state.first_account is not None else ""
        return [
            Alert(
                code="margin",
                key=key,
                severity="critical" if severity == "critical" else "warning",
                evidence=f"The account{where} {left}.",
                threshold=f"{limit:.0%}",
                action=f"Add about ${math.ceil(max(need, 0.0)):,} of collateral, or buy back part of the short.",
            )
        ]
    return []


def _how_it_ends(state: PositionState) -> str:
    """What happens when margin runs out, as the end of a sentence, by the plan's rule."""
    first = state.first_account
    margin = state.margin if first is None else first.margin
    rule, called = rule_at(state.assessment.plan, first.venue if first else None), margin.account.is_carried_by_brokers
    if rule.charges_fees:
        return (
            "you get a margin call, and the broker may close the short earlier" if called else "the short is liquidated"
        )
    if isinstance(rule, ToppedUp):
        return f"your reserve of ${state.assessment.breach.reserve:,.0f} is paid in, and then {rule.then.words}"
    return rule.words


def expiries_due(
    state: PositionState | None, moment: datetime, limits: Thresholds, active: Set[str], *, is_closing: bool
) -> list[Alert]:
    """Return alerts for futures that expire soon, or have expired without a settlement entered.

    `is_closing`: an exit rule is met, so that only what it leaves is rolled.
    """
    rest = "Close what the exit rule says, and roll the rest."
    alerts = []
    for position in state.ledger.open_positions if state else ():
        if position.expiry is None:
            continue
        left = (position.expiry - moment.date()).days
        name = f"{position.contract.id} of {position.expiry:%d %b %Y}"
        if left < 0:
            what = ("expired", "critical", f"{name} expired {days_text(-left)} ago.", "Enter its settlement as a fill.")
        elif left <= 1:
            what = (
                "roll",
                "critical",
                f"{name} expires {'today' if left == 0 else 'tomorrow'}.",
                rest if is_closing else "Roll it now, or let it expire and lose the hedge.",
            )
        elif _is_roll_due(position, moment, limits, active):
            what = (
                "roll",
                "warning",
                f"{name} expires in {days_text(left)}.",
                rest if is_closing else "Roll it: buy it back and sell the next month.",
            )
        else:
            continue
        code, severity, evidence, action = what
        alerts.append(
            Alert(
                code=code,
                key=f"{code}:{severity}:{position.contract.id}:{position.expiry}",
                severity="critical" if severity == "critical" else "warning",
                evidence=evidence,
                threshold=days_text(roll_ahead_days(position.contract, limits.stated_roll_days)),
                action=action,
            )
        )
    return alerts


def _is_roll_due(position: OpenPosition, moment: datetime, limits: Thresholds, active: Set[str]) -> bool:
    """Whether the roll day has come; an active alert stays until it is a quarter of its days ahead again."""
    if position.expiry is None:
        return False
    left = (roll_day(position.contract, position.expiry, limits.stated_roll_days) - moment.date()).days
    is_active = f"roll:warning:{position.contract.id}:{position.expiry}" in active
    ahead = roll_ahead_days(position.contract, limits.stated_roll_days)
    return left <= (ahead * (1.0 / RELEASE - 1.0) if is_active else 0.0)


def drifted(
    state: PositionState | None,
    drift: float | None,
    trades: tuple[Trade, ...],
    limits: Thresholds,
    active: Set[str],
    *,
    after: float | None,
    is_funded: bool,
) -> Alert | None:
    """Return an alert if the hedge is outside the band around its target and `trades` would bring it nearer.

    A hedge that is opened in stages is smaller until the last is filled, which is no warning.
    `after` is the drift after the trades: where cash, whole contracts or the user's own counts allow no more, they do
    not reach the target.
    `is_funded` says whether the collateral carries them: margin is not thin, and the equity would survive a rise of
    `limits.rally_warning` afterwards.
    """
    if state is None or drift is None or not trades or not is_beyond(abs(drift), limits.drift, "drift" in active):
        return None
    if not is_funded:
        action = (
            "Your collateral is too small to sell the missing contracts and survive a rally of "
            f"{limits.rally_warning:.0%}: add collateral first."
        )
    else:
        orders = "; ".join(trade.text for trade in trades)
        still = "" if after is None or after * drift < 0.0 else "still "
        action = (
            f"To come nearer to it, as far as your plan goes: {orders}. It is then {still}{_off_target(after)}."
            if after is not None and abs(after) > limits.drift
            else f"To return to the target: {orders}."
        )
    stages = state.assessment.plan.decisions.stages
    is_opening = stages.parts > 1 and drift < 0 and all(trade.lots > 0 for trade in trades)
    if is_opening:
        action = f"You open it in {stages.parts} stages: the ticket says what to send, and when."
    return Alert(
        code="drift",
        key="drift",
        severity="info" if is_opening else "warning",
        evidence=f"The hedge is {_off_target(drift)} than its target.",
        threshold=f"{limits.drift:.0%}",
        action=action,
    )


def _off_target(drift: float) -> str:
    """How far a hedge is from its target, as part of a sentence, such as '12% smaller'."""
    return f"{abs(drift):.0%} {'larger' if drift > 0 else 'smaller'}"


def over_hedged(state: PositionState | None, over: Season | None, limits: Thresholds, active: Set[str]) -> Alert | None:
    """Return an alert if the hedge has gained markedly while the bag has hardly moved (a rule of the method)."""
    days = limits.standstill_days
    if state is None or over is None or state.is_flat or len(over.days) <= days:
        return None
    bag, gain = over.bag[-1] - over.bag[-1 - days], over.hedge[-1] - over.hedge[-1 - days]
    value = over.bag[-1]
    if not (np.isfinite(bag) and np.isfinite(gain) and value > 0.0):
        return None
    is_active = "over_hedged" in active
    still = limits.standstill / (RELEASE if is_active else 1.0)
    if abs(bag / value) > still or not gain / value >= limits.gain * (RELEASE if is_active else 1.0):
        return None
    return Alert(
        code="over_hedged",
        key="over_hedged",
        severity="warning",
        evidence=(
            f"Over {days_text(days)} the hedge gained ${gain:,.0f} while the bag changed by {bag / value:+.1%}: "
            "the hedge is too large for the bag's present moves."
        ).replace("-", "−"),
        threshold=f"hedge gains {limits.gain:.0%} of the bag, bag moves at most {limits.standstill:.0%}",
        action="Reduce the short.",
    )


def failing_proxies(assessment: HedgeAssessment, limits: Thresholds, active: Set[str]) -> list[Alert]:
    """Return alerts for proxies whose correlation with their coin is low, or whose beta is outside its interval."""
    alerts = []
    history = assessment.market.history
    for held in assessment.hedged_coins:
        estimate = held.estimate
        coin = held.moves_with
        if estimate is None or estimate.proxy == coin or coin not in history or estimate.proxy not in history:
            continue
        fit = ols(history.returns_of(coin)[-PROXY_DAYS:, None], history.returns_of(estimate.proxy)[-PROXY_DAYS:])
        if not fit.is_usable[0]:
            continue
        rho, beta = float(fit.correlation[0]), float(fit.slope[0])
        key = f"correlation:{coin}:{estimate.proxy}"
        release = min(limits.correlation / RELEASE, (1.0 + limits.correlation) / 2.0)  # a correlation cannot exceed 1
        if rho < (release if key in active else limits.correlation):
            alerts.append(
                Alert(
                    code="correlation",
                    key=key,
                    severity="warning",
                    evidence=f"Over {PROXY_DAYS} days the correlation of {coin} with {estimate.proxy} was {rho:.2f}.",
                    threshold=f"{limits.correlation:.2f}",
                    action=f"{estimate.proxy} is a poor hedge for {coin} now: choose another proxy on page 3.",
                )
            )
        expected, key = estimate.interval_to_come, f"beta:{coin}:{estimate.proxy}"
        if expected is not None and not _is_inside(beta, expected, RELEASE if key in active else 1.0):
            alerts.append(
                Alert(
                    code="beta",
                    key=key,
                    severity="warning",
                    evidence=(
                        f"Over {PROXY_DAYS} days the beta of {coin} to {estimate.proxy} was {beta:.2f}, outside the "
                        f"expected range of {expected[0]:.2f} to {expected[1]:.2f}."
                    ),
                    threshold="95% interval expected for the beta",
                    action="Recalculate the plan and check whether the hedge still fits.",
                )
            )
    return alerts


def expensive_carry(state: PositionState | None, limits: Thresholds, active: Set[str]) -> Alert | None:
    """Return an alert if the short pays funding above the threshold."""
    if state is None:
        return None
    rate = trailing_carry(state, CARRY_NOW_DAYS)
    if rate is None or not is_beyond(-rate, limits.carry_paid, "carry" in active):
        return None
    return Alert(
        code="carry",
        key="carry",
        severity="warning",
        evidence=f"Over {CARRY_NOW_DAYS} days the short paid funding of {-rate:.0%} per year.",
        threshold=f"{limits.carry_paid:.0%} per year",
        action="Compare a dated future or another venue on page 4.",
    )


def _is_inside(value: float, interval: tuple[float, float], share: float) -> bool:
    """Whether the value is inside this share of the interval, around its middle."""
    middle, half = (interval[0] + interval[1]) / 2.0, (interval[1] - interval[0]) / 2.0
    return abs(value - middle) <= share * half


def is_beyond(value: float, threshold: float, is_active: bool) -> bool:
    """Whether the value is above the threshold, or above the share of it at which an active alert clears."""
    return value > threshold * (RELEASE if is_active else 1.0)


def is_below(value: float, threshold: float, is_active: bool) -> bool:
    """Whether the value is below the threshold, or below the multiple of it at which an active alert clears."""
    return value < threshold / (RELEASE if is_active else 1.0)
