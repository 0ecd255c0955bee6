"""Execution as proposed.

By hand: the plan shorts 7,000 micro contracts of 0.001 ETH against 5 ETH at $2,000; filled at $2,000 the position has
made nothing but its fees, and its drift is 0.
"""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given, strategies as st

from hedge_core.documents.plan_file import plan_from_json, plan_to_json
from hedge_core.hedge.planner import assess
from hedge_core.monitoring.daily_check import check
from hedge_core.monitoring.execution import as_proposed, noted, without_position
from hedge_core.plan.plan import CostAssumptions, HedgePlan
from tests.simulation.test_simulation import MARKET, hedged
from tests.support.strategies import tradable_plans

MOMENT = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)


def test_a_hedge_opened_as_proposed_has_made_nothing_but_its_fees() -> None:
    plan = hedged(costs=CostAssumptions(fee_rate=0.001, half_spread_rate=0.0, carry_rate=0.0))
    executed = as_proposed(plan, MOMENT)
    report = check(assess(executed, MARKET), now=MOMENT)
    assert report.state is not None
    assert report.state.pnl == pytest.approx(-0.001 * 7_000)
    assert report.drift == pytest.approx(0.0)
    assert report.trades == ()
    assert executed.execution.journal[0].day == date(2026, 1, 31)


def test_a_dated_future_is_filled_at_the_quote_of_its_own_month() -> None:
    plan = hedged(contracts=(), venue="CME", quantity=50.0)
    (fill,) = as_proposed(plan, MOMENT).execution.fills
    assert fill.expiry == date(2026, 2, 27)
    assert fill.price == 2_000.0  # the quoted future ends in March
    assert fill.contracts == -plan.legs[0].contracts


@given(tradable_plans())
def test_every_plan_that_is_executed_as_proposed_can_be_watched_and_kept(plan) -> None:
    assessment = assess(plan, MARKET)
    executed = as_proposed(assessment, MOMENT)
    assert plan_from_json(plan_to_json(executed)) == executed
    report = check(assess(executed, MARKET), now=MOMENT)
    assert report.trades == ()
    assert not [alert for alert in report.alerts if alert.code in ("drift", "long_position", "not_in_plan", "expired")]


def test_the_position_can_be_taken_back_and_the_journal_stays() -> None:
    executed = as_proposed(hedged(), MOMENT)
    cleared = without_position(executed)
    assert cleared.execution.fills == ()
    assert len(cleared.execution.journal) == 1


@given(st.integers(0, 520))
def test_the_journal_is_bounded(entries) -> None:
    plan = HedgePlan()
    for number in range(entries if entries > 490 else 3):
        plan = noted(plan, MOMENT, f"line {number}")
    assert len(plan.execution.journal) <= 500
    assert plan.execution.journal[-1].text.startswith("line")
