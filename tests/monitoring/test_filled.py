"""The figures of the executed position: as planned where every order is filled, less where fewer are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from hedge_core import Holding, MarketSnapshot, assess, load_plan
from hedge_core.monitoring.execution import as_proposed
from hedge_core.monitoring.filled import filled_hedge


def test_a_plan_that_is_filled_as_proposed_achieves_what_it_planned(examples: Path, sample: MarketSnapshot) -> None:
    plan = load_plan(examples / "layer1_bag.json")
    planned = assess(plan, sample)
    filled = filled_hedge(assess(as_proposed(planned, sample.as_of), sample))

    assert filled is not None
    assert filled.achieved_hedge_ratio == pytest.approx(planned.achieved_hedge_ratio)
    fees = sum(leg.commission for leg in planned.costs.legs) / 2.0
    assert planned.margin.collateral is not None
    short = planned.collateral_for(filled.rally_survived or 0.0)
    assert short == pytest.approx(planned.margin.collateral - fees, rel=0.01)


def test_half_of_the_only_order_achieves_half_of_the_ratio(examples: Path, sample: MarketSnapshot) -> None:
    planned = assess(load_plan(examples / "novacoin.json"), sample)
    plan = as_proposed(planned, sample.as_of)
    (fill,) = plan.execution.fills
    part = replace(fill, contracts=fill.contracts // 3)
    filled = filled_hedge(assess(replace(plan, execution=replace(plan.execution, fills=(part,))), sample))

    assert filled is not None
    assert filled.achieved_hedge_ratio == pytest.approx(planned.achieved_hedge_ratio / 3)


def test_without_fills_nothing_is_filled_and_a_short_of_another_coin_counts(
    examples: Path, sample: MarketSnapshot
) -> None:
    planned = assess(load_plan(examples / "novacoin.json"), sample)
    assert filled_hedge(planned) is None

    executed = as_proposed(planned, sample.as_of).with_decisions(venue="Coinbase Derivatives")
    other = replace(executed, holdings=(Holding(coin="SOL", quantity=100.0),))
    filled = filled_hedge(assess(other, sample))

    assert filled is not None
    assert filled.achieved_hedge_ratio > 0.0
