"""What a watch remembers, in a file that survives and in files that are none."""

from __future__ import annotations

import contextlib
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from hedge_core.errors import HedgeError, InvalidInput
from hedge_core.monitoring.notify import Message
from hedge_core.monitoring.state_file import VERSION
from hedge_core.monitoring.watch_state import KEEP_MESSAGES, Event, WatchState
from tests.support.watching import START

MINUTE = timedelta(minutes=1)


def event(key: str, *, is_urgent: bool = False) -> Event:
    return Event(key, Message(key, "body"), is_urgent)


def settle(state: WatchState, *keys: str, now=START, scope: str = "a:", to=("x",), quiet_until=None) -> tuple[str, ...]:
    with state.transaction():
        return state.settle([event(key) for key in keys], scope=scope, now=now, quiet_until=quiet_until, to=to)


def due(state: WatchState, address: str = "x", now=START) -> list[str]:
    return [delivery.message.title for delivery in state.due(address, now)]


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "state.sqlite")


def test_what_stands_and_what_is_owed_survive_closing(path: str) -> None:
    with WatchState(path) as state:
        assert settle(state, "a:1", "a:2") == ("a:1", "a:2")
        state.mark("digest", START)
        state.set_count("failures", 2)

    with WatchState(path) as state:
        assert [(s.key, s.since, s.notified_at) for s in state.standing] == [("a:1", START, None), ("a:2", START, None)]
        assert due(state) == ["a:1", "a:2"]
        assert (state.moment("digest"), state.moment("heartbeat")) == (START, None)
        assert (state.count("failures"), state.count("other")) == (2, 0)
        assert settle(state, "a:1", "a:2") == ()


def test_what_was_sent_is_owed_no_more_and_by_each_address_apart() -> None:
    with WatchState(":memory:") as state:
        settle(state, "a:1", to=("x", "y"))
        (delivery,) = state.due("x", START)
        state.trying(delivery)
        state.sent(delivery, START + MINUTE)

        assert (due(state, "x"), due(state, "y")) == ([], ["a:1"])
        assert state.standing[0].notified_at == START + MINUTE
        assert state.undelivered == 1


def test_scopes_do_not_end_each_other() -> None:
    with WatchState(":memory:") as state:
        settle(state, "a:1")
        settle(state, "b:1", scope="b:")
        settle(state, scope="a:")

        assert [standing.key for standing in state.standing] == ["b:1"]


def test_the_pause_of_an_address_doubles_to_an_hour_and_ends_with_a_success() -> None:
    with WatchState(":memory:") as state:
        settle(state, "a:1")
        now, pauses = START, []
        for _ in range(9):
            (delivery,) = state.due("x", now)
            state.trying(delivery)
            state.failed(delivery, now)
            pause = 1
            while not state.due("x", now + pause * MINUTE):
                pause += 1
            pauses.append(pause)
            now += pause * MINUTE
        assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]
        assert state.due("x", now)[0].attempts == 9

        state.sent(state.due("x", now)[0], now)
        settle(state, "a:1", "a:2", now=now)
        assert due(state, now=now) == ["a:2"]


def test_a_key_that_is_renamed_keeps_its_alert_and_an_active_alert_with_the_new_key_stays(path: str) -> None:
    with WatchState(path) as state:
        settle(state, "a:old", "a:both", "a:new")
        since = {standing.key: standing.since for standing in state.standing}

        state.rename({"a:old": "a:renamed", "a:both": "a:new", "a:absent": "a:other", "a:new": "a:new"})

        assert [standing.key for standing in state.standing] == ["a:new", "a:renamed"]
        assert {standing.since for standing in state.standing} == set(since.values())


def test_a_transaction_that_fails_leaves_nothing_behind() -> None:
    with WatchState(":memory:") as state:
        with contextlib.suppress(ZeroDivisionError), state.transaction():
            state.settle([event("a:1")], scope="a:", now=START, quiet_until=None, to=("x",))
            raise ZeroDivisionError

        assert (state.standing, due(state)) == ((), [])


def test_what_is_old_is_forgotten_and_what_stands_is_not_told_again_for_it() -> None:
    with WatchState(":memory:") as state:
        settle(state, "a:1")
        later = START + timedelta(days=8)
        with state.transaction():
            state.prune(later)

        assert settle(state, "a:1", now=later) == ()
        assert due(state, now=later) == []


def test_the_number_of_messages_is_bounded(path: str) -> None:
    with WatchState(path) as state:
        with state.transaction():
            for number in range(KEEP_MESSAGES + 500):
                state.queue(Message(f"{number}", ""), kind="event", now=START, not_before=START, to=("x",))
            state.prune(START)
        assert state.undelivered == KEEP_MESSAGES

    with sqlite3.connect(path) as db:
        assert db.execute("SELECT COUNT(*), MIN(message) FROM deliveries").fetchone() == (KEEP_MESSAGES, 501)
    db.close()


# Files


def test_a_file_is_used_by_one_watch_at_a_time(path: str) -> None:
    with WatchState(path), pytest.raises(InvalidInput, match="in use by another monitor"):
        WatchState(path)
    WatchState(path).close()


@pytest.mark.parametrize("content", [b"not a database, but long enough to be one" * 30, b"{}"])
def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "plan.json"
    path.write_bytes(content)

    with pytest.raises(HedgeError, match="Move it away or name another file"):
        WatchState(str(path))

    assert path.read_bytes() == content


def test_a_database_of_another_program_is_refused_and_left_alone(path: str) -> None:
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE mine (x)")
    db.close()
    before = Path(path).read_bytes()

    with pytest.raises(HedgeError, match="belongs to another program"):
        WatchState(path)

    assert Path(path).read_bytes() == before


def test_the_state_of_a_newer_release_is_refused(path: str) -> None:
    WatchState(path).close()
    with sqlite3.connect(path) as db:
        db.execute(f"PRAGMA user_version = {VERSION + 1}")
    db.close()

    with pytest.raises(HedgeError, match="another release"):
        WatchState(path)


def test_a_damaged_file_is_refused_with_a_way_out(path: str) -> None:
    with WatchState(path) as state, state.transaction():
        for number in range(500):
            state.queue(Message(f"{number}", "x" * 500), kind="event", now=START, not_before=START, to=("x",))
    content = bytearray(Path(path).read_bytes())
    content[len(content) // 3 : len(content) // 2] = b"\xff" * (len(content) // 2 - len(content) // 3)
    Path(path).write_bytes(content)

    with pytest.raises(HedgeError, match="Move it away or name another file"):
        WatchState(path)


@pytest.mark.parametrize("name", [".", "no/such/folder/state"])
def test_a_place_that_cannot_be_written_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(HedgeError, match="cannot be written"):
        WatchState(str(tmp_path / name))


def test_an_empty_file_becomes_a_state(path: str) -> None:
    Path(path).touch()

    with WatchState(path) as state:
        assert state.standing == ()
