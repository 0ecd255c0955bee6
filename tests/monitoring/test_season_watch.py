"""The season of tests/monitoring/test_daily_check.py through the watch: every message once, at a real webhook.

One check a day at 23:00. In the middle the program is restarted (day 46), the exchange does not answer (days 60 to 64)
and the future is rolled (day 53).
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from hedge_core.errors import SourceUnavailable
from hedge_core.monitoring.notify import Notifier, addresses
from hedge_core.monitoring.watch import Watcher, WatchSettings
from hedge_core.monitoring.watch_state import WatchState
from tests.monitoring.test_daily_check import DAYS, EXPECTED, market_on, plan_on
from tests.support.watching import FakeClock, Webhook, webhook

RESTART, OUTAGE = 46, range(60, 65)
BLIND_AFTER = 3


def play(hook: Webhook, path: Path) -> list[tuple[int, str]]:
    """The day on which each message arrived, and its title."""
    clock = FakeClock(market_on(0).as_of)
    day = 0

    def load_market(_: object) -> object:
        if day in OUTAGE:
            raise SourceUnavailable("The exchange does not answer.")
        return market_on(day)

    def start() -> tuple[WatchState, Watcher]:
        notifier = Notifier(addresses((hook.address,), {}))
        state = WatchState(str(path))
        watch = Watcher(
            clock=clock,
            load_plan=lambda: plan_on(day),
            load_market=load_market,  # type: ignore[arg-type]
            send=notifier.send,
            addresses=notifier.names,
            state=state,
            settings=WatchSettings(blind_after=BLIND_AFTER, max_staleness=30 * 86_400.0),
        )
        return state, watch

    state, watch = start()
    arrived: list[tuple[int, str]] = []
    for day in range(DAYS + 1):
        if day == RESTART:
            state.close()
            state, watch = start()
        clock.moment = market_on(day).as_of
        before = len(hook.received)
        watch.check()
        arrived += [(day, message["message"]) for message in hook.received[before:]]
        clock.moment += timedelta(hours=1)
    state.close()
    return arrived


def test_every_message_of_the_season_arrives_once_on_its_day(tmp_path: Path) -> None:
    with webhook() as hook:
        arrived = play(hook, tmp_path / "state.db")
    days = [day for day, _ in arrived]
    # The outage is told on its third day and its end on the day after it.
    expected = sorted([*(day for day, _ in EXPECTED), OUTAGE.start + BLIND_AFTER - 1, OUTAGE.stop])
    assert days == expected
    assert len({message for _, message in arrived}) == len(arrived)


def test_the_messages_say_what_the_monitor_found(tmp_path: Path) -> None:
    with webhook() as hook:
        arrived = dict(play(hook, tmp_path / "state.db"))
    for day, words in {
        10: "DOGE is 2.8% above its stop",
        32: "the hedge gained $738",
        41: "the bag has fallen 25%",
        50: "expires in 7 days",
        OUTAGE.start + 2: "does not answer",
        71: "the hedge has lost 15%",
        115: "the listing",
    }.items():
        assert words in arrived[day], (day, arrived[day])
