"""Where market data comes from: one small port, and an adapter for each kind of source.

A source is anything with a name and a `snapshot()`. Every adapter returns the same `MarketSnapshot`, says in
it where the prices are from and whether they are simulated, and raises `SourceUnavailable` or `InvalidFile`
instead of returning half a market.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from hedge_core.market import MarketSnapshot


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


__all__ = ["MarketSource"]
