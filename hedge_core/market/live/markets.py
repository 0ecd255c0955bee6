"""The live market: exchanges behind one cache, and a snapshot put together from them.

The coins of a bag are looked up at the chosen exchange first. What it does not list, or does not give just now, is
taken from another exchange, and the snapshot says so coin by coin. Simulated prices are never mixed in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from threading import Lock

from hedge_core.errors import SourceUnavailable
from hedge_core.market.contracts import Contract
from hedge_core.market.live.cache import AnswerCache, CachePolicy, Mode
from hedge_core.market.live.client import ExchangeClient
from hedge_core.market.live.feed import Connection, Feed
from hedge_core.market.live.settings import LiveSettings
from hedge_core.market.live.snapshot import Assembly
from hedge_core.market.live.storage import open_storage
from hedge_core.market.live.tally import Tally
from hedge_core.market.snapshot import MarketSnapshot
from hedge_core.market.sources import Wanted
from hedge_core.market.venues import BY_VENUE, EXCHANGES

Report = Callable[[int, int, str], None]
"""Told of progress: steps done, steps in all, and what is being fetched."""

REQUESTS_A_THING = 4
"""A lock outlives a refresh of so many slow requests; a process killed while it held one stops nobody for longer."""


class LiveMarkets:
    """Every exchange of this process behind one cache. Safe for threads; make one and share it."""

    def __init__(self, settings: LiveSettings | None = None, policy: CachePolicy | None = None) -> None:
        self.settings = settings or LiveSettings.read()
        patience = REQUESTS_A_THING * self.settings.timeout + 5.0
        storage = open_storage(self.settings.cache_url, lock_timeout=patience)
        self._cache = AnswerCache(storage, timeout=patience, policy=policy)
        self._connections: dict[str, Connection] = {}
        self._lock = Lock()

    def feed(self, name: str, mode: Mode = "fresh") -> Feed:
        """A new look at the exchange of that name. Raises SourceUnavailable when there is none."""
        if name not in EXCHANGES:
            raise SourceUnavailable(f"There is no exchange '{name}'. Known: {', '.join(EXCHANGES)}.")
        with self._lock:
            if name not in self._connections:
                exchange = EXCHANGES[name]
                self._connections[name] = Connection(exchange, ExchangeClient(exchange, self.settings))
            return Feed(self._connections[name], self._cache, mode)

    def snapshot(
        self, source: str, wanted: Wanted, *, mode: Mode = "fresh", report: Report | None = None
    ) -> MarketSnapshot:
        """The market as `source` and, where it fails, other exchanges give it.

        Raises SourceUnavailable when no exchange gives any price, NotCached in mode `cached` when something that is
        wanted has never been fetched.
        """
        feeds = cache(lambda name: self.feed(name, mode))
        return Assembly(feeds, source, wanted, self.settings.max_staleness, report or (lambda *_: None)).snapshot()

    def contracts(self, venue: str) -> list[Contract]:
        """What a venue of the catalogue lists right now. Raises SourceUnavailable."""
        exchange = BY_VENUE.get(venue)
        if exchange is None:
            raise SourceUnavailable(f"{venue} has no public list of contracts. With one: {', '.join(BY_VENUE)}.")
        feed = self.feed(exchange.name)
        listed = feed.listed
        if feed.list_fault is not None:
            raise feed.list_fault
        return [entry.contract for entry in listed]

    @property
    def tally(self) -> Tally:
        """What this process asked of the exchanges and of the cache."""
        return self._cache.tally

    def cache_answers(self) -> bool:
        """Whether the cache that the settings name answers now; without it all goes on in memory."""
        return self._cache.answers()

    def close(self) -> None:
        """Let go of the cache's files and connections."""
        self._cache.close()


@dataclass(frozen=True, slots=True)
class ExchangeSource:
    """One exchange as a market source for one plan, as the command line uses it."""

    name: str
    wanted: Wanted
    markets: LiveMarkets
    report: Report | None = None

    def snapshot(self) -> MarketSnapshot:
        """The market now. Raises SourceUnavailable."""
        return self.markets.snapshot(self.name, self.wanted, report=self.report)
