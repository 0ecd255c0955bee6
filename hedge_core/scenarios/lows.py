"""Lows: how far a coin fell within a crash, from its known low or from its close.

Lows of single coins are known for 2025-10-10 (`data/lows_2025-10-10.csv`, from daily candles). They matter for coins
that are pledged as margin: an account is looked at when they are at their lows.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import lru_cache

from hedge_core.tables import shipped_rows

LOW = 0.49
"""The low of a coin as a share of its close on a day like 2025-10-10: the median coin closed at 2.04 times its low."""

KNOWN_DAYS = (date(2025, 10, 10),)
"""The days on which lows of single coins are known."""


@lru_cache(maxsize=8)
def known_lows(day: date) -> Mapping[str, float]:
    """The moves (fractions) from the close before to the day's low by coin; empty for a day without known lows."""
    if day not in KNOWN_DAYS:
        return {}
    return {row["coin"]: float(row["low_over_prior_close"]) - 1.0 for row in shipped_rows(f"lows_{day}.csv")}


def low_of(coin: str, close: float, day: date) -> float:
    """The move (a fraction) of a coin to its low on a crash day on which its close is the move `close`.

    Its known low, else LOW of its close; never above the close.
    """
    return min(known_lows(day).get(coin, LOW * (1.0 + close) - 1.0), close)
