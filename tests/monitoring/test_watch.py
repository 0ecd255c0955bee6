"""A plan that is watched, with a clock that is moved by sleeping.

By hand, for the plan of `watching`: 50 contracts of 0.1 ETH are short at $2,000 with $5,000 of collateral and 10% of
margin. At a price P the equity is 5,000 − 5·(P − 2,000), and the rise r that it survives solves
equity = 5·P·r + 0.1·5·P·(1 + r): 36% at $2,000, 18.6% at $2,300 (a warning, below 20%), 9.1% at $2,500 (critical, below
10%). A warning that stands ends above 20%/0.8 = 25%, which is at $2,182; to get there at $2,300 takes
0.25·11,500 + 0.1·11,500·1.25 − 3,500 = $812.50 more.
"""

from __future__ import annotations

import gc
import shutil
import subprocess
import sys
import time as real_time
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from multiprocessing import get_context
from pathlib import Path
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings, strategies as st

from hedge_core import HedgePlan, Holding, assess
from hedge_core.errors import InvalidPlan, MissingPrice, SourceUnavailable
from hedge_core.hedge.held_coins import wanted_of
from hedge_core.market.live.markets import LiveMarkets
from hedge_core.market.live.settings import LiveSettings
from hedge_core.market.snapshot import PriceHistory
from hedge_core.monitoring import daily_check
from hedge_core.monitoring.notify import Message, Notifier
from hedge_core.monitoring.watch import Watcher, WatchSettings
from hedge_core.monitoring.watch_state import WatchState
from hedge_core.plan.plan import Thresholds
from hedge_core.plan.rules import BagRecovered, CarryLimit, Catalyst, ExpiryNear, FallReached, LossLimit, OnDate
from tests.exchange.server import EXCHANGES, LoopbackExchange
from tests.support.markets import make_market
from tests.support.scale import SCALE, scaled
from tests.support.watching import HISTORY, START, FakeClock, Stage, alert, market_at, short_plan, webhook

DOWN = SourceUnavailable("No live price of anything: the exchange could not be reached.")
CALM, WARNING, EASED, CRITICAL = 2_000.0, 2_300.0, 2_220.0, 2_500.0


def hour(hours: int, minutes: int = 0) -> datetime:
    return START + timedelta(hours=hours, minutes=minutes)


def at_minutes(stage: Stage, word: str) -> list[datetime]:
    return [moment for moment, message in stage.told if word in message.title]


# Alerts


def test_an_alert_is_told_once_however_long_it_stands() -> None:
    stage = Stage(price=WARNING)

    codes = [stage.check().exit_code for _ in range(5)]

    assert codes == [3] * 5
    assert stage.titles == ["WARNING: margin (My bag)"]


def test_what_is_told_holds_evidence_action_threshold_and_time() -> None:
    stage = Stage(price=WARNING)
    stage.check()
    ((moment, message),) = stage.told

    assert moment == START
    assert message.severity == "warning"
    assert message.body.split("\n") == [
        "The account survives a rise of the market of 18.5%; beyond that the short is liquidated.",
        "Add about $813 of collateral, or buy back part of the short.",
        "Threshold: 20%.",
        "31 Jan 2026 00:00 UTC",
    ]


def test_an_alert_that_gets_worse_is_told() -> None:
    stage = Stage(price=WARNING)
    stage.check()
    stage.price = CRITICAL
    glance = stage.check()

    assert glance.exit_code == 4
    assert glance.new == ("margin:critical",)
    assert stage.titles == ["WARNING: margin (My bag)", "CRITICAL: margin (My bag)"]


def test_an_alert_that_has_ended_is_armed_again() -> None:
    stage = Stage()
    for price in (WARNING, CALM, CALM, WARNING, CALM, WARNING):
        stage.price = price
        stage.check()

    assert stage.titles == ["WARNING: margin (My bag)"] * 3


