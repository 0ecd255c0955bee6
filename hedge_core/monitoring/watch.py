"""The watch: check a plan repeatedly and send one message for each new alert.

The watch uses neither the clock nor the network. Time, plan, market and a function that sends messages are passed in,
so a day of checks can be simulated in seconds. Everything it must remember is in a `WatchState`, so a restart changes
nothing.

    new alert                 one message: at once if critical, else not before the end of the quiet hours
    an alert clears           no message; if it comes back, it is a new alert
    no usable prices          one message, and one when prices are back; active alerts stay active meanwhile
    the plan cannot be used   one message; the last usable plan is watched
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta, tzinfo
from functools import partial
from typing import Literal, Protocol

import numpy as np

from hedge_core.errors import HedgeError, InvalidFile, MissingPrice, SourceUnavailable
from hedge_core.exposure.evidence import Evidence
from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.planner import assess
from hedge_core.market.snapshot import MarketSnapshot
from hedge_core.monitoring import daily_check, messages
from hedge_core.monitoring.alert_keys import renamed
from hedge_core.monitoring.daily_check import MonitorReport
from hedge_core.monitoring.notify import Message
from hedge_core.monitoring.watch_state import CLOCK_SECONDS, Delivery, Event, WatchState
from hedge_core.plan.plan import HedgePlan
from hedge_core.text import moment_text

NO_PRICES = (SourceUnavailable, MissingPrice)
BLIND_AFTER = 3
DAY_SECONDS = 86_400.0

LONGEST_SLEEP = 600.0
"""Seconds after which the watch looks at the clock again, which may have been set."""

PATIENT_ATTEMPTS, MOST_FAILURES = 5, 3
"""After PATIENT_ATTEMPTS failures of a message the next one is tried, up to MOST_FAILURES failures per address."""

_ALERT, _BLIND, _PLAN = "alert:", "watch:blind", "watch:plan"
_CODES = {None: 0, "info": 0, "warning": 3, "critical": 4}
BLIND_CODE = 5


class Clock(Protocol):
    """The source of time."""

    def now(self) -> datetime:
        """Return the present time, aware and in UTC."""
        ...

    def sleep(self, seconds: float) -> None:
        """Sleep for `seconds`, or less if the watch is being stopped."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchSettings:
    """Settings of a watch.

    `every` is the number of seconds between checks. `quiet` is the start and the end of the hours in which only urgent
    messages are sent. `digest` and `heartbeat` are the times of day at which they are sent (None: never). These times
    are in `zone`. Missing prices are reported after `blind_after` failed checks in a row, or once prices are older
    than `max_staleness` seconds (for daily closes: one day more).
    """

    every: float = 900.0
    quiet: tuple[time, time] | None = None
    digest: time | None = None
    heartbeat: time | None = None
    zone: tzinfo = UTC
    blind_after: int = BLIND_AFTER
    max_staleness: float = 6 * 3_600.0


@dataclass(frozen=True, kw_only=True)
class Glance:
    """The result of one check. `report` is None if there were no usable prices; `no_prices` says why.

    `plan_fault` says why the last usable plan was checked instead of the present one ('' if it was not). `is_stale`
    means that there are prices but they are too old. `new` holds the keys of new alerts. `state_fault` says why the
    state file cannot be written ('' if it can): alerts are sent, and sent again after a restart.
    """

    moment: datetime
    plan: HedgePlan
    report: MonitorReport | None = None
    no_prices: str = ""
    plan_fault: str = ""
    is_stale: bool = False
    new: tuple[str, ...] = ()
    state_fault: str = ""

    @property
    def exit_code(self) -> int:
        """0 if all is well, 3 for a warning, 4 for a critical alert, 5 without usable prices."""
        return BLIND_CODE if self.report is None else _CODES[self.report.severity]


