"""Where live data is kept: in memory, in one SQLite file, or in Redis.

Two things are kept. Answers with a time to live go through dogpile.cache, as JSON. Closed days (closes, sums of
funding rates) never change, so they stand in a table of their own: a restart asks only for the days since.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from datetime import date
from threading import RLock
from typing import Any, Protocol, cast

from dogpile.cache import make_region, register_backend
from dogpile.cache.api import NO_VALUE, BytesBackend
from dogpile.cache.region import CacheRegion

from hedge_core.errors import InvalidInput

PREFIX = "hedge1:"
KEEP_SECONDS = 30 * 86_400
"""Redis forgets an answer after this; longer than anything stale is shown."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS days (
    series TEXT NOT NULL, day INTEGER NOT NULL, value REAL NOT NULL, PRIMARY KEY (series, day)
) WITHOUT ROWID;
"""


class Storage(Protocol):
    """What the cache needs. `errors` are the exceptions that say the storage itself is out of order."""

    errors: tuple[type[Exception], ...]
    region: CacheRegion

    def days(self, series: str, first: date) -> dict[date, float]:
        """The kept values of a series from `first` on."""
        ...

    def keep_days(self, series: str, values: Mapping[date, float]) -> None:
        """Keep the values of days that are not kept yet; what is kept stays as it is."""
        ...

    def close(self) -> None:
        """Let go of files and connections."""
        ...


def open_storage(url: str, *, lock_timeout: float) -> Storage:
    """The storage that HEDGE_CACHE_URL names. Raises InvalidInput when a file cannot be used."""
    if url.startswith("sqlite:"):
        return SqliteStorage(url.removeprefix("sqlite:"))
    return SqliteStorage(":memory:") if url == "memory" else RedisStorage(url, lock_timeout=lock_timeout)


def _dumps(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), allow_nan=False).encode()


class SqliteBackend(BytesBackend):
    """dogpile.cache on one SQLite connection; who may refresh is settled by locks of this process."""

    def __init__(self, arguments: Mapping[str, Any]) -> None:
        self.connection: sqlite3.Connection = arguments["connection"]
        self.lock: AbstractContextManager[object] = arguments["lock"]

    def get_serialized(self, key: str) -> Any:
        """The stored bytes, or NO_VALUE."""
        with self.lock:
            row = self.connection.execute("SELECT value FROM answers WHERE key = ?", (key,)).fetchone()
        return NO_VALUE if row is None else row[0]

    def get_serialized_multi(self, keys: Iterable[str]) -> list[Any]:
        """The stored bytes of several keys."""
        return [self.get_serialized(key) for key in keys]

    def set_serialized(self, key: str, value: bytes) -> None:
        """Store bytes under a key."""
        with self.lock, self.connection:
            self.connection.execute("INSERT OR REPLACE INTO answers VALUES (?, ?)", (key, value))

    def set_serialized_multi(self, mapping: Mapping[str, bytes]) -> None:
        """Store several."""
        for key, value in mapping.items():
            self.set_serialized(key, value)

    def delete(self, key: str) -> None:
        """Forget a key."""
        with self.lock, self.connection:
            self.connection.execute("DELETE FROM answers WHERE key = ?", (key,))

    def delete_multi(self, keys: Iterable[str]) -> None:
        """Forget several."""
        for key in keys:
            self.delete(key)


register_backend("hedge.sqlite", "hedge_core.market.live.storage", "SqliteBackend")  # type: ignore[no-untyped-call]


class SqliteStorage:
    """One SQLite database, in memory or in a file."""

    errors: tuple[type[Exception], ...] = (sqlite3.Error,)

    def __init__(self, path: str) -> None:
        self.lock = RLock()
        try:
            self.connection = sqlite3.connect(path, check_same_thread=False, timeout=5.0)
            self.connection.execute("PRAGMA journal_mode = WAL")
            self.connection.execute("PRAGMA synchronous = NORMAL")
            self.connection.executescript(_SCHEMA)
        except sqlite3.Error as error:
            raise InvalidInput(f"HEDGE_CACHE_URL: '{path}' cannot be used as a cache ({error}).") from None
        self.region = make_region(serializer=_dumps, deserializer=json.loads).configure(
            "hedge.sqlite", arguments={"connection": self.connection, "lock": self.lock}
        )

    def days(self, series: str, first: date) -> dict[date, float]:
        """The kept values of a series from `first` on."""
        query = "SELECT day, value FROM days WHERE series = ? AND day >= ? ORDER BY day"
        with self.lock:
            rows = self.connection.execute(query, (series, first.toordinal())).fetchall()
        return {date.fromordinal(day): value for day, value in rows}

    def keep_days(self, series: str, values: Mapping[date, float]) -> None:
        """Keep the values of days that are not kept yet."""
        rows = [(series, day.toordinal(), value) for day, value in values.items()]
        with self.lock, self.connection:
            self.connection.executemany("INSERT OR IGNORE INTO days VALUES (?, ?, ?)", rows)

    def close(self) -> None:
        """Close the database."""
        with self.lock:
            self.connection.close()


class RedisStorage:
    """A Redis server, shared by several processes: one of them refreshes a thing, the others wait or go on.

    A lock expires after `lock_timeout` seconds, so that a process killed while it held one stops nobody for longer.
    """

    def __init__(self, url: str, *, lock_timeout: float) -> None:
        try:
            import redis
        except ImportError:
            raise InvalidInput("HEDGE_CACHE_URL names a Redis server: pip install redis") from None
        self.errors: tuple[type[Exception], ...] = (redis.RedisError, OSError)
        self.client: Any = redis.Redis.from_url(url, socket_timeout=3.0, socket_connect_timeout=1.0)
        self.region = make_region(serializer=_dumps, deserializer=json.loads).configure(
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
        )

    def days(self, series: str, first: date) -> dict[date, float]:
        """The kept values of a series from `first` on."""
        kept = cast("dict[bytes, bytes]", self.client.hgetall(f"{PREFIX}days:{series}"))
        known = sorted((int(day), float(value)) for day, value in kept.items())
        return {date.fromordinal(day): value for day, value in known if day >= first.toordinal()}

    def keep_days(self, series: str, values: Mapping[date, float]) -> None:
        """Keep the values of days that are not kept yet."""
        pipeline = self.client.pipeline(transaction=False)
        for day, value in values.items():
            pipeline.hsetnx(f"{PREFIX}days:{series}", day.toordinal(), repr(value))
        pipeline.execute()

    def close(self) -> None:
        """Close the connections."""
        self.client.close()
