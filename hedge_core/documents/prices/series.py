"""What looks wrong in a series of closes: a redenomination, a column that stands still or ends before the others.

These are named, not mended. A change of units (1,000 old coins for one new one) shows as a jump of a factor of ten or
more within one day after which the price stays where it is; a cell that jumps so and comes back is asked about.
"""

from __future__ import annotations

import math

import numpy as np

from hedge_core.documents.reader.doubts import Doubt, Doubts
from hedge_core.market.coins import is_stablecoin
from hedge_core.market.snapshot import PriceHistory

JUMP = 10.0
"""A close this many times above or below the one before is named."""

STILL_DAYS = 10
"""A price that does not move for so many days is named."""

LARGEST_POWER = 300.0
"""The power of ten up to which a change is written out, well within what a float holds."""

ENDS_DAYS = 3
"""A column that ends more days than this before the others is named."""


def series_doubts(history: PriceHistory) -> list[Doubt]:
    """What looks wrong in each coin's closes."""
    doubts = Doubts()
    for coin in history.coins:
        closes = history.of(coin)
        at = np.flatnonzero(~np.isnan(closes))
        if at.size:
            _jumps(history, coin, at, doubts)
            _ending(history, coin, at, doubts)
    return list(doubts)


def _jumps(history: PriceHistory, coin: str, at: np.ndarray, doubts: Doubts) -> None:
    logs, limit = np.log10(history.of(coin)[at]), math.log10(JUMP)
    steps = np.diff(logs)
    for n in np.flatnonzero(np.abs(steps) >= limit)[:5]:
        day, size = history.days[at[n + 1]], 10.0 ** min(abs(float(steps[n])), LARGEST_POWER)
        times = f"{size:,.4g} times" if steps[n] > 0.0 else f"1/{size:,.4g} of"
        came_back = n + 2 < len(logs) and abs(logs[n + 2] - logs[n]) < limit
        left = n > 0 and abs(logs[n + 1] - logs[n - 1]) < limit
        if came_back or (n + 2 == len(logs) and not left):
            doubts.ask(f"{coin} on {day} is {times} the close before. Is it written in the same way?", field=coin)
        elif not left:
            doubts.note(
                f"{coin} changes to {times} the close before on {day}: redenominated, or written in another unit? Days "
                "before it do not belong to the same series",
                field=coin,
            )


def _ending(history: PriceHistory, coin: str, at: np.ndarray, doubts: Doubts) -> None:
    known = history.of(coin)[at]
    missing = len(history.days) - 1 - int(at[-1])
    if missing > ENDS_DAYS:
        text = f"{coin} ends on {history.days[at[-1]]}, {missing} days before the file does"
        doubts.note(text, field=coin)
    moved = np.flatnonzero(known != known[-1])
    still = len(known) - 1 - int(moved[-1]) if moved.size else len(known)
    if still > STILL_DAYS and not is_stablecoin(coin) and len(history.coins) > 1:
        text = f"{coin} has stood still at {known[-1]:,.6g} for {still} days: is it still traded?"
        doubts.note(text, field=coin)
