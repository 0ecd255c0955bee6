"""What a watch has to remember: which alerts stand, what is to be told and what has been, and when things were done.

One SQLite database, a file or `:memory:`. Every check is one transaction, so that a process killed in the middle has
either done it or not. A message is queued in the same transaction in which its alert begins to stand, and is then sent
to each address until that address takes it: nothing is lost by a crash, and nothing queued twice. Only a process that
is killed between sending and writing it down cannot know what arrived; it sends again and says so in the title.

A file belongs to one process at a time, which holds a lock on it. Nothing of a plan but the texts of messages is kept,
and of an address its fingerprint alone.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, cast

from hedge_core.errors import InvalidInput
from hedge_core.monitoring.alerts import Severity
from hedge_core.monitoring.notify import Message

APPLICATION = 0x48454447
"""Marks the file as one of ours ("HEDG")."""

VERSION = 1
KEEP_SECONDS = 7 * 86_400.0
"""After this a message is forgotten, whether it was sent or not."""

KEEP_MESSAGES = 2_000
FIRST_PAUSE, LONGEST_PAUSE = 60.0, 3_600.0
"""Seconds for which an address is left alone after a failure, doubled with each further one."""

Kind = Literal["event", "digest", "heartbeat"]

_SCHEMA = """
CREATE TABLE standing (
    key TEXT PRIMARY KEY, since REAL NOT NULL, message INTEGER, notified_at REAL
) WITHOUT ROWID;
CREATE TABLE messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, queued_at REAL NOT NULL, not_before REAL NOT NULL,
    severity TEXT NOT NULL, title TEXT NOT NULL, body TEXT NOT NULL, ended_at REAL
);
CREATE TABLE deliveries (
    message INTEGER NOT NULL REFERENCES messages (id) ON DELETE CASCADE, address TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0, is_trying INTEGER NOT NULL DEFAULT 0, sent_at REAL,
    PRIMARY KEY (message, address)
) WITHOUT ROWID;
CREATE TABLE addresses (address TEXT PRIMARY KEY, failures INTEGER NOT NULL, not_before REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE marks (name TEXT PRIMARY KEY, value REAL NOT NULL) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that stands, known by its key, and the message that tells it; an urgent one does not wait."""

    key: str
    message: Message
    is_urgent: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """An alert that stands: since when, and when it was first told (None: not yet)."""

    key: str
    since: datetime
    notified_at: datetime | None


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message that an address is owed. `is_again`: it was being sent when the process was killed."""

    id: int
    address: str
    message: Message
    queued_at: datetime
    ended_at: datetime | None
    attempts: int
    is_again: bool


class WatchState:
    """The memory of one watch. Moments are aware and in UTC.

    `path` is a file, which is made where there is none, or `:memory:`. Raises InvalidInput for a file that is damaged,
    of another program or of a newer release, or that another watch is using; and from any method when the file can no
    longer be read or written.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        try:
            self._db = sqlite3.connect(path, timeout=1.0, isolation_level=None)
        except sqlite3.Error as error:
            raise self._fault(error) from None
        try:
            with self._guarded():
                self._open()
        except InvalidInput:
            self._db.close()
            raise

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def __enter__(self) -> WatchState:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of what is done inside, or nothing. Transactions do not nest."""
        with self._guarded():
            self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.rollback()
            raise
        with self._guarded():
            self._db.execute("COMMIT")

    # ------------------------------------------------------------------------------------------------ what stands

    @property
    def standing(self) -> tuple[Standing, ...]:
        """Everything that stands, the oldest first."""
        rows = self._rows("SELECT key, since, notified_at FROM standing ORDER BY since, key")
        return tuple(Standing(key, _moment(since), _moment_or_none(told)) for key, since, told in rows)

    def settle(
        self, events: Iterable[Event], *, scope: str, now: datetime, quiet_until: datetime | None, to: Sequence[str]
    ) -> tuple[str, ...]:
        """Make these events, whose keys begin with `scope`, what stands of that scope; returns the keys that are new.

        What is new is queued for the addresses `to`, not before `quiet_until` unless it is urgent. What stands already
        is not queued again, unless it never was because there was no address. What does not stand any more is
        forgotten: should it come back, it is new.
        """
        by_key = {event.key: event for event in events}
        rows = self._rows("SELECT key, message FROM standing")
        before = {key: message for key, message in rows if key.startswith(scope)}
        for key in before.keys() - by_key.keys():
            self._run("UPDATE messages SET ended_at = ? WHERE id = ?", now.timestamp(), before[key])
            self._run("DELETE FROM standing WHERE key = ?", key)
        for key, event in by_key.items():
            if key not in before:
                self._run("INSERT INTO standing (key, since) VALUES (?, ?)", key, now.timestamp())
            if before.get(key) is None and to:
                not_before = now if event.is_urgent or quiet_until is None else quiet_until
                message = self.queue(event.message, kind="event", now=now, not_before=not_before, to=to)
                self._run("UPDATE standing SET message = ? WHERE key = ?", message, key)
        return tuple(key for key in by_key if key not in before)

    # ------------------------------------------------------------------------------------------------ messages

    def queue(self, message: Message, *, kind: Kind, now: datetime, not_before: datetime, to: Sequence[str]) -> int:
        """Owe a message to the addresses. A digest or heartbeat that was not delivered gives way to a newer one."""
        if kind != "event":
            self._run(
                "DELETE FROM deliveries WHERE sent_at IS NULL AND message IN (SELECT id FROM messages WHERE kind = ?)",
                kind,
            )
        cursor = self._run(
            "INSERT INTO messages (kind, queued_at, not_before, severity, title, body) VALUES (?, ?, ?, ?, ?, ?)",
            kind,
            now.timestamp(),
            not_before.timestamp(),
            message.severity,
            message.title,
            message.body,
        )
        number = cursor.lastrowid or 0
        for address in to:
            self._run("INSERT INTO deliveries (message, address) VALUES (?, ?)", number, address)
        return number

    def due(self, address: str, now: datetime) -> tuple[Delivery, ...]:
        """What an address is owed now, in order; () while it is left alone after a failure."""
        moment = now.timestamp()
        if self._rows("SELECT 1 FROM addresses WHERE address = ? AND not_before > ?", address, moment):
            return ()
        rows = self._rows(
            "SELECT id, title, body, severity, queued_at, ended_at, attempts, is_trying FROM deliveries "
            "JOIN messages ON id = message WHERE address = ? AND sent_at IS NULL AND not_before <= ? "
            "ORDER BY id LIMIT 100",
            address,
            moment,
        )
        return tuple(
            Delivery(
                number,
                address,
                Message(title, body, cast("Severity", severity)),
                _moment(queued_at),
                _moment_or_none(ended_at),
                attempts,
                bool(is_trying),
            )
            for number, title, body, severity, queued_at, ended_at, attempts, is_trying in rows
        )

    def trying(self, delivery: Delivery) -> None:
        """Write down that a message is about to be sent."""
        with self.transaction():
            self._run(
                "UPDATE deliveries SET is_trying = 1, attempts = attempts + 1 WHERE message = ? AND address = ?",
                delivery.id,
                delivery.address,
            )

    def sent(self, delivery: Delivery, now: datetime) -> None:
        """Write down that an address took a message."""
        moment = now.timestamp()
        with self.transaction():
            self._run(
                "UPDATE deliveries SET is_trying = 0, sent_at = ? WHERE message = ? AND address = ?",
                moment,
                delivery.id,
                delivery.address,
            )
            self._run(
                "UPDATE standing SET notified_at = ? WHERE message = ? AND notified_at IS NULL", moment, delivery.id
            )
            self._run("DELETE FROM addresses WHERE address = ?", delivery.address)

    def failed(self, delivery: Delivery, now: datetime) -> None:
        """Write down that an address did not take a message; it is left alone for a while, longer each time."""
        with self.transaction():
            self._run(
                "UPDATE deliveries SET is_trying = 0 WHERE message = ? AND address = ?", delivery.id, delivery.address
            )
            rows = self._rows("SELECT failures FROM addresses WHERE address = ?", delivery.address)
            failures = rows[0][0] if rows else 0
            pause = min(FIRST_PAUSE * 2.0 ** min(failures, 20), LONGEST_PAUSE)
            self._run(
                "INSERT OR REPLACE INTO addresses VALUES (?, ?, ?)",
                delivery.address,
                failures + 1,
                now.timestamp() + pause,
            )

    def readdress(self, to: Sequence[str]) -> None:
        """Owe what nobody got to the addresses of now, where none of those it was meant for is left."""
        if not to:
            return
        lost = self._rows(
            "SELECT message FROM deliveries GROUP BY message "
            f"HAVING MAX(sent_at) IS NULL AND SUM(address IN ({', '.join('?' * len(to))})) = 0",
            *to,
        )
        with self.transaction():
            for (message,) in lost:
                for address in to:
                    self._run("INSERT INTO deliveries (message, address) VALUES (?, ?)", message, address)

    @property
    def undelivered(self) -> int:
        """Messages that some address is still owed."""
        return int(self._rows("SELECT COUNT(DISTINCT message) FROM deliveries WHERE sent_at IS NULL")[0][0])

    def prune(self, now: datetime) -> None:
        """Forget messages that are a week old, and all but the newest 2,000."""
        self._run(
            "DELETE FROM messages WHERE queued_at < ? OR id <= (SELECT MAX(id) FROM messages) - ?",
            now.timestamp() - KEEP_SECONDS,
            KEEP_MESSAGES,
        )

    # ------------------------------------------------------------------------------------------------ marks

    def moment(self, name: str) -> datetime | None:
        """When something was last done, or None."""
        rows = self._rows("SELECT value FROM marks WHERE name = ?", name)
        return _moment(rows[0][0]) if rows else None

    def mark(self, name: str, moment: datetime) -> None:
        """Write down when something was done."""
        self._run("INSERT OR REPLACE INTO marks VALUES (?, ?)", name, moment.timestamp())

    def count(self, name: str) -> int:
        """A number that was kept, 0 at first."""
        rows = self._rows("SELECT value FROM marks WHERE name = ?", name)
        return int(rows[0][0]) if rows else 0

    def set_count(self, name: str, number: int) -> None:
        """Keep a number."""
        self._run("INSERT OR REPLACE INTO marks VALUES (?, ?)", name, float(number))

    # ------------------------------------------------------------------------------------------------ the file

    def _open(self) -> None:
        db = self._db
        db.execute("PRAGMA locking_mode = EXCLUSIVE")
        db.execute("PRAGMA foreign_keys = ON")
        db.execute("BEGIN EXCLUSIVE")  # from here on the file is ours until it is closed
        (application,) = db.execute("PRAGMA application_id").fetchone()
        (version,) = db.execute("PRAGMA user_version").fetchone()
        (tables,) = db.execute("SELECT COUNT(*) FROM sqlite_schema").fetchone()
        if not tables and not application:
            for statement in filter(str.strip, _SCHEMA.split(";")):
                db.execute(statement)
            db.execute(f"PRAGMA application_id = {APPLICATION}")
            db.execute(f"PRAGMA user_version = {VERSION}")
        elif application != APPLICATION:
            raise InvalidInput(
                f"The state file '{self._path}' belongs to another program. Name a file that does not exist yet."
            )
        elif version != VERSION:
            raise InvalidInput(
                f"The state file '{self._path}' was written by another release (version {version}, this one knows "
                f"{VERSION}). Update the program, or name a new file; alerts that stand are then told once more."
            )
        db.execute("COMMIT")
        if db.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
            raise sqlite3.DatabaseError("its contents are damaged")

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise self._fault(error) from None

    def _fault(self, error: sqlite3.Error) -> InvalidInput:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return InvalidInput(
                f"The state file '{self._path}' is in use by another monitor. Stop that one, or name another file."
            )
        if code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
            return InvalidInput(
                f"The state file '{self._path}' cannot be written ({error}). See to its folder, its rights and free "
                "space, or name another file."
            )
        return InvalidInput(
            f"The state file '{self._path}' cannot be used ({error}). Move it away or name another file; alerts that "
            "stand are then told once more."
        )

    def _run(self, statement: str, *values: object) -> sqlite3.Cursor:
        with self._guarded():
            return self._db.execute(statement, values)

    def _rows(self, statement: str, *values: object) -> list[Any]:
        with self._guarded():
            return self._db.execute(statement, values).fetchall()


def _moment(value: float) -> datetime:
    return datetime.fromtimestamp(value, UTC)


def _moment_or_none(value: float | None) -> datetime | None:
    return None if value is None else _moment(value)
