"""Markets made from a seed, so that a test can say exactly what its coins did.

Ether follows Bitcoin, every other coin follows Ether with the beta given in BETAS, plus noise of its own. Prices
end exactly at PRICES.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime

import numpy as np

from hedge_core.market.snapshot import FundingHistory, FutureQuote, MarketSnapshot, PriceHistory

AS_OF = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
PRICES: Mapping[str, float] = {
    "BTC": 60_000.0,
    "ETH": 2_000.0,
    "SOL": 150.0,
    "LINK": 15.0,
    "AVAX": 30.0,
    "NEAR": 5.0,
    "DOGE": 0.15,
    "UNI": 8.0,
}
BETAS: Mapping[str, float] = {"SOL": 1.3, "LINK": 1.2, "AVAX": 1.5, "NEAR": 1.6, "DOGE": 1.1, "UNI": 0.9}


def make_returns(seed: int, *, days: int, coins: Sequence[str], noise: float = 0.02) -> np.ndarray:
    """Simple daily returns, shape (days, coins)."""
    random = np.random.default_rng(seed)
    bitcoin = random.normal(0.0, 0.025, days)
    ether = 1.2 * bitcoin + random.normal(0.0, 0.015, days)
    columns = {"BTC": bitcoin, "ETH": ether}
    for coin in coins:
        own = random.normal(0.0, noise, days)
        columns.setdefault(coin, BETAS.get(coin, 1.0) * ether + own)
    return np.clip(np.column_stack([columns[coin] for coin in coins]), -0.6, 2.0)


def make_history(
    seed: int = 0,
    *,
    days: int = 400,
    coins: Sequence[str] = tuple(PRICES),
    prices: Mapping[str, float] = PRICES,
    noise: float = 0.02,
    gaps: float = 0.0,
    young: Mapping[str, int] | None = None,
) -> PriceHistory:
    """Daily closes that end at `prices`; a share `gaps` of them is missing, `young` coins have so many only."""
    growth = np.cumprod(1.0 + make_returns(seed, days=days - 1, coins=coins, noise=noise), axis=0)
    growth = np.vstack([np.ones(len(coins)), growth])
    closes = growth / growth[-1] * np.array([prices.get(coin, 1.0) for coin in coins])
    if gaps:
        missing = np.random.default_rng(seed + 1).random(closes.shape) < gaps
        missing[-1] = False
        closes[missing] = np.nan
    for coin, age in (young or {}).items():
        closes[: days - age, list(coins).index(coin)] = np.nan
    last = np.datetime64(AS_OF.date(), "D")
    return PriceHistory(np.arange(last - days + 1, last + 1), tuple(coins), closes)


def make_market(
    seed: int = 0,
    *,
    days: int = 400,
    coins: Sequence[str] = tuple(PRICES),
    prices: Mapping[str, float] = PRICES,
    noise: float = 0.02,
    gaps: float = 0.0,
    young: Mapping[str, int] | None = None,
    simulated: bool = False,
    funding_rate_a_day: float | None = 0.0003,
    futures: Sequence[FutureQuote] = (
        FutureQuote("ETH", date(2026, 3, 27), 2_020.0),
        FutureQuote("BTC", date(2026, 3, 27), 60_900.0),
    ),
) -> MarketSnapshot:
    """A whole market from a seed; funding is the same every day (None: no funding history)."""
    history = make_history(seed, days=days, coins=coins, prices=prices, noise=noise, gaps=gaps, young=young)
    funding = None
    if funding_rate_a_day is not None:
        funded = tuple(coin for coin in ("BTC", "ETH", "SOL") if coin in coins)
        funding = FundingHistory(history.days, funded, np.full((days, len(funded)), funding_rate_a_day))
    return MarketSnapshot(
        source="a market made for this test",
        as_of=AS_OF,
        simulated=simulated,
        history=history,
        funding=funding,
        futures=tuple(futures),
    )
