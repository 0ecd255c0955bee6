"""Markets of any size from a seed, for timing."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from hedge_core.market.snapshot import FundingHistory, MarketSnapshot, PriceHistory

AS_OF = datetime(2026, 1, 31, tzinfo=UTC)


def simulated_market(coins: tuple[str, ...], *, days: int, seed: int = 0) -> MarketSnapshot:
    """`coins` (Bitcoin and Ether first) over `days`, all driven by Bitcoin, without a gap."""
    random = np.random.default_rng(seed)
    bitcoin = random.normal(0.0, 0.025, (days - 1, 1))
    betas = np.concatenate([[1.0], random.uniform(0.8, 1.8, len(coins) - 1)])
    own = random.normal(0.0, 0.02, (days - 1, len(coins)))
    own[:, 0] = 0.0
    growth = np.cumprod(1.0 + np.clip(bitcoin * betas + own, -0.5, 1.0), axis=0)
    closes = np.vstack([np.ones(len(coins)), growth])
    closes *= np.concatenate([[60_000.0, 2_000.0], random.uniform(0.5, 200.0, len(coins) - 2)]) / closes[-1]
    last = np.datetime64(AS_OF.date(), "D")
    calendar = np.arange(last - days + 1, last + 1)
    return MarketSnapshot(
        source="simulated for timing",
        as_of=AS_OF,
        simulated=True,
        history=PriceHistory(calendar, coins, closes),
        funding=FundingHistory(calendar, coins, np.full((days, len(coins)), 0.0003)),
    )
