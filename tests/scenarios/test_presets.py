"""Presets: the same what-ifs on pages, on the command line and in the report.

By hand: "A coin is hacked" on a bag of $10,000 LINK and $1,000 UNI takes 60% off LINK alone; the market stands still.
"""

from __future__ import annotations

import pytest

from hedge_core import HedgePlan, Holding, Overrides, SampleSource, assess, run_scenario
from hedge_core.documents.link.pin import pinned_market
from hedge_core.documents.link.pinning import pin_of
from hedge_core.errors import InvalidInput
from hedge_core.reports.json import stress_document
from hedge_core.scenarios.presets import PRESETS, STILL, largest_coin, preset_named, run_presets
from hedge_core.scenarios.shocks import Shock
from hedge_core.scenarios.stress import run_stress, stress_betas_of, stress_windows


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
    result = run_scenario(assessment, one.shock_on(assessment))
    assert result.bag_pnl != 0.0 or one.key == "funding" or (one.key == "leg_outruns" and result.hedge_pnl < 0.0)


def test_a_past_crash_as_a_preset_gives_what_its_replay_gives(assessment):
    replayed = {result.window.name: result for result in run_stress(assessment)}
    for preset, result in run_presets(assessment):
        if preset.window:
            assert result.bag_pnl == replayed[preset.window].bag_pnl
            assert result.hedge_pnl == replayed[preset.window].hedge_pnl


def test_all_presets_are_run_in_their_order_except_those_that_do_not_apply(assessment):
    empty = assess(HedgePlan(), SampleSource().snapshot())

    assert [preset for preset, _ in run_presets(assessment)] == list(PRESETS)
    assert {"correction", "hack"}.isdisjoint(preset.key for preset, _ in run_presets(empty))


def test_an_unknown_preset_is_named_with_those_that_exist():
    assert preset_named("hack").own_move == -0.6
    with pytest.raises(InvalidInput, match=r"no preset 'hax'.*correction, crash"):
        preset_named("hax")


def test_a_hack_hits_the_largest_altcoin_alone(assessment):
    """Bitcoin is worth more, but it is a proxy: the question is about a coin with news of its own."""
    assert largest_coin(assessment) == "LINK"
    result = run_scenario(assessment, preset_named("hack").shock_on(assessment))

    assert result.bag_pnl == pytest.approx(-6_000)


def test_an_empty_bag_has_no_largest_coin():
    with pytest.raises(InvalidInput, match="empty"):
        largest_coin(assess(HedgePlan(), SampleSource().snapshot()))


def test_a_fall_as_on_the_worst_days_moves_every_coin_by_its_stress_beta(assessment):
    known = stress_betas_of(assessment)
    result = run_scenario(assessment, preset_named("worst_days").shock_on(assessment))

    expected = 0.0
    for held in assessment.held_coins:
        beta = float(known.betas[known.coins.index(held.moves_with)])
        expected += held.value * max(-0.25 * beta, -1.0)
    assert result.bag_pnl == pytest.approx(expected)
    assert result.bag_pnl != pytest.approx(run_scenario(assessment, Shock(move=-0.25, of="market")).bag_pnl)


def test_a_link_does_not_hold_how_coins_move_on_the_worst_days(assessment):
    pinned = assess(assessment.plan, pinned_market(pin_of(assessment)))

    with pytest.raises(InvalidInput, match="a link does not hold it"):
        preset_named("worst_days").shock_on(pinned)
    assert "worst_days" not in {preset.key for preset, _ in run_presets(pinned)}


def test_json_of_past_crashes_has_the_stress_betas(assessment):
    rows = stress_document(assessment, run_stress(assessment))["stress_betas"]

    known = stress_betas_of(assessment)
    assert [row["coin"] for row in rows] == list(known.coins)
    assert [row["stress_beta"] for row in rows] == known.betas.tolist()
    assert {row["coin"]: row["market_beta"] for row in rows}["LINK"] == assessment.market_betas.of("LINK")
