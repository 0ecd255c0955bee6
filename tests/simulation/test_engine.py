"""Runs: many paths in chunks, the same on any number of threads.

In closed form: with independent days of mean zero and covariance S, E[product of (1 + r_i)] = 1 for each coin and
E[G_i·G_j] = (1 + S_ij)^T, so that a bag of values V has mean 0 and variance V'[(1 + S)^T − 1]V. A short of N dollars
loses N·(G − 1), so that bag and short together have the variance of V − N.
"""

from __future__ import annotations

import math
import tracemalloc

import numpy as np
import pytest

from hedge_core.errors import InvalidInput
from hedge_core.simulation.bag import BagOnPaths
from hedge_core.simulation.engine import CHUNK, FAN_PATHS, cash_needed, run_paths
from hedge_core.simulation.paths import Bootstrap, FatTails
from hedge_core.simulation.policies import Hedge, Hold, Sell, StopLoss
from tests.simulation.test_account import book_of, margin_leg
from tests.simulation.test_paths import clustered, panel_of

S = 0.03**2 * np.array([[1.0, 0.6, 0.5], [0.6, 1.5, 0.7], [0.5, 0.7, 2.0]])
NORMAL = FatTails(panel_of(np.zeros((2, 3))), np.linalg.cholesky(S), (0.0, 0.0), math.inf)
BAG = BagOnPaths(np.array([3_000.0, 5_000.0]), np.array([1, 2]), np.full(2, 0.98))


def short_of(notional: float, collateral: float | None = None):
    book = book_of([margin_leg(notional)], collateral)
    return book


def within(values: np.ndarray, mean: float, variance: float) -> None:
    n = len(values)
    assert values.mean() == pytest.approx(mean, abs=3.0 * math.sqrt(variance / n))
    fourth = float(((values - values.mean()) ** 4).mean())
    assert values.var() == pytest.approx(variance, abs=3.0 * math.sqrt((fourth - variance**2) / n))


@pytest.mark.parametrize("kind", ["normal", "bootstrap of single days"])
def test_bag_hedge_and_both_have_the_mean_and_variance_of_the_closed_form(kind: str) -> None:
    model = NORMAL
    covariance = S
    if kind != "normal":
        panel = panel_of(np.random.default_rng(1).multivariate_normal(np.zeros(3), S, 400))
        model, covariance = Bootstrap(panel, 1.0), panel.returns.T @ panel.returns / 400
    runs = run_paths(model, BAG, short_of(4_000.0), horizon=30, paths=20_000, seed=4)
    grown = (1.0 + covariance) ** 30 - 1.0
    V, N = np.array([0.0, 3_000.0, 5_000.0]), np.array([4_000.0, 0.0, 0.0])
    bag = runs.hedge.bag - BAG.value
    within(bag, 0.0, float(V @ grown @ V))
    within(runs.hedge.hedge, 0.0, float(N @ grown @ N))
    within(bag + runs.hedge.hedge, 0.0, float((V - N) @ grown @ (V - N)))


def everything(**settings):
    model = FatTails(panel_of(np.zeros((2, 3))), np.linalg.cholesky(S), (0.1, 0.8), 5.0)
    policies = [Hold(), StopLoss(0.1), Sell(0.5), Hedge(short_of(4_000.0, 900.0))]
    settings = {"horizon": 20, "paths": 2 * CHUNK + 500, "seed": 3} | settings
    return run_paths(model, BAG, short_of(4_000.0, 900.0), policies, **settings)


def flat(runs) -> np.ndarray:
    hedge = runs.hedge
    columns = [hedge.bag, hedge.hedge, hedge.carry, hedge.fees, hedge.closed_on]
    for track in runs.tracks:
        columns += [track.worth, track.lowest, track.costs, track.trades_regretted, track.is_closed]
    return np.concatenate(columns)


@pytest.mark.parametrize("settings", [{}, {"paths": 300}, {"horizon": 45, "seed": 8}], ids=["usual", "few", "longer"])
def test_every_number_but_the_fan_is_the_same_whether_or_not_the_need_of_cash_is_followed(settings) -> None:
    followed, not_followed = everything(**settings), everything(**settings, follows_cash=False)

    np.testing.assert_array_equal(flat(followed), flat(not_followed))
    assert set(followed.hedge.fan) == {"bag", "hedge", "net", "cash", "cash_with_fees"}
    assert not_followed.hedge.fan == {}


