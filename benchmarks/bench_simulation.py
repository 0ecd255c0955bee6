"""Joint paths with liquidation and a stop-loss, beside drawing as many standard normals."""

from __future__ import annotations

import time

import numpy as np

from benchmarks.harness import Timings, benchmark
from hedge_core.hedge.account import MarginLeg
from hedge_core.hedge.breach import Breach, Closed
from hedge_core.hedge.margin import MarginRequirement
from hedge_core.market.contracts import MarginTier
from hedge_core.market.instruments import Perpetual
from hedge_core.simulation.account import Book, peak_factors
from hedge_core.simulation.bag import BagOnPaths
from hedge_core.simulation.engine import run_paths
from hedge_core.simulation.panel import Panel
from hedge_core.simulation.paths import Bootstrap, PathModel, fit_fat_tails
from hedge_core.simulation.policies import StopLoss

PATHS, DAYS, COINS, ROUNDS = 20_000, 30, 10, 5


def panel() -> Panel:
    """Two years of ten coins with one common factor, fat tails."""
    random = np.random.default_rng(0)
    returns = 0.02 * (random.standard_t(4, (730, 1)) + random.standard_t(4, (730, COINS)))
    means = returns.mean(axis=0)
    return Panel(
        days=np.datetime64("2024-01-01") + np.arange(730),
        core=tuple(f"C{column}" for column in range(COINS)),
        attached=(),
        returns=returns - means,
        means=means,
        funding=np.full((730, 2), 0.0003),
        loadings=np.zeros((COINS, 0)),
        residual_root=np.zeros((0, 0)),
        drift=np.zeros(COINS),
        stand_ins={},
    )


def book() -> Book:
    """$8,000 short of the first two coins in one account that survives a rally of some 25%."""
    legs = tuple(
        MarginLeg(
            contract_id=coin,
            underlying=coin,
            price=1.0,
            notional=4_000.0,
            tiers=(MarginTier(0.0, 0.2, 0.1),),
            instrument=Perpetual(),
            is_exchange_traded=False,
        )
        for coin in ("C0", "C1")
    )
    return Book(
        margin=MarginRequirement(legs, 3_000.0, False),
        breach=Breach(Closed(), np.full(2, 0.01)),
        notional=np.array([4_000.0, 4_000.0]),
        lot_notional=np.array([100.0, 100.0]),
        columns=np.array([0, 1]),
        funding_columns=np.array([0, 1]),
        side_cost=np.array([0.001, 0.001]),
        carry_a_day=np.zeros(2),
        roll_days=(frozenset(), frozenset()),
        peak=peak_factors(np.full(2, 0.04)),
    )


def beside_normals(model: PathModel) -> Timings:
    bag = BagOnPaths(np.full(COINS, 1_000.0), np.arange(COINS), 1.0 / peak_factors(np.full(COINS, 0.04)))
    shorts, ours, floor, closed = book(), [], [], 0.0
    for number in range(ROUNDS + 1):
        start = time.perf_counter()
        runs = run_paths(model, bag, shorts, [StopLoss(0.15)], horizon=DAYS, paths=PATHS, seed=number)
        middle = time.perf_counter()
        np.random.default_rng(number).standard_normal(PATHS * DAYS * COINS)
        end = time.perf_counter()
        if number == 0:  # to warm up
            continue
        closed = float((runs.hedge.closed_on > 0).mean())
        ours.append(middle - start)
        floor.append(end - middle)
    return Timings(ours, floor, note=f"{PATHS:,} paths, {DAYS} days, {COINS} coins; short closed on {closed:.0%}")


@benchmark("paths, real days in blocks", peer="6 million normals", at_most_ratio=3.0)
def paths_in_blocks() -> Timings:
    return beside_normals(Bootstrap(panel(), 20.0))


@benchmark("paths, fat tails", peer="6 million normals", at_most_ratio=3.0)
def paths_with_fat_tails() -> Timings:
    return beside_normals(fit_fat_tails(panel()))
