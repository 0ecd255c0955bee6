"""A deadline for a piece of work as a whole, however many steps it has.

The time-outs of the HTTP libraries hold for one step: connecting to one of a host's addresses, or waiting for one more
byte. A server that sends its headers byte by byte never meets them. So the work runs in a thread of its own, which is
left when the time is up, and its connections are shut down, so that the thread soon ends as well.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Generic, TypeVar

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

T = TypeVar("T")

_of_thread = threading.local()


class _Work(Generic[T]):
    """One piece of work in its thread: its result or its error, and the connections that it uses."""

    def __init__(self, work: Callable[[], T]) -> None:
        self._work = work
        self.result: list[T] = []
        self.error: BaseException | None = None
        self.connections: list[HTTPConnection] = []

    def run(self) -> None:
        """Do the work; the thread calls this."""
        _of_thread.work = self
        try:
            self.result.append(self._work())
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that waits
            self.error = error

    def abandon(self) -> None:
        """Shut down the connections, which ends what waits for them."""
        for connection in self.connections:
            with suppress(OSError, AttributeError):
                connection.sock.shutdown(socket.SHUT_RDWR)


def within(seconds: float, work: Callable[[], T]) -> T:
    """The result of `work()`, or its error. Raises TimeoutError if it takes longer than `seconds`.

    Work that is left goes on in a thread that ends with the program, without its connections.
    """
    going_on = _Work(work)
    thread = threading.Thread(target=going_on.run, name="deadline", daemon=True)
    thread.start()
    thread.join(max(0.0, seconds))
    if thread.is_alive():
        going_on.abandon()
        raise TimeoutError
    if going_on.error is not None:
        raise going_on.error
    return going_on.result[0]


def _note(connection: HTTPConnection) -> None:
    """Record that the work of this thread uses a connection."""
    work = getattr(_of_thread, "work", None)
    if work is not None and connection not in work.connections:
        work.connections.append(connection)


class _Connection(HTTPConnection):
    def request(self, *arguments: Any, **options: Any) -> None:
        _note(self)
        super().request(*arguments, **options)


class _SecureConnection(HTTPSConnection):
    def request(self, *arguments: Any, **options: Any) -> None:
        _note(self)
        super().request(*arguments, **options)


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


POOLS = {"http": _Pool, "https": _SecurePool}
"""Pools for urllib3's `PoolManager.pool_classes_by_scheme`, whose connections `within` can shut down."""