@pytest.mark.parametrize("collateral", [None, 900.0])
@pytest.mark.parametrize("settings", [{}, {"paths": 300}, {"horizon": 45, "seed": 8}], ids=["usual", "few", "longer"])
def test_the_need_of_cash_alone_is_that_of_a_whole_run(settings, collateral) -> None:
    settings = {"horizon": 20, "paths": 2 * CHUNK + 500, "seed": 3} | settings
    book = short_of(4_000.0, collateral)
    whole = run_paths(NORMAL, BAG, book, [Hold()], **settings).hedge.fan["cash_with_fees"]

    other, found = cash_needed(NORMAL, short_of(1_000.0, collateral), book, **settings)
    alone = found.so_far

    np.testing.assert_array_equal(alone, whole)
    assert (other.so_far[-1] < alone[-1]).all()
    assert alone.shape == (settings["horizon"] + 1, min(settings["paths"], FAN_PATHS))
    assert (alone[-1] > alone[0]).any()


@pytest.mark.parametrize("wrong", [{"paths": 0}, {"horizon": 731}, {"seed": -1}])
def test_the_need_of_cash_alone_is_refused_where_a_run_is(wrong) -> None:
    for refused in (
        lambda **kept: run_paths(NORMAL, BAG, short_of(4_000.0), **kept),
        lambda **kept: cash_needed(NORMAL, short_of(4_000.0), **kept),
    ):
        with pytest.raises(InvalidInput):
            refused(**({"horizon": 20} | wrong))


def test_the_same_seed_gives_the_same_numbers_on_one_and_on_two_threads() -> None:
    once = everything()
    np.testing.assert_array_equal(flat(once), flat(everything()))
    np.testing.assert_array_equal(flat(once), flat(everything(threads=2)))
    np.testing.assert_array_equal(once.hedge.fan["net"], everything(threads=2).hedge.fan["net"])
    assert (flat(once) != flat(everything(seed=4))).any()


def test_more_paths_only_add_to_those_that_were_drawn() -> None:
    few, many = everything(paths=CHUNK), everything()
    np.testing.assert_array_equal(few.hedge.bag, many.hedge.bag[:CHUNK])


def test_the_hedge_as_a_policy_is_the_hedge() -> None:
    runs = everything()
    np.testing.assert_allclose(runs.tracks[3].worth, runs.hedge.bag + runs.hedge.hedge, rtol=0, atol=1e-9)
    np.testing.assert_array_equal(runs.tracks[3].is_closed, runs.hedge.closed_on > 0)
    assert not runs.tracks[3].trades_regretted.any()


def test_the_fan_ends_where_the_paths_end_before_the_short_is_bought_back() -> None:
    runs = everything()
    assert runs.hedge.fan["bag"].shape == (21, FAN_PATHS)
    np.testing.assert_allclose(
        runs.hedge.fan["net"][-1], (runs.hedge.bag + runs.hedge.hedge)[:FAN_PATHS] - BAG.value, rtol=1e-5, atol=0.01
    )
    assert (np.diff(runs.hedge.fan["cash"], axis=0) >= 0.0).all()


def test_progress_is_told_and_an_exception_in_it_ends_the_run() -> None:
    told: list[float] = []
    everything(progress=told.append)
    assert told == pytest.approx([1 / 3, 2 / 3, 1.0])

    class Cancelled(Exception):
        pass

    def cancel(share: float) -> None:
        told.append(share)
        raise Cancelled

    for threads in (1, 2):
        told.clear()
        with pytest.raises(Cancelled):
            everything(progress=cancel, threads=threads)
        assert told == pytest.approx([1 / 3])


@pytest.mark.parametrize("changes", [{"paths": 0}, {"paths": 10**9}, {"horizon": 0}, {"horizon": 731}])
def test_numbers_out_of_range_are_refused(changes) -> None:
    with pytest.raises(InvalidInput):
        everything(**changes)


def test_memory_does_not_grow_with_the_paths_but_for_their_results() -> None:
    """Four times the paths: the results (ten numbers a path) grow, the days do not."""

    def peak(paths: int) -> int:
        tracemalloc.start()
        run_paths(NORMAL, BAG, short_of(4_000.0), [StopLoss(0.1)], horizon=60, paths=paths)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(CHUNK)
    few, many = peak(4 * CHUNK), peak(16 * CHUNK)
    assert many - few < 12 * CHUNK * 8 * 9 * 2.5
    assert many < 60 * 16 * CHUNK * 8


def test_a_market_with_clusters_hurts_more_in_the_tail_than_one_without() -> None:
    history = clustered(2, 900, a=0.15, b=0.8)
    blocks, days = (
        run_paths(
            Bootstrap(panel_of(history), length),
            BagOnPaths(np.array([1_000.0]), np.array([0]), np.ones(1)),
            short_of(0.0),
            horizon=20,
            paths=20_000,
        ).hedge.bag
        for length in (25.0, 1.0)
    )
    assert np.quantile(blocks, 0.005) < np.quantile(days, 0.005)
