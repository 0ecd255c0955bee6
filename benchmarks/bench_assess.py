"""A bag of 20 coins worked out on three years of history, beside one pandas `cov` of the same returns."""

from __future__ import annotations

import time
from collections.abc import Callable

from benchmarks.harness import Timings, alternate, benchmark
from benchmarks.markets import simulated_market
from hedge_core import Decisions, HedgeAssessment, HedgePlan, Holding, MarketSnapshot, assess
from hedge_core.history.backtest import compare_hedges
from hedge_core.market.contracts import catalogue

VENUE = "Binance"
CANDIDATES = 25

COINS = ("BTC", "ETH", "SOL", "XRP", "LINK", "AVAX", "NEAR", "DOGE", "ADA", "LTC", "UNI", "AAVE")
COINS += ("INJ", "APT", "ATOM", "ALGO", "FIL", "ICP", "OP", "ARB")


def bag_and_market(window_days: int) -> tuple[HedgePlan, MarketSnapshot]:
    market = simulated_market(COINS, days=3 * 365)
    holdings = tuple(Holding(coin=coin, quantity=20_000.0 / market.price(coin)) for coin in COINS)
    return HedgePlan(holdings=holdings, decisions=Decisions(window_days=window_days, collateral=100_000.0)), market


def beside_cov(
    plan: HedgePlan, market: MarketSnapshot, rounds: int, about: Callable[[HedgeAssessment], str]
) -> Timings:
    """Warm, as a page does it (the tests on history are handed over from the assessment before); the note has cold."""
    frame = market.history.frame()
    returns = (frame / frame.shift(1) - 1.0).iloc[1:]
    start = time.perf_counter()
    first = assess(plan, market)
    cold = time.perf_counter() - start
    return alternate(
        lambda: assess(plan, market, first.evidence),
        returns.cov,
        rounds=rounds,
        warm_up=3,
        note=f"{about(first)}; cold, with the tests on history: {cold:.2f} s",
    )


def assessing(window_days: int) -> Timings:
    """The bag of COINS."""
    plan, market = bag_and_market(window_days)
    return beside_cov(plan, market, 41, lambda first: f"{len(COINS)} coins, {len(first.legs)} legs")


@benchmark("assess(), 20 coins x 3 years", peer="one pandas cov of the same returns", at_most_seconds=0.025)
def assessing_a_year() -> Timings:
    return assessing(365)


@benchmark("assess(), betas on all 3 years", peer="one pandas cov of the same returns", at_most_seconds=0.025)
def assessing_all_of_it() -> Timings:
    return assessing(3 * 365 - 1)


def basket_bag(coins: int) -> tuple[HedgePlan, MarketSnapshot]:
    """A bag of `coins` coins that no venue lists, on a market with the prices of 25 coins that its venue does list."""
    underlyings = dict.fromkeys(contract.underlying for contract in catalogue() if contract.venue == VENUE)
    listed = [coin for coin in underlyings if coin not in ("BTC", "ETH")][: CANDIDATES - 2]
    mine = tuple(f"COIN{number}" for number in range(coins))
    market = simulated_market(("BTC", "ETH", *listed, *mine), days=3 * 365)
    holdings = tuple(Holding(coin=coin, quantity=20_000.0 / market.price(coin)) for coin in mine)
    return HedgePlan(holdings=holdings, decisions=Decisions(venue=VENUE, rounding="optimal")), market


def fitting_a_basket(coins: int) -> Timings:
    """A bag that is hedged with a basket."""

    def about(first: HedgeAssessment) -> str:
        candidates = first.joint.candidates if first.joint is not None else ()
        return f"{coins} coins, {len(candidates)} candidates, {len(first.legs)} legs"

    return beside_cov(*basket_bag(coins), 21, about)


@benchmark("assess(), 20 coins, 25 candidates", peer="one pandas cov of all returns", at_most_ratio=25.0)
def assessing_with_candidates() -> Timings:
    return fitting_a_basket(20)


@benchmark("assess(), 100 coins, 25 candidates", peer="one pandas cov of all returns", at_most_ratio=25.0)
def assessing_a_hundred_coins() -> Timings:
    return fitting_a_basket(100)


@benchmark("backtest of 14 hedges, 20 coins x 3 years", peer="assess() of the same bag", at_most_seconds=0.5)
def comparing() -> Timings:
    plan, market = bag_and_market(365)
    first = assess(plan, market)
    return alternate(lambda: compare_hedges(first), lambda: assess(plan, market, first.evidence), rounds=9, warm_up=1)
