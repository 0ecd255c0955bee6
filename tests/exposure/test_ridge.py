"""The penalised regression against scipy, statsmodels and scikit-learn, and by hand.

By hand, on four days: BTC (1, −1, 1, −1), a coin K of its own (1, 1, −1, −1), both uncorrelated with mean 0 and sum of
squares 4. BTC explains nothing of K, so d = (0, 4). y = 2·BTC + K gives slopes 2·4/4 = 2 on BTC and 4/(4 + 4) = 1/2 on
K, half of what least squares gives.
"""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.optimize import nnls
from sklearn.linear_model import Ridge as Peer

from hedge_core.exposure.ridge import Ridge, Selection, unexplained_squares
from tests.support.markets import make_returns

CORE, NAMES = [0, 1], ("BTC", "ETH", "SOL", "LINK", "AVAX", "NEAR", "DOGE", "UNI")


def make(seed, *, days=300):
    """Returns of eight contracts, and of a bag of coins with parts of some of them and noise."""
    random = np.random.default_rng(seed)
    x = make_returns(seed, days=days, coins=NAMES)
    shares = np.where(random.random(len(NAMES)) < 0.4, random.uniform(-0.2, 0.6, len(NAMES)), 0.0)
    return x, x @ shares + 0.6 * x[:, 1] + random.normal(0.0, 0.02, days)


def penalised(x, y, d):
    """X and y with the rows diag(√d) below, demeaned: the least squares problem that the objective is."""
    return (
        np.vstack([x - x.mean(axis=0), np.diag(np.sqrt(d))]),
        np.concatenate([y - y.mean(), np.zeros(len(d))]),
    )


def test_the_example_by_hand():
    x = np.array([[1.0, 1.0], [-1.0, 1.0], [1.0, -1.0], [-1.0, -1.0]])

    ridge = Ridge.of(x, [0])

    np.testing.assert_allclose(ridge.d, [0.0, 4.0])
    np.testing.assert_allclose(ridge.slopes((2 * x[:, 0] + x[:, 1])[:, None], [0, 1]), [[2.0, 0.5]])


@pytest.mark.parametrize("seed", range(4))
def test_what_the_core_does_not_explain_is_the_residual_of_statsmodels(seed):
    x, _ = make(seed)

    found = unexplained_squares(x, x[:, CORE])

    for column in range(2, len(NAMES)):
        peer = sm.OLS(x[:, column], sm.add_constant(x[:, CORE])).fit()
        assert found[column] == pytest.approx(peer.ssr, rel=1e-9)
    np.testing.assert_allclose(found[CORE], 0.0, atol=1e-12)
    np.testing.assert_allclose(unexplained_squares(x, x[:, []]), len(x) * x.var(axis=0))


@pytest.mark.parametrize("apart", [0.0, 1e-10, 1e-6, 1e-3, 1.0], ids=lambda apart: f"ether-{apart:g}-apart")
def test_a_core_whose_two_contracts_move_almost_alike_explains_what_lapack_says(apart):
    random = np.random.default_rng(3)
    bitcoin = random.normal(0.0, 0.03, 365)
    core = np.column_stack([bitcoin, 0.8 * bitcoin + apart * random.normal(0.0, 0.02, 365)])
    x = core @ random.normal(size=(2, 6)) + random.normal(0.0, 0.02, (365, 6))

    found = unexplained_squares(x, core)

    demeaned, both = x - x.mean(axis=0), core - core.mean(axis=0)
    peer = demeaned - both @ np.linalg.lstsq(both, demeaned, rcond=1e-13)[0]
    np.testing.assert_allclose(found, (peer**2).sum(axis=0), rtol=1e-7 if 0.0 < apart < 1e-6 else 1e-10)


