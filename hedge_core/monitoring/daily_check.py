"""Check a plan and its position once: profit, drift, exit rules, alerts, and the trades that follow from them.

`check` computes a `MonitorReport` from an assessment and a time. It keeps nothing between checks; `watch` remembers
which alerts are active and sends messages.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime

from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.market_days import market_days
from hedge_core.hedge.option_legs import initial_margin
from hedge_core.monitoring import alerts, bag_alerts
from hedge_core.monitoring.actions import Action, Key, ranked, to_do
from hedge_core.monitoring.alerts import SEVERITIES, Alert, Severity
from hedge_core.monitoring.drift import Trade, can_add, drift_after, drift_of, trades_to_target, unfunded_trades
from hedge_core.monitoring.entries import EntryCheck, check_entries, entry_alert
from hedge_core.monitoring.ledger import OpenPosition
from hedge_core.monitoring.option_alerts import expiries_ahead, thin_option_margin, unsettled
from hedge_core.monitoring.option_cover import OptionCover, cover_ratio, option_covers
from hedge_core.monitoring.option_ledger import OptionBook, OptionPosition, option_book
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
    """The result of a check: position (None: not executed), its history, rules, trades, and alerts (worst first).

    `trades` bring the position to the plan's counts, as far as today's equity opens them; `unfunded` are those that
    need more collateral first.

    `drift` is the size of the hedge relative to its target today (0.1: 10% larger), None without a position or target.
    `rally_left` is the rise of all shorted coins alike that the account survives (a fraction), `market_rally_left` that
    of the market; None without collateral. `options` are those that the fills hold, None if they hold none, and
    `covers` what the open ones protect now.
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
    entries: tuple[EntryCheck, ...] = ()
    lots: Mapping[str, Mapping[Key, int]] = field(default_factory=dict)
    options: OptionBook | None = None
    covers: tuple[OptionCover, ...] = ()

    @property
    def actions(self) -> tuple[Action, ...]:
        """What to do now, the most urgent first; () if there is nothing to do."""
        return to_do(self.alerts, self.lots)

    @property
    def severity(self) -> Severity | None:
        """The worst severity that needs action, None if there is none."""
        return next((s for s in SEVERITIES[:2] if any(alert.severity == s for alert in self.alerts)), None)

    @property
    def cover_ratio(self) -> float | None:
        """The share of the bag's expected move that open options offset now; None without any."""
        return cover_ratio(self.assessment, self.state, [one.leg for one in self.covers]) if self.covers else None

    def is_opening(self, alert: Alert) -> bool:
        """Whether the alert asks to open the hedge."""
        return any(alert.key == entry.rule.key for entry in self.entries)

    @property
    def closing_order(self) -> tuple[str, ...]:
        """The orders that close every open position, one sentence each; the open options come last."""
        return (*self._closing_futures(), *(() if self.options is None else self.options.closing_order))

    def _closing_futures(self) -> tuple[str, ...]:
        if self.state is None:
            return ()
        return tuple(
            f"{'Buy' if p.contracts < 0 else 'Sell'} {p.quantity_text} {p.contract.id}"
            + (f" of {p.expiry:%d %b %Y}" if p.expiry else "")
            + f", about ${abs(p.notional(self.state.marks[p.key])):,.0f}, to close."
            for p in self.state.open_positions
        )


