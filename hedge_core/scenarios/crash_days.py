"""Crash days: how far coins fell within a day, at their lows and at their closes, both from the close before.

The closes are those of `data/crashes.csv`. Lows of single coins are known for 2025-10-10 (see `lows`); of the other
days only that of the median altcoin is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from hedge_core.errors import InvalidInput
from hedge_core.market.snapshot import PROXY_COINS
from hedge_core.scenarios.lows import known_lows
from hedge_core.scenarios.stress import StressWindow, stress_windows
from hedge_core.text import day_text

RECORD_DAYS = 1_701
"""Days of the record from which chances of a crash are counted: Bybit, to 2025-11-13, with at least 8 coins."""

DEEP_DAYS = 2
"""Days of the record on which the median coin fell by 50% or more within the day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrashDay:
    """One day: its closes as a `window` of one day, and `lows`, each a move (a fraction) from the close before.

    `median_low` and `median_close` are those of the median altcoin; `median_low` is NaN if it is not known.
    """

    window: StressWindow
    median_close: float
    median_low: float = float("nan")
    lows: Mapping[str, float] = field(default_factory=dict)

    @property
    def has_lows(self) -> bool:
        """Whether the low of the median altcoin is known."""
        return self.median_low == self.median_low

    @property
    def name(self) -> str:
        """The day, as in "2025-10-10"."""
        return f"{self.window.end:%Y-%m-%d}"

    @property
    def said(self) -> str:
        """The day in a sentence, as in "10 Oct 2025"."""
        return day_text(self.window.end, "%d %b %Y")


MEDIAN_LOWS: Mapping[str, float] = {"2020-03-12": -0.46, "2021-05-19": -0.51}
"""Falls of the median coin's low where single coins' lows are not at hand: Binance spot, 17 and 27 coins."""

DAYS: Mapping[str, str] = {
    "2025-10-10": "2025-10-10 flash",
    "2021-05-19": "2021-05-19 day",
    "2020-03-12": "2020-03-12 day",
}
"""The crash days that dangers are tested on, the newest first, with the names of their windows."""


@lru_cache(maxsize=1)
def crash_days() -> Mapping[str, CrashDay]:
    """The days of DAYS by name."""
    windows = {window.name: window for window in stress_windows()}
    return {day: _crash_day(day, windows[name]) for day, name in DAYS.items()}


def crash_day(name: str) -> CrashDay:
    """The crash day called `name`. Raises InvalidInput, which lists them, if there is none."""
    days = crash_days()
    if name not in days:
        raise InvalidInput(f"There is no crash day '{name[:40]}'. Days: {', '.join(days)}.")
    return days[name]


def _crash_day(day: str, window: StressWindow) -> CrashDay:
    altcoins = [move for coin, move in window.moves.items() if coin not in PROXY_COINS]
    closes = float(np.median(altcoins))
    if day in MEDIAN_LOWS:
        return CrashDay(window=window, median_close=closes, median_low=MEDIAN_LOWS[day])
    lows = known_lows(window.end)
    median = float(np.median([low for coin, low in lows.items() if coin not in PROXY_COINS]))
    return CrashDay(window=window, median_close=closes, median_low=median, lows=lows)
