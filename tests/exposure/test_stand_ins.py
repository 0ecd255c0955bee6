"""Two stand-ins for one coin: the reductions are those of plain loops, and 'sure' follows from the paired difference.

By hand: if the coin is 1.2 × ETH plus noise of half ETH's deviation, a hedge with ETH leaves 0.25 of a variance of
1.44 + 0.25, so it takes out 1 − 0.25/1.69 = 85%. Against a proxy that has nothing to do with the coin the difference
is sure; against a second, equally noisy copy of ETH it is not.
"""

from __future__ import annotations

import numpy as np
import pytest

from hedge_core.exposure.evidence import gather_evidence
from hedge_core.exposure.stand_ins import compare_stand_ins
from hedge_core.market.snapshot import PriceHistory

DAYS, WINDOW = 900, 200


def history(**returns: np.ndarray) -> PriceHistory:
    coins = tuple(returns)
    closes = 100.0 * np.cumprod(1.0 + np.column_stack([np.r_[0.0, returns[coin]] for coin in coins]), axis=0)
    return PriceHistory(coins=coins, days=np.datetime64("2024-01-01") + np.arange(DAYS + 1), values=closes)


@pytest.fixture(scope="module")
def made() -> PriceHistory:
    rng = np.random.default_rng(11)
    market, noise = rng.normal(0.0, 0.03, DAYS), rng.normal(0.0, 0.015, DAYS)
    twin = [market + rng.normal(0.0, 0.004, DAYS) for _ in range(2)]
    return history(LINK=1.2 * market + noise, ETH=market, BTC=rng.normal(0.0, 0.02, DAYS), ONE=twin[0], TWO=twin[1])


def test_the_better_stand_in_is_the_one_that_leaves_least_variance(made: PriceHistory) -> None:
    found = compare_stand_ins(made, "LINK", ["BTC", "ETH"], window_days=WINDOW)

    assert found is not None
    assert (found.better, found.other) == ("ETH", "BTC")
    assert found.better_result.variance_reduction == pytest.approx(1.0 - 0.25 / 1.69, abs=0.03)
    assert found.better_result == gather_evidence(made, ["LINK"], ["ETH"], window_days=WINDOW).of("LINK", "ETH")
    gap = found.better_result.variance_reduction - found.other_result.variance_reduction
    assert found.difference[0] < gap < found.difference[1]
    assert found.is_sure
    low, high = found.better_result.variance_interval
    assert found.sentence.startswith("ETH is the better stand-in for LINK: it takes out 8")
    assert f"(95% ranges {low:.0%} to {high:.0%} and " in found.sentence
    assert found.sentence.endswith("; the difference is sure.")


def test_two_equally_good_stand_ins_are_told_apart_by_no_sure_difference(made: PriceHistory) -> None:
    found = compare_stand_ins(made, "LINK", ["ONE", "TWO"], window_days=WINDOW)

    assert found is not None
    assert found.difference[0] < 0.0 < found.difference[1]
    assert found.sentence.endswith("; the difference is not sure.")


def test_a_difference_can_be_sure_although_the_ranges_overlap(made: PriceHistory) -> None:
    """Both are measured on the same days, so most of what makes each range wide is common to both."""
    found = compare_stand_ins(made, "LINK", ["ETH", "ONE"], window_days=WINDOW)

    assert found is not None
    assert found.better == "ETH"
    assert found.better_result.variance_interval[0] < found.other_result.variance_interval[1]
    assert found.is_sure


def test_days_that_one_proxy_lacks_count_for_neither(made: PriceHistory) -> None:
    closes = made.values.copy()
    closes[500:560, made.column_of["BTC"]] = np.nan
    gappy = PriceHistory(coins=made.coins, days=made.days, values=closes)
    found = compare_stand_ins(gappy, "LINK", ["BTC", "ETH"], window_days=WINDOW)

    assert found is not None
    assert found.better_result.days == found.other_result.days == DAYS - WINDOW - 61


@pytest.mark.parametrize(("coin", "proxies"), [("NEW", ["ETH", "BTC"]), ("LINK", ["ETH"]), ("ETH", ["ETH", "BTC"])])
def test_without_two_tested_proxies_there_is_no_comparison(made: PriceHistory, coin: str, proxies: list[str]) -> None:
    assert compare_stand_ins(made, coin, proxies, window_days=WINDOW) is None