def test_a_figure_that_trembles_around_its_threshold_is_told_once() -> None:
    stage = Stage()
    codes = []
    for price in (2_280.0, 2_270.0, 2_280.0, EASED, 2_280.0, 2_190.0, 2_280.0):  # 20% is at 2,273
        stage.price = price
        codes.append(stage.check().exit_code)

    assert codes == [3] * 7
    assert len(stage.told) == 1


def test_without_a_standing_alert_the_same_figures_are_calm() -> None:
    stage = Stage(price=EASED)

    assert stage.check().exit_code == 0


def test_hysteresis_survives_a_restart(tmp_path: Path) -> None:
    stage = Stage(path=str(tmp_path / "state"), price=WARNING)
    stage.check()
    stage.restart()
    stage.price = EASED

    assert stage.check().exit_code == 3
    assert len(stage.told) == 1


def test_a_proxy_that_follows_again_ends_its_alert_under_a_strict_threshold_too() -> None:
    market = make_market(seed=3, noise=0.004)  # LINK follows Ether with a correlation of 0.99
    plan = HedgePlan(holdings=(Holding(coin="LINK", quantity=500.0),)).with_overrides(proxies={"LINK": "ETH"})
    plan = plan.with_watch(thresholds=Thresholds(correlation=0.85))
    key = "correlation:LINK:ETH"

    report = daily_check.check(assess(plan, market), now=market.as_of, active={key})

    assert key not in [alert.key for alert in report.alerts]


def test_evidence_is_gathered_once_for_as_long_as_the_history_says_the_same() -> None:
    stage = Stage()
    first = stage.check().report
    copied = PriceHistory(HISTORY.days.copy(), HISTORY.coins, HISTORY.values.copy())
    stage.market = replace(market_at(stage.clock.moment), history=copied)
    again = stage.check().report
    stage.market = replace(stage.market, history=PriceHistory(HISTORY.days + 1, HISTORY.coins, HISTORY.values))
    other = stage.check().report

    assert first is not None
    assert again is not None
    assert other is not None
    assert again.assessment.evidence is first.assessment.evidence
    assert other.assessment.evidence is not first.assessment.evidence


def test_an_exit_rule_that_is_met_is_told_and_ends_when_it_is_marked_as_done() -> None:
    rule = OnDate(day=date(2026, 1, 31), share=0.5)
    stage = Stage(plan=short_plan(rules=(rule, LossLimit())))
    assert stage.check().exit_code == 4

    # Half of the short is bought back with it: a rule that is ticked alone would leave the hedge twice its target.
    stage.plan = short_plan(lots=25, rules=(replace(rule, is_done=True), LossLimit()))

    assert stage.check().exit_code == 0
    assert stage.titles == ["CRITICAL: exit rule (My bag)"]


def test_without_an_address_nothing_is_queued_and_a_later_one_hears_what_stands() -> None:
    stage = Stage(addresses=(), price=WARNING)
    stage.check()
    assert stage.state.undelivered == 0

    later = Watcher(
        clock=stage.clock,
        load_plan=lambda: short_plan(),
        load_market=lambda _: market_at(stage.clock.moment, WARNING),
        send=stage._keep,
        addresses=("somebody",),
        state=stage.state,
        settings=stage.settings,
    )
    later.check()
    later.check()

    assert stage.titles == ["WARNING: margin (My bag)"]


