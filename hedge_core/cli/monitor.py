"""The command `monitor`: one check with an exit code for cron, or a loop for a service."""

from __future__ import annotations

import json
import os
import signal
import sys
import time as system_time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, time, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hedge_core.cli.options import PlanSource, json_option, position_options, print_json
from hedge_core.cli.value_types import HOURS, INTERVAL, MOMENT, TEXT, TIME, ZONE
from hedge_core.errors import InvalidInput, InvalidPlan, SourceUnavailable
from hedge_core.hedge.held_coins import wanted_of
from hedge_core.market.live import check_packages
from hedge_core.market.snapshot import MarketSnapshot
from hedge_core.market.venues import EXCHANGES
from hedge_core.plan.plan import HedgePlan
from hedge_core.text import json_for_terminal, plain

if TYPE_CHECKING:
    from hedge_core.market.live.markets import LiveMarkets
    from hedge_core.market.live.settings import LiveSettings
    from hedge_core.monitoring.notify import Message, Notifier
    from hedge_core.monitoring.watch import Glance

IN_MEMORY = ":memory:"
SLICE = 0.5
"""Seconds after which a sleep checks whether it should end."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MonitorOptions:
    """The options of `monitor` that other commands do not have.

    `every` is in seconds, None for a single check; `state` is a file or IN_MEMORY; `quiet` is a start and an end in
    `zone`, as are `digest` and `heartbeat`; `now` is in UTC, None for the clock of the machine.
    """

    every: float | None
    notify: tuple[str, ...]
    state: str
    quiet: tuple[time, time] | None
    digest: time | None
    heartbeat: time | None
    zone: tzinfo
    now: datetime | None

    def refuse_what_has_no_effect(self, *, has_addresses: bool) -> None:
        """Raise InvalidInput if an option needs another one that is missing."""
        if not has_addresses and (self.quiet or self.digest or self.heartbeat):
            raise InvalidInput("--quiet, --digest and --heartbeat need an address: --notify URL, or HEDGE_NOTIFY.")
        if self.every is None and self.state == IN_MEMORY and (self.digest or self.heartbeat):
            raise InvalidInput(
                "--digest and --heartbeat need --every, or --state FILE to remember when they were sent."
            )
        if self.every is not None and self.now is not None:
            raise InvalidInput("--now is for a single check; leave out --every.")


@click.command()
@click.option(
    "--every", type=INTERVAL, show_default="check once", help="Keep checking at this interval, such as 90s, 15m or 4h."
)
@click.option(
    "--notify",
    type=TEXT,
    multiple=True,
    metavar="URL",
    show_default="HEDGE_NOTIFY",
    help="Where to send new alerts, as an apprise URL; may be repeated.",
)
@click.option(
    "--state",
    type=TEXT,
    default=IN_MEMORY,
    show_default="forgotten at the end",
    metavar="FILE",
    help="File that remembers which alerts were sent.",
)
@click.option("--quiet", type=HOURS, help="Hours in which only critical alerts are sent, such as 22:00-07:00.")
@click.option("--digest", type=TIME, help="Time of a daily summary, such as 08:00.")
@click.option("--heartbeat", type=TIME, help="Time of a daily message that the monitor is running, such as 09:00.")
@click.option("--zone", type=ZONE, default="UTC", help="Time zone of these hours, such as Europe/Berlin.")
@click.option("--now", type=MOMENT, help="Check as if it were this moment, such as 2026-01-31T14:00Z.")
@position_options
@json_option
def monitor(source: PlanSource, as_json: bool, **options: Any) -> int:
    """Check the position or the armed entry rules: what to do now.

    Exit codes: 0 calm, 3 at least one warning, 4 at least one critical alert, 5 no usable prices; with --every it runs
    until it is stopped, and ends with 0.
    """
    return watch_position(source, MonitorOptions(**options), as_json=as_json)


def watch_position(source: PlanSource, options: MonitorOptions, *, as_json: bool) -> int:
    """Check the position once, or in a loop if `options.every` is set; print each result and return the exit code.

    A single check returns 0 (no warning), 3 (warning), 4 (critical) or 5 (no usable prices). A loop returns 0 when it
    is stopped. Raises HedgeError if the options contradict each other, or the plan or the state file cannot be used.
    """
    from hedge_core.market.live.settings import LiveSettings
    from hedge_core.monitoring.notify import Notifier, addresses
    from hedge_core.monitoring.watch import BLIND_AFTER, Watcher, WatchSettings
    from hedge_core.monitoring.watch_state import WatchState
    from hedge_core.reports.orders import opening_text

    texts = addresses(options.notify)
    live = LiveSettings.read().with_offline(source.is_offline)
    options.refuse_what_has_no_effect(has_addresses=bool(texts))
    clock = SystemClock(options.now)
    output = _Output(is_all_there_is=not texts)
    sender = _Sender(Notifier(texts), output)
    is_forgetful = options.state == IN_MEMORY and options.every is None
    settings = WatchSettings(
        every=options.every or 900.0,
        quiet=options.quiet,
        digest=options.digest,
        heartbeat=options.heartbeat,
        zone=options.zone,
        blind_after=1 if is_forgetful else BLIND_AFTER,
        max_staleness=live.max_staleness,
    )
    markets = _Markets(source.market, live)
    try:
        with WatchState(options.state) as state:
            watch = Watcher(
                clock=clock,
                load_plan=_plan_reader(source.path),
                load_market=markets.load,
                send=sender.send,
                addresses=sender.notifier.names,
                state=state,
                settings=settings,
                orders=opening_text,
            )
            if options.every is None:
                return _show_check(watch.check(), output, as_json=as_json)
            with _stopped_by_signals(clock):
                watch.run(lambda glance: _show_line(glance, output, as_json=as_json), lambda: clock.is_stopped)
            return 0
    finally:
        markets.close()
        output.close()


def _show_check(glance: Glance, output: _Output, *, as_json: bool) -> int:
    """Print a single check in full; return its exit code."""
    from hedge_core.cli.text import monitor_text
    from hedge_core.reports.monitor_json import monitor_document

    _note_state_fault(glance, output)
    if as_json:
        output.write(lambda: print_json(monitor_document(glance)))
    elif glance.report is not None:
        output.say(plain(monitor_text(glance.report)))
    else:
        output.note(f"no prices: {glance.no_prices}")
    return glance.exit_code


def _show_line(glance: Glance, output: _Output, *, as_json: bool) -> None:
    """Print one check of a loop on one line."""
    from hedge_core.cli.text import glance_line
    from hedge_core.reports.monitor_json import monitor_document

    _note_state_fault(glance, output)
    if as_json:
        output.say(json_for_terminal(json.dumps(monitor_document(glance), allow_nan=False, ensure_ascii=False)))
    else:
        output.say(plain(glance_line(glance)))


def _note_state_fault(glance: Glance, output: _Output) -> None:
    if glance.state_fault:
        output.note(f"note: {glance.state_fault} Alerts are sent, and sent again after a restart.")


# ------------------------------------------------------------------------------------------------ what a watch needs


class SystemClock:
    """The time of this machine, or a fixed moment. A sleep ends early once `is_stopped` is set."""

    def __init__(self, fixed: datetime | None = None) -> None:
        self._fixed = fixed
        self.is_stopped = False

    def now(self) -> datetime:
        """Return the moment in UTC."""
        return self._fixed or datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Sleep for this long, or until `is_stopped`."""
        end = system_time.monotonic() + seconds
        while not self.is_stopped and (left := end - system_time.monotonic()) > 0.0:
            system_time.sleep(min(left, SLICE))


