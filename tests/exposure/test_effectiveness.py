"""Measures of a hedge against plain loops, arch, and cases worked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st

from hedge_core.exposure.effectiveness import (
    GRADES,
    MINIMUM_TEST_DAYS,
    difference_interval,
    difference_intervals,
    measure,
    rolling_variance_reduction,
)


def make_pair(seed, *, days=300, left=0.5):
    """Unhedged returns, and hedged ones of which a share `left` of the standard deviation stays."""
    random = np.random.default_rng(seed)
    own, market = random.normal(0, 0.03 * left, days), random.normal(0, 0.03 * np.sqrt(1 - left**2), days)
    return own + market, own


def worst_twentieth(returns):
    """Mean loss of the worst 5% of the days, the last of them in part."""
    ordered, wanted = np.sort(returns), 0.05 * len(returns)
    whole = int(wanted)
    return -(ordered[:whole].sum() + (wanted - whole) * ordered[whole]) / wanted


@pytest.mark.parametrize("days", [100, 300, 997])
def test_reductions_are_those_of_plain_numpy(days):
    unhedged, hedged = make_pair(1, days=days)

    result = measure(unhedged, hedged)

    assert result.days == days
    assert result.variance_reduction == pytest.approx(1 - np.var(hedged) / np.var(unhedged), abs=1e-12)
    assert result.tail_reduction == pytest.approx(1 - worst_twentieth(hedged) / worst_twentieth(unhedged), abs=1e-12)
    assert result.tracking_error == pytest.approx(np.std(hedged) * np.sqrt(365))


def test_how_often_both_lose_is_counted_day_by_day_and_span_by_span():
    unhedged, hedged = make_pair(2, days=200)
    short = hedged - unhedged

    result = measure(unhedged, hedged, horizon_days=20)

    assert result.both_lose_a_day == sum(u < 0 and s < 0 for u, s in zip(unhedged, short, strict=True)) / 200
    spans = [(np.prod(1 + unhedged[i : i + 20]) - 1, short[i : i + 20].sum()) for i in range(181)]
    assert result.both_lose_a_horizon == pytest.approx(sum(u < 0 and s < 0 for u, s in spans) / 181)
    assert measure(unhedged, hedged, horizon_days=100).both_lose_a_horizon is None


def test_the_intervals_agree_with_those_of_arch_where_days_are_independent():
    """Wider by Student's quantile with four degrees, 2.776 against 1.96, and by the noise of four projections."""
    from arch.bootstrap import CircularBlockBootstrap

    unhedged, hedged = make_pair(3, days=600)

    def reductions(bare, covered):
        return np.array([1 - np.var(covered) / np.var(bare), 1 - worst_twentieth(covered) / worst_twentieth(bare)])

    peer = CircularBlockBootstrap(10, unhedged, hedged, seed=5).conf_int(reductions, reps=4_000, method="percentile")
    result = measure(unhedged, hedged)

    for ours, column in ((result.variance_interval, 0), (result.tail_interval, 1)):
        width = peer[1, column] - peer[0, column]
        assert 0.7 * width < ours[1] - ours[0] < 2.3 * width
        assert sum(ours) / 2 == pytest.approx(peer[:, column].mean(), abs=0.15 * width)


def test_the_interval_holds_the_truth_about_as_often_as_it_says():
    held = 0
    for seed in range(200):
        unhedged, hedged = make_pair(seed, days=250, left=0.6)
        low, high = measure(unhedged, hedged).variance_interval
        held += low <= 1 - 0.6**2 <= high

    assert 0.88 <= held / 200 <= 0.98


@pytest.mark.parametrize(
    ("left", "grade"), [(0.2, "A"), (0.5, "B"), (0.65, "C"), (0.75, "D"), (0.87, "E"), (0.99, "F")]
)
def test_the_grade_follows_the_published_thresholds(left, grade):
    random = np.random.default_rng(7)
    unhedged = random.normal(0, 0.03, 500)

    result = measure(unhedged, left * unhedged)

    assert result.variance_reduction == pytest.approx(1 - left**2)
    assert result.grade == grade
    assert result.sentence.startswith(f"Grade {grade}: tested on 500 unseen days")


def test_thresholds_fall_and_every_result_has_a_grade():
    assert [least for least, _, _ in GRADES] == sorted((least for least, _, _ in GRADES), reverse=True)
    unhedged = np.random.default_rng(8).normal(0, 0.03, 200)

    assert measure(unhedged, 3 * unhedged).grade == "F"


