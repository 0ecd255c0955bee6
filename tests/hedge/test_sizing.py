"""Sizing: from exposure to whole contracts.

By hand, NovaCoin: V = $10,000, beta 1.8, h = 0.7, contracts of 0.1 ETH at $2,000, so N = $200 and b = V·beta =
$18,000.

    beta_weighted   0.7·10,000·1.8 = 12,600   12,600 / 200 = 63       achieved 63·200/18,000 = 0.70
    notional        0.7·10,000     =  7,000    7,000 / 200 = 35       achieved 35·200/18,000 = 0.3889
    guide_divided   0.7·10,000/1.8 = 3,888.89  3,888.89/200 = 19.44   down 19, achieved 3,800/18,000 = 0.2111

Altcoin X: V = $5,000, beta 1.5, h = 0.5, contracts of $100: 2,500 / 100 = 25, achieved 2,500/7,500 = 0.3333.
"""

from __future__ import annotations

import math
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, strategies as st

from hedge_core.errors import InvalidInput
from hedge_core.hedge.sizing import (
    achieved_hedge_ratio,
    neighbouring_counts,
    size_leg,
    target_notional,
    whole_contracts,
)
from hedge_core.market.contracts import CustomContract
from hedge_core.plan.plan import Rounding
from tests.support.strategies import amounts, roundings

MICRO = CustomContract(code="MICRO-ETH", underlying="ETH", coins=0.1).contract()
DOLLARS = CustomContract(code="MICRO-ETH-100", underlying="ETH", usd=100.0).contract()
ONE = np.ones((1, 1))


@pytest.mark.parametrize(
    ("contract", "value", "beta", "h", "method", "rounding", "exact", "whole", "achieved"),
    [
        (MICRO, 10_000, 1.8, 0.7, "beta_weighted", "nearest", 63.0, 63, 0.70),
        (MICRO, 10_000, 1.8, 0.7, "notional", "nearest", 35.0, 35, 35 * 200 / 18_000),
        (MICRO, 10_000, 1.8, 0.7, "guide_divided", "down", 19.4444444444, 19, 19 * 200 / 18_000),
        (MICRO, 10_000, 1.8, 0.7, "guide_divided", "nearest", 19.4444444444, 19, 19 * 200 / 18_000),
        (MICRO, 10_000, 1.8, 0.7, "guide_divided", "up", 19.4444444444, 20, 20 * 200 / 18_000),
        (DOLLARS, 5_000, 1.5, 0.5, "notional", "nearest", 25.0, 25, 1 / 3),
        (MICRO, 10_000, 1.8, 0.0, "beta_weighted", "up", 0.0, 0, 0.0),
        (MICRO, 100, 0.9, 1.0, "beta_weighted", "nearest", 0.45, 0, 0.0),
        (MICRO, 100, 0.9, 1.0, "beta_weighted", "up", 0.45, 1, 200 / 90),
    ],
)
def test_the_contracts_worked_by_hand(contract, value, beta, h, method, rounding, exact, whole, achieved):
    target = target_notional(value, beta, h, method)

    leg = size_leg(contract, price=2_000, target=target, ideal=h * value * beta, rounding=rounding)

    assert leg.exact_contracts == pytest.approx(exact)
    assert leg.contracts == -whole
    assert leg.side == ("short" if whole else "none")
    assert leg.notional == pytest.approx(whole * contract.lot_notional(2_000))
    assert leg.coins == pytest.approx(leg.notional / 2_000)
    ratio = achieved_hedge_ratio(np.array([leg.notional]), np.array([value * beta]), ONE)
    assert ratio == pytest.approx(achieved, abs=1e-12)


@pytest.mark.parametrize("rounding", get_args(Rounding))
@pytest.mark.parametrize(
    ("exact", "whole"),
    [
        (63 - 1e-13, 63),
        (63 + 1e-13, 63),
        (63 - 5e-9, 63),
        (0.0, 0),
        (1e-10, 0),
        (1 - 1e-10, 1),
        (1e12 + 0.0001, 10**12),
    ],
)
def test_a_count_that_floating_point_moved_off_a_whole_number_snaps_back(rounding, exact, whole):
    assert whole_contracts(exact, rounding) == whole


@pytest.mark.parametrize(
    ("exact", "nearest", "down", "up"),
    [
        (0.4, 0, 0, 1),
        (0.5, 0, 0, 1),  # a tie goes to the fewer contracts
        (0.51, 1, 0, 1),
        (1.5, 1, 1, 2),
        (2.5, 2, 2, 3),
        (19.4444, 19, 19, 20),
        (62.9999, 63, 62, 63),
        (63.0001, 63, 63, 64),
        (1e15 + 0.5, 10**15, 10**15, 10**15),  # beyond the reach of the snap there is nothing left to round
    ],
)
def test_the_three_roundings(exact, nearest, down, up):
    assert [whole_contracts(exact, rounding) for rounding in ("nearest", "down", "up")] == [nearest, down, up]


