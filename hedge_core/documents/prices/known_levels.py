"""Columns of a price file that are wrong from their first day to their last: in cents, another currency, swapped.

Nothing inside such a column looks odd, so its closes are held against prices of one day that are known from elsewhere
(`data/price_levels.csv`, one per coin). A column is wrong if its close next to that day is further away than the coin's
own moves of the days between allow. How far that is depends on the rest of the file:

- if most other coins of the file are near their known prices on that day, this one must be, too;
- if they are not, or there are none, the file may be of another market, a simulated one for instance. Then only a
  price that a year of the coin's moves does not explain is named.

Limits: coins without a known price, and columns of two coins whose prices are near each other, are not found.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from hedge_core.documents.reader.doubts import Doubt
from hedge_core.market.snapshot import PriceHistory
from hedge_core.tables import shipped_rows
from hedge_core.text import price

NEAR = 1.04
"""A coin of the file is near its known price if it differs by less than this factor on that day. The closes of all 17
coins that were compared do."""

FAR = 1.12
"""A coin is far from it, in a file whose other coins are near theirs, if it differs by this factor on that very day."""

MOST, LEAST_NEAR = 2 / 3, 3
"""The other coins are near theirs if so large a part of them is, and at least so many."""

DEVIATIONS = 5.0
"""Moves beyond so many standard deviations do not explain a price: σ × √days for the days between. Of 34,000 pairs of
closes from 2019 to 2026, one in a thousand was further apart."""

YEAR = 365
LEAST_MOVES, USUAL_MOVE, LEAST_MOVE = 30, 0.06, 0.02
"""Fewer daily moves count as having the standard deviation USUAL_MOVE, and no coin has less than LEAST_MOVE."""


class KnownPrice(NamedTuple):
    """A coin's price in USD on a day, and who stated it."""

    usd: float
    on: date
    source: str


class _Compared(NamedTuple):
    """A close of the file, the known price next to it, and the deviation of the coin's daily moves."""

    close: float
    on: date
    known: KnownPrice
    deviation: float

    @property
    def apart(self) -> float:
        return abs(math.log(self.close / self.known.usd))

    @property
    def days(self) -> int:
        return abs((self.on - self.known.on).days)

    @property
    def is_near(self) -> bool:
        return self.days == 0 and self.apart < math.log(NEAR)

    def is_explained(self, *, is_real: bool) -> bool:
        """Whether the coin's own moves explain the difference, in a file of real prices or of those of any market."""
        days = self.days if is_real else self.days + YEAR
        return self.apart < max(math.log(FAR), DEVIATIONS * self.deviation * math.sqrt(days))


def known_level_doubts(history: PriceHistory) -> list[Doubt]:
    """A note for each coin whose closes are far from its known price, with both figures and the way out."""
    compared = {coin: found for coin in history.coins if (found := _compared(history, coin))}
    doubts = []
    for coin, found in compared.items():
        others = [other.is_near for name, other in compared.items() if name != coin]
        is_real = sum(others) >= max(LEAST_NEAR, MOST * len(others))
        if not found.is_explained(is_real=is_real):
            doubts.append(Doubt("note", _text(coin, found), None, coin))
    return doubts


def _text(coin: str, found: _Compared) -> str:
    known = found.known
    when = "that day" if found.days == 0 else f"on {known.on}"
    return (
        f"{coin} closes at {price(found.close)} on {found.on}, but cost {price(known.usd)} {when} ({known.source}): is "
        "its column in another unit or currency, or of another coin? Mend it, leave it out or enter your own price"
    )


def _compared(history: PriceHistory, coin: str) -> _Compared | None:
    """The close nearest to the day of the coin's known price; None if either is missing."""
    known = known_prices().get(coin)
    closes = history.of(coin)
    rows = np.flatnonzero(~np.isnan(closes))
    if known is None or not len(rows):
        return None
    row = rows[np.argmin(np.abs(history.days[rows] - np.datetime64(known.on)))]
    moves = np.diff(np.log(closes[rows]))
    deviation = float(np.std(moves)) if len(moves) >= LEAST_MOVES else USUAL_MOVE
    return _Compared(float(closes[row]), history.days[row].astype(object), known, max(LEAST_MOVE, deviation))


@lru_cache(maxsize=1)
def known_prices() -> Mapping[str, KnownPrice]:
    """The known price of each coin."""
    return {
        row["coin"]: KnownPrice(float(row["usd"]), date.fromisoformat(row["as_of"]), row["source"])
        for row in shipped_rows("price_levels.csv")
    }
