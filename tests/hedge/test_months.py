"""The net amount per month, by hand and from the parts of each leg."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from hedge_core import HedgePlan, Holding, MarketSnapshot, assess, load_plan
from hedge_core.hedge.months import NetByMonth, net_by_month, roll_after_horizon, uncounted_roll
from hedge_core.reports.answer import answer


def test_half_of_the_fees_for_opening_and_closing_falls_into_the_first_month(
    examples: Path, sample: MarketSnapshot
) -> None:
    """Over 60 days a leg earns 240 and costs 30 for two rolls; 24 are fees and 6 spread, both for two sides.

    Per month: (240 − 30) / 2 = 105; opening costs (24 + 6) / 2 = 15, so that the first month nets 90.
    """
    result = assess(load_plan(examples / "novacoin.json"), sample)
    (leg,) = result.costs.legs
    leg = replace(leg, carry=240.0, roll_cost=30.0, commission=24.0, spread=6.0)
    result = replace(result, costs=replace(result.costs, horizon_days=60, legs=(leg,)))

    assert result.cash_cost == 0.0
    assert net_by_month(result) == NetByMonth(first=90.0, later=105.0)


def test_the_cost_of_cash_is_taken_off_every_month(examples: Path, sample: MarketSnapshot) -> None:
    plan = load_plan(examples / "layer1_bag.json").with_decisions(
        horizon_days=90, collateral=20_000.0, reserve=10_000.0
    )
    free = net_by_month(assess(plan, sample))
    costly = net_by_month(assess(plan.with_overrides(costs=replace(plan.overrides.costs, cash_rate=0.04)), sample))

    assert free is not None
    assert costly is not None
    assert free.later - costly.later == pytest.approx(30_000.0 * 0.04 * 30 / 365)
    assert free.first - costly.first == pytest.approx(30_000.0 * 0.04 * 30 / 365)


def test_an_unknown_carry_leaves_the_month_unknown_and_no_short_nets_nothing(
    examples: Path, sample: MarketSnapshot
) -> None:
    result = assess(load_plan(examples / "novacoin.json"), sample)
    unknown = replace(result.costs.legs[0], carry=None, carry_rate=None)

    assert net_by_month(replace(result, costs=replace(result.costs, legs=(unknown,)))) is None
    assert net_by_month(assess(HedgePlan(), sample)) == NetByMonth(0.0, 0.0)


def test_a_roll_beyond_the_horizon_is_said_beside_the_months_with_what_it_costs(sample: MarketSnapshot) -> None:
    """The December future is rolled on 17 December: within 60 days, not within 30. A roll is two sides, too."""
    bag = HedgePlan(holdings=(Holding(coin="ETH", quantity=4.0),))
    short, long = (
        assess(bag.with_decisions(venue="CME", horizon_days=days, risk_accepted=0.0), sample) for days in (30, 60)
    )
    (leg,) = short.costs.legs
    assert (leg.roll_days, leg.roll_cost) == ((), 0.0)
    assert leg.held_until is not None

    assert roll_after_horizon(short) == leg.commission + leg.spread
    assert roll_after_horizon(short) == pytest.approx(long.costs.legs[0].roll_cost, rel=0.05)
    assert uncounted_roll(short) == (
        f"No roll falls within 30 days, so none is counted; one costs about ${roll_after_horizon(short):,.0f}."
    )
    assert answer(short).months.endswith(" before rolls.")
    assert (roll_after_horizon(long), uncounted_roll(long)) == (0.0, "")
    assert "before rolls" not in answer(long).months


def test_a_perpetual_is_never_rolled(sample: MarketSnapshot) -> None:
    plan = HedgePlan(holdings=(Holding(coin="ETH", quantity=4.0),))
    assert uncounted_roll(assess(plan, sample)) == ""
