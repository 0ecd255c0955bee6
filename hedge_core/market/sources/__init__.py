"""The interface of a market source, and the sources that need no network: the sample market and CSV files.

A source is any object with a `name` and a `snapshot()`. Every source returns a `MarketSnapshot`, which states where
its prices come from and whether they are simulated. If a source has no usable data, it raises `SourceUnavailable` or
`InvalidFile` instead of returning an incomplete market. Exchanges are in `market.live`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from hedge_core.market.snapshot import MarketSnapshot


@runtime_checkable
class MarketSource(Protocol):
    """A source of market data. Its `name` is what a plan stores and `--market` accepts: sample, csv:PATH, kraken."""

    @property
    def name(self) -> str:
        """The source's name, as in `--market sample`."""
        ...

    def snapshot(self) -> MarketSnapshot:
        """The market now. Raises SourceUnavailable or InvalidFile if the source has no usable data."""
        ...


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a live source should fetch, because an exchange lists far more than it could fetch.

    `coins` are symbols as written in the bag, in its order, and proxies; ETH and BTC are always fetched. `venue` is
    the venue whose contracts are needed ('' for none), and `days` the length of the price history.
    """

    coins: tuple[str, ...]
    venue: str = ""
    days: int = 365


__all__ = ["MarketSource", "Wanted"]
