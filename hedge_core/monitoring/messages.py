"""The texts of the messages that a watch sends: alerts, missing prices, an unreadable plan, digest and heartbeat."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from hedge_core.hedge.market_margin import rally_text
from hedge_core.monitoring.alerts import Alert
from hedge_core.monitoring.daily_check import MonitorReport
from hedge_core.monitoring.notify import Message
from hedge_core.text import moment_text, signed_usd

MOST_LISTED = 12
"""Most alerts that a digest lists."""


def alert_message(name: str, alert: Alert, moment: datetime, *, simulated: bool, orders: str) -> Message:
    """Return the message for one alert, raised at `moment` for the plan called `name`; `orders` are those to send."""
    head = f"{alert.severity.upper()}: {alert.code.replace('_', ' ')} ({name})"
    lines = [alert.evidence, alert.action, f"Threshold: {alert.threshold}." if alert.threshold else "", orders]
    lines += ["Prices are simulated." if simulated else "", moment_text(moment)]
    return Message(head, "\n".join(line for line in lines if line), alert.severity)


def blind_message(name: str, reason: str, moment: datetime, last_good: datetime | None) -> Message:
    """Return the message that there are no usable prices; `last_good` is the last check that had them."""
    seen = f"Last good check: {moment_text(last_good)}." if last_good else "No check has had usable prices yet."
    body = f"{reason}\n{seen} No alerts can be raised until prices are back: watch the position yourself."
    return Message(f"CRITICAL: no usable prices ({name})", f"{body}\n{moment_text(moment)}", "critical")


def seeing_message(name: str, moment: datetime, since: datetime, alerts: Sequence[Alert]) -> Message:
    """Return the message that prices are usable again after an outage that began at `since`."""
    body = f"Prices are usable again; they had been missing since {moment_text(since)}. {_count(len(alerts))}"
    return Message(f"Prices are back ({name})", f"{body}\n{moment_text(moment)}", "info")


def plan_message(name: str, reason: str, moment: datetime) -> Message:
    """Return the message that the present plan file cannot be used, for `reason`."""
    body = f"{reason}\nThe last usable plan is watched until you correct the file."
    return Message(f"WARNING: the plan cannot be used ({name})", f"{body}\n{moment_text(moment)}", "warning")


def heartbeat_message(name: str, moment: datetime, standing: int, blind_since: datetime | None) -> Message:
    """Return the daily message that the monitor is running, with the number of active alerts."""
    if blind_since is not None:
        text = f"Running, but without usable prices since {moment_text(blind_since)}."
    else:
        text = f"Running. {_count(standing)}"
    return Message(f"Monitor running ({name})", f"{text}\n{moment_text(moment)}", "info")


def digest_message(
    name: str, moment: datetime, report: MonitorReport | None, *, reason: str, last_good: datetime | None
) -> Message:
    """Return the daily summary; without a `report`, say why there are no usable prices (`reason`)."""
    if report is None:
        seen = f" Last good check: {moment_text(last_good)}." if last_good else ""
        return Message(f"Digest: no usable prices ({name})", f"{reason}{seen}\n{moment_text(moment)}", "info")
    lines = [_count(len(report.alerts))]
    lines += [f"- {alert.severity}: {alert.evidence}" for alert in report.alerts[:MOST_LISTED]]
    if report.state is not None:
        state = report.state
        lines.append(f"Profit of the shorts so far: {signed_usd(state.pnl)}.")
        if state.equity is not None:
            lines.append(
                f"Equity {signed_usd(state.equity).lstrip('+')}; the account survives "
                f"{rally_text(report.market_rally_left)} of the market."
            )
    if report.drift is not None:
        lines.append(f"Drift from the target: {report.drift:+.1%}.".replace("-", "−"))
    met = [rule.rule.text for rule in report.rules if rule.is_met]
    if met:
        lines.append(f"Exit rules met: {'; '.join(met)}.")
    armed = [entry.rule.text for entry in report.entries if entry.is_armed]
    if armed:
        lines.append(f"Armed to open the hedge when {'; or when '.join(armed)}.")
    if report.assessment.market.simulated:
        lines.append("Prices are simulated.")
    return Message(f"Digest: {report.severity or 'calm'} ({name})", "\n".join([*lines, moment_text(moment)]), "info")


def _count(alerts: int) -> str:
    return {0: "No active alerts.", 1: "1 active alert."}.get(alerts, f"{alerts} active alerts.")