@settings(max_examples=scaled(12))
@given(
    st.lists(
        st.tuples(
            st.sets(st.sampled_from(["margin:warning", "margin:critical", "drift", "carry", "stop:near:SOL"])),
            st.sampled_from(["on", "on", "on", "restart", "outage", "deaf"]),
        ),
        min_size=1,
        max_size=25,
    )
)
def test_every_rising_edge_is_told_exactly_once(tmp_path_factory: pytest.TempPathFactory, steps: list) -> None:
    stage = Stage(path=str(tmp_path_factory.mktemp("watch") / "state"))
    is_deaf = False
    stage.send = lambda name, message: not is_deaf and stage._keep(name, message)
    stage.restart()
    real = daily_check.check
    stands: set[str] = set()
    risen: Counter[str] = Counter()
    keys: set[str] = set()

    def check(*arguments, active, **more):
        assert set(active) == stands
        alerts = tuple(alert(key, "critical" if "critical" in key else "warning") for key in sorted(keys))
        return replace(real(*arguments, active=active, **more), alerts=alerts)

    with patch("hedge_core.monitoring.watch.daily_check.check", check):
        for keys, what in [*steps, (steps[-1][0], "on")]:
            is_deaf = what == "deaf"
            stage.price = DOWN if what == "outage" else CALM
            if what == "restart":
                stage.restart()
            stage.check(timedelta(hours=2))
            if what != "outage":
                risen.update(keys - stands)
                stands = set(keys)
    stage.state.close()

    told = Counter(message.body.split("\n")[0] for _, message in stage.told if "Prices are back" not in message.title)
    blind = {text: count for text, count in told.items() if text == str(DOWN)}
    assert told - Counter(blind) == Counter({f"Seen: {key}.": count for key, count in risen.items()})


# Real notifications


def test_each_notification_arrives_once_at_a_webhook_with_a_restart_in_the_middle(tmp_path: Path) -> None:
    with webhook() as hook:
        notifier = Notifier([hook.address])
        stage = Stage(path=str(tmp_path / "state"), addresses=notifier.names, send=notifier.send)
        for price in (CALM, WARNING, WARNING):
            stage.price = price
            stage.check()
        stage.restart()
        for price in (WARNING, CRITICAL):
            stage.price = price
            stage.check()
        stage.restart()
        stage.check()
        stage.state.close()

    assert hook.titles == ["WARNING: margin (My bag)", "CRITICAL: margin (My bag)"]
    assert [message["type"] for message in hook.received] == ["warning", "failure"]


def test_what_a_webhook_missed_while_it_was_down_arrives_once_and_in_order(tmp_path: Path) -> None:
    with webhook() as hook:
        notifier = Notifier([hook.address])
        stage = Stage(path=str(tmp_path / "state"), addresses=notifier.names, send=notifier.send, price=WARNING)
        hook.status = 503
        for _ in range(30):
            stage.check()
        assert hook.asked == 5  # at once, then after 1, 2, 4, 8 and 16 minutes
        stage.price = CRITICAL
        stage.check()
        stage.restart()
        hook.status = 200
        for _ in range(90):
            stage.check()
        stage.state.close()

    assert hook.titles == ["WARNING: margin (My bag)", "CRITICAL: margin (My bag)"]
    assert "This had cleared by 31 Jan 2026 00:30 UTC, before it could be sent." in hook.received[0]["message"]


def test_an_address_that_nobody_listens_at_keeps_nothing_from_the_others() -> None:
    with webhook() as gone:
        lost = gone.address
    with webhook() as hook:
        notifier = Notifier([lost, hook.address])
        stage = Stage(addresses=notifier.names, send=notifier.send, price=WARNING)
        stage.check()
        stage.check()
        stage.price = CRITICAL
        stage.check()

    assert hook.titles == ["WARNING: margin (My bag)", "CRITICAL: margin (My bag)"]
    assert stage.state.undelivered == 2


def test_what_nobody_got_is_sent_to_the_address_that_replaces_a_wrong_one(tmp_path: Path) -> None:
    stage = Stage(path=str(tmp_path / "state"), addresses=("wrong",), send=lambda *_: False, price=WARNING)
    stage.check()
    stage.addresses, stage.send = ("right",), None
    stage.restart()
    stage.check()
    stage.addresses = ("right", "new")
    stage.restart()
    stage.check()

    assert stage.titles == ["WARNING: margin (My bag)"]


def test_a_message_that_is_always_refused_lets_the_others_pass() -> None:
    stage = Stage(price=CRITICAL)
    stage.send = lambda name, message: "CRITICAL" not in message.title and stage._keep(name, message)
    stage.restart()
    stage.check()
    stage.price = WARNING
    for _ in range(120):
        stage.check()

    assert stage.titles == ["WARNING: margin (My bag)"]


