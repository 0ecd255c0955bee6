"""Facts about venues, and the exchanges that can supply live data.

`venue_facts` reads `hedge_core/data/venues.csv`: trading hours, weekend gaps, how a venue closes a position and which
regions it refuses. `EXCHANGES` lists the exchanges as data sources, with what the program must know before it sends a
request. Importing this module does not load the exchange library. Limit: facts marked `is_assumed` have no source.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Literal


@dataclass(frozen=True, slots=True)
class VenueFacts:
    """What we know about a venue.

    `has_weekend_gap` is None if unknown. `closes_how` says who closes a position without enough margin, and how.
    `regions` says where the venue can be used. `is_assumed` means that no source supports these facts.
    """

    venue: str
    hours: str
    has_weekend_gap: bool | None
    closes_how: str
    regions: str
    is_assumed: bool
    note: str
    source: str

    @property
    def is_unverified(self) -> bool:
        """Whether we know little more than that the venue exists: none of its contracts has been verified."""
        return self.source.startswith("ccxt") and not self.refuses_regions

    @property
    def refuses_regions(self) -> bool:
        """Whether the venue is known to refuse customers from whole regions."""
        return self.regions.startswith("refuses")


PriceOf = Literal["spot", "index"]
FundingPages = Literal["none", "one", "forward", "backward"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """An exchange as a source of prices, of contracts, or of both.

    `name` is what a plan stores and `--market` accepts, `label` the name on the screen, and `venue` the catalogue's
    name for where its contracts trade ('' if it has none). `price_of` says where a coin's price comes from: the spot
    market or, at a futures exchange, the index of its perpetual. `quotes` are the quote currencies, the preferred one
    first. `candles` is the maximum number of daily candles per response; `gives_newest_only` means that the exchange
    always returns the newest ones. `funding` says how the history of funding rates is paged ("none" if there is no
    history), and `has_margin_tiers` that margin tiers need a request per contract. `regional_limit` says which regions
    the exchange refuses ('' if none are known).
    """

    name: str
    label: str
    venue: str = ""
    price_of: PriceOf = "spot"
    quotes: tuple[str, ...] = ("USD", "USDT", "USDC")
    candles: int = 300
    gives_newest_only: bool = False
    funding: FundingPages = "forward"
    has_margin_tiers: bool = False
    regional_limit: str = ""

    @property
    def is_restricted(self) -> bool:
        """Whether the exchange is known to refuse whole regions."""
        return bool(self.regional_limit)


_REFUSES = "refuses servers and people in the United States and some other places"

_KNOWN = (
    Exchange(name="kraken", label="Kraken", candles=720, gives_newest_only=True, funding="none"),
    Exchange(
        name="coinbase",
        label="Coinbase",
        venue="Coinbase Derivatives",
        quotes=("USD", "USDC", "USDT"),
        funding="none",
    ),
    Exchange(
        name="okx",
        label="OKX",
        venue="OKX",
        quotes=("USDT", "USDC", "USD"),
        funding="backward",
        has_margin_tiers=True,
    ),
    Exchange(
        name="krakenfutures",
        label="Kraken Futures",
        venue="Kraken Futures",
        price_of="index",
        candles=2000,
        funding="one",
    ),
    Exchange(name="gate", label="Gate", venue="Gate", quotes=("USDT", "USDC", "USD"), candles=999),
    Exchange(
        name="hyperliquid",
        label="Hyperliquid",
        venue="Hyperliquid",
        price_of="index",
        quotes=("USDC", "USD", "USDT"),
        candles=1000,
    ),
    Exchange(
        name="binance",
        label="Binance",
        venue="Binance",
        quotes=("USDT", "USDC", "USD"),
        candles=1000,
        regional_limit=f"{_REFUSES} (HTTP 451)",
    ),
    Exchange(
        name="bybit",
        label="Bybit",
        venue="Bybit",
        quotes=("USDT", "USDC", "USD"),
        candles=1000,
        regional_limit=f"{_REFUSES} (HTTP 403)",
    ),
)

EXCHANGES: Mapping[str, Exchange] = MappingProxyType({exchange.name: exchange for exchange in _KNOWN})
"""Exchanges by name, in menu order."""

BY_VENUE: Mapping[str, Exchange] = MappingProxyType({exchange.venue: exchange for exchange in _KNOWN if exchange.venue})
"""Exchanges by the catalogue's name for their venue."""

FALLBACKS = ("kraken", "coinbase", "okx", "gate")
"""Exchanges to try, in this order, for a coin that the chosen exchange cannot supply. None refuses whole regions."""

DOLLARS = ("USDT", "USDC")
"""Stablecoins that serve as quote currencies; amounts in them are converted to USD at the market price."""

DOLLAR_MARKETS = ("kraken", "coinbase")
"""Exchanges that trade these stablecoins against USD, in the order in which they are tried."""


@lru_cache(maxsize=1)
def venue_facts() -> Mapping[str, VenueFacts]:
    """The facts about each venue, by venue name (from hedge_core/data/venues.csv)."""
    text = files("hedge_core").joinpath("data/venues.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    gaps = {"yes": True, "no": False, "": None}
    return {
        row["venue"]: VenueFacts(
            venue=row["venue"],
            hours=row["hours"],
            has_weekend_gap=gaps[row["has_weekend_gap"]],
            closes_how=row["closes_how"],
            regions=row["regions"],
            is_assumed=row["is_assumed"] == "yes",
            note=row["note"],
            source=row["source"],
        )
        for row in rows
    }