@pytest.mark.parametrize("exact", [-1.0, -1e-300, math.nan, math.inf, -math.inf])
def test_a_count_below_zero_or_not_finite_is_refused(exact):
    with pytest.raises(InvalidInput, match="zero or more"):
        whole_contracts(exact, "nearest")


@pytest.mark.parametrize("beta", [0.0, -1.0])
def test_dividing_by_a_beta_that_is_not_positive_is_refused(beta):
    with pytest.raises(InvalidInput, match="above zero"):
        target_notional(10_000, beta, 0.7, "guide_divided")


@pytest.mark.parametrize("price", [5e-324, 1e-310])
def test_a_price_so_small_that_a_lot_is_worth_nothing_is_refused_by_name(price):
    with pytest.raises(InvalidInput, match="MICRO-ETH"):
        size_leg(MICRO, price=price, target=12_600, ideal=12_600, rounding="nearest")


@given(amounts(0.0, 1e9), roundings)
def test_rounding_misses_by_half_a_lot_at_most_or_by_a_lot_on_the_right_side(exact, rounding):
    whole = whole_contracts(exact, rounding)
    slack = 1e-9 * max(1.0, exact)

    if rounding in ("nearest", "optimal"):  # of one contract alone
        assert abs(whole - exact) <= 0.5 + slack
    elif rounding == "down":
        assert -slack <= exact - whole < 1.0
    else:
        assert -slack <= whole - exact < 1.0


@given(
    st.sampled_from(["beta_weighted", "notional", "guide_divided"]),
    amounts(0.0, 1e9),
    amounts(0.01, 20.0),
    amounts(0.0, 1.0),
    amounts(1.0, 1e6),
)
def test_doubling_the_holding_doubles_the_exact_contracts(method, value, beta, h, price):
    one, two = (
        size_leg(MICRO, price=price, target=target_notional(v, beta, h, method), ideal=0.0, rounding="nearest")
        for v in (value, 2 * value)
    )

    assert two.exact_contracts == pytest.approx(2 * one.exact_contracts, rel=1e-12)


@given(amounts(0.01, 1e6), amounts(0.01, 20.0), st.integers(0, 10_000))
def test_with_one_proxy_the_achieved_ratio_is_n_times_lot_over_exposure(value, beta, n):
    hedge, b = np.array([n * 200.0]), np.array([value * beta])

    for scale in (1.0, 1e-4):
        assert achieved_hedge_ratio(hedge, b, ONE * scale) == pytest.approx(n * 200.0 / (value * beta), rel=1e-12)


@given(
    st.lists(amounts(1.0, 1e6), min_size=2, max_size=4),
    amounts(0.0, 1.5),
    st.integers(0, 100),
)
def test_a_hedge_of_h_times_the_exposure_achieves_h_whatever_the_covariance(exposure, h, seed):
    b = np.array(exposure)
    returns = np.random.default_rng(seed).normal(0, 0.03, (50, len(b)))
    S = np.cov(returns, rowvar=False)

    assert achieved_hedge_ratio(h * b, b, S) == pytest.approx(h, abs=1e-9)


@given(st.integers(0, 100))
def test_the_achieved_ratio_is_the_slope_of_the_hedge_on_the_exposure(seed):
    """(N∘n)'S b / (b'S b) is cov(hedge, bag)/var(bag), so that least squares must find it too."""
    random = np.random.default_rng(seed)
    returns = random.normal(0, 0.03, (300, 3))
    b, hedge = random.uniform(1_000, 20_000, 3), random.uniform(0, 20_000, 3)

    ratio = achieved_hedge_ratio(hedge, b, np.cov(returns, rowvar=False))

    slope = np.polyfit(returns @ b, returns @ hedge, 1)[0]
    assert ratio == pytest.approx(slope, abs=1e-9)


def test_a_bag_without_exposure_is_hedged_by_nothing():
    assert achieved_hedge_ratio(np.array([100.0]), np.array([0.0]), ONE) == 0.0


def test_the_neighbours_of_a_count_stand_beside_it():
    leg = size_leg(MICRO, price=2_000, target=12_600, ideal=12_600, rounding="nearest")

    fewer, proposed, more = neighbouring_counts(
        [leg], 0, exposure=np.array([18_000.0]), covariance=ONE, hedgeable_value=10_000
    )

    assert (fewer.contracts, proposed.contracts, more.contracts) == (62, 63, 64)
    assert fewer.achieved_hedge_ratio == pytest.approx(12_400 / 18_000)
    assert proposed.achieved_hedge_ratio == pytest.approx(0.70)
    assert proposed.residual_exposure == pytest.approx(3_000)
    assert more.notional == pytest.approx(12_800)


def test_below_no_contracts_there_is_nothing():
    leg = size_leg(MICRO, price=2_000, target=50, ideal=50, rounding="nearest")

    choices = neighbouring_counts([leg], 0, exposure=np.array([100.0]), covariance=ONE, hedgeable_value=100)

    assert [choice.contracts for choice in choices] == [0, 1]
