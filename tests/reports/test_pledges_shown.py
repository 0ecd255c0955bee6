"""What reports say of pledged coins: JSON, ticket, report, workbook, the answer and why a number is what it is.

By hand: 300 AVAX at $30, of which OKX counts 90%, is $9,000 that counts for $8,100.
"""

from __future__ import annotations

import io

import pytest

from hedge_core.cli.text import assessment_text
from hedge_core.hedge.planner import assess
from hedge_core.plan.plan import Pledge
from hedge_core.reports.excel import workbook
from hedge_core.reports.html.hedge import margin_sentence
from hedge_core.reports.json import assessment_document
from hedge_core.reports.ticket.tickets import opening_ticket, top_up, with_funding
from hedge_core.reports.why import derivations
from tests.hedge.test_pledged_coins import MARKET, planned

COUNTED = "AVAX worth $9,000 for $8,100"


@pytest.fixture(scope="module")
def backed():
    return assess(planned({"AVAX": Pledge()}, collateral=500.0, rounding="nearest"), MARKET)


@pytest.fixture(scope="module")
def plain():
    return assess(planned(collateral=500.0, rounding="nearest"), MARKET)


def test_json_lists_the_coins_and_nothing_without_any(backed, plain):
    (one,) = assessment_document(backed)["margin"]["pledged"]

    assert (one["coin"], one["value"], one["counted"]) == ("AVAX", pytest.approx(9_000.0), pytest.approx(8_100.0))
    assert assessment_document(plain)["margin"]["pledged"] == []


def test_texts_name_the_coins_and_say_nothing_without_any(backed, plain):
    def texts(found):
        ticket = with_funding(found, opening_ticket(found))
        return [assessment_text(found), margin_sentence(found), " ".join(ticket.notes)]

    assert all(COUNTED in text for text in texts(backed))
    assert not any("count as margin besides" in text for text in texts(plain))


def test_a_top_up_is_due_later_with_pledged_coins(backed, plain):
    assert top_up(plain) is not None
    found = top_up(backed)
    assert found is None or found.rise > top_up(plain).rise


def test_the_rally_is_derived_from_cash_and_coins(backed):
    found = next(one for one in derivations(backed) if one.name == "Survives a rally of")

    assert found.value == backed.market_rally_survived
    assert any("AVAX as margin: $9,000.00 × 90% = $8,100.00" in step for step in found.steps)
    assert any("Collateral: $500.00 + $8,100.00 = $8,600.00" in step for step in found.steps)


def test_the_workbook_has_a_column_only_for_a_plan_with_pledges(backed, plain):
    import openpyxl

    def titles(found):
        sheet = openpyxl.load_workbook(io.BytesIO(workbook(found)))["Bag"]
        return [str(cell.value) for row in sheet.iter_rows() for cell in row]

    assert "Counts as margin, USD" in titles(backed)
    assert "Counts as margin, USD" not in titles(plain)


def test_what_the_full_hedge_needs_is_told_apart_from_what_the_coins_count_for():
    """Two thirds of the coins are pledged, and no cash is enough for all of it in a rally of 100%."""
    found = assess(planned({"AVAX": Pledge(share=0.2)}, collateral=500.0, rally=1.0), MARKET)

    (said,) = (notice.text for notice in found.notices if notice.code == "collateral_limits")
    needed = f"The full hedge needs ${found.cash_for_wanted:,.0f} of collateral besides"
    assert found.is_limited
    assert said.endswith(f"{needed}.")
    assert f"{needed} to open and to survive a rally of 100%; this is what your collateral opens." in (
        margin_sentence(found)
    )
