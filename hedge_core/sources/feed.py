"""One exchange behind the cache: what is asked for, how long it is fresh, and how it is looked up by coin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from hedge_core.sources import parse, series
from hedge_core.sources.cache import AnswerCache, Cached, Mode
from hedge_core.sources.exchange import ExchangeClient
from hedge_core.sources.faults import ExchangeFault
from hedge_core.sources.listing import Listed, listed_contracts
from hedge_core.sources.venues import Exchange

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


class Feed:
    """What one exchange says, through the cache. Every method raises ExchangeFault, or NotCached in mode `cached`."""

    def __init__(self, exchange: Exchange, client: ExchangeClient, cache: AnswerCache) -> None:
        self.exchange = exchange
        self.client = client
        self._cache = cache
        self._spot: tuple[datetime, Mapping[str, list[str]]] | None = None
        self._listed: tuple[datetime, list[Listed]] | None = None

    def spot(self, mode: Mode) -> Mapping[str, list[str]]:
        """coin -> symbols of its active markets."""
        markets = self._markets(mode)
        if self._spot is None or self._spot[0] != markets.fetched_at:
            self._spot = (markets.fetched_at, parse.spot_symbols(markets.value, self.exchange))
        return self._spot[1]

    def old_symbol(self, coin: str, mode: Mode) -> str | None:
        """A market of a coin that is no longer traded, in the preferred currency: it may still tell its history."""
        found = [
            (self.exchange.quotes.index(market["quote"]), str(market["symbol"]))
            for market in self._markets(mode).value
            if market.get("spot") and market["base"] == coin and market["quote"] in self.exchange.quotes
        ]
        return min(found)[1] if found else None

    def listed(self, mode: Mode) -> tuple[list[Listed], ExchangeFault | None]:
        """The contracts that the venue lists, and what keeps the list from being up to date."""
        markets = self._markets(mode)
        if self._listed is None or self._listed[0] != markets.fetched_at:
            on = markets.fetched_at.date()
            self._listed = (markets.fetched_at, listed_contracts(markets.value, self.exchange, on))
        return self._listed[1], markets.fault

    def price(self, coin: str, mode: Mode) -> SpotPrice | None:
        """The coin's newest price, None when the exchange does not list it or has none that can be believed."""
        symbols = self.spot(mode).get(coin, ())
        if not symbols:
            return None
        fresh_for = QUOTES_FORCED if mode == "forced" else QUOTES_FRESH
        quotes = self._get("quotes", self._client_quotes, fresh_for, mode)
        for symbol in symbols:
            if symbol in quotes.value:
                price, moment = quotes.value[symbol]
                as_of = min(_moment(moment, quotes.fetched_at), quotes.fetched_at)
                return SpotPrice(price, _currency(symbol), symbol, as_of, quotes.fault)
        return None

    def futures(self, mode: Mode) -> Cached:
        """symbol -> [price, milliseconds or None, funding rate or None] of derivatives."""
        return self._get("futures", self._client_futures, FUTURES_FRESH, mode)

    def margin_tiers(self, symbol: str, mode: Mode) -> list[list[float]]:
        """The margin tiers of one contract."""

        def fetch() -> list[list[float]]:
            self._prepare()
            return self.client.margin_tiers(symbol)

        tiers: list[list[float]] = self._get(f"tiers:{symbol}", fetch, TIERS_FRESH, mode).value
        return tiers

    def closes(self, symbol: str, days: int, mode: Mode) -> series.Series:
        """Daily closes of one market."""
        return series.closes(self._cache, self.client, symbol, days, mode=mode, prepare=self._prepare)

    def funding(self, symbol: str, mode: Mode) -> series.Series:
        """Funding of one perpetual."""
        return series.funding(self._cache, self.client, symbol, mode=mode, prepare=self._prepare)

    # --------------------------------------------------------------------------------------------------- inside

    def _markets(self, mode: Mode) -> Cached:
        markets = self._get("markets", self._client_markets, MARKETS_FRESH, mode)
        if (datetime.now(UTC) - markets.fetched_at).total_seconds() > MARKETS_LONGEST:
            raise markets.fault or ExchangeFault(self.exchange.label, "broken", detail="its list is a week old")
        return markets

    def _prepare(self) -> None:
        """Give the client the markets that an earlier process loaded."""
        if not self.client.has_markets:
            self.client.restore(self._markets("fresh").value)

    def _client_markets(self) -> list[dict[str, Any]]:
        """The exchange's list, refused when it has lost most of its spot markets or of its contracts."""
        answer = self.client.markets()
        kept = self._cache.kept(self.exchange.name, "markets")
        for name in ("spot", "swap", "future") if kept is not None else ():
            before = sum(bool(market[name]) for market in kept.value) if kept else 0
            now = sum(bool(market[name]) for market in answer)
            if 2 * now < before:
                self.client.restore(kept.value if kept else answer, again=True)
                detail = f"{now} markets instead of {before}"
                raise ExchangeFault(self.exchange.label, "unreadable", detail=detail)
        return answer

    def _client_quotes(self) -> dict[str, list[float | None]]:
        self._prepare()
        answer = self.client.quotes()
        kept = self._cache.kept(self.exchange.name, "quotes")
        if kept is not None and 2 * len(answer) < len(kept.value):
            detail = f"{len(answer)} prices instead of {len(kept.value)}"
            raise ExchangeFault(self.exchange.label, "unreadable", detail=detail)
        return answer

    def _client_futures(self) -> dict[str, list[float | None]]:
        self._prepare()
        return self.client.futures()

    def _get(self, thing: str, fetch: Any, fresh_for: float, mode: Mode) -> Cached:
        return self._cache.get(self.exchange.name, thing, fetch, fresh_for=fresh_for, mode=mode)


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
