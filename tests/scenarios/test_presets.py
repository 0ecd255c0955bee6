"""Presets: the same what-ifs on pages, on the command line and in the report.

By hand: "A coin is hacked" on a bag of $10,000 LINK and $1,000 UNI takes 60% off LINK alone; the market stands still.
"""

from __future__ import annotations

import pytest

from hedge_core import HedgePlan, Holding, Overrides, SampleSource, Shock, assess, run_scenario
from hedge_core.errors import InvalidInput
from hedge_core.scenarios.presets import PRESETS, largest_coin, preset
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
def test_each_preset_can_be_worked_out_or_names_a_window_that_there_is(one, assessment):
    if one.window:
        assert one.window in {window.name for window in stress_windows()}
        with pytest.raises(InvalidInput, match="replays a past crash"):
            one.shock_for(assessment)
        return
    result = run_scenario(assessment, one.shock_for(assessment))
    assert result.bag_pnl != 0.0 or one.key == "funding"


def test_a_hack_hits_the_largest_altcoin_alone(assessment):
    """Bitcoin is worth more, and is a proxy: the question is about a coin with news of its own."""
    assert largest_coin(assessment) == "LINK"
    shock = preset("hack").shock_for(assessment)

    assert shock == Shock(move=0.0, own_moves={"LINK": -0.6})
    assert run_scenario(assessment, shock).bag_pnl == pytest.approx(-6_000)


def test_an_unknown_preset_is_refused_with_those_that_there_are():
    with pytest.raises(InvalidInput, match=r"no preset 'moon'.*correction, crash"):
        preset("moon")


def test_an_empty_bag_has_no_largest_coin():
    with pytest.raises(InvalidInput, match="empty"):
        largest_coin(assess(HedgePlan(), SampleSource().snapshot()))
