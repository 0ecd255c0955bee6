"""The clock is wrong for a while and right again: ages stay right, nothing is lost and nothing is told twice."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from hedge_core.errors import SourceUnavailable
from hedge_core.monitoring.notify import Message
from hedge_core.monitoring.watch import WatchSettings
from tests.support.watching import START, FakeClock, Stage, short_plan

JUMPS = [timedelta(days=-3), timedelta(days=2), timedelta(days=30)]
MOMENT = re.compile(r"\d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d(?= UTC)")
NO_PRICES = SourceUnavailable("The exchange does not answer.")
LATER = "showed a later time than now"

jumped = pytest.mark.parametrize("jump", JUMPS, ids=lambda jump: f"{jump.days:+} days")


class Post:
    """An address that accepts messages only while `is_open`, and what it received, with the time of the clock."""

    def __init__(self, *, is_open: bool = True) -> None:
        self.is_open = is_open
        self.received: list[tuple[datetime, Message]] = []
        self.stage: Stage | None = None

    def __call__(self, _: str, message: Message) -> bool:
        if self.is_open and self.stage is not None:
            self.received.append((self.stage.clock.moment, message))
        return self.is_open

    @property
    def titles(self) -> list[str]:
        return [message.title for _, message in self.received]


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
def stage(tmp_path: Path, post: Post) -> Iterator[Stage]:
    post.stage = Stage(path=str(tmp_path / "state"), send=post)
    yield post.stage
    post.stage.state.close()


def moments(text: str) -> list[datetime]:
    return [datetime.strptime(found, "%d %b %Y %H:%M").replace(tzinfo=UTC) for found in MOMENT.findall(text)]


def checks(stage: Stage, number: int, minutes: int = 15) -> None:
    for _ in range(number):
        stage.check(timedelta(minutes=minutes))


@jumped
@pytest.mark.parametrize("is_restarted", [False, True], ids=["running on", "restarted"])
def test_alerts_before_during_and_after_are_told_once_and_no_message_has_a_future_date(
    stage: Stage, post: Post, jump: timedelta, is_restarted: bool
) -> None:
    """A warning, a critical alert while the clock is wrong, an outage across the return, and the prices back."""

    def set_clock(by: timedelta) -> None:
        stage.clock.moment += by
        if is_restarted:
            stage.restart()

    stage.plan = short_plan(collateral=900.0)
    stage.price = 1_500.0
    checks(stage, 4)
    set_clock(jump)
    checks(stage, 4)
    stage.price = 2_100.0
    checks(stage, 4)
    stage.price = NO_PRICES
    checks(stage, 4)
    set_clock(-jump)
    checks(stage, 4)
    stage.price = 2_100.0
    checks(stage, 4)

    assert len(post.titles) == len(set(post.titles)), post.titles
    assert any(title.startswith("CRITICAL: margin") for title in post.titles)
    assert {"CRITICAL: no usable prices (My bag)", "Prices are back (My bag)"} <= set(post.titles)
    assert stage.state.undelivered == 0
    for now, message in post.received:
        assert max(moments(message.body)) <= now, message


@jumped
def test_the_age_of_an_outage_is_right_after_the_clock_was_wrong(stage: Stage, post: Post, jump: timedelta) -> None:
    """Prices go missing while the clock is wrong; the message that they are back says since when, to a check."""
    checks(stage, 2)
    stage.clock.moment += jump
    checks(stage, 2)
    stage.price = NO_PRICES
    checks(stage, 4)
    began = stage.clock.moment - jump - timedelta(minutes=30)  # the third failed check is the first that tells
    stage.clock.moment -= jump
    checks(stage, 2)
    stage.price = 2_000.0
    checks(stage, 1)

    (_, message) = post.received[-1]
    assert message.title == "Prices are back (My bag)"
    (since, now) = moments(message.body)
    expected = began if jump > timedelta(0) else began + jump  # nobody can tell that a clock was behind
    assert abs(since - expected) <= timedelta(minutes=15)
    assert since <= now


@jumped
def test_an_outage_from_before_keeps_its_age(stage: Stage, post: Post, jump: timedelta) -> None:
    checks(stage, 2)
    stage.price = NO_PRICES
    checks(stage, 4)
    began = stage.clock.moment - timedelta(minutes=30)
    stage.clock.moment += jump
    checks(stage, 2)
    stage.clock.moment -= jump
    checks(stage, 2)
    stage.price = 2_000.0
    checks(stage, 1)

    (since, _) = moments(post.received[-1][1].body)
    assert since == began


@jumped
def test_a_message_that_is_undelivered_before_a_jump_arrives_after_it(
    stage: Stage, post: Post, jump: timedelta
) -> None:
    """The address accepts nothing for hours on either side of the jump, so the message must be kept and tried again."""
    post.is_open = False
    stage.plan = short_plan(collateral=900.0)
    checks(stage, 8)
    assert stage.state.undelivered == 1
    stage.clock.moment += jump
    checks(stage, 30)
    assert stage.state.undelivered == 1
    post.is_open = True
    checks(stage, 8)

    assert len(post.titles) == 1
    assert stage.state.undelivered == 0


@jumped
def test_a_message_that_is_undelivered_through_a_jump_and_back_arrives_once(
    stage: Stage, post: Post, jump: timedelta
) -> None:
    """One message is from before the jump, one is written while the clock is wrong; both wait until it is right."""
    post.is_open = False
    stage.plan = short_plan(collateral=900.0)
    checks(stage, 8)
    stage.clock.moment += jump
    checks(stage, 8)
    stage.price = NO_PRICES
    checks(stage, 8)
    stage.clock.moment -= jump
    checks(stage, 8)
    post.is_open = True
    checks(stage, 8)

    assert len(post.titles) == len(set(post.titles)) == 2
    for now, message in post.received:
        assert max(moments(message.body)) <= now or LATER in message.body
    older, newer = (message for _, message in post.received)
    assert LATER not in older.body
    assert (LATER in newer.body) == (jump > timedelta(0))


def test_a_message_that_nobody_accepts_is_given_up_after_a_week_of_trying_a_gap_not_counted(
    stage: Stage, post: Post
) -> None:
    post.is_open = False
    stage.plan = short_plan(collateral=900.0)
    checks(stage, 3 * 24, minutes=60)
    assert stage.state.undelivered == 1
    stage.clock.moment += timedelta(days=30)
    checks(stage, 3 * 24, minutes=60)
    assert stage.state.undelivered == 1
    checks(stage, 2 * 24, minutes=60)
    assert stage.state.undelivered == 0


class SetClock(FakeClock):
    """A clock that is set once, after `true` hours of real time, by `jump`."""

    def __init__(self, after: timedelta, jump: timedelta) -> None:
        super().__init__()
        self.true, self._after, self._jump = START, after, jump

    def sleep(self, seconds: float) -> None:
        until = self.true + timedelta(seconds=seconds)
        if self.true < START + self._after <= until:
            self.moment += self._jump
        self.moment += until - self.true
        self.true = until


@pytest.mark.parametrize("jump", [timedelta(hours=by) for by in (-20, -5, -1.5, 1.5, 5, 20)], ids=str)
def test_a_daily_check_is_late_by_no_more_than_an_hour_after_the_clock_was_set(post: Post, jump: timedelta) -> None:
    """The digest is due at 18:00 by the clock; the watch looks once per day and the clock is set after ten hours."""
    clock = SetClock(timedelta(hours=10), jump)
    settings = WatchSettings(every=86_400.0, digest=time(18))
    post.stage = stage = Stage(send=post, clock=clock, settings=settings)
    checked: list[tuple[datetime, datetime]] = []
    stage.watch.run(
        lambda _: checked.append((clock.true, clock.moment)), lambda: clock.true >= START + timedelta(hours=60)
    )

    shown = (START + jump + timedelta(minutes=minutes) for minutes in range(601, 59 * 60))
    due = [moment for moment in shown if moment.time() == time(18)]
    seen = [moment for true, moment in checked if true > START + timedelta(hours=10)]
    assert due
    for moment in due:
        assert any(timedelta(0) <= one - moment <= timedelta(hours=1) for one in seen), (moment, seen)


@jumped
def test_one_heartbeat_and_one_digest_at_most_come_with_each_setting_of_the_clock(
    tmp_path: Path, post: Post, jump: timedelta
) -> None:
    """Half an hour each at noon, at the wrong time and at noon again; both are due at six in the morning."""
    settings = WatchSettings(heartbeat=time(6), digest=time(6))
    post.stage = stage = Stage(path=str(tmp_path / "state"), send=post, settings=settings)
    stage.clock.moment = START + timedelta(hours=12)
    checks(stage, 2)
    for by in (jump, -jump):
        stage.clock.moment += by
        checks(stage, 2)

    for title in ("Monitor running (My bag)", "Digest: calm (My bag)"):
        assert post.titles.count(title) <= 2
    assert all(max(moments(message.body)) <= now for now, message in post.received)
    stage.state.close()
