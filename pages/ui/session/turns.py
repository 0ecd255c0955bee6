"""Pages take turns: a process draws one at a time, and the others wait.

Python runs one thread at a time whatever one does. Pages that share it all finish late, and it spends a third of its
time on handing itself on; one after the other most of them are done long before (figures in docs/capacity.md).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

PATIENCE = 3.0
"""Seconds that a page waits in all, after which it is drawn even out of turn: a slow one holds nobody up for longer."""


class Turns:
    """Turns of `at_once` threads; a thread has one at most."""

    def __init__(self, at_once: int = 1, patience: float = PATIENCE) -> None:
        self._free = threading.BoundedSemaphore(at_once)
        self._patience = patience
        self._mine = threading.local()

    @contextmanager
    def turn(self) -> Iterator[bool]:
        """Wait for a turn, at most `patience` seconds, and have it until the end of the block.

        Yields True in the outermost such block of a thread; one within another is part of its turn.
        """
        if getattr(self._mine, "is_in_one", False):
            yield False
            return
        self._mine.is_in_one = True
        self._mine.patience = self._patience
        self._take()
        try:
            yield True
        finally:
            self._give()
            self._mine.is_in_one = False

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Let others go first while this thread waits for something; without a turn of its own, nothing.

        The turn is asked for again unless the page ends here, as it does when its visitor has moved on.
        """
        had_one = self._give()
        try:
            yield
        except Exception:
            if had_one:
                self._take()
            raise
        if had_one:
            self._take()

    def _take(self) -> None:
        began = time.monotonic()
        self._mine.is_taken = self._free.acquire(timeout=self._mine.patience)
        self._mine.patience = max(self._mine.patience - (time.monotonic() - began), 0.0)

    def _give(self) -> bool:
        is_taken = getattr(self._mine, "is_taken", False)
        if is_taken:
            self._mine.is_taken = False
            self._free.release()
        return is_taken


pages = Turns()
"""Those of this process. What runs outside the pages' own code takes none: dialogs, and files made for a download."""

_long = Turns()


@contextmanager
def long_work() -> Iterator[None]:
    """Work that takes longer than drawing a page: other pages go first, and of such works one is done at a time."""
    with pages.aside(), _long.turn():
        yield
