"""Every derivation arrives at the assessment's own number, from the inputs; its words hold the worked example.

By hand, NovaCoin: 10,000 coins at $1 and beta 1.8, 30% accepted: $10,000 × 1.8 × 70% = $12,600; ÷ $200 = 63 contracts.
"""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import HealthCheck, given, settings

from hedge_core import Holding, SampleSource, assess, load_plan
from hedge_core.assessment import HedgeAssessment
from hedge_core.derivations import Derivation, derivations
from hedge_core.pin import pinned_market
from hedge_core.pinning import pin_of
from hedge_core.plan import HedgePlan
from tests.markets import make_market
from tests.strategies import tradable_plans


def by_name(assessment: HedgeAssessment) -> dict[str, Derivation]:
    return {one.name: one for one in derivations(assessment)}


def agrees(assessment: HedgeAssessment) -> None:
    """Every value is the assessment's, and every text can be read."""
    found = by_name(assessment)
    expected = {
        "Bag": assessment.bag_value,
        "To hedge": assessment.hedgeable_value,
        "Hedge ratio": assessment.hedge_ratio,
        "Achieved hedge ratio": assessment.achieved_hedge_ratio,
        "Margin to open": assessment.margin.initial,
        "Survives a rally of": assessment.margin.rally_survived,
        "Carry a month": assessment.costs.carry_a_month if assessment.costs.is_carry_known else None,
        "Costs": assessment.costs.fees,
    }
    for leg in assessment.legs:
        expected[f"Target for {leg.contract.id}"] = leg.target_notional
        expected[f"Contracts of {leg.contract.id}"] = leg.exact_contracts
    assert set(found) == set(expected)
    for name, value in expected.items():
        assert found[name].value == (None if value is None else pytest.approx(value, rel=1e-9, abs=1e-9)), name
    for one in found.values():
        for text in (one.name, one.result, one.formula, *one.steps):
            assert text
            assert not re.search(r"\bnan\b|\binf\b|[1-9]\.\d{9}|e[+-]\d\d", text), text
        assert one.steps


def test_the_worked_example_in_words(examples):
    found = by_name(assess(load_plan(examples / "novacoin.json"), make_market()))

    assert found["Target for My contracts:MICRO-ETH"].steps == ("NOVA: $10,000.00 × 1.8 × 70.0% = $12,600.00",)
    assert found["Contracts of My contracts:MICRO-ETH"].result == "63"
    assert "$12,600.00 ÷ $200.00 = 63.0000" in found["Contracts of My contracts:MICRO-ETH"].steps
    assert found["Hedge ratio"].steps == ("100% − 30.0% = 70.0%",)


@pytest.mark.parametrize("stem", ["altcoin_x", "layer1_bag", "novacoin", "novacoin_as_printed"])
@pytest.mark.parametrize("rounding", ["nearest", "optimal"])
def test_every_example_adds_up(examples, stem, rounding):
    plan = load_plan(examples / f"{stem}.json")

    agrees(assess(plan.with_decisions(rounding=rounding), SampleSource().snapshot()))


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(tradable_plans())
def test_every_plan_adds_up(plan):
    agrees(assess(plan, make_market()))


def test_a_plan_from_a_link_adds_up(examples):
    assessment = assess(load_plan(examples / "layer1_bag.json"), SampleSource().snapshot())

    agrees(assess(assessment.plan, pinned_market(pin_of(assessment))))


def test_an_empty_bag_and_one_that_cannot_be_hedged_have_reasons_too():
    agrees(assess(HedgePlan(), make_market()))
    agrees(assess(HedgePlan(holdings=(Holding(coin="USDC", quantity=5),)), make_market()))


def test_the_check_of_the_rally_balances(examples):
    plan = load_plan(examples / "layer1_bag.json")
    one = by_name(assess(plan, SampleSource().snapshot()))["Survives a rally of"]

    left, kept = (float(re.findall(r"\$([\d,.]+\d)", one.steps[row])[-1].replace(",", "")) for row in (1, 2))
    assert math.isclose(left, kept, abs_tol=0.02)


def test_a_long_bag_is_told_by_its_largest_coins():
    market = SampleSource().snapshot()
    plan = HedgePlan(holdings=tuple(Holding(coin=coin, quantity=10) for coin in market.coins[:20]))

    steps = by_name(assess(plan, market))["Bag"].steps

    assert len(steps) == 8
    assert steps[-1].startswith("and 13 others together: $")
