"""One exchange behind the cache: what to request, how long an answer stays fresh, and look-up by coin."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Any

from hedge_core.market.live import parse, series
from hedge_core.market.live.cache import AnswerCache, Cached, Mode
from hedge_core.market.live.client import ExchangeClient
from hedge_core.market.live.faults import ExchangeFault
from hedge_core.market.live.listing import Listed, listed_contracts
from hedge_core.market.venues.exchange import Exchange

MARKETS_FRESH = 12 * 3600.0
"""Seconds for which a list of markets stays fresh; the other *_FRESH values likewise."""

MARKETS_LONGEST = 7 * 86_400.0
"""A list of markets older than this many seconds is not used, because contracts are listed and delisted."""

QUOTES_FRESH = 60.0
QUOTES_FORCED = 5.0
"""The maximum age in seconds of quotes after a refresh by the user."""

FUTURES_FRESH = 300.0
TIERS_FRESH = 86_400.0
VOLUMES_FRESH = 12 * 3600.0

LIST_IN_DOUBT = "list in doubt"
"""What is kept of the contracts that are in conflict (see `Feed.doubt_list`)."""


@dataclass(frozen=True, slots=True)
class SpotPrice:
    """A price in the market's own currency, its time, and the fault that prevents a newer one (or None)."""

    price: float
    currency: str
    symbol: str
    as_of: datetime
    fault: ExchangeFault | None


class Connection:
    """An exchange's client, and the age of the list of markets that it uses; one per process and exchange."""

    def __init__(self, exchange: Exchange, client: ExchangeClient) -> None:
        self.exchange = exchange
        self.client = client
        self.given_at: datetime | None = None


