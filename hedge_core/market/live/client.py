"""A client for one exchange, built on ccxt. No other module uses that library.

Each method sends the requests for one kind of data and returns plain, validated values, or raises ExchangeFault. Each
client has one library instance and one lock, because the library's rate limiter and markets are not thread-safe. The
library takes half a second and 65 MB to load, so it is imported with the first request.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from threading import RLock
from typing import Any, TypeVar

from hedge_core.market.live import parse
from hedge_core.market.live.faults import ExchangeFault, FaultKind
from hedge_core.market.live.option_quotes import option_rows
from hedge_core.market.live.parse import DAY_MS
from hedge_core.market.live.settings import LiveSettings
from hedge_core.market.venues.exchange import Exchange

T = TypeVar("T")

MAX_PAGES = 20
RETRY_PAUSE = 0.2
"""Seconds to wait before a request whose connection broke is sent a second and last time."""

SKEW_LIMIT = 120.0
"""Seconds that two clocks may differ before the user is told and times are corrected."""

_BLOCKED = ("451", "restricted location", "configured to block access", "eligibility")


class ExchangeClient:
    """The connection to one exchange. Call `restore` with its markets before any request other than `markets`."""

    def __init__(self, exchange: Exchange, settings: LiveSettings) -> None:
        self.exchange = exchange
        self.settings = settings
        self.clock_skew = 0.0
        self._lock = RLock()
        self._library: Any = None
        self._adapter: Any = None

    # --------------------------------------------------------------------------------------------------- requests

    def markets(self) -> list[dict[str, Any]]:
        """The spot markets in dollars, perpetuals and dated futures, as the library describes them."""
        with self._lock:
            fresh, fresh_adapter = self._new_instance()
            loaded = self._ask(lambda: fresh.load_markets(), fresh_adapter)
            # The library keeps the last of several markets with one symbol; a list that holds two must be seen as such.
            doubles = parse.doubles(fresh.markets_by_id)
            return parse.useful_markets([*loaded.values(), *doubles], self.exchange)

    def restore(self, markets: Sequence[Mapping[str, Any]]) -> None:
        """Use `markets` that were loaded earlier, by this process or another one."""
        with self._lock:
            self._ready().set_markets([dict(market) for market in markets])

    def quotes(self) -> dict[str, list[float | None]]:
        """symbol -> [price in the market's currency, its time in milliseconds or None] of every plausible ticker."""
        with self._lock:
            found = self._ask(lambda: self._ready().fetch_tickers())
            return self._by_our_clock(parse.quotes(found, self.exchange))

    def futures(self) -> dict[str, list[float | None]]:
        """symbol -> the figures of every derivative's ticker (see `parse.future_quotes`)."""
        with self._lock:
            found = self._ask(lambda: self._ready().fetch_tickers(None, dict(self.exchange.futures_options)))
            return self._by_our_clock(parse.future_quotes(found, self.exchange))

    def closes(self, symbol: str, first: date) -> parse.Closes:
        """Daily closes of one market from `first` to yesterday (UTC)."""
        start = _milliseconds(first)
        rows: list[Any] = []
        with self._lock:
            library = self._ready()
            for _ in range(MAX_PAGES):
                page = self._ask(
                    lambda since=start: library.fetch_ohlcv(symbol, "1d", since, self.exchange.candles)  # type: ignore[misc]
                )
                rows += page or []
                newest = parse.newest(page)
                # A page may be empty because it is from before the listing: some return only a window from `since` on.
                start = start + self.exchange.candles * DAY_MS if newest is None else max(newest, start) + DAY_MS
                if start + DAY_MS > self._now_ms() or self.exchange.gives_newest_only:
                    break
            return parse.closes(rows, self._now_ms(), self.exchange)

    def funding(self, symbol: str, first: date) -> parse.Funding:
        """The sum of funding rates per UTC day from `first` to yesterday, and the latest rate."""
        start = _milliseconds(first)
        rows: list[Any] = []
        with self._lock:
            library = self._ready()
            params: dict[str, Any] = {}
            since = None if self.exchange.funding == "backward" else start
            for _ in range(MAX_PAGES):
                page = self._ask(
                    lambda at=since, more=dict(params): library.fetch_funding_rate_history(symbol, at, None, more)  # type: ignore[misc]
                )
                times = parse.timestamps(page)
                rows += page or []
                if not times or self.exchange.funding == "one" or len(times) < 90:
                    break
                if since is None:
                    if min(times) <= start:
                        break
                    params = {"after": str(min(times))}
                else:
                    if max(times) + DAY_MS // 3 > self._now_ms():
                        break
                    since = max(times) + 1
            return parse.funding(rows, start, self._now_ms(), self.exchange)

    def volumes(self) -> dict[str, list[float]]:
        """symbol -> [volume in contracts, volume in coins] of the last day, of perpetuals whose tickers state both."""
        with self._lock:
            found = self._ask(lambda: self._ready().fetch_tickers(None, {"type": "swap"}))
            return parse.volumes(found, self.exchange)

    def margin_tiers(self, symbol: str) -> list[list[float]]:
        """[notional from, initial rate, maintenance rate] of each tier; notional in the contract's own units."""
        with self._lock:
            found = self._ask(lambda: self._ready().fetch_market_leverage_tiers(symbol))
            return parse.margin_tiers(found, self.exchange)

    def options(self, currency: str) -> list[list[Any]]:
        """The quotes of the options settled in `currency`, as rows (see `option_quotes`); it needs no markets."""
        asked = {"currency": currency, "kind": "option"}
        with self._lock:
            library = self._ready()
            listed = self._ask(lambda: library.publicGetGetInstruments(dict(asked)))
            books = self._ask(lambda: library.publicGetGetBookSummaryByCurrency(dict(asked)))
            return option_rows(listed, books, self.exchange)

    # ------------------------------------------------------------------------------------------ library and errors

    def _ready(self) -> Any:
        if self._library is None:
            self._library, self._adapter = self._new_instance()
        return self._library

    def _new_instance(self) -> tuple[Any, Any]:
        if self.settings.offline:
            raise ExchangeFault(self.exchange.label, "offline")
        try:
            import ccxt
        except ImportError:
            raise ExchangeFault(self.exchange.label, "not installed") from None
        from hedge_core.market.live.transport import BoundedAdapter

        library = getattr(ccxt, self.exchange.name)(
            {
                "enableRateLimit": self.settings.is_throttled,
                "timeout": int(self.settings.timeout * 1000),
                "maxRetriesOnFailure": 0,
            }
        )
        library.options = library.deep_extend(library.options, dict(self.exchange.options))
        if not self.exchange.needs_currencies:
            library.has["fetchCurrencies"] = False
        adapter = BoundedAdapter(timeout=self.settings.timeout, base_url=self.settings.base_url)
        library.session.mount("https://", adapter)
        library.session.mount("http://", adapter)
        library.session.trust_env = False
        return library, adapter

    def _ask(self, call: Callable[[], T], adapter: Any = None) -> T:
        """The result of one library call. Retries a broken connection once; raises ExchangeFault for any error."""
        import ccxt

        used = adapter or self._adapter
        for attempt in (1, 2):
            used.begin()
            try:
                answer = call()
            except ccxt.RequestTimeout:
                raise self._fault("slow", f"{self.settings.timeout:g} s") from None
            except ccxt.BaseError as error:
                kind, detail = self._kind(error, used.reply.status)
                if kind == "unreachable" and attempt == 1:
                    time.sleep(RETRY_PAUSE)
                    continue
                raise self._fault(kind, detail, used.reply.retry_after) from None
            except Exception as error:  # noqa: BLE001 - the library raises AttributeError and others on bad bodies
                raise self._fault("unreadable", type(error).__name__) from None
            self.clock_skew = used.reply.clock_skew
            return answer
        raise AssertionError("unreachable")

    def _kind(self, error: Exception, status: int | None) -> tuple[FaultKind, str]:
        import ccxt

        text = str(error).lower()
        if status in (429, 418) or isinstance(error, ccxt.RateLimitExceeded | ccxt.DDoSProtection):
            if status == 403:
                return "blocked", "403"
            return "throttled", str(status or 429)
        if status in (451, 403) or any(sign in text for sign in _BLOCKED):
            return "blocked", str(status or 451)
        if isinstance(error, ccxt.BadSymbol):
            return "unlisted", ""
        if isinstance(error, ccxt.NotSupported):
            return "unlisted", "data not offered"
        if status is not None and status >= 400:
            return "broken", str(status)
        if status is not None and isinstance(error, ccxt.ExchangeError):
            return "unreadable", ""
        if isinstance(error, ccxt.NetworkError | ccxt.ExchangeNotAvailable):
            return "unreachable", ""
        return "unreadable", type(error).__name__

    def _fault(self, kind: FaultKind, detail: str, retry_after: float | None = None) -> ExchangeFault:
        return ExchangeFault(self.exchange.label, kind, detail=detail, retry_after=retry_after)

    def _by_our_clock(self, quotes: dict[str, list[float | None]]) -> dict[str, list[float | None]]:
        """The quotes with their times converted from the exchange's clock to this machine's; changed in place.

        Times stay as they are if the clocks differ by SKEW_LIMIT or less.
        """
        if abs(self.clock_skew) > SKEW_LIMIT:
            for quote in quotes.values():
                if quote[1] is not None:
                    quote[1] -= self.clock_skew * 1000.0
        return quotes

    def _now_ms(self) -> int:
        """Now in milliseconds, by the earlier of the two clocks, so that no unfinished day counts as finished."""
        now = datetime.now(UTC) + timedelta(seconds=min(0.0, self.clock_skew))
        return int(now.timestamp() * 1000)


def _milliseconds(day: date) -> int:
    return int(datetime.combine(day, datetime.min.time(), tzinfo=UTC).timestamp() * 1000)
