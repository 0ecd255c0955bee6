"""The file of a watch: an SQLite database that one process uses at a time, and memory while it cannot be written.

An alert must go out even if it cannot be recorded. So if the disk is full, what the file holds is copied to memory and
the work goes on there. As soon as the file can be written again, it is brought up to date. A process that ends before
that sends its last alerts once more when it is started again.
"""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, Self, TypeVar

from hedge_core.errors import InvalidInput

APPLICATION = 0x48454447
"""Marks the file as one of ours ("HEDG")."""

VERSION = 1

T = TypeVar("T")

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


class _Unwritable(InvalidInput):
    """The file cannot be written any more, though nothing is wrong with its contents."""


def _is_full(path: str) -> bool:
    """Whether there is no room for a file beside this one. SQLite does not say why it cannot open its journal."""
    try:
        with TemporaryFile(dir=Path(path).absolute().parent):
            return False
    except OSError as error:
        return error.errno in (errno.ENOSPC, errno.EDQUOT)


def _connected(path: str) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=1.0, isolation_level=None)
    db.execute("PRAGMA locking_mode = EXCLUSIVE")
    db.execute("PRAGMA foreign_keys = ON")
    return db


class StateFile:
    """The database at `path`, a file or `:memory:`. `fault` says why the file cannot be written ('' if it can)."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._file: sqlite3.Connection | None = None
        self._is_open = False
        self.fault = ""
        try:
            with self._guarded():
                self._db = _connected(path)
        except _Unwritable as error:
            self._db, self.fault = _connected(":memory:"), str(error)
        try:
            with self._guarded():
                self._open()
        except _Unwritable as error:
            self._go_to_memory(error)
        except InvalidInput:
            self._db.close()
            raise

    def close(self) -> None:
        """Write what is in memory to the file if that is possible now; close the database and release the file."""
        self.return_to_file()
        self._db.close()
        if self._file is not None:
            self._file.close()

    def attempt(self, work: Callable[[], T]) -> T:
        """Return the result of `work`, one transaction, done again in memory if the file cannot be written."""
        try:
            return work()
        except _Unwritable as error:
            if self._file is not None:
                raise
            self._go_to_memory(error)
            return work()

    def return_to_file(self) -> None:
        """Write what is in memory to the file, and use the file again, if it can be written now."""
        if not self.fault:
            return
        try:
            self._file = self._file or self._new_file()
            self._db.backup(self._file)
        except sqlite3.Error:
            return
        self._db.close()
        self._db, self._file, self.fault = self._file, None, ""

    def _new_file(self) -> sqlite3.Connection:
        """The file that there was no room for at the start. Raises sqlite3.Error if it cannot be used now either."""
        if Path(self._path).exists() and Path(self._path).stat().st_size:
            raise sqlite3.OperationalError("somebody else has written it meanwhile")
        return _connected(self._path)

    def _go_to_memory(self, error: InvalidInput) -> None:
        memory = _connected(":memory:")
        try:
            self._db.rollback()
            self._db.backup(memory)
        except sqlite3.Error:
            memory.close()
            memory = _connected(":memory:")
        self._file, self._db, self.fault = self._db, memory, str(error)
        with self._guarded():
            self._open()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit everything done inside, or nothing if it raises. Transactions do not nest."""
        with self._guarded():
            self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            with self._guarded():
                self._db.execute("COMMIT")
        except BaseException:
            self._db.rollback()
            raise

    def _open(self) -> None:
        db = self._db
        db.execute("BEGIN EXCLUSIVE")  # locks the file until it is closed
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
                f"The state file '{self._path}' was written by another release (version {version}; this release reads "
                f"version {VERSION}). Update the program, or name a new file; active alerts are then sent once more."
            )
        db.execute("COMMIT")
        if db.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
            raise sqlite3.DatabaseError("its contents are damaged")
        self._is_open = True

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
            is_lost = code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR) or self._is_open or _is_full(self._path)
            return (_Unwritable if is_lost else InvalidInput)(
                f"The state file '{self._path}' cannot be written ({error}). Check that its folder exists, its "
                "permissions and the free disk space, or name another file."
            )
        return InvalidInput(
            f"The state file '{self._path}' cannot be used ({error}). Move it away or name another file; active "
            "alerts are then sent once more."
        )

    def _run(self, statement: str, *values: object) -> sqlite3.Cursor:
        with self._guarded():
            return self._db.execute(statement, values)

    def _rows(self, statement: str, *values: object) -> list[Any]:
        with self._guarded():
            return self._db.execute(statement, values).fetchall()
