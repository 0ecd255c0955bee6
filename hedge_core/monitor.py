"""Monitor: a plan with its position on one day, and what the holder should do about it.

Step five of the method, and the machine's part of step six.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from datetime import datetime

from hedge_core import alerts
from hedge_core.alerts import SEVERITIES, Alert, Severity
from hedge_core.assessment import HedgeAssessment
from hedge_core.drift import Trade, drift_of, trades_to_target
from hedge_core.position_state import PositionState, Season, hedge_day, position_state, season
from hedge_core.rules import ExitRule, HedgeDay, instruction


@dataclass(frozen=True, slots=True)
class RuleCheck:
    """One exit rule today."""

    rule: ExitRule
    is_met: bool
    evidence: str


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
    today = hedge_day(state, over) if state is not None and over is not None else None
    trades = trades_to_target(assessment, state)
    drift = drift_of(assessment, state)
    rally = state.margin.rally_survived if state is not None else None
    rules = _rules(assessment, today)
    found: list[Alert | None] = [
        *alerts.stale_prices(assessment, moment, limits, active),
        *alerts.wrong_positions(assessment, state),
        *alerts.thin_margin(state, rally, limits, active),
        *alerts.expiries_due(state, moment, limits),
        alerts.drifted(assessment, state, drift, trades, limits, active),
        alerts.over_hedged(assessment, state, limits),
        *alerts.failing_proxies(assessment, limits, active),
        alerts.dear_carry(state, limits, active),
        *alerts.stops_near(assessment, limits, active),
        *(_rule_alert(check) for check in rules if check.is_met),
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


def _rules(assessment: HedgeAssessment, today: HedgeDay | None) -> tuple[RuleCheck, ...]:
    rules = assessment.plan.watch.exit_rules
    if today is None:
        return tuple(RuleCheck(rule, False, "There is no position yet.") for rule in rules)
    return tuple(RuleCheck(rule, rule.met(today) and not rule.is_done, rule.evidence(today)) for rule in rules)


def _rule_alert(check: RuleCheck) -> Alert:
    rule = check.rule
    return Alert(
        code="exit_rule",
        key=f"exit_rule:{rule.kind}:{rule.text}:{rule.share:g}",
        severity="critical",
        evidence=f"An exit rule is met: {rule.text}. {check.evidence}",
        threshold=rule.text,
        action=f"{instruction(rule)} Then mark the rule as done.",
    )
