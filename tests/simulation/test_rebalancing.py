"""Rebalancing: how soon the count changes, and which band is cheapest.

By hand: a coin that is hedged with its own future asks for the same count whatever happens: the chance is 0. A count
that is one too few today, outside the band, is wrong from the first day on: the chance is 1.
"""

from __future__ import annotations

import pytest

from hedge_core.hedge.planner import assess
from hedge_core.plan.bag import Holding
from hedge_core.plan.plan import CostAssumptions, Decisions, HedgePlan, Overrides
from hedge_core.simulation.distributions import Figure
from hedge_core.simulation.rebalancing import BANDS, BandChoice, BandOutcome, chances_of_change, cheapest_band
from tests.simulation.test_simulation import MARKET, hedged, micro


def on_ether(costs: CostAssumptions, **decisions):
    """NEAR on Ether alone, which drifts apart from it."""
    return assess(
        HedgePlan(
            holdings=(Holding(coin="NEAR", quantity=4_000),),
            decisions=Decisions(**{"risk_accepted": 0.2, "approach": "coin_by_coin", "horizon_days": 90} | decisions),
            overrides=Overrides(proxies={"NEAR": "ETH"}, contracts=(micro("ETH"),), costs=costs),
        ),
        MARKET,
    )


FREE = CostAssumptions(fee_rate=0.0, half_spread_rate=0.0, carry_rate=0.0)


def test_an_own_future_never_asks_for_another_count() -> None:
    plan = hedged()
    held = [-plan.legs[0].contracts]
    assert {day: chance.value for day, chance in chances_of_change(plan, held, band=0.05).items()} == {7: 0.0, 30: 0.0}


def test_a_count_that_is_wrong_today_changes_at_once() -> None:
    plan = hedged()
    chances = chances_of_change(plan, [-plan.legs[0].contracts - 1_000], band=0.05)
    assert [chance.value for chance in chances.values()] == [1.0, 1.0]


def test_the_chance_grows_with_time_and_shrinks_with_the_band() -> None:
    plan = on_ether(FREE)
    held = [-plan.legs[0].contracts]
    narrow, wide = (chances_of_change(plan, held, band=band) for band in (0.05, 0.3))
    assert 0.0 < narrow[7].value < narrow[30].value < 1.0
    assert wide[30].value < narrow[30].value


def test_a_plan_that_rounds_down_is_not_said_to_change_for_its_rounding() -> None:
    plan = hedged(quantity=0.00299, rounding="down")
    assert plan.legs[0].exact_contracts == pytest.approx(2.093)
    assert chances_of_change(plan, [2], band=0.01)[30].value == 0.0


def test_bands_that_cost_nothing_all_cost_nothing() -> None:
    choice = cheapest_band(on_ether(FREE), paths=1_000)
    assert [outcome.band for outcome in choice.outcomes] == list(BANDS)
    assert all(outcome.cost == pytest.approx(0.0) for outcome in choice.outcomes)


def test_dear_trading_asks_for_a_wider_band() -> None:
    costs = CostAssumptions(fee_rate=0.004, half_spread_rate=0.002, carry_rate=0.0)
    choice = cheapest_band(on_ether(costs), paths=4_000)
    spent = [outcome.cost for outcome in choice.outcomes]
    assert spent[0] > spent[3] > spent[-1]
    best = choice.outcomes[choice.cheapest]
    lowest = min(choice.outcomes, key=lambda outcome: outcome.risk.value).risk
    assert best.risk.value <= lowest.value + 2 * lowest.error
    assert best.cost == min(
        outcome.cost for outcome in choice.outcomes if outcome.risk.value <= lowest.value + 2 * lowest.error
    )
    assert f"That saves ${spent[0] - best.cost:,.0f}" in choice.sentence


ALONE = "Leave the number of contracts alone over the next 30 days: rebalancing would not protect measurably better."


@pytest.mark.parametrize(
    ("costs", "cheapest", "said"),
    [
        (
            (100.0, 60.0),
            0,
            "Over the next 30 days it pays to rebalance only when a short is more than 5% off its target.",
        ),
        ((100.0, 60.0), 1, f"{ALONE} That saves $40 compared with rebalancing at 5%."),
        ((100.0, 100.3), 1, f"{ALONE} Rebalancing at 5% would cost the same."),
        ((100.0, 130.0), 1, f"{ALONE} Rebalancing at 5% would cost $30 less but protect less."),
    ],
)
def test_the_choice_in_words(costs, cheapest, said) -> None:
    risk = Figure(0.1, 0.01)
    outcomes = tuple(
        BandOutcome(band=band, risk=risk, cost=cost) for band, cost in zip((0.05, None), costs, strict=True)
    )
    choice = BandChoice(horizon=30, outcomes=outcomes, cheapest=cheapest)
    assert choice.sentence == said
