"""What a watch tells, in words: alerts, blindness and its end, a plan that cannot be read, digest and heartbeat."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from hedge_core.monitoring.alerts import Alert
from hedge_core.monitoring.daily_check import MonitorReport
from hedge_core.monitoring.notify import Message
from hedge_core.text import moment_text, rally_text, signed_usd

MOST_LISTED = 12
"""Alerts that a digest lists by name."""


def alert_message(name: str, alert: Alert, moment: datetime, *, simulated: bool) -> Message:
    """One alert of the plan called `name`, as it was at `moment`."""
    head = f"{alert.severity.upper()}: {alert.code.replace('_', ' ')} ({name})"
    lines = [alert.evidence, alert.action, f"Threshold: {alert.threshold}." if alert.threshold else ""]
    lines += ["The prices are simulated." if simulated else "", moment_text(moment)]
    return Message(head, "\n".join(line for line in lines if line), alert.severity)


def blind_message(name: str, reason: str, moment: datetime, last_good: datetime | None) -> Message:
    """The watch has no usable prices."""
    seen = f"Last seen: {moment_text(last_good)}." if last_good else "There has been no good check yet."
    body = f"{reason}\n{seen} Until prices come back no alert can be raised: look after the position yourself."
    return Message(f"BLIND: no usable prices ({name})", f"{body}\n{moment_text(moment)}", "critical")


def seeing_message(name: str, moment: datetime, since: datetime, alerts: Sequence[Alert]) -> Message:
    """The watch has usable prices again."""
    body = f"Prices are usable again; there were none since {moment_text(since)}. {_count(len(alerts))}"
    return Message(f"Seeing again ({name})", f"{body}\n{moment_text(moment)}", "info")


def plan_message(name: str, reason: str, moment: datetime) -> Message:
    """The plan file cannot be used as it is now."""
    body = f"{reason}\nThe plan as it was last read is watched until this is mended."
    return Message(f"WARNING: the plan cannot be read ({name})", f"{body}\n{moment_text(moment)}", "warning")


def heartbeat_message(name: str, moment: datetime, standing: int, blind_since: datetime | None) -> Message:
    """A sign of life."""
    if blind_since is not None:
        text = f"Watching, but without usable prices since {moment_text(blind_since)}."
    else:
        text = "Watching, all calm." if not standing else f"Watching. {_count(standing)}"
    return Message(f"Watching ({name})", f"{text}\n{moment_text(moment)}", "info")


def digest_message(
    name: str, moment: datetime, report: MonitorReport | None, *, reason: str, last_good: datetime | None
) -> Message:
    """The day's summary; without a report (no usable prices) why there is none."""
    if report is None:
        seen = f" The last good check was on {moment_text(last_good)}." if last_good else ""
        return Message(f"Digest: no usable prices ({name})", f"{reason}{seen}\n{moment_text(moment)}", "info")
    lines = [_count(len(report.alerts))]
    lines += [f"- {alert.severity}: {alert.evidence}" for alert in report.alerts[:MOST_LISTED]]
    if report.state is not None:
        state = report.state
        lines.append(f"The shorts have made {signed_usd(state.pnl)} in all.")
        if state.equity is not None:
            lines.append(
                f"Equity {signed_usd(state.equity).lstrip('+')}; the account survives {rally_text(report.rally_left)}."
            )
    if report.drift is not None:
        lines.append(f"Drift from the target {report.drift:+.1%}.".replace("-", "−"))
    met = [rule.rule.text for rule in report.rules if rule.is_met]
    if met:
        lines.append(f"Exit rules met: {'; '.join(met)}.")
    if report.assessment.market.simulated:
        lines.append("The prices are simulated.")
    return Message(f"Digest: {report.severity or 'calm'} ({name})", "\n".join([*lines, moment_text(moment)]), "info")


def _count(alerts: int) -> str:
    return {0: "No alert stands.", 1: "1 alert stands."}.get(alerts, f"{alerts} alerts stand.")
