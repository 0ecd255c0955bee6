"""Storage for live data: in memory, in one SQLite file or in Redis.

It stores two kinds of data. Answers that expire go through dogpile.cache, as JSON. Values of closed days (closes, sums
of funding rates) do not change, so they are in a separate table: after a restart only the days since are fetched.

A storage heals: what cannot be decoded counts as absent and is fetched again, and so does an answer from the future,
whose age nobody can tell because it was stored while a clock was ahead.
"""

from __future__ import annotations

import json
import math
import sqlite3
import time
from collections.abc import Collection, Iterable, Mapping
from contextlib import AbstractContextManager
from datetime import date
from threading import RLock
from typing import Any, Protocol, cast

from dogpile.cache import make_region, register_backend
from dogpile.cache.api import NO_VALUE, BytesBackend, CantDeserializeException
from dogpile.cache.proxy import ProxyBackend
from dogpile.cache.region import CacheRegion

from hedge_core.errors import InvalidInput
from hedge_core.market.live.faults import FAULT_KINDS
from hedge_core.market.live.settings import masked

PREFIX = "hedge1:"
IN_MEMORY = ":memory:"
KEEP_SECONDS = 30 * 86_400
"""Seconds after which Redis deletes an answer. No answer this old is ever shown."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS days (
    series TEXT NOT NULL, day INTEGER NOT NULL, value REAL NOT NULL, PRIMARY KEY (series, day)
) WITHOUT ROWID;
"""


CLOCKS_DIFFER = 120.0
"""Seconds by which the clocks of machines that share a storage may differ."""


class LegibleBackend(ProxyBackend):
    """Hands out only answers whose time can be read and is not in the future; any other counts as absent."""

    def get_serialized(self, key: str) -> Any:
        """The stored bytes, or NO_VALUE."""
        stored = self.proxied.get_serialized(key)
        return stored if isinstance(stored, bytes) and _is_from_the_past(stored) else NO_VALUE

    def get_serialized_multi(self, keys: Iterable[str]) -> list[Any]:
        """The stored bytes of each key, or NO_VALUE."""
        return [self.get_serialized(key) for key in keys]


def _is_from_the_past(stored: bytes) -> bool:
    """Whether the library's part of an entry (JSON before the first '|') has its version and a time up to now."""
    try:
        metadata = json.loads(stored.partition(b"|")[0])
    except (ValueError, RecursionError):
        return False
    is_known = isinstance(metadata, dict) and "v" in metadata and _is_moment(metadata.get("ct"))
    return is_known and bool(metadata["ct"] <= time.time() + CLOCKS_DIFFER)


def _loads(content: bytes) -> dict[str, Any]:
    """The answer or pause in our part of an entry. Raises CantDeserializeException, which the library takes as absent.

    An answer has a value and the time at which it was fetched, which is not in the future. A pause has the time until
    which it lasts, and whose it is, why, and how many there were before.
    """
    try:
        entry = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise CantDeserializeException from error
    if not isinstance(entry, dict) or not (_is_answer(entry) or _is_pause(entry)):
        raise CantDeserializeException
    return entry


def _is_answer(entry: Mapping[str, Any]) -> bool:
    return "value" in entry and _is_moment(entry.get("at")) and entry["at"] <= time.time() + CLOCKS_DIFFER


def _is_pause(entry: Mapping[str, Any]) -> bool:
    is_known = entry.get("kind") in FAULT_KINDS and all(
        isinstance(entry.get(name), str) for name in ("label", "detail")
    )
    return is_known and all(_is_moment(entry.get(name)) for name in ("since", "until", "count"))


def _is_moment(value: object) -> bool:
    """Whether the value is a number that can be a time: seconds since 1970, up to the year 2603."""
    return isinstance(value, int | float) and 0.0 <= value <= 2e10


