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
from hedge_core.hedge.optimum import MAX_INSTRUMENTS, TIE, best_counts

LOTS, TARGET = np.array([100.0, 70.0]), np.array([250.0, 100.0])
S = 1e-4 * np.array([[9.0, 6.0], [6.0, 16.0]])


def make_problem(seed):
    """A random problem with one to six contracts, and the counts within which its optimum must lie."""
    random = np.random.default_rng(seed)
    while True:
        m = int(random.integers(1, MAX_INSTRUMENTS + 1))
        N = random.uniform(50, 400, m)
        x = random.uniform(0, 900 if m < 4 else 350, m)
        if random.random() < 0.2:
            x = N * random.integers(0, 5 if m < 4 else 3, m)
        rho, spreads = random.uniform(-0.15, 0.9), random.uniform(0.02, 0.06, m)
        S = (rho + (1 - rho) * np.eye(m)) * np.outer(spreads, spreads)
        margins = random.uniform(0, 0.5, m) * N
        budget = None if random.random() < 0.4 else random.uniform(0, 1.1) * float(margins @ (x / N))
        minimum = tuple(int(n) for n in np.where(random.random(m) < 0.3, random.integers(2, 6, m), 1))
        costs = random.uniform(-1, 1, m)
        price = 0.0 if random.random() < 0.5 else random.uniform(0, 5) * float(np.diag(S).mean()) * 50
        # f(n) <= f(0) and the least eigenvalue of S bound every residual, and with it every count.
        least = float(np.linalg.eigvalsh(S)[0])
        pull = price * float(np.linalg.norm(costs / N))
        level = float(x @ S @ x) + pull * float(np.linalg.norm(x))
        reach = (pull + np.sqrt(pull * pull + 4 * least * level)) / (2 * least)
        top = np.floor((x + reach) / N).astype(int)
        if np.prod(top + 1.0) <= 300_000:
            return N, x, S, margins, budget, minimum, costs, price, top


def brute_force(N, x, S, margins, budget, minimum, costs, price, top):
    grid = np.array(
        list(itertools.product(*([0, *range(low, high + 1)] for low, high in zip(minimum, top, strict=True))))
    )
    if budget is not None:
        grid = grid[grid @ margins <= budget * (1 + 1e-12)]
    rest = grid * N - x
    f = np.einsum("ni,ij,nj->n", rest, S, rest) + price * (grid @ costs)
    ties = grid[f <= f.min() + TIE * abs(f.min()) + TIE**2 * float(x @ S @ x)]
    return tuple(ties[np.lexsort((ties @ costs, ties.sum(axis=1)))[0]].tolist())


@pytest.mark.parametrize("first", range(0, 1_000, 100))
def test_the_optimum_is_that_of_brute_force(first):
    for seed in range(first, first + 100):
        N, x, S, margins, budget, minimum, costs, price, top = make_problem(seed)

        found = best_counts(
            N, x, S, margins=margins, budget=budget, minimum_lots=minimum, costs=costs, cost_price=price
        )

        assert found.is_proven
        assert found.lots == brute_force(N, x, S, margins, budget, minimum, costs, price, top), seed


def test_the_example_by_hand():
    found = best_counts(LOTS, TARGET, S)

    assert found.lots == (3, 1)
    assert found.variance == pytest.approx(1.89)
    assert not found.is_budget_binding


def test_a_budget_that_binds_says_so_and_is_kept():
    margins = np.array([40.0, 28.0])

    found = best_counts(LOTS, TARGET, S, margins=margins, budget=110.0)

    assert found.is_budget_binding
    assert float(margins @ found.lots) <= 110.0
    # Of the counts that 110 pays for, (0..2, 0..3), two and one miss least: 5.49; one and two: 16.1.
    assert found.lots == (2, 1)
    assert found.variance == pytest.approx(5.49)


def test_a_lot_that_costs_exactly_what_is_left_is_affordable():
    assert best_counts(LOTS, TARGET, S, margins=np.array([0.1, 0.1]), budget=0.1 * 4).lots == (3, 1)


@pytest.mark.parametrize(
    ("target", "options"),
    [
        (np.zeros(2), {}),
        (np.array([40.0, 0.0]), {}),
        (TARGET, {"margins": LOTS, "budget": 0.0}),
        (TARGET, {"minimum_lots": (8, 8)}),
        (TARGET, {"costs": np.ones(2), "cost_price": 1e6}),
    ],
    ids=["no target", "less than half a lot", "no collateral", "smallest orders too large", "too dear"],
)
def test_no_lot_at_all_where_none_is_best(target, options):
    assert best_counts(LOTS, target, S, **options).lots == (0, 0)


def test_a_tie_goes_to_the_fewest_lots_then_to_the_cheapest():
    assert best_counts(np.array([100.0]), np.array([250.0]), np.eye(1)).lots == (2,)
    alike = np.array([100.0, 100.0]), np.array([50.0, 50.0]), np.array([[1.0, 0.5], [0.5, 1.0]])
    # One of either misses by (50, -50), 2,500·(1 + 1 - 1); none or both by 7,500.
    assert best_counts(*alike, costs=np.array([2.0, 1.0])).lots == (0, 1)
    assert best_counts(*alike, costs=np.array([1.0, 2.0])).lots == (1, 0)


def test_a_carry_that_is_paid_for_moves_the_counts():
    free = best_counts(LOTS, TARGET, S)
    priced = best_counts(LOTS, TARGET, S, costs=np.array([5.0, -5.0]), cost_price=1.0)

    assert priced.lots[0] < free.lots[0]
    assert priced.lots[1] > free.lots[1]
    assert priced.variance > free.variance


@given(seed=st.integers(1_000, 1_400))
def test_more_collateral_never_fits_worse(seed):
    N, x, S, margins, _, minimum, *_ = make_problem(seed)
    need = float(margins @ (x / N))

    variances = [
        best_counts(N, x, S, margins=margins, budget=share * need, minimum_lots=minimum).variance
        for share in (0.2, 0.5, 0.8, 2.0)
    ]

    assert all(later <= earlier * (1 + 1e-9) for earlier, later in itertools.pairwise(variances))


def test_large_hedges_are_as_quick_and_stay_exact():
    x = np.array([3.1e9, 2.2e9, 0.7e9])
    S = 1e-4 * np.array([[9.0, 8.0, 8.0], [8.0, 12.0, 10.0], [8.0, 10.0, 20.0]])

    found = best_counts(np.array([60.0, 200.0, 1_500.0]), x, S)

    assert found.is_proven
    assert found.variance <= 1e-4 * 20 * 1_500.0**2
    halved = best_counts(np.array([60.0, 200.0, 1_500.0]), x, S, margins=np.array([20.0, 70.0, 600.0]), budget=1.2e9)
    assert halved.is_proven
    assert halved.is_budget_binding


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((LOTS, TARGET, np.ones((2, 2))), "move exactly together"),
        ((LOTS, TARGET, np.diag([1.0, -1.0])), "move exactly together"),
        ((LOTS, TARGET[:1], S), "one entry per contract"),
        ((np.array([0.0, 1.0]), TARGET, S), "above zero"),
        ((LOTS, np.array([np.nan, 1.0]), S), "finite"),
        ((np.ones(7), np.ones(7), np.eye(7)), "At most 6"),
    ],
)
def test_what_cannot_be_used_is_named(arguments, text):
    with pytest.raises(InvalidInput, match=text):
        best_counts(*arguments)


def test_nothing_to_choose_from_is_no_lot():
    assert best_counts(np.empty(0), np.empty(0), np.empty((0, 0))).lots == ()
