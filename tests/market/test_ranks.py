"""Rank correlation. By hand: the ranks of 1, 5, 2 and of 10, 20, 30 are 1, 3, 2 and 1, 2, 3. Their differences are 0,
1 and 1, so it is 1 - 6·(0 + 1 + 1) / (3·(9 - 1)) = .5.
"""

from __future__ import annotations

import numpy as np
import pytest

from hedge_core.market.ranks import rank_correlation


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ([1.0, 5.0, 2.0], [10.0, 20.0, 30.0], 0.5),
        ([1.0, 2.0, 1e9], [3.0, 4.0, 5.0], 1.0),
        ([1.0, 2.0, 3.0], [3.0, 2.0, 1.0], -1.0),
        ([1.0, 1.0, 2.0], [1.0, 2.0, 3.0], 0.75 / np.sqrt(0.75)),  # ranks 1.5, 1.5, 3 and 1, 2, 3
        ([1.0, 1.0, 1.0], [1.0, 2.0, 3.0], 0.0),
        ([1.0], [2.0], 0.0),
        ([], [], 0.0),
    ],
)
def test_rank_correlations_by_hand(one, other, expected):
    assert rank_correlation(np.array(one), np.array(other)) == pytest.approx(expected)


def test_it_is_that_of_scipy():
    from scipy.stats import spearmanr

    random = np.random.default_rng(1)
    for _ in range(20):
        one, other = random.integers(0, 9, 50).astype(float), random.normal(size=50)
        assert rank_correlation(one, other) == pytest.approx(spearmanr(one, other).statistic)
