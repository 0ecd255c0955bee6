"""The report's section on alternatives: only where asked for, with the verdict and a row for each way."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from hedge_core.hedge.planner import assess
from hedge_core.plan.bag import Holding
from hedge_core.plan.plan import Decisions, HedgePlan
from hedge_core.reports.alternatives import reading
from hedge_core.reports.html.page import report_html
from hedge_core.simulation.alternatives import compare_alternatives
from tests.support.html_document import Document
from tests.support.markets import make_market

MADE_AT = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
TITLE = "Puts, collars, a stop-loss or selling instead"


def test_the_section_holds_the_verdict_and_every_way_and_is_left_out_otherwise() -> None:
    plan = HedgePlan(
        holdings=(Holding(coin="ETH", quantity=10.0),),
        decisions=Decisions(venue="OKX", collateral=20_000.0, horizon_days=20),
    )
    assessment = assess(plan, make_market())
    found = compare_alternatives(assessment, paths=200)

    page = Document(report_html(assessment, made_at=MADE_AT, alternatives=found))
    without = report_html(assessment, made_at=MADE_AT)

    text = " ".join(page.words.replace("\u00a0", " ").split())
    assert TITLE in text
    assert found.verdict in text.replace("\u2060", "")
    assert all(way.label in text for way in found.ways)
    assert TITLE not in without


def test_the_cost_of_cash_is_said_to_be_taken_off_where_cash_costs_something() -> None:
    """4% per year on $20,000 for 20 days is $44; fees of opening tie up a little more."""
    plan = HedgePlan(
        holdings=(Holding(coin="ETH", quantity=10.0),),
        decisions=Decisions(venue="OKX", collateral=20_000.0, horizon_days=20),
    )
    costly = plan.with_overrides(costs=replace(plan.overrides.costs, cash_rate=0.04))
    found, free = (compare_alternatives(assess(one, make_market()), paths=200) for one in (costly, plan))
    own, same = (next(way for way in one.ways if way.is_own) for one in (found, free))

    assert same.end.mean.value - own.end.mean.value == pytest.approx(20_000.0 * 0.04 * 20 / 365, rel=0.001)
    assert "less what the cash of each way could have earned elsewhere" in reading(found)[0]
    assert "elsewhere" not in reading(free)[0]
