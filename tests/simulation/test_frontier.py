"""Frontier: what each hedge ratio leaves and takes.

By hand: $10,000 of Ether hedged with its own future without costs leaves (1 − h) of every loss, and takes h of every
gain; beyond 1 the bag loses when Ether rises.
"""

from __future__ import annotations

import pytest

from hedge_core.plan.plan import CostAssumptions
from hedge_core.simulation.distributions import Figure
from hedge_core.simulation.frontier import RATIOS, hedge_frontier, verdict
from hedge_core.simulation.simulation import simulate
from tests.simulation.test_simulation import hedged, micro


def test_the_frontier_of_a_coin_hedged_with_its_own_future_worked_by_hand() -> None:
    frontier = hedge_frontier(hedged(), paths=2_000)
    bare = frontier.points[0]
    assert [point.ratio for point in frontier.points] == list(RATIOS)
    for point in frontier.points:
        if point.ratio <= 1.0:
            assert point.risk.value == pytest.approx((1 - point.ratio) * bare.risk.value, abs=1e-6)
        gain = simulate(hedged(), paths=2_000).bag_results
        assert point.given_up == pytest.approx(point.ratio * float(gain[gain > 0].mean()), rel=1e-9)
    assert frontier.points[-1].risk.value > 0.0


def test_the_plans_own_ratio_is_marked_and_agrees_with_the_simulation() -> None:
    plan = hedged(risk_accepted=0.35, collateral=2_000.0)
    frontier = hedge_frontier(plan, paths=4_000)
    here, alone = frontier.points[frontier.chosen], simulate(plan, paths=4_000)
    assert here.ratio == 0.65
    assert here.contracts == ((plan.legs[0].contract.id, abs(plan.legs[0].contracts)),)
    assert here.risk.value == pytest.approx(alone.net.expected_shortfall.value)
    assert here.closed == alone.closed


def test_a_plan_that_hedges_nothing_has_a_frontier_too() -> None:
    frontier = hedge_frontier(hedged(risk_accepted=1.0), paths=500)
    assert frontier.chosen == 0
    assert frontier.points[0].contracts == ()
    assert len(frontier.sentences) >= 2


def test_costs_rise_with_the_ratio() -> None:
    costs = CostAssumptions(fee_rate=0.001, half_spread_rate=0.0005, carry_rate=-0.1)
    values = [point.cost for point in hedge_frontier(hedged(costs=costs), paths=500).points]
    assert values == sorted(values)
    assert values[0] == 0.0 < values[-1]


def test_ratios_that_the_collateral_does_not_open_are_marked_and_said() -> None:
    plan = hedged(contracts=(micro("ETH", rate=0.5),), collateral=3_600.0)
    frontier = hedge_frontier(plan, paths=500)
    assert [point.is_funded for point in frontier.points] == [point.ratio <= 0.7 for point in frontier.points]
    assert frontier.points[-1].contracts == (("My contracts:ETH-MICRO", 3_600),)  # $2 × 50% each
    assert frontier.points[-1].margin == pytest.approx(6_000.0)
    assert any("up to 70%" in text for text in frontier.sentences)
    assert any("does not cover" in text for text in frontier.sentences)


def test_the_next_steps_are_told_in_dollars() -> None:
    frontier = hedge_frontier(hedged(), paths=1_000)
    up, down = frontier.points[frontier.chosen + 1], frontier.points[frontier.chosen - 1]
    here = frontier.points[frontier.chosen]
    assert f"${here.risk.value - up.risk.value:,.0f} less lost" in frontier.sentences[1]
    assert f"${down.risk.value - here.risk.value:,.0f} more lost" in frontier.sentences[2]


def test_a_step_within_the_same_whole_contract_changes_nothing_and_says_so() -> None:
    big = micro("ETH")
    plan = hedged(quantity=0.004, contracts=(big,), risk_accepted=0.4)
    texts = hedge_frontier(plan, paths=200).sentences
    assert any("same whole contracts" in text for text in texts)


def test_too_little_collateral_makes_more_hedging_more_dangerous() -> None:
    plan = hedged(contracts=(micro("ETH", rate=0.01),), collateral=700.0, horizon_days=60)
    frontier = hedge_frontier(plan, paths=4_000)
    assert any("adds risk" in text and "liquidated too often" in text for text in frontier.sentences)


def test_the_plans_own_point_is_the_plan_with_real_costs_and_a_large_order() -> None:
    """Slippage grows with the root of the size, so that a third of an order costs less than a third."""
    costs = CostAssumptions(fee_rate=0.001, half_spread_rate=0.0005, carry_rate=0.0)
    plan = hedged(quantity=1_500.0, costs=costs, risk_accepted=0.7)
    frontier = hedge_frontier(plan, paths=500)
    here = frontier.points[frontier.chosen]
    assert here.cost == pytest.approx(plan.costs.fees, rel=0.03)
    assert here.risk.value == pytest.approx(simulate(plan, paths=500).net.expected_shortfall.value)
    assert here.cost < 0.3 * frontier.points[10].cost


def test_the_frontier_speaks_of_the_plans_collateral_and_not_of_that_of_a_full_hedge() -> None:
    plan = hedged(contracts=(micro("ETH", rate=0.5),), collateral=3_600.0)
    assert not any("too small to open" in note for note in hedge_frontier(plan, paths=200).notes)


def test_jointly_rounded_plans_keep_their_own_counts_and_say_how_the_others_are_rounded() -> None:
    plan = hedged(rounding="optimal")
    frontier = hedge_frontier(plan, paths=200)
    counts = dict(frontier.points[frontier.chosen].contracts)
    assert counts == {leg.contract.id: -leg.contracts for leg in plan.legs if leg.contracts}
    assert any("not jointly" in note for note in frontier.notes)


def test_ratios_of_which_none_is_funded_still_make_sentences() -> None:
    plan = hedged(contracts=(micro("ETH", rate=0.5),), collateral=10.0)
    assert hedge_frontier(plan, ratios=(0.5, 1.0), paths=200).sentences


@pytest.mark.parametrize(
    ("risks", "above"),
    [
        ((100.0, 60.0, 40.0), None),
        ((100.0, 60.0, 62.0), None),  # within 2·√(1² + 1²) = 2.83 of the least
        ((100.0, 60.0, 63.0), 0.5),
        ((50.0, 60.0, 63.0), 0.0),
    ],
)
def test_hedging_adds_risk_above_the_least_if_the_last_ratio_is_worse_by_two_standard_errors(risks, above) -> None:
    found = verdict("a rule", (0.0, 0.5, 1.0), [Figure(risk, 1.0) for risk in risks])

    assert found.adds_risk_above == above
    assert found.text == ("more hedging never adds risk" if above is None else f"it adds risk above {above:.0%}")


def test_the_verdict_names_its_rule_and_shows_the_others() -> None:
    plan = hedged(collateral=900.0, rounding="nearest")
    frontier = hedge_frontier(plan, paths=1_000)

    assert frontier.rule == plan.breach.rule.title == "Everything is closed"
    assert [one.rule for one in frontier.other_rules] == [
        "Whole positions are closed, one after the other",
        "Every position is cut by the same share",
    ]
    for name, other in zip(("by_position", "reduced"), frontier.other_rules, strict=True):
        alone = hedge_frontier(hedged(collateral=900.0, rounding="nearest", breach=name), paths=1_000)
        assert alone.verdict == other
    assert hedge_frontier(hedged(), paths=200).other_rules == ()
