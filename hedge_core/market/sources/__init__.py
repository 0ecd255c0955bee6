"""The interface of a market source, and the sources that need no network: sample market, typed prices, CSV files.

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
    """A source of market data. Its `name` is what a plan stores and `--market` accepts, such as sample or kraken."""

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
    the venue whose contracts are needed ('' for none), and `days` the length of the price history. `hedges` are coins
    whose contracts may hedge the bag; one that no exchange has is left out without a notice, because a plan says itself
    which contracts it did not consider.
    """

    coins: tuple[str, ...]
    venue: str = ""
    days: int = 365
    hedges: tuple[str, ...] = ()

    def covers(self, other: Wanted) -> bool:
        """Whether a market fetched for this answers for everything in `other`."""
        return (
            set(other.coins) <= set(self.coins)
            and set(other.hedges) <= {*self.hedges, *self.coins}
            and other.venue == self.venue
            and other.days <= self.days
        )


__all__ = ["MarketSource", "Wanted"]
