"""Frontier: what each hedge ratio leaves and takes.

By hand: $10,000 of Ether hedged with its own future without costs leaves (1 − h) of every loss, and takes h of every
gain; beyond 1 the bag loses when Ether rises.
"""

from __future__ import annotations

import numpy as np
import pytest

from hedge_core.hedge.planner import assess, assess_at
from hedge_core.plan.bag import Holding
from hedge_core.plan.plan import CostAssumptions, Decisions, HedgePlan, Overrides
from hedge_core.simulation.frontier import RATIOS, hedge_frontier, shortfall_terms, verdict
from hedge_core.simulation.simulation import simulate
from tests.simulation.test_simulation import hedged, micro
from tests.support.markets import make_market


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


@pytest.mark.parametrize("rounding", ["optimal", "nearest"])
def test_every_ratio_is_what_the_planner_makes_of_the_plan_with_that_ratio(rounding) -> None:
    """Two coins in one account, the second hedged by others; a ratio above 1 asks for more of everything."""
    plan = assess(
        HedgePlan(
            holdings=(Holding(coin="ETH", quantity=3.0), Holding(coin="LINK", quantity=400.0)),
            decisions=Decisions(risk_accepted=0.5, venue="Coinbase Derivatives", rounding=rounding, collateral=9_000.0),
            overrides=Overrides(costs=CostAssumptions(half_spread_rate=None, depth=None)),
        ),
        make_market(seed=5, days=500, coins=("BTC", "ETH", "SOL", "LINK")),
    )
    frontier = hedge_frontier(plan, ratios=(0.0, 0.3, 1.0, 1.2), paths=100)
    for point in frontier.points:
        if point.ratio <= 1.0:
            alone = assess(plan.plan.with_decisions(risk_accepted=1.0 - point.ratio), plan.market)
            assert point.contracts == tuple((leg.contract.id, leg.lots) for leg in alone.traded_legs)
            assert point.is_funded is not alone.is_limited
            assert point.margin == pytest.approx(alone.margin_wanted.initial)
    full, most = frontier.points[-2:]
    assert sum(count for _, count in most.contracts) > sum(count for _, count in full.contracts)
    beyond = assess_at(plan, 1.2)
    exact = {leg.contract.id: leg.target_notional for leg in assess_at(plan, 1.0).legs}
    assert {leg.contract.id: leg.target_notional for leg in beyond.legs} == pytest.approx(
        {name: 1.2 * target for name, target in exact.items()}
    )


def test_ratios_of_which_none_is_funded_still_make_sentences() -> None:
    plan = hedged(contracts=(micro("ETH", rate=0.5),), collateral=10.0)
    assert hedge_frontier(plan, ratios=(0.5, 1.0), paths=200).sentences


def losses_of(random, *parts) -> np.ndarray:
    """Losses of ratios on the same 4,000 paths: each a share of one common loss, and a loss of its own."""
    common = random.standard_normal(4_000)
    return np.array([share * common + own * random.standard_normal(4_000) for share, own in parts])


def test_expected_shortfall_worked_by_hand() -> None:
    """40 losses of 1 to 40: the worst 5% are 39 and 40, so v = 39 and CVaR = 39.5; the term of 40 is 39 + 1/5%."""
    terms = shortfall_terms(np.arange(1.0, 41.0)[None])
    assert terms.mean() == pytest.approx(39.5)
    assert terms[0, -2:].tolist() == [39.0, 39.0 + 20.0]
    assert terms[0, 0] == 39.0


def test_the_error_of_a_difference_is_that_of_paths_drawn_again_in_pairs() -> None:
    random = np.random.default_rng(8)
    losses = losses_of(random, (1.0, 0.1), (0.9, 0.3))
    terms = shortfall_terms(losses)
    ours = (terms[1] - terms[0]).std() / 4_000**0.5
    again = []
    for _ in range(300):
        drawn = losses[:, random.integers(0, 4_000, 4_000)]
        worst = np.sort(drawn, axis=1)[:, -200:].mean(axis=1)
        again.append(worst[1] - worst[0])
    assert ours == pytest.approx(np.std(again), rel=0.15)


@pytest.mark.parametrize(
    ("parts", "above", "between"),
    [
        (((1.0, 0.0), (0.6, 0.0), (0.4, 0.0)), None, (1.0, 1.0)),
        (((1.0, 0.0), (0.6, 0.1), (0.6, 0.1)), None, (0.5, 1.0)),
        (((1.0, 0.0), (0.6, 0.0), (0.63, 0.0)), 0.5, (0.5, 0.5)),
        (((0.5, 0.1), (0.5, 0.1), (0.7, 0.0)), None, (0.0, 0.5)),
    ],
)
def test_hedging_adds_risk_above_the_least_if_the_last_ratio_is_worse_by_more_than_the_error(
    parts, above, between
) -> None:
    """Shares of one loss differ for certain on the same paths, losses of their own only beyond their error."""
    found = verdict("a rule", (0.0, 0.5, 1.0), losses_of(np.random.default_rng(1), *parts))

    if parts[2] == (0.7, 0.0):
        assert found.adds_risk_above in (0.0, 0.5)
    else:
        assert found.adds_risk_above == above
        assert found.text.startswith(
            "more hedging never adds risk" if above is None else f"it adds risk above {above:.0%}"
        )
    assert found.between == between


def test_the_verdict_names_its_rule_and_shows_the_others() -> None:
    plan = hedged(collateral=900.0, rounding="nearest")
    ratios = (0.0, 0.4, 0.8, 1.2)
    frontier = hedge_frontier(plan, ratios=ratios, paths=1_000)

    assert frontier.rule == plan.breach.rule.title == "Everything is closed"
    assert [one.rule for one in frontier.other_rules] == [
        "Whole positions are closed, one after the other",
        "Every position is cut by the same share",
    ]
    for name, other in zip(("by_position", "reduced"), frontier.other_rules, strict=True):
        alone = hedge_frontier(hedged(collateral=900.0, rounding="nearest", breach=name), ratios=ratios, paths=1_000)
        assert alone.verdict == other
    assert hedge_frontier(hedged(), paths=200).other_rules == ()


def test_rules_without_a_reserve_are_tried_on_ratios_that_the_reserve_keeps_open() -> None:
    """With a reserve that is never used up nothing is closed; without it, the rules of venues are those of a plan."""
    ratios = (0.0, 0.5, 1.0)
    frontier = hedge_frontier(hedged(collateral=1_500.0, reserve=50_000.0, breach=None), ratios=ratios, paths=500)

    assert frontier.rule == "The reserve is paid in first"
    for name, other in zip(("by_position", "reduced", "closed"), frontier.other_rules, strict=True):
        alone = hedge_frontier(hedged(collateral=1_500.0, breach=name), ratios=ratios, paths=500)
        assert alone.verdict == other
