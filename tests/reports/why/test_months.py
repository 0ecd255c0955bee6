"""What is filled can be followed line by line too: opening is paid, and margin is held by today's equity."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from hedge_core import HedgeAssessment, MarketSnapshot, assess, load_plan
from hedge_core.hedge.months import net_by_month
from hedge_core.monitoring.execution import as_proposed
from hedge_core.monitoring.filled import as_filled
from hedge_core.reports.why import derivations
from tests.reports.why.test_why import by_name, check_steps

SHOWN = ("Hedged", "Margin to open", "Survives a rally of", "Carry per month", "Fees over", "Net per month")
"""The figures that a page explains once fills are entered."""


@pytest.fixture
def filled(examples: Path, sample: MarketSnapshot) -> HedgeAssessment:
    """Half of the first three orders of the example, filled a tenth below today's prices."""
    planned = assess(load_plan(examples / "layer1_bag.json"), sample)
    plan = as_proposed(planned, sample.as_of)
    fills = [replace(fill, contracts=fill.contracts // 2, price=fill.price * 0.9) for fill in plan.execution.fills[:3]]
    found = as_filled(assess(replace(plan, execution=replace(plan.execution, fills=tuple(fills))), sample))
    assert found is not None
    return found.assessment


def test_what_is_filled_is_right_on_a_calculator(filled: HedgeAssessment) -> None:
    found = tuple(one for one in derivations(filled) if one.name.startswith(SHOWN))

    assert len(found) == len(SHOWN)
    check_steps(found)
    assert by_name(found, "Hedged").value == pytest.approx(filled.achieved_hedge_ratio)
    assert by_name(found, "Survives").value == pytest.approx(filled.market_rally_survived)
    assert by_name(found, "Fees").value == pytest.approx(filled.costs.fees)
    left = next(step for step in by_name(found, "Margin").steps if step.startswith("Collateral left beyond that"))
    assert filled.margin.collateral is not None
    assert left.endswith(f"= ${filled.margin.collateral - filled.margin.initial:,.2f}")


def test_a_hedge_that_is_open_has_no_first_month(filled: HedgeAssessment) -> None:
    net, found = net_by_month(filled), by_name(derivations(filled), "Net per month")

    assert net is not None
    assert net.first == net.later
    assert found.value == pytest.approx(net.later)
    assert "first month" not in found.result + found.formula
    assert found.steps[-1] == "The hedge is open: opening it is paid, and closing it is in no month"
    assert "first month" in by_name(derivations(assess(filled.plan, filled.market)), "Net per month").result