@pytest.mark.parametrize("seed", range(4))
def test_slopes_and_errors_are_those_of_least_squares_on_the_longer_problem(seed):
    x, y = make(seed)
    kept = [0, 1, 4, 6]
    ridge = Ridge.of(x, CORE)

    slopes = ridge.slopes(y[:, None], kept)

    rows, target = penalised(x[:, kept], y, ridge.d[kept])
    np.testing.assert_allclose(slopes[0], np.linalg.lstsq(rows, target, rcond=None)[0], rtol=1e-9)
    scaled = Peer(alpha=1.0).fit(x[:, [4]] / np.sqrt(ridge.d[4]), y)  # one contract alone, in units of √d
    np.testing.assert_allclose(ridge.slopes(y[:, None], [4])[0], scaled.coef_ / np.sqrt(ridge.d[4]), rtol=1e-9)
    plain = sm.OLS(y, sm.add_constant(x[:, CORE])).fit()  # the core alone pays nothing
    own = ridge.slopes(y[:, None], CORE)
    np.testing.assert_allclose(own[0], plain.params[1:], rtol=1e-9)
    np.testing.assert_allclose(ridge.errors(y[:, None], own, CORE)[0], plain.bse[1:], rtol=1e-9)


def test_errors_are_the_spread_of_the_slopes_over_many_draws_of_the_noise():
    x, _ = make(3)
    kept, random = [0, 1, 3], np.random.default_rng(4)
    ridge = Ridge.of(x, CORE)
    bags = (x @ np.full(len(NAMES), 0.1))[:, None] + random.normal(0.0, 0.03, (len(x), 4_000))

    slopes = ridge.slopes(bags, kept)

    np.testing.assert_allclose(ridge.errors(bags, slopes, kept).mean(axis=0), slopes.std(axis=0), rtol=0.05)


def objective(x, y, d, columns):
    rows, target = penalised(x[:, columns], y, d[columns])
    return nnls(rows, target)[1] ** 2


@pytest.mark.parametrize("seed", range(40))
def test_forward_selection_is_that_of_plain_loops_over_scipys_solver(seed):
    x, y = make(seed)
    ridge = Ridge.of(x, CORE)
    kept, most = list(CORE), seed % 5
    for _ in range(most):
        left = [column for column in range(len(NAMES)) if column not in kept]
        best = min(left, key=lambda column: objective(x, y, ridge.d, [*kept, column]))
        if not objective(x, y, ridge.d, [*kept, best]) < objective(x, y, ridge.d, kept) * (1 - 1e-12):
            break
        kept.append(best)
    rows, target = penalised(x[:, kept], y, ridge.d[kept])
    expected = {column for column, weight in zip(kept, nnls(rows, target)[0], strict=True) if weight >= 1e-6}

    found = ridge.selected(y, CORE, range(2, len(NAMES)), most)

    assert set(found) == expected
    weights = ridge.slopes(y[:, None], found)[0]
    assert (weights >= 1e-6).all()
    # The conditions of Karush, Kuhn and Tucker on what was started with: nothing that was removed would help.
    gone = [column for column in kept if column not in found]
    gradient = (x[:, gone] - x[:, gone].mean(axis=0)).T @ (y - y.mean() - (x - x.mean(axis=0))[:, found] @ weights)
    assert (gradient <= 1e-9).all()


def test_what_each_contract_would_gain_is_that_of_scipys_solver_even_where_other_slopes_reach_zero(monkeypatch):
    solved, plain = [], Ridge.non_negative
    monkeypatch.setattr(Ridge, "non_negative", lambda self, *asked: (solved.append(1), plain(self, *asked))[1])
    anew, from_table = 0, 0
    for seed in range(60):
        x, _ = make(seed)
        random = np.random.default_rng(seed)
        y = x @ random.normal(0.0, 1.0, len(NAMES)) + random.normal(
            0.0, 0.02, len(x)
        )  # many slopes want to be negative
        ridge = Ridge.of(x, CORE)
        for kept in (CORE, [*CORE, 3], [*CORE, 3, 5]):
            left = [column for column in range(len(NAMES)) if column not in kept]

            selection = Selection.of(ridge, ridge.X.T @ y, kept)
            solved.clear()

            gains, _ = selection.gains(left)

            anew, from_table = anew + len(solved), from_table + len(left) - len(solved)
            before = objective(x, y, ridge.d, kept)
            expected = [before - objective(x, y, ridge.d, [*kept, column]) for column in left]
            np.testing.assert_allclose(gains, expected, rtol=1e-6, atol=1e-9 * before)
    assert anew > 20  # both ways are tested: some were solved anew
    assert from_table > 20