KILLED = """
import os, sys
from hedge_core.monitoring.watch_state import WatchState
from tests.support.markets import make_market
from tests.support.watching import HISTORY, START, FakeClock, Stage, alert, market_at, short_plan, webhook
if {where!r} == "before":
    WatchState.prune = lambda *_: os._exit(9)

def send(_, message):
    print(message.title, flush=True)
    os._exit(9)

Stage(path=sys.argv[1], send=send, price=2_300.0).check()
"""


@pytest.mark.parametrize(
    ("where", "first", "second"),
    [
        ("before", [], ["WARNING: margin (My bag)"]),
        ("sending", ["WARNING: margin (My bag)"], ["(May be a repeat) WARNING: margin (My bag)"]),
    ],
)
def test_a_process_killed_in_the_middle_loses_nothing(
    tmp_path: Path, project_root: Path, where: str, first: list, second: list
) -> None:
    path = str(tmp_path / "state")
    done = subprocess.run(
        [sys.executable, "-c", KILLED.format(where=where), path],
        cwd=project_root,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout.splitlines()) == (9, first), done.stderr

    stage = Stage(path=path, price=WARNING)
    stage.check()
    stage.check()

    assert stage.titles == second


# Blind


def test_an_outage_is_told_once_and_its_end_once() -> None:
    stage = Stage(price=WARNING)
    codes = []
    for price in (WARNING, DOWN, DOWN, DOWN, DOWN, DOWN, WARNING, WARNING):
        stage.price = price
        codes.append(stage.check().exit_code)

    assert codes == [3, 5, 5, 5, 5, 5, 3, 3]
    assert stage.titles == [
        "WARNING: margin (My bag)",
        "CRITICAL: no usable prices (My bag)",
        "Prices are back (My bag)",
    ]
    assert at_minutes(stage, "CRITICAL: no usable prices") == [hour(0, 3)]
    assert at_minutes(stage, "Prices are back") == [hour(0, 6)]
    assert "Last good check: 31 Jan 2026 00:00 UTC." in stage.told[1][1].body
    assert "they had been missing since 31 Jan 2026 00:03 UTC. 1 active alert." in stage.told[2][1].body


def test_failures_that_are_fewer_or_not_in_a_row_are_not_blindness() -> None:
    stage = Stage()
    for price in (DOWN, DOWN, CALM, DOWN, DOWN, CALM):
        stage.price = price
        stage.check()

    assert stage.told == []


def test_blindness_goes_on_over_a_restart_and_is_told_once(tmp_path: Path) -> None:
    stage = Stage(path=str(tmp_path / "state"), price=DOWN)
    for _ in range(2):
        stage.check()
    stage.restart()
    stage.check()
    stage.restart()
    stage.check()
    stage.price = CALM
    stage.check()

    assert stage.titles == ["CRITICAL: no usable prices (My bag)", "Prices are back (My bag)"]


def test_prices_that_are_too_old_are_blindness_at_once() -> None:
    stage = Stage(settings=WatchSettings(max_staleness=3_600.0))
    stage.market = market_at(START)
    codes = [stage.check(timedelta(minutes=20)).exit_code for _ in range(6)]

    assert codes == [0, 0, 0, 0, 5, 5]
    assert stage.titles == ["CRITICAL: no usable prices (My bag)"]
    assert "hours old (31 Jan 2026 00:00 UTC)." in stage.told[0][1].body


def test_a_single_failure_is_blindness_when_the_last_prices_are_too_old() -> None:
    stage = Stage(settings=WatchSettings(max_staleness=3_600.0))
    stage.check(timedelta(hours=8))
    stage.price = DOWN
    stage.check()

    assert stage.titles == ["CRITICAL: no usable prices (My bag)"]


