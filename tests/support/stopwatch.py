"""A stopwatch that knows how long the machine kept this process waiting.

No test may fail because other programs were busy. A test of time therefore lets the fault last many times as long as
what it tests, and uses a bound in between. Where a bound must be narrow, `own` is what to hold against it.
"""

from __future__ import annotations

import threading
import time
from types import TracebackType

BEAT = 0.005


class Stopwatch:
    """Use it with `with`. `seconds` is the time that passed; `starved` is the part in which this process had to wait.

    A thread sleeps for BEAT seconds again and again. What it sleeps longer is the machine's fault, not the test's:
    `starved` is the sum, and `own` is `seconds` without it.
    """

    def __enter__(self) -> Stopwatch:
        self.seconds = self.starved = 0.0
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="stopwatch", daemon=True)
        self._thread.start()
        self._began = time.monotonic()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.seconds = time.monotonic() - self._began
        self._is_over.set()
        self._thread.join()

    @property
    def own(self) -> float:
        """Seconds that passed, without those in which this process had to wait for the machine."""
        return self.seconds - self.starved

    def _beat(self) -> None:
        while not self._is_over.is_set():
            began = time.monotonic()
            self._is_over.wait(BEAT)
            self.starved += max(0.0, time.monotonic() - began - BEAT)
