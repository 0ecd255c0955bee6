"""Answers of webhooks are read no further than needed.

Whoever receives a notification says in the status of his answer whether he has accepted it. The library that sends
reads the whole answer all the same, so one without an end would fill the memory of the monitor. requests offers no
limit, and the library no way to set one, so the method that reads an answer is replaced. It changes nothing in other
threads.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

MOST_BYTES = 1_000_000
"""What is read of an answer, unpacked; the services that say anything say it in some kilobytes."""

_thread = threading.local()
_guard = threading.Lock()


@contextmanager
def short_answers() -> Iterator[None]:
    """Within the block, requests reads at most MOST_BYTES of each answer that this thread gets."""
    _limit_requests()
    _thread.is_short = True
    try:
        yield
    finally:
        _thread.is_short = False


def _limit_requests() -> None:
    from requests import Response

    with _guard:
        read = Response.iter_content
        if hasattr(read, "__wrapped__"):
            return

        @wraps(read)
        def iter_content(self: Response, *args: Any, **options: Any) -> Iterator[Any]:
            pieces = read(self, *args, **options)
            return _first(pieces, self) if getattr(_thread, "is_short", False) else pieces

        Response.iter_content = iter_content  # type: ignore[method-assign]


def _first(pieces: Iterator[Any], answer: Any) -> Iterator[Any]:
    left = MOST_BYTES
    for piece in pieces:
        yield piece[:left]
        left -= len(piece)
        if left <= 0:
            answer.close()
            return
