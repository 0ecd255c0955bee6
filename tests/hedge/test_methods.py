"""Sizing methods: $10,000 at beta 1.25 is $12,500 by beta, $10,000 dollar for dollar, $8,000 divided."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest

from hedge_core.errors import InvalidInput
from hedge_core.hedge.methods import METHODS
from hedge_core.plan.plan import SizingMethod


@pytest.mark.parametrize(
    ("method", "expected"), [("beta_weighted", 12_500.0), ("notional", 10_000.0), ("guide_divided", 8_000.0)]
)
def test_what_is_shorted_at_a_hedge_ratio_of_one(method, expected):
    assert METHODS[method].base(10_000.0, 1.25) == expected


def test_every_method_has_a_row_and_only_the_default_follows_the_exposure():
    assert set(METHODS) == set(get_args(SizingMethod))
    assert [name for name, method in METHODS.items() if method.follows_exposure] == ["beta_weighted"]
    assert METHODS["beta_weighted"].notice is None


def test_a_bag_is_split_evenly_if_beta_is_ignored_and_is_not_divided():
    split = METHODS["notional"].bag_target
    assert split is not None
    np.testing.assert_allclose(split(np.array([9_000.0, 1_000.0, 0.0]), 12_000.0, 0.5), [2_000.0, 2_000.0, 2_000.0])
    assert METHODS["guide_divided"].bag_target is None


def test_no_beta_divides_by_zero_or_less():
    with pytest.raises(InvalidInput, match="above zero"):
        METHODS["guide_divided"].base(1.0, 0.0)
