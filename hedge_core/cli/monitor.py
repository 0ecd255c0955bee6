"""The command `monitor`: one check with an exit code for cron, or a loop for a service."""

from __future__ import annotations

import argparse
import json
import re
import signal
import sys
import time as system_time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, time, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hedge_core.cli.text import glance_line, monitor_text
from hedge_core.documents.plan_file import MAX_REPORT_BYTES, load_plan, read_plan
from hedge_core.errors import InvalidInput, InvalidPlan, SourceUnavailable
from hedge_core.hedge.held_coins import wanted_of
from hedge_core.market.live.settings import LiveSettings
from hedge_core.market.registry import open_source
from hedge_core.market.snapshot import MarketSnapshot
from hedge_core.market.venues import EXCHANGES
from hedge_core.monitoring.notify import Message, Notifier, addresses
from hedge_core.monitoring.watch import BLIND_AFTER, Glance, Watcher, WatchSettings
from hedge_core.monitoring.watch_state import WatchState
from hedge_core.plan.plan import HedgePlan
from hedge_core.reports.json import monitor_document
from hedge_core.text import plain

if TYPE_CHECKING:
    from hedge_core.market.live.markets import LiveMarkets

SECONDS = {"s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0}
IN_MEMORY = ":memory:"
SLICE = 0.5
"""Seconds after which a sleep looks whether it is to end."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of `monitor`, but for PLAN, --market, --offline and --json, which other commands share."""
    parser.add_argument("--every", type=_interval, default=None, help="keep checking, as in 15m (default: check once)")
    parser.add_argument(
        "--notify",
        action="append",
        default=[],
        metavar="URL",
        help="where to send what is new, as apprise writes it; may be repeated (default: HEDGE_NOTIFY)",
    )
    parser.add_argument("--state", default=IN_MEMORY, metavar="FILE", help="what was told, kept over restarts")
    parser.add_argument("--quiet", type=_hours, default=None, help="only critical alerts then, as in 22:00-07:00")
    parser.add_argument("--digest", type=_hour, default=None, help="time of a daily summary, as in 08:00")
    parser.add_argument("--heartbeat", type=_hour, default=None, help="time of a daily sign of life, as in 09:00")
    parser.add_argument("--zone", type=_zone, default=UTC, help="time zone of these hours, as in Europe/Berlin")
    parser.add_argument("--now", type=_moment, default=None, help="check as if it were then, as in 2026-01-31T14:00Z")


def run(options: argparse.Namespace) -> int:
    """Check once or in a loop; returns the exit code: 0 calm, 3 warning, 4 critical, 5 blind; of a loop 0.

    Raises HedgeError for what the user can mend.
    """
    texts = addresses(options.notify)
    live = LiveSettings.read().with_offline(options.offline)
    _refuse_what_does_nothing(options, bool(texts))
    clock = SystemClock(options.now)
    sender = _Sender(Notifier(texts))
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
    markets = _Markets(options.market, live)
    try:
        with WatchState(options.state) as state:
            watch = Watcher(
                clock=clock,
                load_plan=_plan_reader(options.plan),
                load_market=markets.load,
                send=sender.send,
                addresses=sender.notifier.names,
                state=state,
                settings=settings,
            )
            if options.every is None:
                return _once(watch.check(), as_json=options.json)
            with _stopped_by_signals(clock):
                watch.run(lambda glance: _line(glance, as_json=options.json), lambda: clock.is_stopped)
            return 0
    finally:
        markets.close()


def _refuse_what_does_nothing(options: argparse.Namespace, has_addresses: bool) -> None:
    if not has_addresses and (options.quiet or options.digest or options.heartbeat):
        raise InvalidInput("--quiet, --digest and --heartbeat need an address: --notify URL, or HEDGE_NOTIFY.")
    if options.every is None and options.state == IN_MEMORY and (options.digest or options.heartbeat):
        raise InvalidInput("--digest and --heartbeat need --every, or --state FILE to remember when they were sent.")
    if options.every is not None and options.now is not None:
        raise InvalidInput("--now is for one check; leave out --every.")


def _once(glance: Glance, *, as_json: bool) -> int:
    if as_json:
        print(json.dumps(monitor_document(glance), indent=2, allow_nan=False, ensure_ascii=False))
    elif glance.report is not None:
        print(plain(monitor_text(glance.report)))
    else:
        print(plain(f"blind: {glance.no_prices}"), file=sys.stderr)
    return glance.exit_code


def _line(glance: Glance, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(monitor_document(glance), allow_nan=False, ensure_ascii=False), flush=True)
    else:
        print(plain(glance_line(glance)), flush=True)


# ------------------------------------------------------------------------------------------------ what a watch needs


class SystemClock:
    """The time of this machine, or a moment that stands still; a sleep ends early once `is_stopped`."""

    def __init__(self, fixed: datetime | None = None) -> None:
        self._fixed = fixed
        self.is_stopped = False

    def now(self) -> datetime:
        """The moment in UTC."""
        return self._fixed or datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Sleep so long, or until `is_stopped`."""
        end = system_time.monotonic() + seconds
        while not self.is_stopped and (left := end - system_time.monotonic()) > 0.0:
            system_time.sleep(min(left, SLICE))


class _Sender:
    """Sends, and says on standard error which address did not take a message, by its number."""

    def __init__(self, notifier: Notifier) -> None:
        self.notifier = notifier

    def send(self, name: str, message: Message) -> bool:
        is_sent = self.notifier.send(name, message)
        if not is_sent:
            number = self.notifier.names.index(name) + 1
            print(f"note: address {number} did not take a notification; it is tried again later.", file=sys.stderr)
        return is_sent


class _Markets:
    """The market of a plan; all live ones behind one cache, so that a loop asks for nothing twice."""

    def __init__(self, name: str | None, settings: LiveSettings) -> None:
        self._name, self._settings = name, settings
        self._live: LiveMarkets | None = None

    def load(self, plan: HedgePlan) -> MarketSnapshot:
        name = self._name or plan.market
        if name in EXCHANGES:
            from hedge_core.market.live.markets import LiveMarkets

            self._live = self._live or LiveMarkets(self._settings)
            return self._live.snapshot(name, wanted_of(plan))
        try:
            source = open_source(name)
        except SourceUnavailable as error:  # there is no such source: a mistake, not an outage
            raise InvalidPlan(str(error)) from None
        return source.snapshot()

    def close(self) -> None:
        if self._live is not None:
            self._live.close()


def _plan_reader(path: str) -> Callable[[], HedgePlan]:
    """Reads the plan file anew each time; standard input can be read once only."""
    if path != "-":
        return lambda: load_plan(Path(path))
    plan = read_plan(sys.stdin.buffer.read(MAX_REPORT_BYTES + 1))
    return lambda: plan


@contextmanager
def _stopped_by_signals(clock: SystemClock) -> Iterator[None]:
    """SIGTERM and SIGINT end the loop after what is being done."""

    def stop(*_: Any) -> None:
        clock.is_stopped = True

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


# ------------------------------------------------------------------------------------------------ reading options


def _interval(text: str) -> float:
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([smhd])\s*", text)
    seconds = float(match[1]) * SECONDS[match[2]] if match else 0.0
    if not 1.0 <= seconds <= SECONDS["d"]:
        raise argparse.ArgumentTypeError(f"'{text[:40]}' is no interval; write 90s, 15m or 4h, at most 1d")
    return seconds


def _hour(text: str) -> time:
    match = re.fullmatch(r"\s*([01]?\d|2[0-3]):([0-5]\d)\s*", text)
    if match is None:
        raise argparse.ArgumentTypeError(f"'{text[:40]}' is no time of day; write 08:00")
    return time(int(match[1]), int(match[2]))


def _hours(text: str) -> tuple[time, time]:
    start, separator, end = text.replace("–", "-").partition("-")
    if not separator or _hour(start) == _hour(end):
        raise argparse.ArgumentTypeError(f"'{text[:40]}' are no hours; write 22:00-07:00")
    return _hour(start), _hour(end)


def _zone(text: str) -> tzinfo:
    from zoneinfo import ZoneInfo

    try:
        return UTC if text.upper() == "UTC" else ZoneInfo(text)
    except (OSError, ValueError, KeyError):  # ZoneInfoNotFoundError is a KeyError
        raise argparse.ArgumentTypeError(f"'{text[:40]}' is no known time zone; write Europe/Berlin or UTC") from None


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text.strip())
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):  # the first and the last day there is may not exist in UTC
        raise argparse.ArgumentTypeError(f"'{text[:40]}' is no moment; write 2026-01-31T14:00:00Z") from None
