"""The sample market: simulated once, shipped with the program, the same for everybody.

It lets the whole program be tried without a network. No real market ever traded at these prices, and every
snapshot from here says so. The model is described in `generate_sample`, which wrote the file.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from importlib.resources import files

import numpy as np

from hedge_core.market.snapshot import FundingHistory, FutureQuote, MarketSnapshot, PriceHistory

NAME = "sample"
FILE = "data/sample_market.npz"
FUNDING_UNIT = 1e-7


@dataclass(frozen=True, slots=True)
class SampleSource:
    """The simulated market as a source."""

    @property
    def name(self) -> str:
        """`sample`."""
        return NAME

    def snapshot(self) -> MarketSnapshot:
        """The simulated market; always the same immutable value."""
        return _load()


@lru_cache(maxsize=1)
def _load() -> MarketSnapshot:
    with files("hedge_core").joinpath(FILE).open("rb") as file, np.load(file, allow_pickle=False) as data:
        coins = tuple(str(coin) for coin in data["coins"])
        days = data["first_day"] + np.arange(len(data["closes"]))
        ticks = data["closes"]
        closes = np.where(ticks > 0, ticks / data["ticks_a_dollar"], np.nan)
        funding = np.where(ticks > 0, data["funding"] * FUNDING_UNIT, np.nan)
        futures = tuple(
            FutureQuote(str(coin), date.fromisoformat(str(expiry)), float(price))
            for coin, expiry, price in zip(
                data["future_coins"], data["future_expiries"], data["future_prices"], strict=True
            )
        )
    last_day: date = days[-1].item()
    return MarketSnapshot(
        source=NAME,
        as_of=datetime.combine(last_day + timedelta(days=1), datetime.min.time(), tzinfo=UTC),
        simulated=True,
        history=PriceHistory(days, coins, closes),
        funding=FundingHistory(days, coins, funding),
        futures=futures,
    )