@pytest.mark.parametrize("days", [0, 1, MINIMUM_TEST_DAYS - 1])
def test_too_short_a_test_is_unknown_and_not_a_number(days):
    unhedged, hedged = make_pair(1, days=days)

    assert measure(unhedged, hedged) is None
    assert difference_interval(unhedged, hedged, unhedged) is None


def test_missing_days_are_left_out_and_a_price_that_never_moved_is_unknown():
    unhedged, hedged = make_pair(4)
    with_gaps = unhedged.copy()
    with_gaps[10:40] = np.nan

    assert measure(with_gaps, hedged) == measure(np.delete(unhedged, range(10, 40)), np.delete(hedged, range(10, 40)))
    assert measure(np.zeros(300), hedged) is None


def test_no_hedge_and_a_whole_hedge():
    unhedged, _ = make_pair(5)

    bare, whole = measure(unhedged, unhedged), measure(unhedged, np.zeros(300))

    assert (bare.variance_reduction, bare.tail_reduction, bare.both_lose_a_day) == (0.0, 0.0, 0.0)
    assert (whole.variance_reduction, whole.tail_reduction, whole.both_lose_a_day) == (1.0, 1.0, 0.0)


def test_a_short_test_gives_a_lower_grade_than_a_long_one_with_the_same_reduction():
    unhedged, hedged = make_pair(11, days=2_000, left=0.55)
    hedged = hedged * np.sqrt(0.30 * np.var(unhedged) / np.var(hedged))
    short = measure(unhedged[:120], hedged[:120] * np.sqrt(0.30 * np.var(unhedged[:120]) / np.var(hedged[:120])))
    long = measure(unhedged, hedged)

    assert short.variance_reduction == pytest.approx(long.variance_reduction)
    assert (short.grade, long.grade) == ("C", "B")
    assert long.variance_interval[0] >= 0.65 > short.variance_interval[0]


def test_the_best_of_several_hedges_has_wider_intervals_than_one_alone():
    random = np.random.default_rng(12)
    market, own = random.normal(0, 0.02, (2, 500))
    hedges = [own + 0.4 * random.normal(0, 0.02, 500) for _ in range(5)]

    together = difference_intervals(market + own, hedges[0], hedges[1:])
    alone = [difference_interval(market + own, hedges[0], other) for other in hedges[1:]]

    for (low, high), (bottom, top) in zip(together, alone, strict=True):
        assert low + high == pytest.approx(bottom + top)
        assert 1.15 < (high - low) / (top - bottom) < 1.6


def test_two_hedges_are_compared_on_the_same_days():
    unhedged, hedged = make_pair(6, days=500)
    noise = np.random.default_rng(1).normal(0, 0.0001, 500)

    low, high = difference_interval(unhedged, hedged, hedged + noise)
    better = difference_interval(unhedged, hedged, unhedged)

    assert low < 0.001
    assert high > -0.001
    assert high - low < 0.01  # far narrower than either interval by itself
    assert better[0] > 0.5
    assert difference_interval(unhedged, hedged, hedged) == (0.0, 0.0)


def test_the_rolling_reduction_is_that_of_each_window():
    unhedged, hedged = make_pair(9, days=200)
    unhedged[50] = np.nan

    rolling = rolling_variance_reduction(unhedged, hedged, window=90)

    assert np.isnan(rolling[:89]).all()
    for day in (89, 139, 140, 199):
        window = [d for d in range(day - 89, day + 1) if d != 50]  # a day that one lacks is left out of both
        assert rolling[day] == pytest.approx(1 - np.var(hedged[window]) / np.var(unhedged[window]))
    unhedged[60:80] = np.nan
    assert np.isnan(rolling_variance_reduction(unhedged, hedged, window=90)[89:139]).all()  # 21 of 90 are too many
    assert np.isnan(rolling_variance_reduction(unhedged[:50], hedged[:50])).all()


@given(seed=st.integers(0, 1_000), scale=st.floats(0.01, 100))
def test_the_unit_of_money_changes_no_reduction(seed, scale):
    unhedged, hedged = make_pair(seed, days=120)
    one, other = measure(unhedged, hedged), measure(scale * unhedged, scale * hedged)

    assert one.variance_reduction == pytest.approx(other.variance_reduction)
    assert one.tail_interval == pytest.approx(other.tail_interval)
    assert one.variance_interval[0] <= one.variance_reduction + 0.05
