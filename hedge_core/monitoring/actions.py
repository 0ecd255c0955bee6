"""What to do now: one ranked list for a plan, in which no two lines contradict.

Alerts are raised one by one, so two of them could ask for opposite things. The more urgent one decides:

    fills that cannot be right (a future that has ended, a long future)    no trade to size until they are corrected
    an exit rule is met                                                     no trade to size; what it leaves is rolled
    margin is thin                                                          nothing is added before the collateral is
    the hedge gains while the bag stands still, or a proxy is in doubt      nothing is added

`daily_check` applies this when it raises alerts. Here is the list that follows from them, each line with its reason and
the lots that it changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from hedge_core.monitoring.alerts import SEVERITIES, Alert, Severity

Key = tuple[str, date | None]

RANK = (
    "stale", "expired", "option_unsettled", "long_position", "margin", "option_margin", "exit_rule", "entry_rule",
    "stop", "roll", "option_expiry", "not_in_plan", "over_hedged", "drift", "carry", "correlation", "beta", "bag_risk",
    "not_executed",
)  # fmt: skip
"""Codes of alerts of the same severity, in the order in which they are acted on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """Something to do: `what`, for the reason `why`; `limit` is the threshold that was passed ('' if there is none).

    `lots` are the changes of the lots that hedge the bag, by contract and expiry: negative to close, positive to open.
    """

    what: str
    why: str
    limit: str
    severity: Severity
    lots: Mapping[Key, int]


def ranked(alerts: Iterable[Alert]) -> tuple[Alert, ...]:
    """The alerts in the order in which they are acted on, the most urgent first."""
    return tuple(sorted(alerts, key=lambda alert: (SEVERITIES.index(alert.severity), RANK.index(alert.code))))


def to_do(alerts: Sequence[Alert], lots: Mapping[str, Mapping[Key, int]]) -> tuple[Action, ...]:
    """The list of actions for ranked alerts; `lots` are the changes that an alert asks for, by its key."""
    return tuple(
        Action(
            what=alert.action,
            why=alert.evidence,
            limit=alert.threshold,
            severity=alert.severity,
            lots=dict(lots.get(alert.key, {})),
        )
        for alert in alerts
    )
