"""Where market data comes from: one small port, and an adapter for each kind of source.

A source is anything with a name and a `snapshot()`. Every adapter returns the same `MarketSnapshot`, says in
it where the prices are from and whether they are simulated, and raises `SourceUnavailable` or `InvalidFile`
instead of returning half a market.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from hedge_core.market.snapshot import MarketSnapshot


@runtime_checkable
class MarketSource(Protocol):
    """The port. `name` is what a plan stores and the command line accepts: sample, csv:PATH, an exchange."""

    @property
    def name(self) -> str:
        """The source's name, as in `--market sample`."""
        ...

    def snapshot(self) -> MarketSnapshot:
        """The market now. Raises SourceUnavailable when nothing usable can be had."""
        ...


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a live source is asked for: whole markets cannot be fetched, so it has to be told.

    `coins` in the order of the bag (as written there; proxies included), the `venue` whose contracts are wanted, and
    the `days` of history.
    """

    coins: tuple[str, ...]
    venue: str = ""
    days: int = 365


__all__ = ["MarketSource", "Wanted"]
