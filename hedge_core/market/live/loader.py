"""Live markets loaded in the background, for screens that must not wait.

A load first offers what the cache holds, at once and however old, and then what the exchanges say now. Whoever asks
for the same while it is under way shares it.
"""

from __future__ import annotations

import logging
import time
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import NamedTuple

from hedge_core.errors import HedgeError, SourceUnavailable
from hedge_core.market.live.markets import LiveMarkets
from hedge_core.market.snapshot import MarketSnapshot
from hedge_core.market.sources import Wanted

log = logging.getLogger("hedge_core.live")

WORKERS = 32
"""Loads under way at once; they mostly wait for one another's answers."""

REMEMBERED = 64
RECENT = 30.0
"""Seconds for which a finished load answers for the next one who asks for the same."""


class Progress(NamedTuple):
    """Steps done, steps in all (as far as known), and what is being fetched."""

    done: int
    steps: int
    what: str


NOT_BEGUN = Progress(0, 1, "prices")


class Request(NamedTuple):
    """A source by name, and what is wanted of it."""

    source: str
    wanted: Wanted


@dataclass(slots=True)
class Load:
    """One load. Written by its thread only; anybody may read it at any time.

    `early` is what the cache held at the start, `result` what came of it, `error` why there is none.
    """

    request: Request
    progress: Progress = NOT_BEGUN
    early: MarketSnapshot | None = None
    result: MarketSnapshot | None = None
    error: HedgeError | None = None
    finished: float | None = None
    _early_known: Event = field(default_factory=Event)
    _done: Event = field(default_factory=Event)

    @property
    def is_done(self) -> bool:
        """Whether there will be no more news of it."""
        return self._done.is_set()

    def wait(self, seconds: float) -> bool:
        """Wait for the end of it, at most so long; whether it has ended."""
        return self._done.wait(seconds)

    def wait_for_anything(self, seconds: float) -> None:
        """Wait until it is known what the cache holds, and if that is nothing, for the end; at most so long."""
        until = time.monotonic() + seconds
        if self._early_known.wait(seconds) and self.early is None:
            self._done.wait(max(0.0, until - time.monotonic()))

    def run(self, markets: LiveMarkets, forced: bool) -> None:
        """Do it: called once, by the loader."""
        source, wanted = self.request
        try:
            with suppress(SourceUnavailable):
                self.early = markets.snapshot(source, wanted, mode="cached")
            self._early_known.set()
            self.result = markets.snapshot(source, wanted, mode="forced" if forced else "fresh", report=self._report)
        except HedgeError as error:
            self.error = error
        except Exception:
            log.exception("loading %s failed", source)
            self.error = SourceUnavailable(f"Loading prices from {source} failed; it has been logged. Try again.")
        finally:
            self.finished = time.monotonic()
            self._early_known.set()
            self._done.set()

    def _report(self, done: int, steps: int, what: str) -> None:
        self.progress = Progress(done, steps, what)


class Loader:
    """Runs loads in threads. One for a process, shared by everybody in it."""

    def __init__(self, markets: LiveMarkets) -> None:
        self.markets = markets
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="live-market")
        self._loads: OrderedDict[Request, Load] = OrderedDict()
        self._lock = Lock()

    def load(self, source: str, wanted: Wanted, *, forced: bool = False) -> Load:
        """The load of this: the one under way, a very recent one, or a new one. Returns at once."""
        request = Request(source, wanted)
        with self._lock:
            known = self._loads.get(request)
            if known is not None and (not known.is_done or (not forced and _is_recent(known))):
                return known
            load = self._loads[request] = Load(request)
            self._loads.move_to_end(request)
            while len(self._loads) > REMEMBERED:
                self._loads.popitem(last=False)
        self._pool.submit(load.run, self.markets, forced)
        return load

    def close(self) -> None:
        """Let go of threads and cache; loads under way end by themselves."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        self.markets.close()


def _is_recent(load: Load) -> bool:
    return load.error is None and load.finished is not None and time.monotonic() - load.finished < RECENT
