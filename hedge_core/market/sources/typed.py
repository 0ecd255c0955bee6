"""A market of the prices that a plan states itself: for those who type their own.

It has no prices of its own and no history. What needs no history can be hedged: a coin with its own future, or one with
a stated beta and a stated price of its proxy. Every other coin is named, with what is missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from hedge_core.market.snapshot import MarketSnapshot, PriceHistory

NAME = "typed"


@dataclass(frozen=True, slots=True)
class TypedSource:
    """The prices that the plan states, as a market source."""

    @property
    def name(self) -> str:
        """`typed`."""
        return NAME

    def snapshot(self) -> MarketSnapshot:
        """The market now."""
        return typed_market(datetime.now(UTC))


def typed_market(as_of: datetime) -> MarketSnapshot:
    """A market without any price: those that a plan states (`overrides.prices`) stand in, taken as of `as_of` (UTC)."""
    nothing = PriceHistory(days=np.array([], dtype="datetime64[D]"), coins=(), values=np.empty((0, 0)))
    return MarketSnapshot(source=NAME, as_of=as_of, simulated=False, history=nothing)