def test_daily_closes_may_be_a_day_older() -> None:
    stage = Stage()
    stage.market = replace(market_at(START), quotes={})
    stage.clock.moment = hour(29)
    assert stage.check().exit_code == 3  # the plan's own threshold of 26 hours
    stage.clock.moment = hour(30, 1)

    assert stage.check().exit_code == 5


def test_simulated_prices_are_never_too_old() -> None:
    stage = Stage()
    stage.market = replace(market_at(START), simulated=True)
    stage.clock.moment = hour(2_400)

    assert stage.check().exit_code == 0


def test_a_coin_without_a_price_is_blindness() -> None:
    stage = Stage(price=MissingPrice("ETH", "here"))

    assert stage.check().exit_code == 5


def test_alerts_are_left_as_they_are_while_nothing_is_seen() -> None:
    stage = Stage()
    for price in (WARNING, DOWN, DOWN, DOWN, EASED):
        stage.price = price
        glance = stage.check()

    assert glance.exit_code == 3
    assert len(at_minutes(stage, "margin")) == 1


def test_an_outage_of_real_exchanges_is_told_once_and_its_end_once() -> None:
    plan = replace(short_plan(lots=50, collateral=100_000.0), market="kraken")
    told: list[str] = []

    def send(_: str, message: Message) -> bool:
        told.append(message.title)
        return True

    class Clock:
        def now(self) -> datetime:
            return datetime.now(UTC)

        def sleep(self, seconds: float) -> None: ...

    with LoopbackExchange() as exchange, WatchState(":memory:") as state:

        def check(times: int) -> list[int]:
            codes = []
            for _ in range(times):  # a new cache each time: nothing of before is at hand
                markets = LiveMarkets(LiveSettings(base_url=exchange.url, timeout=2.0))
                watch = Watcher(
                    clock=Clock(),
                    load_plan=lambda: plan,
                    load_market=lambda plan: markets.snapshot("kraken", wanted_of(plan)),  # noqa: B023
                    send=send,
                    addresses=("somebody",),
                    state=state,
                    settings=WatchSettings(),
                )
                codes.append(watch.check().exit_code)
                markets.close()
            return codes

        assert check(1) != [5]
        told.clear()
        for name in EXCHANGES:
            exchange.play(name, None, "refused")
        assert check(4) == [5] * 4
        exchange.heal()
        assert check(2).count(5) == 0

    assert told == ["CRITICAL: no usable prices (My bag)", "Prices are back (My bag)"]


# The plan


def test_an_edited_plan_counts_at_once() -> None:
    stage = Stage(price=WARNING)
    assert stage.check().exit_code == 3
    stage.plan = short_plan(collateral=20_000.0)

    assert stage.check().exit_code == 0


@pytest.mark.parametrize("broken", [InvalidPlan("The plan is not valid JSON."), short_plan(lots=7)])
def test_a_plan_that_is_broken_for_a_while_is_told_once_and_the_last_good_one_watched(broken: object) -> None:
    stage = Stage(price=CALM)
    good = stage.plan
    stage.check()
    if not isinstance(broken, Exception):  # a plan that reads well and asks for a contract that there is not
        broken = replace(broken, overrides=replace(broken.overrides, contracts=(), contract_choice={}))
    stage.plan = broken
    for price in (CALM, WARNING, WARNING):
        stage.price = price
        glance = stage.check()
    assert glance.plan_fault
    assert (glance.exit_code, glance.plan) == (3, good)
    assert stage.titles == ["WARNING: the plan cannot be used (My bag)", "WARNING: margin (My bag)"]

    stage.plan = good
    assert stage.check().plan_fault == ""
    stage.plan = broken
    stage.check()

    assert len(at_minutes(stage, "cannot be used")) == 2


def test_a_first_plan_that_is_broken_is_for_the_user_to_mend() -> None:
    with pytest.raises(InvalidPlan, match="not valid JSON"):
        Stage(plan=InvalidPlan("The plan is not valid JSON.")).check()


def test_a_plan_broken_during_an_outage_from_the_start_ends_nothing() -> None:
    stage = Stage(price=DOWN)
    stage.check()
    stage.plan = InvalidPlan("The plan is not valid JSON.")

    assert stage.check().exit_code == 5