def check(assessment: HedgeAssessment, *, now: datetime, active: Set[str] = frozenset()) -> MonitorReport:
    """Check the plan at `now` (aware, UTC). `active` are the keys of the alerts active at the last check.

    On simulated prices the time of the prices is used instead, so they are never stale. Raises the same errors as
    `position_state`.
    """
    moment = assessment.market.moment_at(now)
    state = position_state(assessment)
    options = option_book(assessment)
    limits = assessment.plan.watch.thresholds
    over = season(state) if state is not None else None
    today = hedge_day(state, over, moment.date()) if state is not None and over is not None else None
    trades = trades_to_target(assessment, state)
    unfunded = unfunded_trades(state, trades)
    drift = drift_of(assessment, state)
    rally = state.market_margin.rally_survived if state is not None else None
    unhedged = market_days(assessment).today if state is None or state.is_flat else None
    rules, entries = _rules(assessment, state, today), check_entries(assessment, unhedged)
    has_options = options is not None and bool(options.open_positions or options.unsettled)
    wrong = alerts.wrong_positions(assessment, state, has_options=has_options)
    is_confused = state is not None and (bool(state.ended) or any(alert.code == "long_position" for alert in wrong))
    too_large = None if is_confused else alerts.over_hedged(state, over, limits, active)
    thin = [
        *alerts.thin_margin(state, rally, limits, active),
        *thin_option_margin(options, state, assessment),
    ]
    failing = alerts.failing_proxies(assessment, limits, active)
    closing = [one for one in rules if one.is_met or (one.rule.key in active and one.is_open)]
    exits, lots = _exit_alerts(state, options, closing)
    # What is more urgent decides (see `actions`): a trade to size does not stand beside an order to close, and nothing
    # is added while the hedge gains on a bag that stands still, or while one of its proxies is in doubt.
    is_sized = not (is_confused or closing or (_adds(trades) and (too_large or _doubts(failing, trades))))
    reserved = initial_margin(options.legs) if options is not None else 0.0
    is_funded = not thin and (state is None or can_add(state, trades, limits.rally_warning, for_options=reserved))
    is_allowed = is_funded or not _adds(trades)
    after = drift_after(assessment, state, trades) if state is not None else None
    drifting = (
        alerts.drifted(state, drift, trades, limits, active, after=after, is_funded=is_allowed) if is_sized else None
    )
    covers = option_covers(assessment, options)
    expiring, rolled = expiries_ahead(covers, moment, can_sell=not thin, is_closing=bool(closing))
    lots |= rolled
    if drifting is not None and is_allowed:
        lots[drifting.key] = {(trade.contract.id, trade.expiry): trade.lots for trade in trades}
    found: list[Alert | None] = [
        *alerts.stale_prices(assessment, moment, limits, active),
        *wrong,
        *thin,
        *alerts.expiries_due(state, moment, limits, active, is_closing=bool(closing)),
        drifting,
        too_large,
        *failing,
        alerts.expensive_carry(state, limits, active),
        *bag_alerts.stops_near(assessment, limits, active),
        *unsettled(options),
        *expiring,
        bag_alerts.bag_risk(None if has_options else unhedged, limits, active),
        *exits,
        *(entry_alert(assessment, one) for one in entries if one.is_met or (one.rule.key in active and one.is_armed)),
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
        entries=entries,
        lots=lots,
        alerts=ranked(raised),
        options=options,
        covers=covers,
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


def _doubts(failing: Sequence[Alert], trades: Sequence[Trade]) -> bool:
    """Whether the fit of a coin that would be added to is in doubt; the key of its alert ends in the proxy."""
    added = {trade.contract.underlying for trade in trades if trade.lots > 0}
    return any(alert.key.rpartition(":")[2] in added for alert in failing)


def _exit_alerts(
    state: PositionState | None, options: OptionBook | None, checks: Sequence[RuleCheck]
) -> tuple[list[Alert], dict[str, Mapping[Key, int]]]:
    """The alerts for exit rules that are met, and the lots that each closes; a later rule closes of what is left.

    Options are closed in the same share. They stay active until the rule is marked as done.
    """
    held: dict[Key, OpenPosition | OptionPosition] = {
        one.key: one for one in (state.open_positions if state else ()) if one.lots > 0
    }
    held |= {(one.option.id, one.option.expiry): one for one in (options.open_positions if options else ())}
    left = {key: abs(one.lots) for key, one in held.items()}
    found: list[Alert] = []
    closed: dict[str, Mapping[Key, int]] = {}
    for check in checks:
        rule = check.rule
        lots = {key: _share(count, rule.share) for key, count in left.items() if count}
        left |= {key: left[key] - count for key, count in lots.items()}
        alone = {key: _share(abs(one.lots), rule.share) for key, one in held.items()}
        orders = _orders(held, alone)
        what_to_do = f"{rule.instruction} Orders: {orders}." if orders else "No position is open to trade."
        if alone != lots:
            what_to_do += f" After the rules before it: {_orders(held, lots) or 'nothing is left to close'}."
        closed[rule.key] = {key: -count for key, count in lots.items()}
        found.append(
            Alert(
                code="exit_rule",
                key=rule.key,
                severity="critical",
                evidence=f"An exit rule is met: {rule.text}. {check.evidence}",
                threshold=rule.text,
                action=f"{what_to_do} Then mark the rule as done.",
            )
        )
    return found, closed


def _share(lots: int, share: float) -> int:
    """This share of the lots, rounded up to a whole lot."""
    return min(math.ceil(share * lots - 1e-9), lots)


def _orders(held: Mapping[Key, OpenPosition | OptionPosition], lots: Mapping[Key, int]) -> str:
    return "; ".join(_lifting(held[key], count) for key, count in lots.items())


def _lifting(position: OpenPosition | OptionPosition, lots: int) -> str:
    """The quantity of so many lots of a position to buy back, with its contract; a bought option is sold."""
    if isinstance(position, OptionPosition):
        series, verb = position.option.series, "sell" if position.lots > 0 else "buy back"
        return f"{verb} {lots * series.amount_step:,.10g} {position.option.id}"
    month = f" of {position.expiry:%b %Y}" if position.expiry else ""
    return f"{position.contract.quantity(lots):,.10g} {position.contract.code}{month}"
