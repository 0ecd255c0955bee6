"""The simulated markets have the variances that they state, and the table has a row for each method and length."""

from __future__ import annotations

import numpy as np
import pytest

from tools import worlds


@pytest.mark.parametrize("world", worlds.WORLDS, ids=lambda world: world.name)
def test_a_hedge_in_a_market_removes_what_the_world_says(world):
    pairs = list(worlds.markets_of(world, 300, (0.4, worlds.WORSE), 3, 400))

    bags = np.concatenate([y for y, _ in pairs])
    hedged = np.concatenate([hedges for _, hedges in pairs])

    assert len(pairs) == 400
    assert bags.var() == pytest.approx(2.0, rel=0.15)
    assert 1 - hedged.var(axis=0) / bags.var() == pytest.approx([0.42, 0.34], abs=0.04)


def test_few_markets_give_a_whole_table_and_the_same_one_again():
    first, second = (list(worlds.table(markets=3, seed=5)) for _ in range(2))

    assert first == second
    assert len(first) == 2 + 3 * 2 * 2
    assert all(row.count("|") == 12 for row in first)
