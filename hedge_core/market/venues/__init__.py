"""The venues at which a short can be opened, one file for each, and the exchanges that supply live data.

To add a venue, write its file and name it in `_venues`. The files are loaded on first use, which keeps the import of
the core fast; none of them loads the exchange library.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Generic, TypeVar

from hedge_core.market.venues.exchange import Exchange
from hedge_core.market.venues.venue import Venue

T = TypeVar("T")

DOLLARS = ("USDT", "USDC")
"""Stablecoins that serve as quote currencies; amounts in them are converted to USD at the market price."""


def _venues() -> tuple[Venue, ...]:
    """Every venue, in the order of menus and tables."""
    from hedge_core.market.venues import (
        binance,
        bingx,
        bybit,
        cme,
        coinbase,
        deribit,
        gate,
        hyperliquid,
        kalshi,
        kraken,
        kraken_us,
        mexc,
        okx,
        weex,
    )

    modules = (
        *(cme, coinbase, okx, kraken, gate, hyperliquid, binance, bybit, deribit, bingx, weex, mexc),
        *(kalshi, kraken_us),
    )
    return tuple(module.VENUE for module in modules)


def _exchanges() -> tuple[Exchange, ...]:
    """Every exchange, in the order of menus and of fallbacks."""
    from hedge_core.market.venues import kraken

    return (kraken.SPOT, *(venue.exchange for venue in VENUES.values() if venue.exchange is not None))


class _ByName(Mapping[str, T], Generic[T]):
    """A mapping from names to values that is built on first use."""

    def __init__(self, values: Callable[[], Iterable[T]], name: Callable[[T], str]) -> None:
        self._values, self._name = values, name

    @cached_property
    def _by_name(self) -> dict[str, T]:
        return {self._name(value): value for value in self._values()}

    def __getitem__(self, name: str) -> T:
        return self._by_name[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_name)

    def __len__(self) -> int:
        return len(self._by_name)


VENUES: Mapping[str, Venue] = _ByName(_venues, lambda venue: venue.name)
"""Venues by name."""

EXCHANGES: Mapping[str, Exchange] = _ByName(_exchanges, lambda exchange: exchange.name)
"""Exchanges by name."""

BY_VENUE: Mapping[str, Exchange] = _ByName(
    lambda: (exchange for exchange in EXCHANGES.values() if exchange.venue), lambda exchange: exchange.venue
)
"""Exchanges by the name of the venue whose contracts they list."""


def fallbacks() -> tuple[str, ...]:
    """Exchanges to try, in this order, for a coin that the chosen exchange cannot supply. None refuses regions."""
    return tuple(exchange.name for exchange in EXCHANGES.values() if exchange.is_fallback)


def dollar_markets() -> tuple[str, ...]:
    """Exchanges that trade DOLLARS against USD, in the order in which they are tried."""
    return tuple(exchange.name for exchange in EXCHANGES.values() if exchange.quotes_dollars)


def venue_of(name: str) -> Venue:
    """The venue called `name`; for an unknown name, a venue about which nothing is known."""
    return VENUES[name] if name in VENUES else Venue(name=name)
