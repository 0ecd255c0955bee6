"""Loads live markets in background threads, for pages that must not wait.

A load first offers what is in the cache, however old. If the cache lacks something, it first offers a market of the
bag's own coins, which says so, and then fetches the other coins whose contracts may hedge the bag. Requests for the
same data while it is running share one load.
"""

from __future__ import annotations

import logging
import time
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from threading import Event, Lock
from typing import NamedTuple

from hedge_core.errors import HedgeError, Notice, SourceUnavailable
from hedge_core.market.live.cache import Mode
from hedge_core.market.live.markets import LiveMarkets
from hedge_core.market.snapshot import PROXY_COINS, MarketSnapshot
from hedge_core.market.sources import Wanted

log = logging.getLogger("hedge_core.live")

WORKERS = 32
"""The number of loads that run at the same time; most of them wait for an answer that another one fetches."""

REMEMBERED = 64
"""The number of loads to keep."""

STILL_LOADING = Notice(
    "still_loading",
    "Prices of other coins whose contracts may hedge your bag are still being fetched. This plan does without them. "
    "Its contracts and counts may change when they are here.",
    severity="warning",
)

RECENT = 30.0
"""Seconds for which a finished load is reused by further requests for the same data."""


class Progress(NamedTuple):
    """Steps done, total steps (as far as known) and what is being fetched."""

    done: int
    steps: int
    what: str


NOT_BEGUN = Progress(0, 1, "prices")


class Request(NamedTuple):
    """The name of a source and what to fetch from it."""

    source: str
    wanted: Wanted


@dataclass(slots=True)
class Load:
    """One load. Only its own thread writes to it; every thread may read it at any time.

    `early` is the first market to show: the one from the cache or, if the cache lacks something, a market of the bag's
    own coins. `result` is the market that was loaded, and `error` the reason if loading failed; each is None until
    then. `finished` is the time (of the monotonic clock) at which the load ended.
    """

    request: Request
    progress: Progress = NOT_BEGUN
    early: MarketSnapshot | None = None
    result: MarketSnapshot | None = None
    error: HedgeError | None = None
    finished: float | None = None
    _has_something: Event = field(default_factory=Event)
    _done: Event = field(default_factory=Event)

    @property
    def is_done(self) -> bool:
        """Whether the load has ended, with a result or an error."""
        return self._done.is_set()

    def wait(self, seconds: float) -> bool:
        """Wait at most `seconds` for the load to end, and return whether it has."""
        return self._done.wait(seconds)

    def wait_for_anything(self, seconds: float) -> None:
        """Wait at most `seconds` for the first market to show, or for the load to end."""
        self._has_something.wait(seconds)

    def run(self, markets: LiveMarkets, forced: bool) -> None:
        """Load the market; the loader calls this once. `forced` means that the user asked for a refresh."""
        source, wanted = self.request
        mode: Mode = "forced" if forced else "fresh"
        try:
            self.early = self._early(markets, mode)
            if self.early is not None:
                self._has_something.set()
            self.result = markets.snapshot(source, wanted, mode=mode, report=self._report)
        except HedgeError as error:
            self.error = error
        except Exception:
            log.exception("loading %s failed", source)
            self.error = SourceUnavailable(
                f"Loading prices from {source} failed; the error has been logged. Try again."
            )
        finally:
            self.finished = time.monotonic()
            self._has_something.set()
            self._done.set()

    def _early(self, markets: LiveMarkets, mode: Mode) -> MarketSnapshot | None:
        """The first market to show; None if it would be the final one."""
        source, wanted = self.request
        with suppress(SourceUnavailable):
            return markets.snapshot(source, wanted, mode="cached")
        if set(wanted.hedges) <= {*wanted.coins, *PROXY_COINS}:
            return None
        own = markets.snapshot(source, replace(wanted, hedges=()), mode=mode, report=self._report)
        return replace(own, notices=(STILL_LOADING, *own.notices))

    def _report(self, done: int, steps: int, what: str) -> None:
        self.progress = Progress(done, steps, what)


class Loader:
    """Runs loads in threads. Create one per process and share it."""

    def __init__(self, markets: LiveMarkets) -> None:
        self.markets = markets
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="live-market")
        self._loads: OrderedDict[Request, Load] = OrderedDict()
        self._lock = Lock()

    def load(self, source: str, wanted: Wanted, *, forced: bool = False) -> Load:
        """The load for this request: the one that is running, a recent one or a new one. Returns at once.

        With `forced` a recent load is not reused.
        """
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
        """Cancel waiting loads, wait for running ones to end, and close the cache."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        self.markets.close()


def _is_recent(load: Load) -> bool:
    return load.error is None and load.finished is not None and time.monotonic() - load.finished < RECENT
