"""Haircuts: what a coin that is posted as margin counts for, a fraction of its value.

A venue counts the first coins at a rate and further ones at less, as its table says (`data/haircuts.csv`). Where a coin
is not in the table of a venue that takes coins, a careful rate is assumed; other venues take dollars only. A haircut of
100% means that the coin counts for nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from hedge_core.hedge.pledged_coin import ASSUMED_SOURCE
from hedge_core.market.snapshot import PROXY_COINS
from hedge_core.market.venues import venue_of
from hedge_core.tables import shipped_rows

LARGE_COINS = ("SOL", "BNB", "XRP", "ADA", "DOGE")
ASSUMED = {"proxy": 0.90, "large": 0.80, "other": 0.50}
"""What Bitcoin and Ether, large coins and others count for where nothing is known; rounded down from known tables."""


@dataclass(frozen=True, slots=True)
class Haircut:
    """What a coin counts for at a venue.

    `steps` are pairs of a number of coins and the fraction for which the coins up to that number count; the last number
    is infinite. `source` says where that is known from.
    """

    steps: tuple[tuple[float, float], ...]
    source: str

    @classmethod
    def flat(cls, counts: float, source: str) -> Haircut:
        """The same fraction for every coin."""
        return cls(((math.inf, counts),), source)

    def counted(self, quantity: float) -> float:
        """How many coins this many count for: the sum over the steps of rate × the coins that lie in the step."""
        counted, start = 0.0, 0.0
        for end, rate in self.steps:
            counted += rate * max(min(quantity, end) - start, 0.0)
            start = end
        return counted


def haircut_of(venue: str, coin: str) -> Haircut:
    """What the coin counts for at the venue: as its table says, else as assumed, and nothing where no coin is taken."""
    if not venue_of(venue).dangers.takes_coins:
        return Haircut.flat(0.0, "the venue takes no coins as margin, as far as known here")
    known = _table().get((venue, coin))
    if known is not None:
        return known
    kind = "proxy" if coin in PROXY_COINS else "large" if coin in LARGE_COINS else "other"
    return Haircut.flat(ASSUMED[kind], ASSUMED_SOURCE)


@lru_cache(maxsize=1)
def _table() -> Mapping[tuple[str, str], Haircut]:
    rows: dict[tuple[str, str], list[dict[str, str]]] = {}
    for row in shipped_rows("haircuts.csv"):
        rows.setdefault((row["venue"], row["coin"]), []).append(row)
    return {key: _haircut(found) for key, found in rows.items()}


def _haircut(rows: Sequence[Mapping[str, str]]) -> Haircut:
    steps = tuple((float(row["up_to"] or "inf"), float(row["counts"])) for row in rows)
    return Haircut(steps, f"{rows[0]['source']} ({rows[0]['as_of']})")
