"""Presets: the same what-ifs on pages, on the command line and in the report.

By hand: "A coin is hacked" on a bag of $10,000 LINK and $1,000 UNI takes 60% off LINK alone; the market stands still.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from hedge_core import HedgePlan, Holding, Overrides, SampleSource, assess, run_scenario
from hedge_core.errors import InvalidInput
from hedge_core.scenarios.presets import PRESETS, STILL, largest_coin
from hedge_core.scenarios.stress import stress_windows


@pytest.fixture(scope="module")
def assessment():
    plan = HedgePlan(
        holdings=(
            Holding(coin="LINK", quantity=1_000),
            Holding(coin="UNI", quantity=100),
            Holding(coin="BTC", quantity=1),
        ),
        overrides=Overrides(prices={"LINK": 10.0, "UNI": 10.0}),
    )
    return assess(plan, SampleSource().snapshot())


def test_keys_and_names_are_distinct():
    assert len({one.key for one in PRESETS}) == len({one.name for one in PRESETS}) == len(PRESETS)


@pytest.mark.parametrize("one", PRESETS, ids=lambda one: one.key)
def test_each_preset_can_be_computed_or_names_a_window_that_exists(one, assessment):
    if one.window:
        assert one.window in {window.name for window in stress_windows()}
        assert (one.shock, one.own_move) == (STILL, 0.0)
        return
    own = {largest_coin(assessment): one.own_move} if one.own_move else {}
    result = run_scenario(assessment, replace(one.shock, own_moves=own))
    assert result.bag_pnl != 0.0 or one.key == "funding"


def test_a_hack_hits_the_largest_altcoin_alone(assessment):
    """Bitcoin is worth more, but it is a proxy: the question is about a coin with news of its own."""
    assert largest_coin(assessment) == "LINK"
    hack = next(one for one in PRESETS if one.key == "hack")

    result = run_scenario(assessment, replace(hack.shock, own_moves={"LINK": hack.own_move}))

    assert result.bag_pnl == pytest.approx(-6_000)


def test_an_empty_bag_has_no_largest_coin():
    with pytest.raises(InvalidInput, match="empty"):
        largest_coin(assess(HedgePlan(), SampleSource().snapshot()))
