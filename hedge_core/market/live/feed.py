"""One exchange behind the cache: what is asked for, how long it is fresh, and how it is looked up by coin."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from hedge_core.market.live import parse, series
from hedge_core.market.live.cache import AnswerCache, Cached, Mode
from hedge_core.market.live.client import ExchangeClient
from hedge_core.market.live.faults import ExchangeFault
from hedge_core.market.live.listing import Listed, listed_contracts
from hedge_core.market.venues import Exchange

MARKETS_FRESH = 12 * 3600.0
MARKETS_LONGEST = 7 * 86_400.0
"""A list of markets older than this is not used: contracts come and go."""

QUOTES_FRESH = 60.0
QUOTES_FORCED = 5.0
"""Seconds. Whoever asks for a refresh gets an answer this old at most."""

FUTURES_FRESH = 300.0
TIERS_FRESH = 86_400.0


@dataclass(frozen=True, slots=True)
class SpotPrice:
    """A price in the market's own currency and the moment at which it was true."""

    price: float
    currency: str
    symbol: str
    as_of: datetime
    fault: ExchangeFault | None


class Connection:
    """An exchange's client and the markets that it has been given; one for a process."""

    def __init__(self, exchange: Exchange, client: ExchangeClient) -> None:
        self.exchange = exchange
        self.client = client
        self.given_at: datetime | None = None


class Feed:
    """One look at one exchange, through the cache: each answer is read once, so that what is seen fits together.

    Made for one snapshot. Every method raises ExchangeFault, or NotCached in mode `cached`.
    """

    def __init__(self, connection: Connection, cache: AnswerCache, mode: Mode) -> None:
        self.exchange = connection.exchange
        self._connection = connection
        self._cache = cache
        self._mode = mode

    @property
    def clock_skew(self) -> float:
        """Seconds by which the exchange's clock is ahead of this machine's, as far as known."""
        return self._connection.client.clock_skew

    @cached_property
    def spot(self) -> Mapping[str, list[str]]:
        """coin -> symbols of its active markets."""
        return parse.spot_symbols(self._markets.value, self.exchange)

    @cached_property
    def listed(self) -> list[Listed]:
        """The contracts that the venue lists."""
        return listed_contracts(self._markets.value, self.exchange, self._markets.fetched_at.date())

    @property
    def list_fault(self) -> ExchangeFault | None:
        """What keeps the lists of markets and contracts from being up to date."""
        return self._markets.fault

    def old_symbol(self, coin: str) -> str | None:
        """A market of a coin that is no longer traded, in the preferred currency: it may still tell its history."""
        found = [
            (self.exchange.quotes.index(market["quote"]), str(market["symbol"]))
            for market in self._markets.value
            if market.get("spot") and market["base"] == coin and market["quote"] in self.exchange.quotes
        ]
        return min(found)[1] if found else None

    def price(self, coin: str) -> SpotPrice | None:
        """The coin's newest price, None when the exchange does not list it or has none that can be believed."""
        for symbol in self.spot.get(coin, ()):
            if symbol in self._quotes.value:
                price, moment = self._quotes.value[symbol]
                fetched_at = self._quotes.fetched_at
                as_of = min(_moment(moment, fetched_at), fetched_at)
                return SpotPrice(price, _currency(symbol), symbol, as_of, self._quotes.fault)
        return None

    @cached_property
    def futures(self) -> Cached:
        """symbol -> [price, milliseconds or None, funding rate or None] of derivatives."""
        return self._get("futures", lambda: self._client.futures(), FUTURES_FRESH)

    def margin_tiers(self, symbol: str) -> list[list[float]]:
        """The margin tiers of one contract."""
        tiers: list[list[float]] = self._get(
            f"tiers:{symbol}", lambda: self._client.margin_tiers(symbol), TIERS_FRESH
        ).value
        return tiers

    def closes(self, symbol: str, days: int) -> series.Series:
        """Daily closes of one market."""
        return series.closes(
            self._cache, self.exchange, symbol, days, lambda since: self._client.closes(symbol, since), self._mode
        )

    def funding(self, symbol: str) -> series.Series:
        """Funding of one perpetual."""
        return series.funding(
            self._cache, self.exchange, symbol, lambda since: self._client.funding(symbol, since), self._mode
        )

    # --------------------------------------------------------------------------------------------------- inside

    @property
    def _client(self) -> ExchangeClient:
        """The client, given the newest list of markets: another process may have loaded it."""
        connection = self._connection
        if connection.given_at != self._markets.fetched_at:
            connection.client.restore(self._markets.value)
            connection.given_at = self._markets.fetched_at
        return connection.client

    @cached_property
    def _markets(self) -> Cached:
        markets = self._get("markets", self._fetch_markets, MARKETS_FRESH)
        if (datetime.now(UTC) - markets.fetched_at).total_seconds() > MARKETS_LONGEST:
            raise markets.fault or ExchangeFault(self.exchange.label, "broken", detail="its list is a week old")
        return markets

    @cached_property
    def _quotes(self) -> Cached:
        return self._get("quotes", self._fetch_quotes, QUOTES_FORCED if self._mode == "forced" else QUOTES_FRESH)

    def _fetch_markets(self) -> list[dict[str, Any]]:
        """The exchange's list, refused when it has lost most of its spot markets or of its contracts."""
        answer = self._connection.client.markets()
        kept = self._cache.kept(self.exchange.name, "markets")
        for name in ("spot", "swap", "future"):
            before = sum(bool(market[name]) for market in kept.value) if kept else 0
            self._refuse_loss(sum(bool(market[name]) for market in answer), before, "markets")
        return answer

    def _fetch_quotes(self) -> dict[str, list[float | None]]:
        answer = self._client.quotes()
        kept = self._cache.kept(self.exchange.name, "quotes")
        self._refuse_loss(len(answer), len(kept.value) if kept else 0, "prices")
        return answer

    def _refuse_loss(self, now: int, before: int, what: str) -> None:
        """Raise ExchangeFault when an answer holds fewer than half as many things as the good one before it."""
        if 2 * now < before:
            detail = f"{now} {what} instead of {before}"
            raise ExchangeFault(self.exchange.label, "unreadable", detail=detail)

    def _get(self, thing: str, fetch: Callable[[], Any], fresh_for: float) -> Cached:
        return self._cache.get(self.exchange.name, thing, fetch, fresh_for=fresh_for, mode=self._mode)


def _currency(symbol: str) -> str:
    """USDT of BTC/USDT and of BTC/USDT:USDT."""
    return symbol.partition("/")[2].partition(":")[0]


def _moment(milliseconds: float | None, fetched_at: datetime) -> datetime:
    """When a price was true: what the exchange says, or when it was fetched."""
    if milliseconds is None:
        return fetched_at
    try:
        return datetime.fromtimestamp(milliseconds / 1000.0, UTC)
    except (OverflowError, OSError, ValueError):
        return fetched_at
