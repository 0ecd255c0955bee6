"""The sample market: simulated once and shipped with the program, so everybody gets the same prices.

It lets you try the whole program without a network. No real market ever traded at these prices, and the snapshot says
so (`simulated`). `generate_sample` wrote the file and describes the model.
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
    """The sample market as a market source."""

    @property
    def name(self) -> str:
        """`sample`."""
        return NAME

    def snapshot(self) -> MarketSnapshot:
        """The sample market; always the same read-only value."""
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
