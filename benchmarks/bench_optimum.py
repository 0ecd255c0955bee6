"""The best whole counts of four and of twelve contracts, beside SCIP on the same problems; and what cash opens."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np

from benchmarks.harness import Timings, benchmark
from hedge_core.hedge.cash_limits import CashLimit, CashUse
from hedge_core.hedge.legs import SizedLeg
from hedge_core.hedge.margin import margin_requirement
from hedge_core.hedge.openable import Cash
from hedge_core.hedge.optimum import best_counts
from hedge_core.hedge.sizing import size_leg
from hedge_core.market.contracts import Contract, MarginTier
from hedge_core.market.snapshot import Floats

PROBLEMS, ROUNDS = 12, 5
MARGIN_RATE = 0.3


def problems(contracts: int) -> list[tuple[Floats, Floats, Floats]]:
    """Lots of $50 to $2,000, targets of $1,000 to $50,000, daily returns with a correlation of 0.8."""
    random = np.random.default_rng(0)
    made = []
    for _ in range(PROBLEMS):
        spreads = random.uniform(0.02, 0.06, contracts)
        S = (0.8 + 0.2 * np.eye(contracts)) * np.outer(spreads, spreads)
        made.append((random.uniform(50, 2_000, contracts), random.uniform(1e3, 5e4, contracts), S))
    return made


def limit_of(lots: Floats, budget: float) -> CashLimit:
    """The collateral as a limit on the lots, whose margin is the same for each."""
    return CashLimit(tuple(CashUse.flat(MARGIN_RATE * lot) for lot in lots.tolist()), budget)


def scip(lots: Floats, target: Floats, S: Floats, budget: float | None) -> Floats:
    from pyscipopt import Model, quicksum

    model = Model()
    model.hideOutput()
    n = [model.addVar(vtype="I", lb=0) for _ in lots]
    E = np.linalg.cholesky(S).T / 20.0  # standard deviations in a unit near that of a lot
    errors = [model.addVar(lb=None) for _ in E]
    for error, row in zip(errors, E, strict=True):
        hedged = quicksum(e * lot * count for e, lot, count in zip(row, lots, n, strict=True))
        model.addCons(error == hedged - float(row @ target))
    bound = model.addVar(lb=0)
    model.addCons(quicksum(error * error for error in errors) <= bound)
    if budget is not None:
        model.addCons(quicksum(MARGIN_RATE * lot * count for lot, count in zip(lots, n, strict=True)) <= budget)
    model.setObjective(bound)
    model.optimize()
    return np.array([round(model.getVal(count)) for count in n])


def beside_scip(share: float | None, *, contracts: int = 4, rounds: int = ROUNDS) -> Timings:
    """All problems by turns; with `share` the collateral covers this part of what the target needs."""
    cases, ours, peer, same = problems(contracts), [], [], 0
    for number in range(rounds + 1):
        budgets = [None if share is None else share * MARGIN_RATE * float(x.sum()) for _, x, _ in cases]
        start = time.perf_counter()
        mine = [
            best_counts(lots, x, S, limits=() if budget is None else (limit_of(lots, budget),))
            for (lots, x, S), budget in zip(cases, budgets, strict=True)
        ]
        middle = time.perf_counter()
        theirs = [scip(*case, budget) for case, budget in zip(cases, budgets, strict=True)]
        end = time.perf_counter()
        if number == 0:  # once to warm up, and to compare
            for found, counts, (lots, x, S) in zip(mine, theirs, cases, strict=True):
                rest = lots * counts - x
                # SCIP keeps its constraints to 1e-6, so that it may end a hair beside the optimum, never below it.
                assert found.is_proven
                assert found.variance <= rest @ S @ rest * (1 + 1e-6)
                np.testing.assert_allclose(rest @ S @ rest, found.variance, rtol=1e-3)
                same += tuple(counts) == found.lots
            continue
        ours.append((middle - start) / PROBLEMS)
        peer.append((end - middle) / PROBLEMS)
    return Timings(ours, peer, note=f"a problem, mean of {PROBLEMS}; the same counts in {same} of {PROBLEMS}")


@benchmark("best counts, 4 contracts", peer="SCIP", at_most_ratio=1 / 50)
def best_counts_free() -> Timings:
    return beside_scip(None)


@benchmark("best counts, 12 contracts", peer="SCIP", at_most_ratio=1 / 20)
def best_counts_of_twelve() -> Timings:
    return beside_scip(None, contracts=12, rounds=1)


@benchmark("best counts, 4 contracts, too little collateral", peer="SCIP", at_most_ratio=1 / 50)
def best_counts_with_budget() -> Timings:
    return beside_scip(0.7)


TIERS = (MarginTier(0.0, 0.05, 0.025), MarginTier(25_000.0, 0.1, 0.05), MarginTier(100_000.0, 0.25, 0.125))
CASH = 8_000.0


def forty_ether() -> SizedLeg:
    """40 ETH at $3,000, wanted in lots of $300."""
    contract = Contract(
        venue="Nowhere",
        code="TEST",
        underlying="ETH",
        kind="perpetual",
        style="linear",
        contract_size=0.1,
        initial_margin_rate=TIERS[0].initial_rate,
        maintenance_margin_rate=TIERS[0].maintenance_rate,
        margin_tiers=TIERS,
    )
    return size_leg(contract, price=3_000.0, target=120_000.0, ideal=120_000.0, rounding="nearest")


def most_by_trying(leg: SizedLeg, rally: float) -> int:
    """The most lots that CASH opens and that survive the rally, found by trying every number from the largest down."""
    for lots in range(leg.lots, 0, -1):
        margin = margin_requirement([replace(leg, contracts=-lots)], None)
        if margin.collateral_for(rally) <= CASH:
            return lots
    return 0


@benchmark(
    "counts that $8,000 opens under a margin table, with and without a rally", peer="every count", at_most_ratio=1 / 5
)
def counts_that_cash_opens() -> Timings:
    leg, ours, peer = forty_ether(), [], []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        mine = [Cash(CASH, np.array([rally])).best([leg], np.eye(1))[1].lots for rally in (0.0, 0.25)]
        middle = time.perf_counter()
        theirs = [(most_by_trying(leg, rally),) for rally in (0.0, 0.25)]
        end = time.perf_counter()
        assert mine == theirs == [(266,), (92,)]
        ours.append((middle - start) / 2)
        peer.append((end - middle) / 2)
    return Timings(ours, peer, note="40 ETH in lots of $300: 266 lots, and 92 that survive 25%")