# Hours


def test_quiet_hours_hold_back_all_but_what_is_critical() -> None:
    stage = Stage(settings=WatchSettings(every=300.0, quiet=(time(22), time(7))), price=WARNING)
    stage.clock.moment = hour(-1)  # 23:00
    for price, end in ((WARNING, hour(1)), (CRITICAL, hour(2)), (CALM, hour(12))):
        stage.price = price
        stage.run(end)

    assert at_minutes(stage, "CRITICAL: margin") == [hour(1)]
    assert at_minutes(stage, "WARNING: margin") == [hour(7)]
    assert "This had cleared by 31 Jan 2026 01:00 UTC, before it could be sent." in stage.told[1][1].body


def test_what_begins_at_the_end_of_quiet_hours_is_told_at_once() -> None:
    stage = Stage(settings=WatchSettings(every=300.0, quiet=(time(22), time(7))))
    stage.run(hour(7))
    stage.price = WARNING
    stage.run(hour(8))

    assert at_minutes(stage, "margin") == [hour(7)]


def test_quiet_hours_may_lie_within_a_day_and_in_a_time_zone() -> None:
    berlin = ZoneInfo("Europe/Berlin")  # an hour ahead of UTC in January
    stage = Stage(settings=WatchSettings(every=300.0, quiet=(time(12), time(14)), zone=berlin))
    stage.clock.moment = hour(10)
    stage.run(hour(12))
    stage.price = WARNING
    stage.run(hour(15))

    assert at_minutes(stage, "margin") == [hour(13)]


def test_digest_and_heartbeat_come_at_their_minute_and_at_no_other() -> None:
    settings = WatchSettings(every=1_500.0, digest=time(8), heartbeat=time(9))
    stage = Stage(settings=settings)
    stage.run(hour(10))
    stage.price = WARNING
    stage.run(hour(48))

    assert at_minutes(stage, "Digest") == [hour(8), hour(32)]
    assert at_minutes(stage, "Monitor running") == [hour(9), hour(33)]
    assert len(stage.told) == 5
    texts = [message.body.split("\n")[0] for _, message in stage.told if "Monitor running" in message.title]
    assert texts == ["Running. No active alerts.", "Running. 1 active alert."]
    assert stage.told[0][1].title == "Digest: calm (My bag)"
    assert stage.told[3][1].body.split("\n") == [
        "1 active alert.",
        "- warning: The account survives a rise of the market of 18.5%; beyond that the short is liquidated.",
        "Profit of the shorts so far: −$1,500.",
        "Equity $3,500; the account survives a rise of 18.5% of the market.",
        "Drift from the target: +0.0%.",
        "1 Feb 2026 08:00 UTC".zfill(21),
    ]


def test_the_watch_wakes_for_its_hours_between_two_checks() -> None:
    stage = Stage(settings=WatchSettings(every=3_600.0 * 5, digest=time(8), quiet=(time(1), time(6, 30))))
    glances = stage.run(hour(16))

    assert [glance.moment for glance in glances] == [hour(0), hour(5), hour(6, 30), hour(8), hour(10), hour(15)]
    assert at_minutes(stage, "Digest") == [hour(8)]


def test_a_digest_missed_while_the_watch_was_down_comes_once_and_late(tmp_path: Path) -> None:
    stage = Stage(path=str(tmp_path / "state"), settings=WatchSettings(digest=time(8)))
    stage.check(timedelta(hours=60))
    stage.restart()
    stage.check()
    stage.check()

    assert at_minutes(stage, "Digest") == [hour(60)]


def test_digest_and_heartbeat_say_that_nothing_is_seen() -> None:
    stage = Stage(settings=WatchSettings(every=60.0, digest=time(8), heartbeat=time(8)))
    stage.clock.moment = hour(6, 30)
    stage.run(hour(7))
    stage.price = DOWN
    stage.run(hour(9))
    by_title = {message.title: message.body for _, message in stage.told}

    assert "without usable prices since 31 Jan 2026 07:02 UTC" in by_title["Monitor running (My bag)"]
    assert "Last good check: 31 Jan 2026 06:59 UTC." in by_title["Digest: no usable prices (My bag)"]