class Feed:
    """The data of one exchange for one snapshot, read through the cache.

    Lists and prices are read only once, so that the snapshot is consistent. Methods raise ExchangeFault, or NotCached
    in mode `cached`, if the data is unavailable.
    """

    def __init__(self, connection: Connection, cache: AnswerCache, mode: Mode) -> None:
        self.exchange = connection.exchange
        self._connection = connection
        self._cache = cache
        self._mode = mode

    @property
    def clock_skew(self) -> float:
        """Seconds by which the exchange's clock is ahead of this machine's; 0 if unknown."""
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
        """The fault that prevents a newer list of markets and contracts, or None if the list is up to date."""
        return self._markets.fault

    def old_symbol(self, coin: str) -> str | None:
        """The symbol of the coin's market in the preferred currency, even a closed one, for its history; or None."""
        found = [
            (self.exchange.quotes.index(market["quote"]), str(market["symbol"]))
            for market in self._markets.value
            if market.get("spot") and market["base"] == coin and market["quote"] in self.exchange.quotes
        ]
        return min(found)[1] if found else None

    def price(self, coin: str) -> SpotPrice | None:
        """The coin's latest price, or None if the exchange does not list the coin or has no plausible price."""
        for symbol in self.spot.get(coin, ()):
            if symbol in self._quotes.value:
                price, moment = self._quotes.value[symbol]
                fetched_at = self._quotes.fetched_at
                as_of = min(_moment(moment, fetched_at), fetched_at)
                return SpotPrice(price, _currency(symbol), symbol, as_of, self._quotes.fault)
        return None

    @cached_property
    def futures(self) -> Cached:
        """symbol -> the figures of every derivative's ticker (see `parse.future_quotes`)."""
        return self._get("futures", lambda: self._client.futures(), FUTURES_FRESH)

    @property
    def volumes(self) -> Mapping[str, list[float]]:
        """symbol -> [contracts, coins] traded within a day; empty if the exchange does not state both."""
        if not self.exchange.volume_fields:
            return {}
        found: Mapping[str, list[float]] = self._get(
            "volumes", lambda: self._client.volumes(), self._list_fresh(VOLUMES_FRESH)
        ).value
        return found

    @property
    def sizes_seen(self) -> Mapping[str, list[object]]:
        """What was kept of the sizes of the venue's contracts (see `sizes`); empty at first."""
        seen: Mapping[str, list[object]] = self._seen("sizes")
        return seen

    def keep_sizes(self, sizes: Mapping[str, list[object]]) -> None:
        """Keep the sizes seen, for the next look."""
        self._keep_seen("sizes", sizes)

    @property
    def contracts_seen(self) -> Mapping[str, list[str]]:
        """contract id -> [coin, the day on which it was listed last]; empty at first."""
        seen: Mapping[str, list[str]] = self._seen("contracts seen")
        return seen

    def keep_contracts_seen(self, seen: Mapping[str, list[str]]) -> None:
        """Keep which contracts were listed, for the next look."""
        self._keep_seen("contracts seen", seen)

    def _seen(self, name: str) -> Any:
        """What was kept under this name; empty at first."""
        kept = self._cache.kept(self.exchange.name, name)
        return kept.value if kept is not None else {}

    def _keep_seen(self, name: str, seen: Mapping[str, object]) -> None:
        """Keep it, unless nothing is fetched."""
        if self._mode != "cached":
            self._cache.keep(self.exchange.name, name, seen)

    @property
    def is_cache_failing(self) -> bool:
        """Whether answers are kept in memory only, because the cache of the settings fails."""
        return self._cache.is_failing

    def doubt_list(self, in_conflict: Collection[str], not_listed: Collection[str]) -> None:
        """Fetch the list of contracts and their volumes again with the next snapshot if contracts are in conflict.

        A conflict may last, so the same ones are asked for once, and then only by a refresh by the user. Contracts of
        the catalogue that are not listed are asked for by such a refresh only, because most are gone for good.
        """
        if self._mode == "cached":
            return
        told = [sorted(in_conflict), sorted(not_listed)]
        before = self._cache.kept(self.exchange.name, LIST_IN_DOUBT)
        if before is None or before.value != told:
            self._cache.keep(self.exchange.name, LIST_IN_DOUBT, told)

    def margin_tiers(self, symbol: str) -> list[list[float]]:
        """[notional from, initial rate, maintenance rate] of each margin tier of one contract."""
        tiers: list[list[float]] = self._get(
            f"tiers:{symbol}", lambda: self._client.margin_tiers(symbol), TIERS_FRESH
        ).value
        return tiers

    def closes(self, symbol: str, days: int) -> series.Series:
        """Daily closes of one market for the last `days` days."""
        return series.closes(
            self._cache, self.exchange, symbol, days, lambda since: self._client.closes(symbol, since), self._mode
        )

    def running(self, symbol: str) -> float | None:
        """The latest price in the candle of the unfinished day, in the market's own currency; None without one."""
        return series.running(
            self._cache, self.exchange, symbol, lambda since: self._client.closes(symbol, since), self._mode
        )

    def ranges(self, symbol: str) -> dict[date, tuple[float, float]]:
        """(low, high) of the days on which the price of one market moved far, among the closes that are stored."""
        return series.ranges(self._cache, self.exchange, symbol)

    def forget_closes(self, symbol: str, days: Collection[date]) -> None:
        """Remove closes that turned out to be wrong, so that they are fetched again, at most every few minutes."""
        if self._mode != "cached":
            series.forget_closes(self._cache, self.exchange, symbol, days, self._mode)

    def ask_again(self, symbol: str, days: Collection[date]) -> None:
        """Fetch the whole history again with the next snapshot, once for the same `days` (see `series.ask_again`)."""
        if self._mode != "cached":
            series.ask_again(self._cache, self.exchange, symbol, days)

    def accept_restated(self, symbol: str) -> None:
        """Replace the stored closes by those that the exchange states now (see `series.accept_restated`)."""
        if self._mode != "cached":
            series.accept_restated(self._cache, self.exchange, symbol)

    def funding(self, symbol: str) -> series.Series:
        """Daily funding of one perpetual, and its latest rate."""
        return series.funding(
            self._cache, self.exchange, symbol, lambda since: self._client.funding(symbol, since), self._mode
        )

    # ------------------------------------------------------------------------------------------------- internals

    @property
    def _client(self) -> ExchangeClient:
        """The client, with the latest list of markets, which another process may have loaded."""
        connection = self._connection
        if connection.given_at != self._markets.fetched_at:
            connection.client.restore(self._markets.value)
            connection.given_at = self._markets.fetched_at
        return connection.client

    @cached_property
    def _markets(self) -> Cached:
        markets = self._get("markets", self._fetch_markets, self._list_fresh(MARKETS_FRESH))
        if (datetime.now(UTC) - markets.fetched_at).total_seconds() > MARKETS_LONGEST:
            raise markets.fault or ExchangeFault(self.exchange.label, "broken", detail="its list is a week old")
        return markets

    @cached_property
    def _quotes(self) -> Cached:
        return self._get("quotes", self._fetch_quotes, QUOTES_FORCED if self._mode == "forced" else QUOTES_FRESH)

    def _fetch_markets(self) -> list[dict[str, Any]]:
        """The exchange's list. Raises ExchangeFault if it has lost more than half of its spot markets or contracts."""
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
        """Raise ExchangeFault if an answer has fewer than half as many entries as the good one before it."""
        if 2 * now < before:
            detail = f"{now} {what} instead of {before}"
            raise ExchangeFault(self.exchange.label, "unreadable", detail=detail)

    def _list_fresh(self, usual: float) -> float:
        """Seconds for which the list and the volumes stay fresh: `usual`, or less if contracts are in doubt."""
        doubt = self._cache.kept(self.exchange.name, LIST_IN_DOUBT)
        in_conflict, not_listed = doubt.value if doubt is not None else ([], [])
        if self._mode == "forced" and (in_conflict or not_listed):
            return min(usual, QUOTES_FORCED)
        if doubt is not None and in_conflict:
            return min(usual, (datetime.now(UTC) - doubt.fetched_at).total_seconds())
        return usual

    def _get(self, thing: str, fetch: Callable[[], Any], fresh_for: float) -> Cached:
        return self._cache.get(self.exchange.name, thing, fetch, fresh_for=fresh_for, mode=self._mode)


def _currency(symbol: str) -> str:
    """The quote currency in a symbol: USDT for BTC/USDT and BTC/USDT:USDT."""
    return symbol.partition("/")[2].partition(":")[0]


def _moment(milliseconds: float | None, fetched_at: datetime) -> datetime:
    """The time of a price: the exchange's, or the time it was fetched if the exchange's is missing or unusable."""
    if milliseconds is None:
        return fetched_at
    try:
        return datetime.fromtimestamp(milliseconds / 1000.0, UTC)
    except (OverflowError, OSError, ValueError):
        return fetched_at
