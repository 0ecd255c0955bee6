"""An armed plan through the faults of the monitor's table: the alert of an entry rule is told exactly once.

By hand: Ether stood at $2,000 and is quoted at $1,700, so "Ether has fallen 10% or more in 1 day" is met.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hedge_core.errors import InvalidInput, SourceUnavailable
from hedge_core.monitoring.notify import Message
from hedge_core.monitoring.watch_state import WatchState
from hedge_core.plan.entry_rules import HasFallen
from hedge_core.plan.fills import Fill
from hedge_core.plan.plan import HedgePlan
from hedge_core.reports.orders import opening_text
from tests.monitoring.test_clock_jumps import JUMPS, Post, checks
from tests.monitoring.test_state_file import fill, lock
from tests.support.watching import MICRO_ETH, Stage, short_plan

RULE = HasFallen(of="ETH", days=1, fall=0.1)
ARMED = short_plan(lots=0).with_watch(entry_rules=(RULE,))
FALLEN, RISEN = 1_700.0, 2_000.0


def opened(plan: HedgePlan) -> HedgePlan:
    sale = Fill(
        at=datetime(2026, 1, 31, tzinfo=UTC), contract=MICRO_ETH.contract().id, side="sell", contracts=50, price=FALLEN
    )
    return plan.with_execution(fills=(sale,))


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
def stage(tmp_path: Path, post: Post) -> Iterator[Stage]:
    post.stage = Stage(path=str(tmp_path / "state"), plan=ARMED, send=post, orders=opening_text)
    yield post.stage
    post.stage.state.close()


def entries(post: Post) -> list[Message]:
    return [message for _, message in post.received if "entry rule" in message.title]


def test_a_rule_that_is_met_is_told_once_with_the_orders_of_that_moment(stage: Stage, post: Post) -> None:
    """Five Ether at $1,700 are 50 contracts of 0.1."""
    checks(stage, 4)
    assert entries(post) == []
    stage.price = FALLEN
    checks(stage, 4)
    (message,) = entries(post)
    assert message.severity == "critical"
    assert "Ether has fallen 10% or more in 1 day" in message.body
    assert "1. Sell short 50 × ME" in message.body


def test_a_figure_that_trembles_around_its_limit_is_told_once(stage: Stage, post: Post) -> None:
    for price in (FALLEN, 1_810.0, 1_790.0, 1_850.0, FALLEN):
        stage.price = price
        checks(stage, 2)
    assert len(entries(post)) == 1


def test_opening_the_position_ends_the_alert_and_closing_it_arms_the_rule_again(stage: Stage, post: Post) -> None:
    stage.price = FALLEN
    checks(stage, 2)
    stage.plan = opened(ARMED)
    glance = stage.check()
    assert glance.report is not None
    assert not [alert for alert in glance.report.alerts if alert.code == "entry_rule"]
    stage.plan = ARMED
    checks(stage, 2)
    assert len(entries(post)) == 2


def test_a_rule_that_is_set_aside_is_told_no_more(stage: Stage, post: Post) -> None:
    stage.price = FALLEN
    checks(stage, 2)
    stage.plan = ARMED.with_watch(entry_rules=(replace(RULE, is_done=True),))
    checks(stage, 4)
    assert len(entries(post)) == 1


@pytest.mark.parametrize("restarts", [1, 3])
def test_a_restart_tells_nothing_twice(stage: Stage, post: Post, restarts: int) -> None:
    stage.price = FALLEN
    checks(stage, 2)
    for _ in range(restarts):
        stage.restart()
        checks(stage, 2)
    assert len(entries(post)) == 1


def test_two_monitors_cannot_share_the_state_so_the_second_sends_nothing(stage: Stage, post: Post) -> None:
    stage.price = FALLEN
    checks(stage, 1)
    with pytest.raises(InvalidInput, match="in use"):
        WatchState(stage.path)
    checks(stage, 1)
    assert len(entries(post)) == 1


def test_a_kill_between_sending_and_recording_repeats_the_message_and_says_so(stage: Stage, post: Post) -> None:
    class Killed(BaseException):
        pass

    def sent_and_killed(address: str, message: Message) -> bool:
        post(address, message)
        raise Killed

    stage.price, stage.send = FALLEN, sent_and_killed
    stage.restart()
    with pytest.raises(Killed):
        stage.check()
    stage.send = post
    stage.restart()
    checks(stage, 4)
    first, second = entries(post)
    assert second.title == f"(May be a repeat) {first.title}"


def test_a_notifier_that_accepts_nothing_for_hours_gets_it_once(stage: Stage, post: Post) -> None:
    post.is_open, stage.price = False, FALLEN
    checks(stage, 20)
    assert stage.state.undelivered == 1
    post.is_open = True
    checks(stage, 8)
    assert len(entries(post)) == 1


def test_an_outage_before_and_after_hides_nothing_and_repeats_nothing(stage: Stage, post: Post) -> None:
    for price in (SourceUnavailable("Down."), FALLEN, SourceUnavailable("Down."), FALLEN):
        stage.price = price
        checks(stage, 4)
    assert len(entries(post)) == 1


@pytest.mark.parametrize("jump", JUMPS, ids=lambda jump: f"{jump.days:+} days")
def test_a_clock_that_jumps_and_returns_tells_it_once(stage: Stage, post: Post, jump: timedelta) -> None:
    stage.price = FALLEN
    checks(stage, 4)
    for by in (jump, -jump):
        stage.clock.moment += by
        checks(stage, 4)
    assert len(entries(post)) == 1


@pytest.mark.parametrize("break_it", [fill, lock], ids=["full disk", "read-only file"])
def test_a_disk_that_takes_nothing_delays_and_repeats_nothing(
    stage: Stage, post: Post, break_it: Callable[[WatchState], object]
) -> None:
    checks(stage, 2)
    break_it(stage.state)
    stage.price = FALLEN
    checks(stage, 4)
    assert len(entries(post)) == 1
