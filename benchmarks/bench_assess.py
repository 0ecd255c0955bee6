"""A bag of 20 coins worked out on three years of history, beside one pandas `cov` of the same returns."""

from __future__ import annotations

from benchmarks.harness import Timings, alternate, benchmark
from benchmarks.markets import simulated_market
from hedge_core import Decisions, HedgePlan, Holding, assess

COINS = ("BTC", "ETH", "SOL", "XRP", "LINK", "AVAX", "NEAR", "DOGE", "ADA", "LTC", "UNI", "AAVE")
COINS += ("INJ", "APT", "ATOM", "ALGO", "FIL", "ICP", "OP", "ARB")


@benchmark("assess(), 20 coins x 3 years", peer="one pandas cov of the same returns", at_most_seconds=0.025)
def assessing() -> Timings:
    market = simulated_market(COINS, days=3 * 365)
    plan = HedgePlan(
        holdings=tuple(Holding(coin=coin, quantity=20_000.0 / market.price(coin)) for coin in COINS),
        decisions=Decisions(window_days=3 * 365 - 1, collateral=100_000.0),
    )
    frame = market.history.frame()
    returns = (frame / frame.shift(1) - 1.0).iloc[1:]
    legs = len(assess(plan, market).legs)
    return alternate(
        lambda: assess(plan, market), returns.cov, rounds=41, warm_up=3, note=f"{len(COINS)} coins, {legs} legs"
    )
