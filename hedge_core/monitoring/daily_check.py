"""Monitor: a plan with its position on one day, and what the holder should do about it.

Step five of the method, and the machine's part of step six.
"""

from __future__ import annotations

import math
from collections.abc import Set
from dataclasses import dataclass
from datetime import datetime

from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.monitoring import alerts
from hedge_core.monitoring.alerts import SEVERITIES, Alert, Severity
from hedge_core.monitoring.drift import Trade, drift_of, trades_to_target
from hedge_core.monitoring.ledger import OpenPosition
from hedge_core.monitoring.position import PositionState, position_state
from hedge_core.monitoring.season import Season, hedge_day, season
from hedge_core.plan.rules import ExitRule, HedgeDay, instruction

BAG_RULES = ("fall_reached", "bag_recovered", "loss_limit")
"""Rules that need to know what the bag was worth at the start."""


@dataclass(frozen=True, slots=True)
class RuleCheck:
    """One exit rule today. `is_open`: there is something to lift, and the rule is not marked as done."""

    rule: ExitRule
    is_met: bool
    evidence: str
    is_open: bool = False


@dataclass(frozen=True, eq=False, kw_only=True)
class MonitorReport:
    """A plan on one day: the position (None: not executed), its days so far, alerts (worst first), rules, trades.

    `drift` is the hedge against the method's target today, None without a target; `rally_left` the common rise that the
    account survives from here, None without a stated collateral.
    """

    moment: datetime
    assessment: HedgeAssessment
    state: PositionState | None
    season: Season | None
    today: HedgeDay | None
    drift: float | None
    rally_left: float | None
    trades: tuple[Trade, ...]
    rules: tuple[RuleCheck, ...]
    alerts: tuple[Alert, ...]

    @property
    def severity(self) -> Severity | None:
        """The worst severity that calls for action, None where all is calm."""
        return next((s for s in SEVERITIES[:2] if any(alert.severity == s for alert in self.alerts)), None)

    @property
    def closing_order(self) -> tuple[str, ...]:
        """How to close everything, in words."""
        if self.state is None:
            return ()
        return tuple(
            f"{'Buy' if p.contracts < 0 else 'Sell'} {p.contract.quantity(abs(p.contracts)):,.10g} {p.contract.id}"
            + (f" of {p.expiry:%d %b %Y}" if p.expiry else "")
            + f", about ${abs(p.notional(self.state.marks[p.key])):,.0f}, to close."
            for p in self.state.open_positions
        )


def check(assessment: HedgeAssessment, *, now: datetime, active: Set[str] = frozenset()) -> MonitorReport:
    """The plan at `now` (aware, UTC), `active` the keys of the alerts that stood at the last check.

    On simulated prices the moment is that of the prices, which are never stale. Raises as `position_state` does.
    """
    moment = assessment.market.as_of if assessment.market.simulated else now
    state = position_state(assessment)
    limits = assessment.plan.watch.thresholds
    over = season(state) if state is not None else None
    today = hedge_day(state, over, moment.date()) if state is not None and over is not None else None
    trades = trades_to_target(assessment, state)
    drift = drift_of(assessment, state)
    rally = state.margin.rally_survived if state is not None else None
    rules = _rules(assessment, state, today)
    wrong = alerts.wrong_positions(assessment, state)
    is_confused = state is not None and (bool(state.ended) or any(alert.code == "long_position" for alert in wrong))
    too_large = None if is_confused else alerts.over_hedged(state, over, limits, active)
    found: list[Alert | None] = [
        *alerts.stale_prices(assessment, moment, limits, active),
        *wrong,
        *alerts.thin_margin(state, rally, limits, active),
        *alerts.expiries_due(state, moment, limits),
        # A hedge that gains while the bag stands still has shrunk below its target: it is not to be enlarged just then.
        None if is_confused or (too_large and _adds(trades)) else alerts.drifted(state, drift, trades, limits, active),
        too_large,
        *alerts.failing_proxies(assessment, limits, active),
        alerts.dear_carry(state, limits, active),
        *alerts.stops_near(assessment, limits, active),
        *(
            _rule_alert(state, check)
            for check in rules
            if check.is_met or (_key(check.rule) in active and check.is_open)
        ),
    ]
    raised = [alert for alert in found if alert is not None]
    return MonitorReport(
        moment=moment,
        assessment=assessment,
        state=state,
        season=over,
        today=today,
        drift=drift,
        rally_left=rally,
        trades=trades,
        rules=rules,
        alerts=tuple(sorted(raised, key=lambda alert: SEVERITIES.index(alert.severity))),
    )


def _rules(assessment: HedgeAssessment, state: PositionState | None, today: HedgeDay | None) -> tuple[RuleCheck, ...]:
    rules = assessment.plan.watch.exit_rules
    if state is None or today is None or state.is_flat:
        return tuple(RuleCheck(rule, False, "There is no position.") for rule in rules)
    checks = []
    for rule in rules:
        evidence = rule.evidence(today)
        if today.bag_at_start <= 0.0 and rule.kind in BAG_RULES:
            evidence = "What the bag was worth at the start is not known, so this rule cannot be checked."
        checks.append(RuleCheck(rule, rule.met(today) and not rule.is_done, evidence, not rule.is_done))
    return tuple(checks)


def _adds(trades: tuple[Trade, ...]) -> bool:
    return any(trade.lots > 0 for trade in trades)


def _key(rule: ExitRule) -> str:
    return f"exit_rule:{rule.kind}:{rule.text}:{rule.share:g}"


def _rule_alert(state: PositionState | None, check: RuleCheck) -> Alert:
    """Stands until the rule is marked as done: what was to be done then is still to be done."""
    rule = check.rule
    orders = "; ".join(_lifting(position, rule.share) for position in (state.open_positions if state else ()))
    return Alert(
        code="exit_rule",
        key=_key(rule),
        severity="critical",
        evidence=f"An exit rule is met: {rule.text}. {check.evidence}",
        threshold=rule.text,
        action=f"{instruction(rule)} Of what is open: {orders}. Then mark the rule as done.",
    )


def _lifting(position: OpenPosition, share: float) -> str:
    """The lots of a short to buy back, up to the next whole one."""
    lots = min(math.ceil(share * abs(position.contracts) - 1e-9), abs(position.contracts))
    month = f" of {position.expiry:%b %Y}" if position.expiry else ""
    return f"{position.contract.quantity(lots):,.10g} {position.contract.code}{month}"
