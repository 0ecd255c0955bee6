"""The six steps: what each needs, and when it has it; what was changed, by its name."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from hedge_core import Holding, assess
from hedge_core.hedge.plan_progress import STEPS, progress
from hedge_core.monitoring.execution import as_proposed
from hedge_core.plan.changes import change_between
from hedge_core.plan.plan import Decisions, HedgePlan, JournalEntry, Overrides
from hedge_core.plan.rules import FallReached
from hedge_core.plan.schema import fields_of
from tests.support.markets import make_market

MARKET = make_market(simulated=False)
PLAN = HedgePlan(holdings=(Holding(coin="ETH", quantity=10), Holding(coin="LINK", quantity=500)))


def missing(plan, market=MARKET, seen=()):
    return {step.name: step.missing for step in progress(plan, assess(plan, market), seen)}


def test_without_a_bag_every_step_is_open():
    steps = progress(HedgePlan(), None)

    assert [step.name for step in steps] == list(STEPS)
    assert not any(step.is_done for step in steps)
    assert steps[0].missing == "Enter what you hold."


def test_a_bag_alone_needs_collateral_a_look_and_rules():
    found = missing(PLAN)

    assert [name for name, text in found.items() if text] == ["risk", "scenarios", "monitor"]
    assert "Enter the cash you would post" in found["risk"]
    assert "Add one rule for a fall and one for no fall." in found["monitor"]


def test_a_plan_carried_through_is_done_in_all_steps():
    plan = PLAN.with_decisions(collateral=50_000.0).with_watch(exit_rules=(FallReached(fall=0.3),))
    after = assess(as_proposed(assess(plan, MARKET), datetime(2026, 11, 1, tzinfo=UTC)), MARKET)

    steps = progress(after.plan, after, {"scenarios"})

    assert {step.name: step.missing for step in steps if step.missing} == {}


def test_collateral_that_does_not_open_the_hedge_is_no_collateral():
    assert (
        "Your cash opens only part of the hedge: all of it needs $7,098."
        in missing(PLAN.with_decisions(collateral=1.0))["risk"]
    )


def test_a_stablecoin_alone_is_a_bag_with_nothing_to_hedge():
    found = missing(HedgePlan(holdings=(Holding(coin="USDC", quantity=100),)))

    assert "None of your coins can be hedged" in found["bag"]
    assert "no whole contract" in found["size"]


def test_a_bag_of_ones_own_on_simulated_prices_gives_orders_for_practice_only():
    assert "practice" in missing(PLAN, make_market(simulated=True))["size"]
    assert missing(replace(PLAN, is_example=True), make_market(simulated=True))["size"] == ""


def test_no_risk_to_hedge_needs_no_contract():
    assert missing(PLAN.with_decisions(risk_accepted=1.0))["size"] == ""


@pytest.mark.parametrize(
    ("after", "name"),
    [
        (PLAN, ""),
        (PLAN.with_decisions(risk_accepted=0.2), "loss accepted"),
        (PLAN.with_decisions(risk_accepted=0.2, horizon_days=9), "several changes"),
        (replace(PLAN, holdings=PLAN.holdings[:1], name="Other", market="kraken"), "the bag"),
        (replace(PLAN, overrides=Overrides(betas={"LINK": 1.5})), "own beta"),
        (replace(PLAN, market="kraken"), "price source"),
        (PLAN.with_watch(exit_rules=(FallReached(fall=0.3),)), "monitoring"),
        (PLAN.with_execution(journal=(JournalEntry(day=date(2026, 1, 1), text="x"),)), "fills and journal"),
        (PLAN.with_decisions(collateral=1.0).with_watch(exit_rules=(FallReached(fall=0.3),)), "several changes"),
        (replace(PLAN, notes="a note"), "the plan"),
    ],
)
def test_a_change_is_called_by_its_name(after, name):
    assert change_between(PLAN, after) == name


def test_every_decision_and_every_override_has_a_name():
    for part in (Decisions, Overrides):
        labels = [field.about.label for field in fields_of(part)]
        assert all(labels)
        assert len(set(labels)) == len(labels)
