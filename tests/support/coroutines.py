"""Running a coroutine in a test that may share its process with a browser, which keeps an event loop running."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


def run(coroutine: Coroutine[Any, Any, T], loop: Callable[[], asyncio.AbstractEventLoop] | None = None) -> T:
    """Run a coroutine to its end in a thread and a loop of its own; return or raise what it does."""

    def to_the_end() -> T:
        with asyncio.Runner(loop_factory=loop) as runner:
            return runner.run(coroutine)

    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(to_the_end).result()


class SimulatedTime(asyncio.SelectorEventLoop):
    """A loop in whose time nothing is waited for: once all that can be done is done, it is as late as the next timer.

    For coroutines that wait only for each other and for timers. Raises RuntimeError where nothing could go on.
    """

    def __init__(self) -> None:
        self.now = 0.0
        super().__init__(_Skipping(self))

    def time(self) -> float:
        return self.now


class _Skipping(selectors.SelectSelector):
    def __init__(self, loop: SimulatedTime) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> Any:
        if timeout is None:
            raise RuntimeError("every coroutine waits for another, and no timer runs")
        self._loop.now += timeout
        return super().select(0)