def test_a_heartbeat_that_was_not_delivered_gives_way_to_the_next() -> None:
    is_deaf = True
    stage = Stage(settings=WatchSettings(every=3_600.0, heartbeat=time(9)))
    stage.send = lambda name, message: not is_deaf and stage._keep(name, message)
    stage.restart()
    stage.run(hour(72))
    is_deaf = False
    stage.run(hour(74))

    assert len(stage.told) == 1
    assert "02 Feb 2026 09:00 UTC" in stage.told[0][1].body


def test_every_hour_is_kept_when_the_clocks_are_changed() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    stage = Stage(settings=WatchSettings(every=1_800.0, heartbeat=time(9), quiet=(time(22), time(7)), zone=berlin))
    stage.clock.moment = datetime(2026, 3, 28, 0, 0, tzinfo=UTC)  # summer time begins on the 29th
    stage.run(datetime(2026, 3, 30, 12, 0, tzinfo=UTC))

    beats = [moment.astimezone(berlin).strftime("%d %H:%M") for moment in at_minutes(stage, "Monitor running")]
    assert beats == ["28 09:00", "29 09:00", "30 09:00"]


def test_a_clock_that_is_set_back_does_not_put_the_watch_to_sleep() -> None:
    class SetBack(FakeClock):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            if self.moment == hour(1):
                self.moment = hour(-100)

    stage = Stage(clock=SetBack(), settings=WatchSettings(every=600.0))
    seen: list[datetime] = []
    stage.watch.run(lambda glance: seen.append(glance.moment), lambda: len(seen) >= 9)

    assert seen[5:] == [hour(0, 50), hour(-100), hour(-100, 10), hour(-100, 20)]


def test_a_watch_that_is_stopped_sends_no_more() -> None:
    stage = Stage(price=CRITICAL)

    stage.watch.check(lambda: True)

    assert stage.told == []
    assert stage.state.undelivered == 1


# A long run

CHECKS_A_QUARTER = 360 if SCALE > 1 else 120
TRACED_A_QUARTER = 120
"""Checks while bytes are traced, which takes several times as long."""


def day_of_checks(
    told: Counter[str],
    extra: Callable[[], object] = lambda: None,
    in_use: Callable[[], int] = sys.getallocatedblocks,
    checks_a_quarter: int = CHECKS_A_QUARTER,
) -> list[int]:
    """Check all through a day, with swings of the price; the memory in use after each quarter of the day.

    Blocks of the interpreter (one an object) are judged closely. Traced bytes see what is large and can be judged
    loosely only: memory that is taken from a free list has no trace, so that bytes seem to grow for hours where
    nothing is kept.
    """
    every = 6 * 3_600.0 / checks_a_quarter
    settings = WatchSettings(every=every, quiet=(time(22), time(7)), digest=time(8), heartbeat=time(9))
    stage = Stage(settings=settings, send=lambda _, message: bool(told.update([message.title])) or True)
    checks, memory = 0, []

    def moved(*_: object) -> None:
        nonlocal checks
        checks += 1
        minute = checks * 360 // checks_a_quarter % 360
        stage.price = DOWN if minute > 350 else WARNING if minute % 120 < 20 else CALM
        extra()

    for quarter in range(1, 5):
        end = hour(6 * quarter)
        stage.watch.run(moved, lambda end=end: stage.clock.moment >= end)  # type: ignore[misc]
        gc.collect()  # empties the free lists, too
        memory.append(in_use())
    assert checks == 4 * checks_a_quarter
    return memory


