"""Policy comparison: the guide's argument against the stop-loss, and the case in which it is wrong.

By hand, NovaCoin, $10,000 at beta 1.8 with Ether, $12,600 short, a stop at −8% without costs. Ether closes at −5.6%
(NovaCoin −10.08%: sold at $9,200), then at 0 (bought back): the stop-loss ends at $9,200, the hedge at $10,000.
In a steady fall of Ether to −20% (NovaCoin −36%) the stop-loss keeps $9,200, hold $6,400, the hedge 6,400 + 2,520.
"""

from __future__ import annotations

import numpy as np
import pytest

from hedge_core.errors import InvalidInput
from hedge_core.market.volumes import largest_volume
from hedge_core.plan.plan import CostAssumptions
from hedge_core.scenarios.run import run_scenario
from hedge_core.scenarios.shocks import Shock
from hedge_core.simulation.policy_comparison import (
    BAND,
    PolicySettings,
    compare_policies,
    policies_of,
    policies_on_path,
)
from hedge_core.simulation.setup import prepare
from hedge_core.simulation.simulation import simulate
from tests.scenarios.test_run import hedged_nova
from tests.simulation.test_simulation import hedged
from tests.support.markets import make_market

FREE = PolicySettings(stop_distance=0.08, spot_cost=0.0, slippage=0.0, gap_share=0.0)


def ends(story) -> dict[str, float]:
    return dict(zip(story.labels, story.worth[-1], strict=True))


def test_a_dip_that_recovers_punishes_the_stop_loss_and_not_the_hedge() -> None:
    story = policies_on_path(hedged_nova(), [-0.03, -0.056, -0.03, 0.0], FREE)
    end = ends(story)
    assert end["Stop-loss at −8%"] == pytest.approx(9_200.0)
    assert end["Hedge, left alone"] == pytest.approx(10_000.0)
    assert end["Hold"] == pytest.approx(10_000.0)
    assert story.regretted[story.labels.index("Stop-loss at −8%")] == 1.0


def test_the_stories_say_which_did_better_and_whether_the_stop_was_reached() -> None:
    dip, fall, calm = (
        policies_on_path(hedged_nova(), moves, FREE).sentence
        for moves in ([-0.056, 0.0], [-0.02 * day for day in range(1, 11)], [-0.01, 0.0])
    )
    assert dip == (
        "Here the hedge does better: hedge $0, stop-loss −$800. 1 sale is regretted: the coin ends higher, or was "
        "bought back at a higher price."
    )
    assert fall == "Here the stop-loss does better: hedge −$1,080, stop-loss −$800."
    assert calm.startswith("No stop is triggered, so the stop-loss ends like holding")


def test_a_steady_fall_is_where_the_stop_loss_does_better() -> None:
    end = ends(policies_on_path(hedged_nova(), [-0.02 * day for day in range(1, 11)], FREE))
    assert end["Stop-loss at −8%"] == pytest.approx(9_200.0)
    assert end["Hedge, left alone"] == pytest.approx(6_400.0 + 2_520.0)
    assert end["Hold"] == pytest.approx(6_400.0)
    assert end["Stop-loss at −8%"] > end["Hedge, left alone"] > end["Hold"]


def test_selling_the_hedged_share_beforehand_needs_no_future() -> None:
    end = ends(policies_on_path(hedged_nova(), [-0.1], FREE))
    assert end["Sell 70% now"] == pytest.approx(7_000.0 + 0.82 * 3_000.0)
    assert end["All to stablecoin"] == pytest.approx(10_000.0)


def test_a_story_starts_today_and_has_a_row_a_day() -> None:
    story = policies_on_path(hedged_nova(), [0.1, 0.2], FREE)
    assert story.worth.shape == (3, len(story.labels))
    np.testing.assert_allclose(story.worth[0], 10_000.0)


