"""The exchanges that live data may come from: facts that are needed before anything is asked of them.

Loading this loads no exchange library, so that a menu can be drawn without one.
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
    """What is known of a venue; `has_weekend_gap` is None where nobody knows. `is_assumed`: no source is at hand."""

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
        """Whether the venue is only known to exist: none of its contracts is verified here."""
        return self.source.startswith("ccxt") and not self.refuses_regions

    @property
    def refuses_regions(self) -> bool:
        """Whether it is known to refuse whole regions."""
        return self.regions.startswith("refuses")


PriceOf = Literal["spot", "index"]
FundingPages = Literal["none", "one", "forward", "backward"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """An exchange as a source of prices, of contracts, or of both.

    `name` is what a plan stores and `--market` takes, `venue` the catalogue's name for where its contracts trade
    ('' when it has none). `price_of` says what a coin's price is: its spot market, or, at a futures exchange, the
    index that its perpetual follows. `quotes` are the currencies that coins are quoted in, the preferred first.
    `candles` is the greatest number of daily candles in one answer; `gives_newest_only` says that it is the newest
    ones whatever was asked. `funding` says how a history of funding rates is paged, if there is one, and
    `has_margin_tiers` that margin tiers are asked for contract by contract.
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
        """Whether it is known to refuse whole regions."""
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
        regional_limit=f"{_REFUSES} (answer 451)",
    ),
    Exchange(
        name="bybit",
        label="Bybit",
        venue="Bybit",
        quotes=("USDT", "USDC", "USD"),
        candles=1000,
        regional_limit=f"{_REFUSES} (answer 403)",
    ),
)

EXCHANGES: Mapping[str, Exchange] = MappingProxyType({exchange.name: exchange for exchange in _KNOWN})
"""By name, in the order of the menu."""

BY_VENUE: Mapping[str, Exchange] = MappingProxyType({exchange.venue: exchange for exchange in _KNOWN if exchange.venue})
"""By the catalogue's name of the venue."""

FALLBACKS = ("kraken", "coinbase", "okx", "gate")
"""Asked in this order for a coin that the chosen exchange cannot give. Never one that refuses whole regions."""

DOLLARS = ("USDT", "USDC")
"""Stablecoins that coins are quoted in; they are converted at their own price."""

DOLLAR_MARKETS = ("kraken", "coinbase")
"""Exchanges that quote those stablecoins in USD."""


@lru_cache(maxsize=1)
def venue_facts() -> Mapping[str, VenueFacts]:
    """Facts by venue, from hedge_core/data/venues.csv."""
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