@pytest.mark.rare
def test_a_day_of_checks_every_minute_takes_seconds_and_keeps_nothing_of_a_check() -> None:
    told: Counter[str] = Counter()

    started = real_time.thread_time()
    _, second, _, fourth = day_of_checks(told)

    assert real_time.thread_time() - started < 60.0
    assert fourth - second < CHECKS_A_QUARTER  # half an object for each check in between
    assert told == {
        "WARNING: margin (My bag)": 11,  # the twelfth begins at 22:00 and waits
        "CRITICAL: no usable prices (My bag)": 4,
        "Prices are back (My bag)": 3,
        "Digest: warning (My bag)": 1,
        "Monitor running (My bag)": 1,
    }


def day_that_keeps_an_object_for_each_check() -> list[int]:
    kept: list[object] = []
    return day_of_checks(Counter(), lambda: kept.append(object()))


@pytest.mark.rare  # shows that the test above can fail
def test_one_object_that_a_check_keeps_would_be_seen() -> None:
    """In a process of its own: to the block, what other tests left behind is set free while this one counts."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as alone:
        _, second, _, fourth = alone.submit(day_that_keeps_an_object_for_each_check).result()

    assert fourth - second >= 2 * CHECKS_A_QUARTER


@pytest.fixture
def traced() -> Iterator[Callable[[], int]]:
    tracemalloc.start()
    yield lambda: tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()


FEW_BYTES = 170_000
"""700 for each check between the second and the fourth quarter."""


@pytest.mark.rare
def test_a_day_of_checks_keeps_nothing_large_either(traced) -> None:
    _, second, _, fourth = day_of_checks(Counter(), in_use=traced, checks_a_quarter=TRACED_A_QUARTER)

    assert fourth - second < FEW_BYTES


@pytest.mark.rare  # shows that the test above can fail
def test_one_kilobyte_that_a_check_adds_to_an_object_would_be_seen(traced) -> None:
    kept = bytearray()

    _, second, _, fourth = day_of_checks(Counter(), lambda: kept.extend(bytes(1_000)), traced, TRACED_A_QUARTER)

    assert fourth - second > FEW_BYTES


GOLDEN_STATE = Path(__file__).parents[1] / "golden" / "watch-v1.db"
"""A state file of the first release, in which an alert of each of these rules is active under its former key."""

RULES_OF_THE_STATE = (
    FallReached(fall=0.255, share=0.5),
    BagRecovered(fall=0.2, recovered=0.6),
    OnDate(day=date(2026, 1, 31), share=0.25),
    ExpiryNear(days=1),
    Catalyst(event="the listing: at last", has_happened=True),
    LossLimit(loss=0.1234567),
    CarryLimit(paid=0.3),
)


def test_alerts_saved_by_the_first_release_are_recognised_and_not_sent_again(tmp_path) -> None:
    path = tmp_path / "state.db"
    shutil.copyfile(GOLDEN_STATE, path)
    stage = Stage(path=str(path), plan=short_plan(rules=RULES_OF_THE_STATE))
    before = {standing.key: standing for standing in stage.state.standing}
    stage.clock.moment += timedelta(hours=1)

    glance = stage.check()

    assert len(before) == len(RULES_OF_THE_STATE)
    assert before.keys().isdisjoint(f"alert:{rule.key}" for rule in RULES_OF_THE_STATE)
    assert (glance.new, stage.titles) == ((), [])
    after = {standing.key: standing for standing in stage.state.standing}
    assert after.keys() == {f"alert:{rule.key}" for rule in RULES_OF_THE_STATE}
    assert [standing.since for standing in after.values()] == [standing.since for standing in before.values()]
    stage.restart()
    assert stage.check().new == ()


def test_a_rule_that_is_changed_is_a_new_alert_after_the_migration_too(tmp_path) -> None:
    path = tmp_path / "state.db"
    shutil.copyfile(GOLDEN_STATE, path)
    changed = replace(RULES_OF_THE_STATE[2], share=0.75)
    stage = Stage(path=str(path), plan=short_plan(rules=(changed,)))
    stage.clock.moment += timedelta(hours=1)

    assert stage.check().new == (changed.key,)
