"""The report's section on alternatives: only where asked for, with the verdict and a row for each way."""

from __future__ import annotations

from datetime import UTC, datetime

from hedge_core.hedge.planner import assess
from hedge_core.plan.bag import Holding
from hedge_core.plan.plan import Decisions, HedgePlan
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