def test_the_comparison_holds_the_simulated_and_the_real_stretches() -> None:
    comparison = compare_policies(hedged(horizon_days=20), paths=2_000)
    labels = [one.label for one in comparison.simulated]
    assert labels == [one.label for one in comparison.historical]
    assert (comparison.stretches, comparison.independent) == (499 - 19, 499 // 20)
    drawn, real = comparison.simulated[0].end.mean, comparison.historical[0].end.mean
    assert real.error == pytest.approx(comparison.historical[0].end.deviation / (499 // 20) ** 0.5)
    assert real.error > drawn.error
    hold = comparison.simulated[0]
    assert (hold.regret_holding, hold.costs, hold.regretted) == (0.0, 0.0, 0.0)
    assert comparison.simulated[-1].regret_selling == 0.0
    for one in comparison.simulated:
        assert one.lowest_bad <= one.lowest <= 0.0


def test_real_history_is_what_holding_would_have_made() -> None:
    market = make_market(seed=3, days=500)
    comparison = compare_policies(hedged(horizon_days=30), paths=100)
    closes = market.history.of("ETH")
    ends_at = 10_000.0 * (closes[30:] / closes[:-30] - 1.0)
    assert comparison.historical[0].end.mean.value == pytest.approx(float(ends_at.mean()))


def test_a_history_shorter_than_the_horizon_says_nothing_of_it() -> None:
    comparison = compare_policies(hedged(market=make_market(seed=5, days=300), horizon_days=200), paths=100)
    assert comparison.historical == ()


def test_the_hedge_is_the_one_that_is_planned_and_the_band_that_is_set() -> None:
    setup = prepare(hedged())
    labels = [policy.label for policy in policies_of(setup, PolicySettings())]
    assert labels == [
        "Hold",
        "Hedge, left alone",
        f"Hedge, rebalanced at {BAND:.0%}",
        "Stop-loss at −10%",
        "Sell 70% now",
        "All to stablecoin",
    ]


def test_regret_is_what_was_missed_on_average() -> None:
    """Selling all at no cost misses each gain of the bag and no loss: together that is the bag's mean."""
    comparison = compare_policies(hedged(), PolicySettings(spot_cost=0.0), paths=4_000)
    hold, cash = comparison.simulated[0], comparison.simulated[-1]
    assert cash.regret_holding - hold.regret_selling == pytest.approx(hold.end.mean.value, abs=1e-6)


def test_regret_is_the_distance_to_the_better_of_holding_and_selling_for_every_policy() -> None:
    """Holding and selling all regret only each other; a part sold regrets its part of either, without costs."""
    comparison = compare_policies(hedged(), PolicySettings(spot_cost=0.0, share_sold=0.7), paths=4_000)
    hold, left_alone, _, stop, part, cash = comparison.simulated
    assert hold.regret == pytest.approx(hold.regret_selling)
    assert cash.regret == pytest.approx(cash.regret_holding)
    assert part.regret == pytest.approx(0.3 * hold.regret + 0.7 * cash.regret)
    assert left_alone.regret == pytest.approx(part.regret, rel=1e-6)  # its own future without costs
    assert max(stop.regret_holding, stop.regret_selling) <= stop.regret <= stop.regret_holding + stop.regret_selling


def test_chances_of_a_forced_close_are_those_of_the_simulation_and_hedges_regret_no_sales() -> None:
    plan = hedged(collateral=900.0)
    comparison, alone = compare_policies(plan, paths=2_000), simulate(plan, paths=2_000)
    hold, left_alone, rebalanced, *others = comparison.simulated
    assert left_alone.closed == alone.closed
    assert left_alone.closed.value > 0.05
    assert (left_alone.regretted, rebalanced.regretted) == (0.0, 0.0)
    assert all(one.closed is None for one in (hold, *others))
    assert comparison.historical[1].closed.draws == comparison.independent
    assert any(f"On {alone.closed.value:.0%} of the paths" in text for text in comparison.sentences)


def test_selling_coins_slips_by_the_same_law_as_a_future() -> None:
    """$10,000 of Ether: c·σ·√(Q/V) with the largest volume of a contract on Ether; of 70%, times √0.7."""
    costs = CostAssumptions(half_spread_rate=None, depth=None, slippage=0.5)
    setup = prepare(hedged(costs=costs))
    sigma = float(setup.panel.returns[:, setup.bag.columns[0]].std())
    value = setup.bag.value
    rate = 0.5 * sigma * (value / largest_volume("ETH")) ** 0.5
    assert setup.bag.slippage == pytest.approx([rate])
    story = policies_on_path(hedged(costs=costs), [0.0, 0.0])
    sold = dict(zip(story.labels, story.costs, strict=True))
    assert sold["All to stablecoin"] == pytest.approx(value * (0.004 + rate))
    assert sold["Sell 70% now"] == pytest.approx(0.7 * value * (0.004 + rate * 0.7**0.5))
    fall = policies_on_path(hedged(costs=costs), [-0.2])
    price = 0.9 * 0.99 - 0.25 * (0.9 - 0.8)
    assert fall.costs[3] == pytest.approx(value * price * (0.004 + rate))


@pytest.mark.parametrize("moves", [[], [float("nan")], [1e300], [-1.5]])
def test_a_story_of_impossible_moves_is_refused(moves) -> None:
    with pytest.raises(InvalidInput, match="one move per day"):
        policies_on_path(hedged_nova(), moves)


@pytest.mark.parametrize("move", [-0.5, 0.2, 1.0])
@pytest.mark.parametrize("venue", ["Kraken Futures", "Coinbase Derivatives"])
def test_a_story_of_one_day_ends_as_the_scenario_does(move, venue) -> None:
    """After costs, closed accounts included; a scenario has closing costs at today's notional."""
    costs = CostAssumptions(fee_rate=0.0, half_spread_rate=0.0, carry_rate=0.0)
    plan = hedged(contracts=(), costs=costs, venue=venue, quantity=50.0, collateral=40_000.0)
    story = policies_on_path(plan, [move], FREE)
    outcome = run_scenario(plan, Shock(move=move))
    assert outcome.is_liquidated or move < 1.0
    assert story.worth[-1, 1] - story.worth[0, 0] == pytest.approx(outcome.net_after_costs, abs=0.01)


def test_a_liquidated_short_costs_its_collateral_and_its_fees() -> None:
    costs = CostAssumptions(fee_rate=0.001, half_spread_rate=0.0, carry_rate=0.0)
    plan = hedged(contracts=(), costs=costs, venue="Kraken Futures", quantity=50.0, collateral=40_000.0)
    story = policies_on_path(plan, [1.0], FREE)
    notional = plan.legs[0].notional
    assert story.worth[-1, 1] == pytest.approx(200_000 - 40_000 - 0.001 * notional - 0.001 * 2 * notional)


def test_selling_is_praised_only_where_it_is_as_much_as_is_hedged() -> None:
    plan = hedged(collateral=700.0, horizon_days=60)
    praised, different = (
        " ".join(compare_policies(plan, PolicySettings(share_sold=share), paths=2_000).sentences)
        for share in (None, 0.9)
    )
    assert "Selling the share that you hedge" in praised
    assert "Selling the share that you hedge" not in different
