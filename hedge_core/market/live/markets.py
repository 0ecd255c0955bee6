"""Live markets: all exchanges behind one cache, and snapshots built from them.

The chosen exchange is asked first. What it does not list, or cannot supply right now, comes from another exchange, and
the snapshot has a notice that names the coins. Simulated prices are never mixed in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from threading import Lock

from hedge_core.errors import SourceUnavailable
from hedge_core.market.contracts import Contract
from hedge_core.market.live.cache import AnswerCache, CachePolicy, Mode
from hedge_core.market.live.client import ExchangeClient
from hedge_core.market.live.feed import Connection, Feed
from hedge_core.market.live.option_surface import live_surface, without_quotes
from hedge_core.market.live.settings import LiveSettings
from hedge_core.market.live.snapshot import Assembly
from hedge_core.market.live.storage import open_storage
from hedge_core.market.live.tally import Tally
from hedge_core.market.options.surface import VolatilitySurface
from hedge_core.market.snapshot import MarketSnapshot
from hedge_core.market.sources import Wanted
from hedge_core.market.venues import BY_VENUE, EXCHANGES
from hedge_core.market.venues.deribit import OPTION_CURRENCY, OPTIONS

Report = Callable[[int, int, str], None]
"""A function that is called with the progress: steps done, total steps and what is being fetched."""

REQUESTS_PER_REFRESH = 4
"""A lock expires after this many slow requests, so that a process that was killed does not block others for longer."""


OPTIONS_FRESH = 60.0
"""Seconds for which quotes of options stay fresh."""


class LiveMarkets:
    """All exchanges behind one cache. Thread-safe: create one per process and share it."""

    def __init__(self, settings: LiveSettings | None = None, policy: CachePolicy | None = None) -> None:
        self.settings = settings or LiveSettings.read()
        lock_timeout = REQUESTS_PER_REFRESH * self.settings.timeout + 5.0
        storage = open_storage(self.settings.cache_url, lock_timeout=lock_timeout)
        self._cache = AnswerCache(storage, timeout=lock_timeout, policy=policy)
        self._connections: dict[str, Connection] = {}
        self._options: ExchangeClient | None = None
        self._lock = Lock()

    def feed(self, name: str, mode: Mode = "fresh") -> Feed:
        """A new `Feed` of the exchange called `name`. Raises SourceUnavailable if there is no such exchange."""
        if name not in EXCHANGES:
            raise SourceUnavailable(f"Unknown exchange '{name}'. Known exchanges: {', '.join(EXCHANGES)}.")
        with self._lock:
            if name not in self._connections:
                exchange = EXCHANGES[name]
                self._connections[name] = Connection(exchange, ExchangeClient(exchange, self.settings))
            return Feed(self._connections[name], self._cache, mode)

    def snapshot(
        self, source: str, wanted: Wanted, *, mode: Mode = "fresh", report: Report | None = None
    ) -> MarketSnapshot:
        """The market according to `source`, completed by other exchanges where it has no data.

        `report` is called with the progress. Raises SourceUnavailable if no exchange supplies any price, and NotCached
        in mode `cached` if something in `wanted` has never been fetched.
        """
        feeds = cache(lambda name: self.feed(name, mode))
        return Assembly(feeds, source, wanted, self.settings.max_staleness, report or (lambda *_: None)).snapshot()

    def contracts(self, venue: str) -> list[Contract]:
        """The contracts that a venue of the catalogue lists right now. Raises SourceUnavailable."""
        exchange = BY_VENUE.get(venue)
        if exchange is None:
            raise SourceUnavailable(f"{venue} publishes no list of contracts. Venues that do: {', '.join(BY_VENUE)}.")
        feed = self.feed(exchange.name)
        listed = feed.listed
        if feed.list_fault is not None:
            raise feed.list_fault
        return [entry.contract for entry in listed]

    def option_surface(
        self, spots: Mapping[str, float], base: VolatilitySurface, now: datetime, *, mode: Mode = "fresh"
    ) -> VolatilitySurface:
        """The volatility of options from Deribit's quotes, for the coins in `spots` (USD); `base` where it has none.

        It never raises for want of quotes: the source of the surface then says why there are none.
        """
        with self._lock:
            if self._options is None:
                self._options = ExchangeClient(OPTIONS, self.settings)
            client = self._options
        try:
            found = self._cache.get(
                OPTIONS.name,
                f"options:{OPTION_CURRENCY}",
                lambda: client.options(OPTION_CURRENCY),
                fresh_for=OPTIONS_FRESH,
                mode=mode,
            )
        except SourceUnavailable as error:
            return without_quotes(base, str(error))
        return live_surface(found.value, spots, base, now)

    @property
    def tally(self) -> Tally:
        """Counts of this process's requests to the exchanges and of answers from the cache."""
        return self._cache.tally

    def cache_answers(self) -> bool:
        """Whether the cache in the settings responds now; if not, answers are kept in memory for a while."""
        return self._cache.answers()

    def close(self) -> None:
        """Close the cache's files and connections."""
        self._cache.close()


@dataclass(frozen=True, slots=True)
class ExchangeSource:
    """One exchange as a market source for one plan; the command line uses it."""

    name: str
    wanted: Wanted
    markets: LiveMarkets
    report: Report | None = None

    def snapshot(self) -> MarketSnapshot:
        """The market now. Raises SourceUnavailable if no exchange supplies a price."""
        return self.markets.snapshot(self.name, self.wanted, report=self.report)