class _Output:
    """What is printed. The work goes on if that fails: the log's disk may be full, or its reader gone.

    Only if nothing is sent anywhere (`is_all_there_is`) does the work end with the reader.
    """

    def __init__(self, *, is_all_there_is: bool) -> None:
        self._is_all_there_is = is_all_there_is

    def say(self, text: str) -> None:
        """Print on standard output."""
        self.write(lambda: print(text, flush=True))

    def note(self, text: str) -> None:
        """Print on standard error."""
        self.write(lambda: print(plain(text), file=sys.stderr, flush=True))

    def write(self, work: Callable[[], None]) -> None:
        """Do what prints."""
        try:
            work()
        except BrokenPipeError:
            if self._is_all_there_is:
                raise
        except OSError:
            pass

    def close(self) -> None:
        """Drop what could not be written, which would make Python end with another exit code."""
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except OSError:
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


class _Sender:
    """Sends messages. If one is not delivered, says so on standard error, with the number of the address."""

    def __init__(self, notifier: Notifier, output: _Output) -> None:
        self.notifier, self._output = notifier, output

    def send(self, name: str, message: Message) -> bool:
        is_sent = self.notifier.send(name, message)
        if not is_sent:
            number = self.notifier.names.index(name) + 1
            self._output.note(f"note: a message to address {number} was not delivered; it is sent again later.")
        return is_sent


class _Markets:
    """Loads the market of a plan. Live markets share one cache, so that a loop fetches nothing twice."""

    def __init__(self, name: str | None, settings: LiveSettings) -> None:
        self._name, self._settings = name, settings
        self._live: LiveMarkets | None = None

    def load(self, plan: HedgePlan) -> MarketSnapshot:
        from hedge_core.documents.market_sources import open_source

        name = self._name or plan.market
        if name in EXCHANGES:
            check_packages()
            from hedge_core.market.live.markets import LiveMarkets

            self._live = self._live or LiveMarkets(self._settings)
            return self._live.snapshot(name, wanted_of(plan))
        try:
            source = open_source(name)
        except SourceUnavailable as error:  # an unknown name is a mistake of the user, not an outage
            raise InvalidPlan(str(error)) from None
        return source.snapshot()

    def close(self) -> None:
        if self._live is not None:
            self._live.close()


def _plan_reader(path: str) -> Callable[[], HedgePlan]:
    """Return a function that reads the plan file again each time; standard input is read once."""
    from hedge_core.documents.plan_file import MAX_REPORT_BYTES, load_plan, read_plan

    if path != "-":
        return lambda: load_plan(Path(path))
    plan = read_plan(sys.stdin.buffer.read(MAX_REPORT_BYTES + 1))
    return lambda: plan


@contextmanager
def _stopped_by_signals(clock: SystemClock) -> Iterator[None]:
    """Let SIGTERM and SIGINT end the loop once the current check is done."""

    def stop(*_: Any) -> None:
        clock.is_stopped = True

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