def _readable_days(rows: Iterable[tuple[Any, Any]]) -> dict[date, float]:
    """The stored (ordinal of the day, value) pairs that can be read, in the order of `rows`; the others are absent."""
    found = {}
    for day, value in rows:
        try:
            known = float(value)
            if math.isfinite(known):
                found[date.fromordinal(int(day))] = known
        except (ValueError, TypeError, OverflowError):
            continue
    return found


class Storage(Protocol):
    """What the cache needs from a storage; `SqliteStorage` and `RedisStorage` provide it.

    `region` (dogpile.cache) holds the answers that expire, `days` and `keep_days` read and add values that do not
    change, and `forget_days` removes those that turned out to be wrong. `errors` are the exceptions to catch when the
    storage itself fails, for example if Redis is down.
    """

    errors: tuple[type[Exception], ...]
    region: CacheRegion

    def days(self, series: str, first: date) -> dict[date, float]:
        """The stored values of a series, by day, from `first` on."""
        ...

    def keep_days(self, series: str, values: Mapping[date, float]) -> None:
        """Store the values of new days; days that are already stored do not change."""
        ...

    def forget_days(self, series: str, days: Collection[date]) -> None:
        """Remove these days of a series."""
        ...

    def close(self) -> None:
        """Close files and connections."""
        ...


def open_storage(url: str, *, lock_timeout: float) -> Storage:
    """The storage at `url` (HEDGE_CACHE_URL: memory, sqlite:PATH or redis://HOST).

    A lock in Redis expires after `lock_timeout` seconds. Raises InvalidInput if the file cannot be used or the package
    redis is missing.
    """
    if url.startswith("sqlite:"):
        return SqliteStorage(url.removeprefix("sqlite:"))
    return SqliteStorage(IN_MEMORY) if url == "memory" else RedisStorage(url, lock_timeout=lock_timeout)


def _dumps(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), allow_nan=False).encode()


class SqliteBackend(BytesBackend):
    """A dogpile.cache backend on one SQLite connection; locks within this process decide who refreshes an answer."""

    def __init__(self, arguments: Mapping[str, Any]) -> None:
        self.connection: sqlite3.Connection = arguments["connection"]
        self.lock: AbstractContextManager[object] = arguments["lock"]

    def get_serialized(self, key: str) -> Any:
        """The stored bytes, or NO_VALUE."""
        with self.lock:
            row = self.connection.execute("SELECT value FROM answers WHERE key = ?", (key,)).fetchone()
        return NO_VALUE if row is None else row[0]

    def get_serialized_multi(self, keys: Iterable[str]) -> list[Any]:
        """The stored bytes of each key, or NO_VALUE."""
        return [self.get_serialized(key) for key in keys]

    def set_serialized(self, key: str, value: bytes) -> None:
        """Store bytes under a key."""
        with self.lock, self.connection:
            self.connection.execute("INSERT OR REPLACE INTO answers VALUES (?, ?)", (key, value))

    def set_serialized_multi(self, mapping: Mapping[str, bytes]) -> None:
        """Store the bytes of several keys."""
        for key, value in mapping.items():
            self.set_serialized(key, value)

    def delete(self, key: str) -> None:
        """Delete a key."""
        with self.lock, self.connection:
            self.connection.execute("DELETE FROM answers WHERE key = ?", (key,))

    def delete_multi(self, keys: Iterable[str]) -> None:
        """Delete several keys."""
        for key in keys:
            self.delete(key)


register_backend("hedge.sqlite", "hedge_core.market.live.storage", "SqliteBackend")  # type: ignore[no-untyped-call]


