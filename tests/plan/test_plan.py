"""The plan: what the user decides.

By hand: whoever accepts 30% of the loss hedges 1 − 0.3 = 0.7, and floating point (which makes it 0.7000000000000001
or 0.6999999999999999 on the way) must not show.
"""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given, strategies as st

from hedge_core.errors import InvalidInput, InvalidPlan
from hedge_core.plan.bag import Holding
from hedge_core.plan.plan import Decisions, HedgePlan, Overrides


@pytest.mark.parametrize(("risk", "ratio"), [(0.3, 0.7), (0.0, 1.0), (1.0, 0.0), (0.9, 0.1), (0.1 + 0.2, 0.7)])
def test_the_hedge_ratio_is_one_less_the_risk_accepted(risk, ratio):
    assert Decisions(risk_accepted=risk).hedge_ratio == ratio


@given(st.floats(0, 1))
def test_the_hedge_ratio_stays_between_nothing_and_everything(risk):
    decisions = Decisions(risk_accepted=risk)

    assert 0.0 <= decisions.hedge_ratio <= 1.0
    assert decisions.hedge_ratio + risk == pytest.approx(1.0, abs=1e-12)


def test_coins_in_overrides_are_read_like_coins_in_the_bag():
    overrides = Overrides(
        prices={" sol ": 1.0}, betas={"sol": 1.2}, proxies={"sol": "eth"}, contract_choice={"eth": "x"}
    )

    assert overrides.prices == {"SOL": 1.0}
    assert overrides.betas == {"SOL": 1.2}
    assert overrides.proxies == {"SOL": "ETH"}
    assert overrides.contract_choice == {"ETH": "x"}


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ({"prices": {"SOL": 0.0}}, "prices of SOL"),
        ({"prices": {"SOL": -1.0}}, "prices of SOL"),
        ({"prices": {"SOL": float("nan")}}, "prices of SOL"),
        ({"prices": {"SOL": float("inf")}}, "prices of SOL"),
        ({"betas": {"SOL": 0.0}}, "betas of SOL"),
        ({"betas": {"SOL": 20.1}}, "betas of SOL"),
        ({"proxies": {"SOL": "not a coin"}}, "'not a coin'"),
        ({"contract_choice": {"<b>": "CME:MET"}}, "'<b>'"),
        ({"prices": {"sol": 1.0, "SOL": 2.0}}, "prices: the same coin is listed twice"),
    ],
)
def test_an_override_that_cannot_be_meant_is_refused_by_name(overrides, words):
    with pytest.raises(InvalidInput, match=words):
        Overrides(**overrides)


def test_a_changed_plan_is_a_new_plan_and_the_old_one_stays():
    plan = HedgePlan(holdings=(Holding(coin="SOL", quantity=1),))

    changed = plan.with_decisions(risk_accepted=0.2).with_overrides(betas={"SOL": 2.0})

    assert (plan.decisions.risk_accepted, plan.overrides.betas) == (0.5, {})
    assert (changed.decisions.risk_accepted, changed.overrides.betas) == (0.2, {"SOL": 2.0})
    assert changed.holdings == plan.holdings
    with pytest.raises(dataclasses.FrozenInstanceError):
        plan.name = "other"  # type: ignore[misc]


def test_the_bag_of_a_plan_adds_rows_of_one_coin_up():
    plan = HedgePlan(holdings=(Holding(coin="SOL", quantity=1), Holding(coin="sol", quantity=2)))

    assert [row.quantity for row in plan.bag.holdings] == [3]


def test_a_fault_in_an_override_is_a_fault_in_a_plan():
    assert issubclass(InvalidPlan, InvalidInput)
