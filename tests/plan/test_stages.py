"""How a hedge is divided into stages.

By hand: 10 lots in 3 parts are ⌊10/3⌋ = 3, ⌊20/3⌋ − 3 = 3 and 10 − 6 = 4. With at least 4 lots an order there are
only 2 parts: none in the first stage (⌊1·2/3⌋ = 0), 5 in the second and 5 in the third. Two falls of 5% are 9.75%.
"""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, strategies as st

from hedge_core.errors import InvalidPlan
from hedge_core.plan.stages import Stages


def parts_of(lots, stages, least=1):
    through = [stages.lots_through(lots, stage, least=least) for stage in range(-1, stages.parts)]
    return [after - before for before, after in pairwise(through)]


def test_ten_lots_in_three_parts():
    assert parts_of(10, Stages(parts=3)) == [3, 3, 4]
    assert parts_of(10, Stages(parts=3), least=4) == [0, 5, 5]
    assert parts_of(1, Stages(parts=3)) == [0, 0, 1]


@given(st.integers(1, 10_000), st.integers(1, 12), st.integers(1, 50))
def test_the_parts_are_the_whole_and_none_is_too_small_to_send(lots, parts, least):
    sent = [part for part in parts_of(lots, Stages(parts=parts), least) if part]

    assert sum(sent) == lots
    assert all(part >= least for part in sent) or len(sent) == 1
    assert max(sent) - min(sent) <= 1


def test_moves_add_up_as_compound_moves():
    falls, rises = Stages(parts=3, rule="after_fall"), Stages(parts=3, rule="after_rise", move=0.1)

    assert [falls.move_to(stage) for stage in range(3)] == pytest.approx([0.0, -0.05, -0.0975])
    assert [rises.move_to(stage) for stage in range(3)] == pytest.approx([0.0, 0.1, 0.21])
    assert Stages(parts=3).move_to(2) == 0.0


@pytest.mark.parametrize(
    ("figures", "message"),
    [
        ({"parts": 13}, "stages: must be from 1 to 12"),
        ({"days": 0}, "days between stages: must be from 1 to 90"),
        ({"move": 0.0005}, "move between stages: must be from 0.1% to 50%"),
    ],
)
def test_a_figure_out_of_range_is_refused(figures, message):
    with pytest.raises(InvalidPlan, match=message):
        Stages(**figures)
