"""The watch: a plan checked again and again, and its holder told once of everything that begins.

It knows neither the clock nor the network: time, plan, market and the sending of messages are handed in, so that a day
of checks can be played in seconds. What it has to remember is in a `WatchState`, so that a restart changes nothing.

    an alert begins to stand   told once, at once or (if not critical) after the quiet hours
    it ends                    forgotten; should it come back, it is told again
    no usable prices           told once, and once when there are some again; alerts that stand are left as they are
    the plan cannot be read    told once; the last good plan is watched on
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Literal, Protocol

import numpy as np

from hedge_core.errors import HedgeError, InvalidFile, MissingPrice, SourceUnavailable
from hedge_core.exposure.evidence import Evidence
from hedge_core.hedge.planner import assess
from hedge_core.market.snapshot import MarketSnapshot
from hedge_core.monitoring import daily_check, messages
from hedge_core.monitoring.daily_check import MonitorReport
from hedge_core.monitoring.notify import Message
from hedge_core.monitoring.watch_state import Delivery, Event, WatchState
from hedge_core.plan.plan import HedgePlan
from hedge_core.text import moment_text

NO_PRICES = (SourceUnavailable, MissingPrice)
BLIND_AFTER = 3
DAY_SECONDS = 86_400.0

PATIENT_ATTEMPTS, MOST_FAILURES = 5, 3
"""A message that was refused so often lets the next one try, until so many in a row were refused."""

_ALERT, _BLIND, _PLAN = "alert:", "watch:blind", "watch:plan"
_CODES = {None: 0, "info": 0, "warning": 3, "critical": 4}
BLIND_CODE = 5


class Clock(Protocol):
    """Where the time comes from."""

    def now(self) -> datetime:
        """The moment, aware and in UTC."""
        ...

    def sleep(self, seconds: float) -> None:
        """Let so many seconds pass, or fewer when the watch is to end."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchSettings:
    """How a watch is run.

    `every` seconds between checks; `quiet` from and to, in which only what is urgent is sent; `digest` and `heartbeat`
    the time of day at which they are sent (None: never). These times are of `zone`. Blind after `blind_after` failed
    checks in a row, or where prices are older than `max_staleness` seconds (daily closes: than that and a day).
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
    """One check. `report` is None where there were no usable prices, for the reason in `no_prices`.

    `plan_fault` says why an older plan was watched ('': it was not), `new` holds the keys of alerts that began.
    """

    moment: datetime
    plan: HedgePlan
    report: MonitorReport | None = None
    no_prices: str = ""
    plan_fault: str = ""
    is_stale: bool = False
    new: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """0 calm, 3 warning, 4 critical, 5 blind."""
        return BLIND_CODE if self.report is None else _CODES[self.report.severity]


class Watcher:
    """A plan that is watched.

    `load_plan` reads the plan anew and `load_market` the market for it; both may raise HedgeError. `send` takes the
    name of one of `addresses` and a message and says whether it arrived.
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
    ) -> None:
        self._clock, self._load_plan, self._load_market = clock, load_plan, load_market
        self._send, self._addresses = send, tuple(addresses)
        self._state, self._settings = state, settings
        self._plan: HedgePlan | None = None
        self._evidence: Evidence | None = None
        state.readdress(self._addresses)

    def check(self, is_stopped: Callable[[], bool] = lambda: False) -> Glance:
        """Look once, write down what stands, send what is due (until `is_stopped`).

        Raises HedgeError where there is no good plan yet to fall back on, and when the state cannot be kept.
        """
        glance = self._look()
        with self._state.transaction():
            glance = self._record(glance)
        self._deliver(is_stopped)
        return glance

    def run(self, each: Callable[[Glance], None], is_stopped: Callable[[], bool]) -> None:
        """Check again and again until `is_stopped`, handing every glance to `each`. Raises as `check` does."""
        first = self._clock.now()
        while not is_stopped():
            started = self._clock.now()
            each(self.check(is_stopped))
            self._rest(first, started, is_stopped)

    # ------------------------------------------------------------------------------------------------ looking

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
        """The last good plan, as the one of now asks for something that cannot be."""
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
            reason = f"The prices of {market.source} are of {moment_text(market.as_of)}, {hours:,.0f} hours old."
            return replace(self._unseen(plan, reason, fault), is_stale=True)
        assessment = assess(plan, market, self._evidence)
        report = daily_check.check(assessment, now=now, active=self._active)
        self._plan, self._evidence = plan, assessment.evidence
        return Glance(moment=now, plan=plan, report=report, plan_fault=fault)

    def _with_known_history(self, market: MarketSnapshot) -> MarketSnapshot:
        """The market with the history of the last check where it says the same, so that evidence serves again."""
        known = self._evidence.history if self._evidence is not None else None
        if known is None or known is market.history or known.coins != market.history.coins:
            return market
        is_same = np.array_equal(known.days, market.history.days) and np.array_equal(
            known.values, market.history.values, equal_nan=True
        )
        return replace(market, history=known) if is_same else market

    def _good_until(self, market: MarketSnapshot) -> datetime | None:
        """When the prices become too old; None for simulated ones. Daily closes are a day old by nature."""
        if market.simulated:
            return None
        return market.as_of + timedelta(seconds=self._settings.max_staleness + (0.0 if market.quotes else DAY_SECONDS))

    @property
    def _active(self) -> frozenset[str]:
        """The keys of the alerts that stand."""
        keys = (standing.key for standing in self._state.standing)
        return frozenset(key.removeprefix(_ALERT) for key in keys if key.startswith(_ALERT))

    # ------------------------------------------------------------------------------------------------ recording

    def _record(self, glance: Glance) -> Glance:
        """Write down what stands now and queue what is new."""
        state, now, plan = self._state, glance.moment, glance.plan
        quiet_until = self._quiet_until(now)

        def settle(scope: str, events: Sequence[Event]) -> tuple[str, ...]:
            return state.settle(events, scope=scope, now=now, quiet_until=quiet_until, to=self._addresses)

        new: tuple[str, ...] = ()
        fault = glance.plan_fault
        settle(_PLAN, [Event(_PLAN, messages.plan_message(plan.name, fault, now), False)] if fault else [])
        blind_since = self._blind_since
        report = glance.report
        if report is None:
            failures = state.count("failures") + 1
            state.set_count("failures", failures)
            good_until = state.moment("good_until")
            is_old = glance.is_stale or (good_until is not None and now > good_until)
            if is_old or failures >= self._settings.blind_after or blind_since is not None:
                message = messages.blind_message(plan.name, glance.no_prices, now, state.moment("good"))
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
                    messages.alert_message(plan.name, alert, now, simulated=market.simulated),
                    alert.severity == "critical",
                )
                for alert in report.alerts
            ]
            new = tuple(key.removeprefix(_ALERT) for key in settle(_ALERT, told))
        self._queue_daily(glance, quiet_until, blind_since)
        state.prune(now)
        return replace(glance, new=new)

    @property
    def _blind_since(self) -> datetime | None:
        return next((standing.since for standing in self._state.standing if standing.key == _BLIND), None)

    def _queue_daily(self, glance: Glance, quiet_until: datetime | None, blind_since: datetime | None) -> None:
        """Digest and heartbeat, where their hour has come since they were last sent."""
        state, now, name, report = self._state, glance.moment, glance.plan.name, glance.report
        times: tuple[tuple[Literal["heartbeat", "digest"], time | None], ...] = (
            ("heartbeat", self._settings.heartbeat),
            ("digest", self._settings.digest),
        )
        for kind, at in times:
            if at is None:
                continue
            last = state.moment(kind)
            if last is not None and last >= self._at(at, now, is_ahead=False):
                continue
            state.mark(kind, now)
            if last is None:  # the watch has only just begun
                continue
            if kind == "heartbeat":
                standing = len(self._active) if report is None else sum(a.severity != "info" for a in report.alerts)
                message = messages.heartbeat_message(name, now, standing, blind_since)
            else:
                message = messages.digest_message(
                    name, now, report, reason=glance.no_prices, last_good=state.moment("good")
                )
            state.queue(message, kind=kind, now=now, not_before=quiet_until or now, to=self._addresses)

    # ------------------------------------------------------------------------------------------------ sending

    def _deliver(self, is_stopped: Callable[[], bool]) -> None:
        """Send what is due, in order, address by address; one that fails is left alone for a while."""
        for address in self._addresses:
            failures = 0
            for delivery in self._state.due(address, self._clock.now()):
                if is_stopped():
                    return
                self._state.trying(delivery)
                if self._send(address, _worded(delivery)):
                    self._state.sent(delivery, self._clock.now())
                    continue
                self._state.failed(delivery, self._clock.now())
                failures += 1
                if delivery.attempts < PATIENT_ATTEMPTS or failures >= MOST_FAILURES:
                    break

    # ------------------------------------------------------------------------------------------------ time

    def _quiet_until(self, now: datetime) -> datetime | None:
        """The end of the quiet hours that it is now, or None."""
        if self._settings.quiet is None:
            return None
        start, end = self._settings.quiet
        clock = now.astimezone(self._settings.zone).time()
        is_quiet = start <= clock < end if start < end else clock >= start or clock < end
        return self._at(end, now, is_ahead=True) if is_quiet else None

    def _at(self, at: time, now: datetime, *, is_ahead: bool) -> datetime:
        """The next moment (UTC) after `now` with this time of day, or the last one up to now."""
        zone = self._settings.zone
        day = now.astimezone(zone).date() - timedelta(days=1)
        moments = [datetime.combine(day + timedelta(days=days), at, tzinfo=zone).astimezone(UTC) for days in range(4)]
        if is_ahead:
            return next(moment for moment in moments if moment > now)
        return max(moment for moment in moments if moment <= now)

    def _rest(self, first: datetime, started: datetime, is_stopped: Callable[[], bool]) -> None:
        """Sleep until the next check: on the grid of `every` seconds, or sooner where something has its hour."""
        settings, now = self._settings, self._clock.now()
        passed = math.floor((now - first).total_seconds() / settings.every) + 1
        hours = (settings.digest, settings.heartbeat, settings.quiet[1] if settings.quiet else None)
        ahead = [self._at(at, now, is_ahead=True) for at in hours if at is not None]
        target = min([first + timedelta(seconds=passed * settings.every), *ahead])
        while started <= now < target and not is_stopped():  # a clock that was set back ends the sleep
            self._clock.sleep(min((target - now).total_seconds(), settings.every))
            now = self._clock.now()


def _worded(delivery: Delivery) -> Message:
    """The message as it is sent: with what has changed since it was queued."""
    message = delivery.message
    if delivery.ended_at is not None:
        body = f"{message.body}\nIt had ended by {moment_text(delivery.ended_at)}."
        message = replace(message, body=body)
    return replace(message, title=f"(Perhaps told before) {message.title}") if delivery.is_again else message
