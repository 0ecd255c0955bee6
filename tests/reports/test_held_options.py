"""Options of fills in a scenario: the reserve is paid in before sold calls are closed."""

from __future__ import annotations

from datetime import UTC, datetime

from hedge_core.hedge.planner import assess
from hedge_core.monitoring.filled import as_filled
from hedge_core.plan.bag import Holding
from hedge_core.plan.fills import Fill
from hedge_core.plan.plan import Decisions, HedgePlan
from hedge_core.reports.held_options import held_options_outcome, held_options_sentence
from hedge_core.scenarios.run import run_scenario
from hedge_core.scenarios.shocks import Shock
from tests.support.markets import make_market

CALL = "Deribit:BTC_USDC-27FEB26-66000-C"


def assessment(*, reserve: float = 0.0, sold: bool = True):
    fills = [Fill(at=datetime(2026, 1, 30, tzinfo=UTC), contract=CALL, side="sell", contracts=100, price=900.0)]
    plan = HedgePlan(
        holdings=(Holding(coin="BTC", quantity=1.0),),
        decisions=Decisions(venue="Deribit", collateral=7_000.0, reserve=reserve, horizon_days=10),
    )
    return assess(plan.with_execution(fills=fills if sold else (), payments=()), make_market())


def test_a_rally_closes_sold_calls_unless_the_reserve_is_enough() -> None:
    rally = Shock(move=0.4)
    poor, rich = (assessment(reserve=reserve) for reserve in (0.0, 100_000.0))
    closed, kept = held_options_outcome(poor, rally), held_options_outcome(rich, rally)
    assert closed.outcome.is_closed
    assert not kept.outcome.is_closed
    assert kept.outcome.paid_in > 0.0
    notes = [" ".join(run_scenario(as_filled(one).assessment, rally).notes) for one in (poor, rich)]
    assert "sold options are closed by force" in notes[0]
    assert "sold options are closed by force" not in notes[1]
    assert "make −" in held_options_sentence(poor, closed)


def test_a_plan_without_options_has_no_outcome() -> None:
    assert held_options_outcome(assessment(sold=False), Shock(move=0.1)) is None