def test_columns_that_are_added_one_by_one_have_the_slopes_that_scipys_solver_gives_all_of_them():
    zeros = 0
    for seed in range(60):
        x, _ = make(seed)
        random = np.random.default_rng(seed)
        y = x @ random.normal(0.0, 1.0, len(NAMES)) + random.normal(0.0, 0.02, len(x))
        ridge, kept = Ridge.of(x, CORE), list(CORE)
        selection = Selection.of(ridge, ridge.X.T @ y, kept)
        for column in random.permutation(range(2, len(NAMES))).tolist():
            selection, kept = selection.with_column(column), [*kept, column]

            rows, target = penalised(x[:, kept], y, ridge.d[kept])
            found = dict.fromkeys(selection.unused, 0.0) | dict(zip(selection.used, selection.slopes, strict=True))
            np.testing.assert_allclose([found[k] for k in kept], nnls(rows, target)[0], rtol=1e-9, atol=1e-12)
            zeros += len(selection.unused)
    assert zeros > 60  # slopes that reach zero on the way, and leave it again, are tested too


def test_the_first_contract_added_is_the_best_of_all():
    x, y = make(2)
    ridge = Ridge.of(x, CORE)

    found = ridge.selected(y, CORE, range(2, len(NAMES)), 1)

    values = {k: objective(x, y, ridge.d, [*CORE, k]) for k in range(2, len(NAMES))}
    assert [k for k in found if k not in CORE] == [min(values, key=values.get)]


@pytest.mark.parametrize("seed", range(12))
def test_of_contracts_that_hedge_equally_well_the_cheapest_is_added(seed):
    """Equal: the objective is at most 0.25% of |y|² above the least. Plain loops over scipy's solver."""
    x, y = make(seed)
    x = np.column_stack([x, x[:, 2] + np.random.default_rng(seed).normal(0.0, 5e-4, len(x))])  # all but a copy
    ridge, charges = Ridge.of(x, CORE), np.random.default_rng(seed + 1).uniform(0.001, 0.02, x.shape[1])
    size = float(((y - y.mean()) ** 2).sum())
    kept = list(CORE)
    for _ in range(2):
        left = [column for column in range(x.shape[1]) if column not in kept]
        values = {column: objective(x, y, ridge.d, [*kept, column]) for column in left}
        before = objective(x, y, ridge.d, kept)
        equal = [c for c in left if values[c] <= min(values.values()) + 0.0025 * size and values[c] < before]
        kept.append(min(equal, key=lambda column: charges[column]))

    rows, target = penalised(x[:, kept], y, ridge.d[kept])
    expected = {column for column, weight in zip(kept, nnls(rows, target)[0], strict=True) if weight >= 1e-6}
    assert set(ridge.selected(y, CORE, range(2, x.shape[1]), 2, charges)) == expected


def test_a_cheap_contract_that_hedges_worse_is_not_preferred():
    x, y = make(2)
    ridge = Ridge.of(x, CORE)
    (best,) = (k for k in ridge.selected(y, CORE, range(2, len(NAMES)), 1) if k not in CORE)
    values = {k: objective(x, y, ridge.d, [*CORE, k]) for k in range(2, len(NAMES))}
    worse = [k for k in values if values[k] > values[best] + 0.0025 * ((y - y.mean()) ** 2).sum()]
    charges = np.full(len(NAMES), 1.0)
    charges[worse] = 0.0

    assert worse
    assert best in ridge.selected(y, CORE, range(2, len(NAMES)), 1, charges)


def test_a_contract_that_is_a_mix_of_the_core_is_not_distinct_nor_is_a_core_that_repeats_itself():
    x, _ = make(1)
    mixed = np.column_stack([x[:, :3], 0.3 * x[:, 0] + 0.7 * x[:, 1]])

    assert Ridge.of(mixed, CORE).is_distinct.tolist() == [True, True, True, False]
    doubled = np.column_stack([x[:, 0], 2.0 * x[:, 0], x[:, 2]])
    assert Ridge.of(doubled, CORE).is_distinct.tolist() == [True, False, True]


def test_without_a_core_all_risk_is_a_contracts_own():
    x, y = make(5)

    ridge = Ridge.of(x, [])

    np.testing.assert_allclose(ridge.d, len(x) * x.var(axis=0))
    kept = ridge.selected(y, [], range(len(NAMES)), 3)
    assert 1 <= len(kept) <= 3
