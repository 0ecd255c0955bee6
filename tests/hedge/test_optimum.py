"""The integer optimum against every count that could be better.

By hand: lots of $100 and $70 on two proxies with the covariance 1e-4·[[9, 6], [6, 16]] and targets of $250 and
$100. Rounded one by one: 2 (a tie, the fewer) and 1, off by −50 and −30: 9·2,500 + 12·1,500 + 16·900 = 54,900. Three
and one, off by +50 and −30: 22,500 − 18,000 + 14,400 = 18,900, the least of all; so the second leg's miss makes up
for the first's.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, strategies as st

from hedge_core.errors import InvalidInput
from hedge_core.exposure.count_risk import count_risk
from hedge_core.hedge import optimum
from hedge_core.hedge.cash_limits import CashLimit, CashUse
from hedge_core.hedge.optimum import TIE, best_counts, cost_of_fewer_legs
from tests.support.scale import scaled

LOTS, TARGET = np.array([100.0, 70.0]), np.array([250.0, 100.0])
S = 1e-4 * np.array([[9.0, 6.0], [6.0, 16.0]])


def make_problem(seed):
    """A random problem with one to six contracts, and the counts within which its optimum must lie."""
    random = np.random.default_rng(seed)
    while True:
        m = int(random.integers(1, 7))
        N = random.uniform(50, 400, m)
        x = random.uniform(0, 900 if m < 4 else 350, m)
        if random.random() < 0.2:
            x = N * random.integers(0, 5 if m < 4 else 3, m)
        rho, spreads = random.uniform(-0.15, 0.9), random.uniform(0.02, 0.06, m)
        S = (rho + (1 - rho) * np.eye(m)) * np.outer(spreads, spreads)
        margins = random.uniform(0, 0.5, m) * N
        budget = None if random.random() < 0.4 else random.uniform(0, 1.1) * float(margins @ (x / N))
        minimum = tuple(int(n) for n in np.where(random.random(m) < 0.3, random.integers(2, 6, m), 1))
        # f(n) <= f(0) and the least eigenvalue of S bound every residual, and with it every count.
        reach = np.sqrt(float(x @ S @ x) / float(np.linalg.eigvalsh(S)[0]))
        top = np.floor((x + reach) / N).astype(int)
        if np.prod(top + 1.0) <= 300_000:
            return N, x, S, margins, budget, minimum, top


def within(margins, budget):
    """The limit of a budget for margins that are the same for every lot; no limit for None."""
    return () if budget is None else (CashLimit(tuple(CashUse.flat(float(margin)) for margin in margins), budget),)


def brute_force(N, x, S, margins, budget, minimum, top):
    """The best counts of all: those with the fewest lots among the ones that are equally good."""
    grid = np.array(
        list(itertools.product(*([0, *range(low, high + 1)] for low, high in zip(minimum, top, strict=True))))
    )
    if budget is not None:
        grid = grid[grid @ margins <= budget * (1 + 1e-12)]
    rest = grid * N - x
    f = np.einsum("ni,ij,nj->n", rest, S, rest)
    ties = grid[f <= f.min() + TIE * abs(f.min()) + TIE**2 * float(x @ S @ x)]
    fewest = ties[ties.sum(axis=1) == ties.sum(axis=1).min()]
    return set(map(tuple, fewest.tolist()))


@pytest.mark.long
@pytest.mark.parametrize("first", range(0, scaled(400), 100))
def test_the_optimum_is_that_of_brute_force(first):
    for seed in range(first, first + 100):
        N, x, S, margins, budget, minimum, top = make_problem(seed)

        found = best_counts(N, x, S, minimum_lots=minimum, limits=within(margins, budget))

        assert found.is_proven
        assert found.lots in brute_force(N, x, S, margins, budget, minimum, top), seed


def test_the_example_by_hand():
    found = best_counts(LOTS, TARGET, S)

    assert found.lots == (3, 1)
    assert found.variance == pytest.approx(1.89)
    assert not found.is_budget_binding


def test_a_budget_that_binds_says_so_and_is_kept():
    margins = np.array([40.0, 28.0])

    found = best_counts(LOTS, TARGET, S, limits=within(margins, 110.0))

    assert found.is_budget_binding
    assert float(margins @ found.lots) <= 110.0
    # Of the counts that 110 pays for, (0..2, 0..3), two and one miss least: 5.49; one and two: 16.1.
    assert found.lots == (2, 1)
    assert found.variance == pytest.approx(5.49)


def test_a_lot_that_costs_exactly_what_is_left_is_affordable():
    assert best_counts(LOTS, TARGET, S, limits=within(np.array([0.1, 0.1]), 0.1 * 4)).lots == (3, 1)


@pytest.mark.parametrize(
    ("target", "options"),
    [
        (np.zeros(2), {}),
        (np.array([40.0, 0.0]), {}),
        (TARGET, {"limits": within(LOTS, 0.0)}),
        (TARGET, {"minimum_lots": (8, 8)}),
    ],
    ids=["no target", "less than half a lot", "no collateral", "smallest orders too large"],
)
def test_no_lot_at_all_where_none_is_best(target, options):
    assert best_counts(LOTS, target, S, **options).lots == (0, 0)


def test_a_tie_goes_to_the_fewest_lots():
    assert best_counts(np.array([100.0]), np.array([250.0]), np.eye(1)).lots == (2,)
    alike = np.array([100.0, 100.0]), np.array([50.0, 50.0])
    # One of either misses by (50, -50), 2,500·(1 + 1 - 1); none or both by 7,500.
    assert sum(best_counts(*alike, np.array([[1.0, 0.5], [0.5, 1.0]])).lots) == 1
    # None, one or both miss by 2,500·(1 + 1) alike.
    assert best_counts(*alike, np.eye(2)).lots == (0, 0)


@given(seed=st.integers(1_000, 1_400))
def test_more_collateral_never_fits_worse(seed):
    N, x, S, margins, _, minimum, *_ = make_problem(seed)
    need = float(margins @ (x / N))

    variances = [
        best_counts(N, x, S, minimum_lots=minimum, limits=within(margins, share * need)).variance
        for share in (0.2, 0.5, 0.8, 2.0)
    ]

    assert all(later <= earlier * (1 + 1e-9) for earlier, later in itertools.pairwise(variances))


def test_large_hedges_are_as_quick_and_stay_exact():
    x = np.array([3.1e9, 2.2e9, 0.7e9])
    S = 1e-4 * np.array([[9.0, 8.0, 8.0], [8.0, 12.0, 10.0], [8.0, 10.0, 20.0]])

    found = best_counts(np.array([60.0, 200.0, 1_500.0]), x, S)

    assert found.is_proven
    assert found.variance <= 1e-4 * 20 * 1_500.0**2
    halved = best_counts(np.array([60.0, 200.0, 1_500.0]), x, S, limits=within((20.0, 70.0, 600.0), 1.2e9))
    assert halved.is_proven
    assert halved.is_budget_binding


def test_small_lots_with_a_smallest_order_are_counted_after_large_ones():
    # As at Binance: lots of 68 cents, at least eight at a time, beside lots of $189. With the
    # small lots first, the search stopped at MAX_NODES with counts that miss by 7.86 USD² instead of 7.77.
    N = np.array([60.0, 1.17, 73.13, 1.19, 189.0, 0.68])
    x = N * np.array([4_104.0, 443.7, 24.26, 739.4, 1.43, 1_150.0])
    S = 1e-4 * (12.0 + 8.0 * np.eye(6))
    minimum = (1, 5, 1, 5, 1, 8)

    found = best_counts(N, x, S, minimum_lots=minimum)

    assert found.is_proven
    rng = np.random.default_rng(0)
    near = np.maximum(np.round(x / N + rng.normal(0.0, 3.0, (200_000, 6))), minimum) * N - x
    assert found.variance <= np.einsum("ni,ij,nj->n", near, S, near).min()


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((LOTS, TARGET, np.ones((2, 2))), "move exactly together"),
        ((LOTS, TARGET, np.diag([1.0, -1.0])), "move exactly together"),
        ((LOTS, TARGET[:1], S), "one entry per contract"),
        ((np.array([0.0, 1.0]), TARGET, S), "above zero"),
        ((LOTS, np.array([np.nan, 1.0]), S), "finite"),
    ],
)
def test_what_cannot_be_used_is_named(arguments, text):
    with pytest.raises(InvalidInput, match=text):
        best_counts(*arguments)


def make_basket(seed, m):
    """Lots, targets and S + D of m contracts on coins that follow Bitcoin and Ether, with up to six lots each."""
    random = np.random.default_rng(seed)
    bitcoin = random.normal(0.0, 0.03, 365)
    core = np.column_stack([bitcoin, 0.9 * bitcoin + random.normal(0.0, 0.02, 365)])
    others = core @ random.uniform(0.2, 0.9, (2, m - 2)) + random.normal(
        0.0, random.uniform(0.01, 0.05, m - 2), (365, m - 2)
    )
    risk = count_risk(np.column_stack([core, others]), ("BTC", "ETH", *(f"C{k}" for k in range(m - 2))))
    N = random.uniform(100.0, 1_500.0, m)
    return N, N * random.uniform(0.0, 6.0, m), risk.matrix


def least_of_all_counts(N, x, H, attained, *, missing=None, budget=None):
    """The least variance of all counts, by trying every one that could be as good as `attained`.

    e'He <= v means |e_i| <= √(v·(H⁻¹)_ii) for the miss e of each contract. `missing` is the contract that has no lots,
    `budget` the most of 0.3 × notional.
    """
    reach = np.sqrt(1.001 * attained * np.diag(np.linalg.inv(H)))
    low, high = np.maximum(np.ceil((x - reach) / N), 0).astype(int), np.floor((x + reach) / N).astype(int)
    ranges = [range(a, b + 1) for a, b in zip(low, high, strict=True)]
    if missing is not None:
        ranges[missing] = range(1)
    grid = np.array(list(itertools.product(*ranges)))
    if budget is not None:
        grid = grid[grid @ (0.3 * N) <= budget]
    miss = grid * N - x
    return np.einsum("ni,ij,nj->n", miss, H, miss).min()


@pytest.mark.parametrize("first", range(0, 400, 50))
def test_under_the_penalty_of_a_basket_the_optimum_is_that_of_brute_force(first):
    for seed in range(first, first + 50):
        N, x, H = make_basket(seed, 2 + seed % 4)

        found = best_counts(N, x, H)

        assert found.is_proven
        assert found.variance == pytest.approx(least_of_all_counts(N, x, H, found.variance), rel=1e-9), seed


def lots_that_scip_finds_better(N, x, H, than):
    """Counts with a variance below `than`, or None if SCIP proves that there are none."""
    from pyscipopt import Model, quicksum

    model = Model()
    model.hideOutput()
    n = [model.addVar(vtype="I", lb=0) for _ in N]
    errors = [model.addVar(lb=None) for _ in N]
    for error, row in zip(errors, np.linalg.cholesky(H).T / np.sqrt(than), strict=True):
        hedged = quicksum(e * lot * count for e, lot, count in zip(row, N, n, strict=True))
        model.addCons(error == hedged - float(row @ x))
    model.addCons(quicksum(error * error for error in errors) <= 1.0)
    model.optimize()
    return [round(model.getVal(count)) for count in n] if model.getStatus() == "optimal" else None


@pytest.mark.parametrize("first", range(0, 100, 10))
def test_scip_finds_no_better_counts_of_twelve_contracts(first):
    for seed in range(first, first + 10):
        N, x, H = make_basket(seed, 12)

        found = best_counts(N, x, H)

        assert (found.is_proven, found.gap) == (True, 0.0)
        assert lots_that_scip_finds_better(N, x, H, found.variance * (1 - 1e-4)) is None, seed
    # SCIP is asked the right question: it finds counts if a little more is allowed.
    lots = np.array(lots_that_scip_finds_better(N, x, H, found.variance * (1 + 1e-4)))
    assert (N * lots - x) @ H @ (N * lots - x) == pytest.approx(found.variance, rel=2e-4)


def test_a_search_that_has_to_stop_says_how_much_better_the_counts_could_be(monkeypatch):
    widths = []
    for seed in range(60):
        N, x, H = make_basket(seed, 16)
        exact = best_counts(N, x, H)
        with monkeypatch.context() as few:
            few.setattr(optimum, "MAX_NODES", 20)
            stopped = best_counts(N, x, H)

        assert exact.is_proven
        assert stopped.variance >= exact.variance * (1 - 1e-9)
        assert exact.variance >= stopped.variance - stopped.gap * (1 + 1e-9)
        if not stopped.is_proven:
            widths.append(stopped.gap / stopped.variance)
    assert len(widths) > 30
    assert max(widths) <= 1.0


def test_a_leg_fewer_by_hand():
    # Lots of $100 and $70, targets 250 and 100 (see above); (3, 1) misses by 1.89. Without the second contract the
    # first takes over 6/9 of its 100: 316.67, so 3 lots miss by 16.67, 9e-4·16.67² = 0.25, and what no count of the
    # first can take over is (16 − 6²/9)e-4·100² = 12. Without the first: 100 + 6/16·250 = 193.75, 3 lots of 70 miss by
    # 16.25, 16e-4·16.25² = 0.4225, and (9 − 6²/16)e-4·250² = 42.1875.
    assert cost_of_fewer_legs(LOTS, TARGET, S) == pytest.approx((42.1875 + 0.4225 - 1.89, 12 + 0.25 - 1.89))


def test_a_leg_fewer_is_the_best_of_all_counts_without_it():
    for seed in range(60):
        N, x, H = make_basket(seed, 3 + seed % 2)
        best = best_counts(N, x, H)

        losses = cost_of_fewer_legs(N, x, H)

        for missing, loss in enumerate(losses):
            least = least_of_all_counts(N, x, H, best.variance + loss, missing=missing)
            assert loss == pytest.approx(least - best.variance, rel=1e-6, abs=1e-9 * least), seed


def test_a_contract_without_lots_loses_nothing_and_one_alone_loses_all():
    assert cost_of_fewer_legs(LOTS, np.array([250.0, 0.0]), np.diag(np.diag(S)))[1] == 0.0
    # One contract: 3 lots of $100 for a target of $290 miss by 10; none misses by 290.
    assert cost_of_fewer_legs(LOTS[:1], np.array([290.0]), np.eye(1)) == pytest.approx((290.0**2 - 10.0**2,))


@pytest.mark.parametrize("seed", range(30))
def test_with_scarce_collateral_many_contracts_are_as_good_as_brute_force(seed):
    N, x, H = make_basket(seed, 4)
    margins = 0.3 * N
    budget = 0.6 * float(margins @ (x / N))

    found = best_counts(N, x, H, limits=within(margins, budget))

    assert found.is_budget_binding
    assert float(margins @ found.lots) <= budget
    assert found.variance == pytest.approx(least_of_all_counts(N, x, H, found.variance, budget=budget), rel=1e-9)


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_up_to_twelve_contracts_are_proven_best_under_scarce_collateral(share):
    for seed in range(10):
        N, x, H = make_basket(seed, 12)

        found = best_counts(N, x, H, limits=within(0.3 * N, share * float(0.3 * x.sum())))

        assert found.is_budget_binding
        assert found.is_proven


def test_nothing_to_choose_from_is_no_lot():
    assert best_counts(np.empty(0), np.empty(0), np.empty((0, 0))).lots == ()


def test_where_hardly_any_counts_are_accepted_those_of_one_leg_are_found():
    """Thousands of lots of which only those of one leg alone are accepted: that leg is sold, not nothing.

    With one leg alone the least variance is x'Sx − (S x)_i² / S_ii: 13.5 and 13.5 of 14 are left for the first two, and
    the third, with the largest target, takes most.
    """
    N, x = np.ones(5), 1_000.0 * np.array([10.0, 10.0, 40.0, 10.0, 5.0])
    S = 1e-4 * (0.7 * np.ones((5, 5)) + 0.3 * np.eye(5))

    found = best_counts(N, x, S, accepts=lambda lots: sum(n > 0 for n in lots) <= 1)

    assert found.is_budget_binding
    (leg,) = (place for place, n in enumerate(found.lots) if n)
    alone = (S @ x)[2] / S[2, 2]
    assert (leg, found.lots[2]) == (2, round(alone))
    assert found.variance == pytest.approx(x @ S @ x - (S @ x)[2] ** 2 / S[2, 2], rel=1e-6)
