"""The policy of the cache: one fetch for one thing, good answers only, and no storm after a fault."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from hedge_core.errors import InvalidInput, SourceUnavailable
from hedge_core.market.live.cache import AnswerCache, CachePolicy, NotCached
from hedge_core.market.live.faults import ExchangeFault, FaultKind
from hedge_core.market.live.storage import SqliteStorage, Storage


class Fetch:
    """Counts its calls; gives the next of its answers, raising those that are faults. The last one stays."""

    def __init__(self, *answers: object, seconds: float = 0.0) -> None:
        self.answers = list(answers)
        self.seconds = seconds
        self.calls = 0

    def __call__(self) -> object:
        self.calls += 1
        time.sleep(self.seconds)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def fault(kind: FaultKind = "broken", retry_after: float | None = None) -> ExchangeFault:
    return ExchangeFault("OKX", kind, retry_after=retry_after)


@dataclass
class Clock:
    """What `time.time()` says: it stands still until a test moves it, so that no test depends on how fast it runs."""

    now: float

    def moves(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock(time.time())
    monkeypatch.setattr(time, "time", lambda: made.now)
    return made


@pytest.fixture
def cache() -> Iterator[AnswerCache]:
    made = AnswerCache(SqliteStorage(":memory:"), timeout=60.0)
    yield made
    made.close()


def test_an_answer_is_fetched_once_while_it_is_fresh(cache):
    fetch = Fetch({"a": 1})

    values = [cache.get("okx", "quotes", fetch, fresh_for=60).value for _ in range(5)]

    assert (values, fetch.calls) == ([{"a": 1}] * 5, 1)


def test_an_answer_too_old_is_fetched_again(cache, clock):
    fetch = Fetch(1, 2)
    first = cache.get("okx", "quotes", fetch, fresh_for=60)
    clock.moves(61)
    second = cache.get("okx", "quotes", fetch, fresh_for=60)

    assert (first.value, second.value, fetch.calls) == (1, 2, 2)
    assert second.fetched_at > first.fetched_at


def test_what_is_kept_cannot_be_changed_through_an_answer(cache):
    cache.get("okx", "quotes", Fetch({"a": [1]}), fresh_for=60).value["a"].append(2)

    assert cache.get("okx", "quotes", Fetch({}), fresh_for=60).value == {"a": [1]}


def test_fifty_threads_on_a_cold_cache_make_one_fetch(cache):
    fetch = Fetch({"a": 1}, seconds=0.2)
    with ThreadPoolExecutor(50) as pool:
        values = list(pool.map(lambda _: cache.get("okx", "quotes", fetch, fresh_for=60).value, range(50)))

    assert (values, fetch.calls) == ([{"a": 1}] * 50, 1)


def test_fifty_threads_on_a_stale_answer_make_one_fetch_and_all_get_the_new_one(cache, clock):
    cache.get("okx", "quotes", Fetch("old"), fresh_for=60)
    clock.moves(61)
    fetch = Fetch("new", seconds=0.2)
    with ThreadPoolExecutor(50) as pool:
        values = set(pool.map(lambda _: cache.get("okx", "quotes", fetch, fresh_for=60).value, range(20)))

    assert (values, fetch.calls) == ({"new"}, 1)


def test_after_a_failure_the_last_good_answer_stays_with_its_age_and_the_reason(cache, clock):
    good = cache.get("okx", "quotes", Fetch("good"), fresh_for=60)
    clock.moves(61)
    after = cache.get("okx", "quotes", Fetch(fault()), fresh_for=60)

    assert after.value == "good"
    assert after.fetched_at == good.fetched_at
    assert after.fault is not None
    assert after.fault.kind == "broken"
    assert cache.kept("okx", "quotes").value == "good"


def test_a_failure_with_nothing_kept_is_raised_and_nothing_is_kept_of_it(cache):
    with pytest.raises(ExchangeFault):
        cache.get("okx", "quotes", Fetch(fault()), fresh_for=60)

    assert cache.kept("okx", "quotes") is None


def test_twenty_threads_that_meet_a_dead_exchange_ask_it_once(cache):
    fetch = Fetch(fault("slow"), seconds=0.1)

    def ask(_: int) -> str:
        try:
            cache.get("okx", "quotes", fetch, fresh_for=60)
        except ExchangeFault as error:
            return error.kind
        return "no fault"

    with ThreadPoolExecutor(20) as pool:
        kinds = set(pool.map(ask, range(20)))

    assert (kinds, fetch.calls) == ({"slow"}, 1)


def test_a_fault_of_the_exchange_stops_other_things_too_and_one_of_a_thing_does_not(cache):
    with pytest.raises(ExchangeFault):
        cache.get("okx", "closes:A", Fetch(fault("unreadable")), fresh_for=60)
    assert cache.get("okx", "closes:B", Fetch("b"), fresh_for=60).value == "b"

    with pytest.raises(ExchangeFault):
        cache.get("okx", "closes:C", Fetch(fault("unreachable")), fresh_for=60)
    never = Fetch("d")
    with pytest.raises(ExchangeFault, match="could not be reached"):
        cache.get("okx", "closes:D", never, fresh_for=60)
    assert never.calls == 0
    assert cache.get("kraken", "closes:D", Fetch("k"), fresh_for=60).value == "k"  # another exchange


def test_pauses_end_by_themselves_and_grow_with_every_further_failure(cache, clock):
    fetch = Fetch(fault(), fault(), "well again")

    def calls_after(seconds: float) -> int:
        clock.moves(seconds)
        with suppress(ExchangeFault):
            cache.get("okx", "quotes", fetch, fresh_for=60)
        return fetch.calls

    assert [calls_after(0), calls_after(9.9), calls_after(0.2)] == [1, 1, 2]  # 10 s, then twice that
    assert [calls_after(19.9), calls_after(0.2)] == [2, 3]
    assert cache.get("okx", "quotes", fetch, fresh_for=60).value == "well again"
    assert cache.get("okx", "other", Fetch("x"), fresh_for=60).value == "x"


def test_a_refresh_by_the_user_ends_a_pause_but_not_at_once_again(cache, clock):
    fetch = Fetch(fault(), "well again")
    with pytest.raises(ExchangeFault):
        cache.get("okx", "quotes", fetch, fresh_for=60)
    with pytest.raises(ExchangeFault):
        cache.get("okx", "quotes", fetch, fresh_for=60, mode="forced")
    clock.moves(5.1)

    assert cache.get("okx", "quotes", fetch, fresh_for=60, mode="forced").value == "well again"


def test_nobody_shortens_the_pause_that_the_exchange_asked_for(cache, clock):
    fetch = Fetch(fault("throttled", retry_after=40.0), "well again")
    with pytest.raises(ExchangeFault):
        cache.get("okx", "quotes", fetch, fresh_for=60)
    clock.moves(10)
    with pytest.raises(ExchangeFault, match="is limiting our requests"):
        cache.get("okx", "quotes", fetch, fresh_for=60, mode="forced")
    clock.moves(31)

    assert cache.get("okx", "quotes", fetch, fresh_for=60).value == "well again"
    assert fetch.calls == 2


def test_in_mode_cached_nothing_is_ever_fetched(cache, clock):
    never = Fetch(1)
    with pytest.raises(NotCached):
        cache.get("okx", "quotes", never, fresh_for=60, mode="cached")
    cache.get("okx", "quotes", Fetch("old"), fresh_for=60)

    clock.moves(61)
    assert cache.get("okx", "quotes", never, fresh_for=60, mode="cached").value == "old"
    assert never.calls == 0


def test_a_file_survives_a_restart_and_keeps_days_as_they_were(tmp_path: Path):
    path = str(tmp_path / "prices.db")
    first = AnswerCache(SqliteStorage(path), timeout=5.0)
    first.get("okx", "quotes", Fetch({"a": 1}), fresh_for=60)
    first.storage.keep_days("s", {date(2026, 1, 1): 5.0, date(2026, 1, 2): 6.0})
    first.storage.keep_days("s", {date(2026, 1, 2): 99.0, date(2026, 1, 3): 7.0})
    first.close()

    second = AnswerCache(SqliteStorage(path), timeout=5.0)
    never = Fetch("never")
    assert second.get("okx", "quotes", never, fresh_for=60).value == {"a": 1}
    assert second.storage.days("s", date(2026, 1, 2)) == {date(2026, 1, 2): 6.0, date(2026, 1, 3): 7.0}
    assert never.calls == 0
    second.close()


def test_a_file_that_cannot_be_one_is_refused_by_the_name_of_the_setting(tmp_path: Path):
    (tmp_path / "text").write_text("this is not a database, whatever its name says " * 50)
    for path in (tmp_path / "text", tmp_path / "no" / "such" / "folder.db"):
        with pytest.raises(InvalidInput, match="HEDGE_CACHE_URL"):
            SqliteStorage(str(path))


class Broken:
    """A storage that has gone away."""

    errors: tuple[type[Exception], ...] = (ConnectionError,)

    @property
    def region(self) -> object:
        raise ConnectionError

    def days(self, series: str, first: date) -> dict[date, float]:
        raise ConnectionError

    def keep_days(self, series: str, values: object) -> None:
        raise ConnectionError

    def close(self) -> None: ...


def test_when_the_storage_goes_away_memory_takes_over():
    broken: Storage = Broken()  # type: ignore[assignment]
    cache = AnswerCache(broken, timeout=5.0)
    fetch = Fetch("x")

    assert [cache.get("okx", "quotes", fetch, fresh_for=60).value for _ in range(3)] == ["x"] * 3
    assert fetch.calls == 1
    cache.close()


def test_when_even_memory_fails_it_is_said():
    storage = SqliteStorage(":memory:")
    cache = AnswerCache(storage, timeout=5.0)
    storage.close()

    with pytest.raises(SourceUnavailable, match="cache cannot be used"):
        cache.get("okx", "quotes", Fetch("x"), fresh_for=60)


def test_a_slow_fetch_does_not_hold_up_other_things(cache):
    started, may_end = threading.Event(), threading.Event()

    def slow() -> str:
        started.set()
        assert may_end.wait(60)
        return "slow"

    with ThreadPoolExecutor(2) as pool:
        waiting = pool.submit(cache.get, "okx", "closes:A", slow, fresh_for=60)
        assert started.wait(60)
        assert cache.get("okx", "closes:B", Fetch("b"), fresh_for=60).value == "b"
        assert not waiting.done()
        may_end.set()
        assert waiting.result(60).value == "slow"


@pytest.mark.parametrize("fault", ["closed", "no table", "read only"])
def test_a_cache_file_that_fails_is_replaced_by_memory_and_the_app_goes_on(tmp_path, fault):
    storage = SqliteStorage(str(tmp_path / "cache.db"))
    cache = AnswerCache(storage, timeout=5.0)
    assert cache.answers()
    if fault == "closed":
        storage.close()
    elif fault == "no table":
        storage.connection.execute("DROP TABLE answers")
    else:
        storage.connection.execute("PRAGMA query_only = ON")
    fetch = Fetch("x")

    found = [cache.get("okx", "quotes", fetch, fresh_for=60).value for _ in range(3)]

    assert found == ["x"] * 3
    assert not cache.answers()


def test_a_disk_that_is_full_does_not_stop_the_cache(tmp_path):
    """SQLite with no room for another page answers as on a full disk (SQLITE_FULL)."""
    storage = SqliteStorage(str(tmp_path / "cache.db"))
    pages = storage.connection.execute("PRAGMA page_count").fetchone()[0]
    storage.connection.execute(f"PRAGMA max_page_count = {pages}")
    cache = AnswerCache(storage, timeout=5.0)

    assert cache.get("okx", "quotes", Fetch("x" * 100_000), fresh_for=60).value == "x" * 100_000
    assert not cache.answers()
    cache.close()


# ------------------------------------------------------------------------------------------------ healing and clocks


@pytest.mark.parametrize(
    "stored",
    [b"", b"|", b"junk", b"\x80\xff", b'{"ct": 1', b'{"ct": "x", "v": 2}|{}', b'{"v": 2}|{"value": 1, "at": 1}',
     b'{"ct": 1, "v": 2}|{"value": 1', b'{"ct": 1, "v": 2}|[]',
     b'{"ct": 1, "v": 2}|{}', b'{"ct": 1, "v": 2}|{"at": 1}', b'{"ct": 1}|{"value": 1, "at": 1}',
     b'{"ct": 1, "v": 2}|{"value": 1, "at": 1e309}', b'{"ct": 1, "v": 2}|{"value": 1, "at": "x"}',
     b'{"ct": 1, "v": 2}|{"value": 1, "at": 2e10}', b'{"ct": 1' + b"0" * 400 + b', "v": 2}|{"value": 1, "at": 1}'],
)  # fmt: skip
def test_what_cannot_be_decoded_is_absent_and_is_fetched_again(cache, stored):
    cache.get("okx", "quotes", Fetch("good"), fresh_for=60)
    with cache.storage.connection as connection:
        connection.execute("UPDATE answers SET value = ?", (stored,))

    assert cache.kept("okx", "quotes") is None
    assert cache.get("okx", "quotes", Fetch("new"), fresh_for=60).value == "new"


@pytest.mark.parametrize("value", ["text", b"\x80", float("inf"), None])
def test_a_stored_day_that_is_no_number_is_absent(tmp_path, value):
    storage = SqliteStorage(str(tmp_path / "prices.db"))
    storage.keep_days("okx:closes:X", {date(2026, 1, 1): 5.0, date(2026, 1, 2): 6.0})
    with storage.connection as connection:
        connection.execute("UPDATE OR IGNORE days SET value = ? WHERE value = 5.0", (value,))

    known = storage.days("okx:closes:X", date(2020, 1, 1))
    assert known == ({date(2026, 1, 1): 5.0} if value is None else {}) | {date(2026, 1, 2): 6.0}
    storage.close()


@pytest.mark.parametrize("days", [2, 30])
def test_an_answer_that_was_stored_while_the_clock_was_ahead_is_not_fresh_when_it_is_right_again(cache, clock, days):
    clock.moves(days * 86_400)
    old = cache.get("okx", "quotes", Fetch("old"), fresh_for=60)
    assert cache.get("okx", "quotes", Fetch("again"), fresh_for=60).value == "old"
    clock.moves(-days * 86_400)
    new = cache.get("okx", "quotes", Fetch("new"), fresh_for=60)

    assert new.value == "new"
    assert new.fetched_at == datetime.fromtimestamp(clock.now, UTC)
    assert old.fetched_at > new.fetched_at


def test_a_pause_that_began_while_the_clock_was_ahead_ends_with_it(cache, clock):
    clock.moves(2 * 86_400)
    with pytest.raises(ExchangeFault):
        cache.get("okx", "quotes", Fetch(fault("blocked")), fresh_for=60)
    clock.moves(-2 * 86_400)

    assert cache.get("okx", "quotes", Fetch("new"), fresh_for=60).value == "new"


def test_an_answer_that_was_stored_while_the_clock_was_behind_is_too_old_when_it_is_right_again(cache, clock):
    clock.moves(-3 * 86_400)
    cache.get("okx", "quotes", Fetch("old"), fresh_for=60)
    clock.moves(3 * 86_400)
    kept = cache.kept("okx", "quotes")

    assert kept.fetched_at == datetime.fromtimestamp(clock.now - 3 * 86_400, UTC)
    assert cache.get("okx", "quotes", Fetch("new"), fresh_for=60).value == "new"


def test_a_storage_that_fails_is_said_to_fail_until_it_works_again(monkeypatch):
    storage = SqliteStorage(":memory:")
    storage.is_in_memory = False  # as if it were a file
    cache = AnswerCache(storage, timeout=5.0, policy=CachePolicy(storage_pause=30.0))
    with monkeypatch.context() as full:
        full.setattr(storage.region, "get_or_create", fails)
        assert cache.get("okx", "quotes", Fetch("a"), fresh_for=60).value == "a"
        assert cache.is_failing
    later = time.monotonic() + 31.0
    monkeypatch.setattr(time, "monotonic", lambda: later)

    assert not cache.is_failing
    assert cache.get("okx", "quotes", Fetch("b"), fresh_for=60).value == "b"
    cache.close()


def fails(*_: object, **__: object) -> None:
    raise sqlite3.OperationalError("database or disk is full")