class Watcher:
    """Watches one plan.

    `load_plan` reads the plan and `load_market` the market for it; both may raise HedgeError. `send` takes the name of
    one of `addresses` and a message, and returns whether the message was delivered. `orders` writes out the orders that
    open a plan's hedge, for the message that an entry rule is met.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        load_plan: Callable[[], HedgePlan],
        load_market: Callable[[HedgePlan], MarketSnapshot],
        send: Callable[[str, Message], bool],
        addresses: Sequence[str],
        state: WatchState,
        settings: WatchSettings,
        orders: Callable[[HedgeAssessment], str] = lambda _: "",
    ) -> None:
        self._clock, self._load_plan, self._load_market = clock, load_plan, load_market
        self._send, self._addresses = send, tuple(addresses)
        self._state, self._settings = state, settings
        self._orders = orders
        self._plan: HedgePlan | None = None
        self._evidence: Evidence | None = None
        state.readdress(self._addresses)

    def check(self, is_stopped: Callable[[], bool] = lambda: False) -> Glance:
        """Check once, record the active alerts and send the messages that are due (until `is_stopped`).

        Raises HedgeError if the plan cannot be used and there is no earlier one, and if the state is damaged. If it
        only cannot be saved, messages are sent all the same, and the glance says so.
        """
        self._state.return_to_file()
        seen = self._look()
        glance = self._state.attempt(lambda: self._recorded(seen))
        self._deliver(is_stopped)
        return replace(glance, state_fault=self._state.fault)

    def run(self, each: Callable[[Glance], None], is_stopped: Callable[[], bool]) -> None:
        """Check repeatedly until `is_stopped`, passing every result to `each`. Raises the same errors as `check`."""
        first = self._clock.now()
        while not is_stopped():
            started = self._clock.now()
            each(self.check(is_stopped))
            self._rest(first, started, is_stopped)

    # ------------------------------------------------------------------------------------------------ checking

    def _look(self) -> Glance:
        fault = ""
        try:
            plan = self._load_plan()
        except HedgeError as error:
            if self._plan is None:
                raise
            plan, fault = self._plan, str(error)
        try:
            return self._examined(plan, fault)
        except NO_PRICES as error:
            self._plan = self._plan or plan
            return self._unseen(plan, str(error), fault)
        except HedgeError as error:
            if self._plan is None:
                raise
            if isinstance(error, InvalidFile) or plan == self._plan:
                return self._unseen(plan, str(error), fault)
            return self._fallback(self._plan, str(error))

    def _fallback(self, plan: HedgePlan, fault: str) -> Glance:
        """Check the last usable plan, because the present one cannot be computed."""
        try:
            return self._examined(plan, fault)
        except HedgeError as error:
            return self._unseen(plan, str(error), fault)

    def _unseen(self, plan: HedgePlan, reason: str, fault: str) -> Glance:
        return Glance(moment=self._clock.now(), plan=plan, no_prices=reason, plan_fault=fault)

    def _examined(self, plan: HedgePlan, fault: str) -> Glance:
        market = self._with_known_history(self._load_market(plan))
        now = self._clock.now()
        end = self._good_until(market)
        if end is not None and now > end:
            self._plan = self._plan or plan
            hours = (now - market.as_of).total_seconds() / 3_600.0
            reason = f"Prices from {market.source} are {hours:,.0f} hours old ({moment_text(market.as_of)})."
            return replace(self._unseen(plan, reason, fault), is_stale=True)
        assessment = assess(plan, market, self._evidence)
        if self._plan is None:  # the first check of this process: the state may come from an earlier release
            self._recognise(plan)
        report = daily_check.check(assessment, now=now, active=self._active)
        self._plan, self._evidence = plan, assessment.evidence
        return Glance(moment=now, plan=plan, report=report, plan_fault=fault)

    def _recognise(self, plan: HedgePlan) -> None:
        """Give alerts that an earlier release saved under former keys the keys of now."""
        former = renamed(plan.watch.exit_rules)
        keys = {f"{_ALERT}{key}": f"{_ALERT}{present}" for key, present in former.items()}
        self._state.attempt(lambda: self._state.rename(keys))

    def _with_known_history(self, market: MarketSnapshot) -> MarketSnapshot:
        """Return the market with the history of the last check if they are equal, so its evidence can be used again."""
        known = self._evidence.history if self._evidence is not None else None
        if known is None or known is market.history or known.coins != market.history.coins:
            return market
        is_same = np.array_equal(known.days, market.history.days) and np.array_equal(
            known.values, market.history.values, equal_nan=True
        )
        return replace(market, history=known) if is_same else market

    def _good_until(self, market: MarketSnapshot) -> datetime | None:
        """Return when the prices become too old; None if they are simulated. Daily closes get one day more."""
        if market.simulated:
            return None
        return market.as_of + timedelta(seconds=self._settings.max_staleness + (0.0 if market.quotes else DAY_SECONDS))

    @property
    def _active(self) -> frozenset[str]:
        """The keys of the active alerts."""
        keys = (standing.key for standing in self._state.standing)
        return frozenset(key.removeprefix(_ALERT) for key in keys if key.startswith(_ALERT))

    # ------------------------------------------------------------------------------------------------ recording

    def _recorded(self, glance: Glance) -> Glance:
        with self._state.transaction():
            return self._record(glance)

    def _record(self, glance: Glance) -> Glance:
        """Record the active alerts and queue messages for the new ones."""
        state, now, plan = self._state, glance.moment, glance.plan
        state.follow_clock(now)
        quiet_until = self._quiet_until(now)

        def settle(scope: str, events: Sequence[Event]) -> tuple[str, ...]:
            return state.settle(events, scope=scope, now=now, quiet_until=quiet_until, to=self._addresses)

        new: tuple[str, ...] = ()
        fault = glance.plan_fault
        settle(_PLAN, [Event(_PLAN, messages.plan_message(plan.name, fault, now), False)] if fault else [])
        blind_since = _up_to(now, self._blind_since)
        report = glance.report
        if report is None:
            failures = state.count("failures") + 1
            state.set_count("failures", failures)
            good_until = state.moment("good_until")
            is_old = glance.is_stale or (good_until is not None and now > good_until)
            if is_old or failures >= self._settings.blind_after or blind_since is not None:
                message = messages.blind_message(plan.name, glance.no_prices, now, _up_to(now, state.moment("good")))
                settle(_BLIND, [Event(_BLIND, message, True)])
                blind_since = blind_since or now
        else:
            market = report.assessment.market
            state.set_count("failures", 0)
            state.mark("good", now)
            state.mark("good_until", self._good_until(market) or now + timedelta(days=36_500))
            settle(_BLIND, [])
            if blind_since is not None:
                seeing = messages.seeing_message(plan.name, now, blind_since, report.alerts)
                state.queue(seeing, kind="event", now=now, not_before=now, to=self._addresses)
                blind_since = None
            told = [
                Event(
                    f"{_ALERT}{alert.key}",
                    messages.alert_message(
                        plan.name,
                        alert,
                        now,
                        simulated=market.simulated,
                        orders=self._orders(report.assessment) if report.is_opening(alert) else "",
                    ),
                    alert.severity == "critical",
                )
                for alert in report.alerts
            ]
            new = tuple(key.removeprefix(_ALERT) for key in settle(_ALERT, told))
        self._queue_daily(glance, quiet_until, blind_since)
        state.prune(now)
        state.mark("checked", now)
        return replace(glance, new=new)

    @property
    def _blind_since(self) -> datetime | None:
        return next((standing.since for standing in self._state.standing if standing.key == _BLIND), None)

    def _queue_daily(self, glance: Glance, quiet_until: datetime | None, blind_since: datetime | None) -> None:
        """Queue the digest and the heartbeat if their time of day has passed since the last ones."""
        state, now, name, report = self._state, glance.moment, glance.plan.name, glance.report
        times: tuple[tuple[Literal["heartbeat", "digest"], time | None], ...] = (
            ("heartbeat", self._settings.heartbeat),
            ("digest", self._settings.digest),
        )
        for kind, at in times:
            if at is None:
                continue
            last = state.moment(kind)
            is_from_ahead = last is not None and last > now + timedelta(seconds=CLOCK_SECONDS)  # the clock was set back
            if last is not None and not is_from_ahead and last >= self._at(at, now, is_ahead=False):
                continue
            state.mark(kind, now)
            if last is None:  # the watch has just started
                continue
            if kind == "heartbeat":
                standing = len(self._active) if report is None else sum(a.severity != "info" for a in report.alerts)
                message = messages.heartbeat_message(name, now, standing, blind_since)
            else:
                message = messages.digest_message(
                    name, now, report, reason=glance.no_prices, last_good=_up_to(now, state.moment("good"))
                )
            state.queue(message, kind=kind, now=now, not_before=quiet_until or now, to=self._addresses)

    # ------------------------------------------------------------------------------------------------ sending

    def _deliver(self, is_stopped: Callable[[], bool]) -> None:
        """Send the messages that are due, in order, address by address. A failing address is paused for a while.

        Addresses that have failed come last, so that one that is slow to refuse keeps no message from the others.
        """
        state = self._state
        for address in sorted(self._addresses, key=state.failures):
            failures = 0
            for delivery in state.due(address, self._clock.now()):
                if is_stopped():
                    return
                state.attempt(partial(state.trying, delivery))
                if self._send(address, _worded(delivery, self._clock.now())):
                    state.attempt(partial(state.sent, delivery, self._clock.now()))
                    continue
                state.attempt(partial(state.failed, delivery, self._clock.now()))
                failures += 1
                if delivery.attempts < PATIENT_ATTEMPTS or failures >= MOST_FAILURES:
                    break

    # ------------------------------------------------------------------------------------------------ time

    def _quiet_until(self, now: datetime) -> datetime | None:
        """Return the end of the present quiet hours, or None if `now` is not in quiet hours."""
        if self._settings.quiet is None:
            return None
        start, end = self._settings.quiet
        clock = now.astimezone(self._settings.zone).time()
        is_quiet = start <= clock < end if start < end else clock >= start or clock < end
        return self._at(end, now, is_ahead=True) if is_quiet else None

    def _at(self, at: time, now: datetime, *, is_ahead: bool) -> datetime:
        """Return the next moment (UTC) after `now` with this time of day, or the last one up to now."""
        zone = self._settings.zone
        day = now.astimezone(zone).date() - timedelta(days=1)
        moments = [datetime.combine(day + timedelta(days=days), at, tzinfo=zone).astimezone(UTC) for days in range(4)]
        if is_ahead:
            return next(moment for moment in moments if moment > now)
        return max(moment for moment in moments if moment <= now)

    def _rest(self, first: datetime, started: datetime, is_stopped: Callable[[], bool]) -> None:
        """Sleep until the next check: a multiple of `every` seconds after `first`, or the next set time of day."""
        settings, now = self._settings, self._clock.now()
        passed = math.floor((now - first).total_seconds() / settings.every) + 1
        hours = (settings.digest, settings.heartbeat, settings.quiet[1] if settings.quiet else None)
        ahead = [self._at(at, now, is_ahead=True) for at in hours if at is not None]
        target = min([first + timedelta(seconds=passed * settings.every), *ahead])
        before = started
        while before <= now < target and not is_stopped():  # if the clock is set back, stop sleeping
            self._clock.sleep(min((target - now).total_seconds(), settings.every, LONGEST_SLEEP))
            before, now = now, self._clock.now()


def _up_to(now: datetime, moment: datetime | None) -> datetime | None:
    """Return the moment, or `now` for one that was recorded while the clock was ahead of its present time."""
    return None if moment is None else min(moment, now)


def _worded(delivery: Delivery, now: datetime) -> Message:
    """Return the message with notes on what has changed since it was queued."""
    message = delivery.message
    if delivery.queued_at > now + timedelta(seconds=CLOCK_SECONDS):
        body = f"{message.body}\nThe clock of this machine showed a later time than now when this was written."
        message = replace(message, body=body)
    if delivery.ended_at is not None:
        body = f"{message.body}\nThis had cleared by {moment_text(delivery.ended_at)}, before it could be sent."
        message = replace(message, body=body)
    return replace(message, title=f"(May be a repeat) {message.title}") if delivery.is_again else message
