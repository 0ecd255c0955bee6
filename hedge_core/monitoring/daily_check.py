"""Check a plan and its position once: profit, drift, exit rules, alerts, and the trades that follow from them.

`check` computes a `MonitorReport` from an assessment and a time. It keeps nothing between checks; `watch` remembers
which alerts are active and sends messages.
"""

from __future__ import annotations

import math
from collections.abc import Set
from dataclasses import dataclass
from datetime import datetime

from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.monitoring import alerts
from hedge_core.monitoring.alerts import SEVERITIES, Alert, Severity
from hedge_core.monitoring.drift import Trade, drift_of, trades_to_target, unfunded_trades
from hedge_core.monitoring.ledger import OpenPosition
from hedge_core.monitoring.option_alerts import option_alerts
from hedge_core.monitoring.option_ledger import OptionBook, option_book
from hedge_core.monitoring.position import PositionState, position_state
from hedge_core.monitoring.season import Season, hedge_day, season
from hedge_core.plan.exit_rule import ExitRule, HedgeDay


@dataclass(frozen=True, slots=True)
class RuleCheck:
    """The state of one exit rule. `is_open`: there is a position to close and the rule is not marked as done."""

    rule: ExitRule
    is_met: bool
    evidence: str
    is_open: bool = False


@dataclass(frozen=True, eq=False, kw_only=True)
class MonitorReport:
    """The result of a check: position (None: not executed), its history, exit rules, trades, and alerts (worst first).

    `trades` bring the position to the plan's counts, as far as today's equity opens them; `unfunded` are those that
    need more collateral first.

    `drift` is the size of the hedge relative to its target today (0.1: 10% larger), None without a position or target.
    `rally_left` is the rise of all shorted coins alike that the account survives (a fraction), `market_rally_left` that
    of the market; None without collateral. `options` are those that the fills hold, None if they hold none.
    """

    moment: datetime
    assessment: HedgeAssessment
    state: PositionState | None
    season: Season | None
    today: HedgeDay | None
    drift: float | None
    rally_left: float | None
    market_rally_left: float | None
    trades: tuple[Trade, ...]
    unfunded: tuple[Trade, ...]
    rules: tuple[RuleCheck, ...]
    alerts: tuple[Alert, ...]
    options: OptionBook | None = None

    @property
    def severity(self) -> Severity | None:
        """The worst severity that needs action, None if there is none."""
        return next((s for s in SEVERITIES[:2] if any(alert.severity == s for alert in self.alerts)), None)

    @property
    def closing_order(self) -> tuple[str, ...]:
        """The orders that close every open position, one sentence each."""
        if self.state is None:
            return ()
        return tuple(
            f"{'Buy' if p.contracts < 0 else 'Sell'} {p.contract.quantity(abs(p.contracts)):,.10g} {p.contract.id}"
            + (f" of {p.expiry:%d %b %Y}" if p.expiry else "")
            + f", about ${abs(p.notional(self.state.marks[p.key])):,.0f}, to close."
            for p in self.state.open_positions
        )


def check(assessment: HedgeAssessment, *, now: datetime, active: Set[str] = frozenset()) -> MonitorReport:
    """Check the plan at `now` (aware, UTC). `active` are the keys of the alerts active at the last check.

    On simulated prices the time of the prices is used instead, so they are never stale. Raises the same errors as
    `position_state`.
    """
    moment = assessment.market.as_of if assessment.market.simulated else now
    state = position_state(assessment)
    options = option_book(assessment)
    limits = assessment.plan.watch.thresholds
    over = season(state) if state is not None else None
    today = hedge_day(state, over, moment.date()) if state is not None and over is not None else None
    trades = trades_to_target(assessment, state)
    unfunded = unfunded_trades(state, trades)
    drift = drift_of(assessment, state)
    rally = state.market_margin.rally_survived if state is not None else None
    rules = _rules(assessment, state, today)
    wrong = alerts.wrong_positions(assessment, state)
    is_confused = state is not None and (bool(state.ended) or any(alert.code == "long_position" for alert in wrong))
    too_large = None if is_confused else alerts.over_hedged(state, over, limits, active)
    found: list[Alert | None] = [
        *alerts.stale_prices(assessment, moment, limits, active),
        *wrong,
        *alerts.thin_margin(state, rally, limits, active),
        *alerts.expiries_due(state, moment, limits),
        # A hedge that gains while the bag stays flat falls below its target; do not advise to enlarge it just then.
        None if is_confused or (too_large and _adds(trades)) else alerts.drifted(state, drift, trades, limits, active),
        too_large,
        *alerts.failing_proxies(assessment, limits, active),
        alerts.dear_carry(state, limits, active),
        *alerts.stops_near(assessment, limits, active),
        *option_alerts(options, state, assessment, moment),
        *(_rule_alert(state, check) for check in rules if check.is_met or (check.rule.key in active and check.is_open)),
    ]
    raised = [alert for alert in found if alert is not None]
    return MonitorReport(
        moment=moment,
        assessment=assessment,
        state=state,
        season=over,
        today=today,
        drift=drift,
        rally_left=state.margin.rally_survived if state is not None else None,
        market_rally_left=rally,
        trades=tuple(trade for trade in trades if trade not in unfunded),
        unfunded=unfunded,
        rules=rules,
        alerts=tuple(sorted(raised, key=lambda alert: SEVERITIES.index(alert.severity))),
        options=options,
    )


def _rules(assessment: HedgeAssessment, state: PositionState | None, today: HedgeDay | None) -> tuple[RuleCheck, ...]:
    rules = assessment.plan.watch.exit_rules
    if state is None or today is None or state.is_flat:
        return tuple(RuleCheck(rule, False, "There is no position.") for rule in rules)
    return tuple(
        RuleCheck(rule, rule.met(today) and not rule.is_done, rule.evidence(today), not rule.is_done) for rule in rules
    )


def _adds(trades: tuple[Trade, ...]) -> bool:
    return any(trade.lots > 0 for trade in trades)


def _rule_alert(state: PositionState | None, check: RuleCheck) -> Alert:
    """Return the alert for a rule that is met. It stays active until the rule is marked as done."""
    rule = check.rule
    orders = "; ".join(_lifting(position, rule.share) for position in (state.open_positions if state else ()))
    what_to_do = f"{rule.instruction} Orders: {orders}." if orders else "No position is open to trade."
    return Alert(
        code="exit_rule",
        key=rule.key,
        severity="critical",
        evidence=f"An exit rule is met: {rule.text}. {check.evidence}",
        threshold=rule.text,
        action=f"{what_to_do} Then mark the rule as done.",
    )


def _lifting(position: OpenPosition, share: float) -> str:
    """Return the quantity to buy back for this share of a position, rounded up to a whole lot, with its contract."""
    lots = min(math.ceil(share * abs(position.contracts) - 1e-9), abs(position.contracts))
    month = f" of {position.expiry:%b %Y}" if position.expiry else ""
    return f"{position.contract.quantity(lots):,.10g} {position.contract.code}{month}"