class SqliteStorage:
    """One SQLite database, in memory or in a file."""

    errors: tuple[type[Exception], ...] = (sqlite3.Error,)

    def __init__(self, path: str) -> None:
        self.is_in_memory = path == IN_MEMORY
        self.lock = RLock()
        try:
            self.connection = sqlite3.connect(path, check_same_thread=False, timeout=5.0)
            self.connection.execute("PRAGMA journal_mode = WAL")
            self.connection.execute("PRAGMA synchronous = NORMAL")
            self.connection.executescript(_SCHEMA)
        except sqlite3.Error as error:
            raise InvalidInput(f"HEDGE_CACHE_URL: '{path}' cannot be used as a cache ({error}).") from None
        self.region = make_region(serializer=_dumps, deserializer=_loads).configure(
            "hedge.sqlite", arguments={"connection": self.connection, "lock": self.lock}, wrap=[LegibleBackend]
        )

    def days(self, series: str, first: date) -> dict[date, float]:
        """The stored values of a series, by day, from `first` on."""
        query = "SELECT day, value FROM days WHERE series = ? AND day >= ? ORDER BY day"
        with self.lock:
            rows = self.connection.execute(query, (series, first.toordinal())).fetchall()
        return _readable_days(rows)

    def keep_days(self, series: str, values: Mapping[date, float]) -> None:
        """Store the values of new days; days that are already stored do not change."""
        rows = [(series, day.toordinal(), value) for day, value in values.items()]
        with self.lock, self.connection:
            self.connection.executemany("INSERT OR IGNORE INTO days VALUES (?, ?, ?)", rows)

    def forget_days(self, series: str, days: Collection[date]) -> None:
        """Remove these days of a series."""
        rows = [(series, day.toordinal()) for day in days]
        with self.lock, self.connection:
            self.connection.executemany("DELETE FROM days WHERE series = ? AND day = ?", rows)

    def close(self) -> None:
        """Close the database."""
        with self.lock:
            self.connection.close()


class RedisStorage:
    """A Redis server that several processes share: one refreshes an answer, the others wait or use the old one.

    A lock expires after `lock_timeout` seconds, so that a process that was killed does not block others for longer.
    """

    def __init__(self, url: str, *, lock_timeout: float) -> None:
        try:
            import redis
        except ImportError:
            raise InvalidInput("HEDGE_CACHE_URL names a Redis server, which needs: pip install redis") from None
        self.errors: tuple[type[Exception], ...] = (redis.RedisError, OSError)
        try:
            self.client: Any = redis.Redis.from_url(url, socket_timeout=3.0, socket_connect_timeout=1.0)
        except (ValueError, TypeError, redis.RedisError):
            raise InvalidInput(f"HEDGE_CACHE_URL: '{masked(url)}' is not the address of a Redis server.") from None
        self.region = make_region(serializer=_dumps, deserializer=_loads).configure(
            "dogpile.cache.redis",
            arguments={
                "url": url,
                "distributed_lock": True,
                "thread_local_lock": False,
                "lock_timeout": lock_timeout,
                "lock_sleep": 0.02,
                "lock_prefix": "hedgelock:",
                "redis_expiration_time": KEEP_SECONDS,
                "socket_timeout": 3.0,
                "socket_connect_timeout": 1.0,
            },
            wrap=[LegibleBackend],
        )

    def days(self, series: str, first: date) -> dict[date, float]:
        """The stored values of a series, by day, from `first` on."""
        kept = cast("dict[bytes, bytes]", self.client.hgetall(f"{PREFIX}days:{series}"))
        known = _readable_days(kept.items())
        return {day: known[day] for day in sorted(known) if day >= first}

    def keep_days(self, series: str, values: Mapping[date, float]) -> None:
        """Store the values of new days; days that are already stored do not change."""
        pipeline = self.client.pipeline(transaction=False)
        for day, value in values.items():
            pipeline.hsetnx(f"{PREFIX}days:{series}", day.toordinal(), repr(value))
        pipeline.execute()

    def forget_days(self, series: str, days: Collection[date]) -> None:
        """Remove these days of a series."""
        if days:
            self.client.hdel(f"{PREFIX}days:{series}", *(day.toordinal() for day in days))

    def close(self) -> None:
        """Close the connections."""
        self.client.close()
