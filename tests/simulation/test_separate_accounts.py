"""Separate accounts: what each of several accounts does by itself, side by side and added up."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hedge_core.simulation.separate_accounts import open_book
from tests.simulation.test_account import book_of, follow, margin_leg


def test_the_accounts_of_two_venues_run_as_two_accounts_do() -> None:
    """Legs of two venues, interleaved: each account ends by itself, and amounts add up."""
    legs = [margin_leg(2_000.0), margin_leg(1_000.0), margin_leg(500.0)]
    both = book_of(legs, 1_050.0)
    both = replace(both, margin=replace(both.margin, venues=("X", "Y", "X")))
    levels = [[1.1, 1.2, 1.0], [1.2, 1.5, 1.1], [0.9, 0.8, 0.9]]
    together = open_book(both, 1)
    for day, level in enumerate(levels, start=1):
        together.step(day, np.array([level]), np.zeros((1, 0)))

    x = follow(book_of([legs[0], legs[2]], 750.0), *([one[0], one[2]] for one in levels))
    y = follow(book_of([legs[1]], 300.0), *([one[1]] for one in levels))
    assert (x.closed_on[0], y.closed_on[0]) == (0, 2)
    assert together.pnl[0] == pytest.approx(x.pnl[0] + y.pnl[0])
    assert together.lots[0].tolist() == [x.lots[0, 0], y.lots[0, 0], x.lots[0, 1]]
    assert together.closed_on[0] == 2
    assert x.lots.any()
