"""The table of crash days: its rows are those of the program, in the document too."""

from __future__ import annotations

from pathlib import Path

import pytest

from hedge_core.hedge.planner import assess
from hedge_core.market.sources.sample import SampleSource
from hedge_core.scenarios.crash import Crash
from hedge_core.scenarios.crash_days import crash_day
from tests.support.scale import SCALE, scaled
from tools.danger_days import COLUMNS, VENUES, Row, document, funded, load_plan
from tools.five_bags import BAGS

DOCUMENT = Path(__file__).parents[2] / "docs" / "dangers.md"


@pytest.mark.parametrize("bag", list(BAGS)[: scaled(1)])
def test_rows_of_the_document_are_those_of_the_program(bag):
    market = SampleSource().snapshot()
    for venue in VENUES:
        assessment = assess(funded(load_plan(BAGS[bag]), venue, market), market)
        row = Row(bag, venue, Crash(assessment, crash_day("2020-03-12")))

        assert len(row.cells) == len(COLUMNS)
        assert f"| {' | '.join(row.cells)} |" in DOCUMENT.read_text()
        assert assessment.market_rally_survived >= 0.25 - 1e-6


def test_each_day_has_a_row_for_every_bag_and_venue_and_cleared_venues_do_not_deleverage():
    lines = [line.strip("| ").split(" | ") for line in DOCUMENT.read_text().splitlines() if line.startswith("| ")]
    body = [cells for cells in lines if cells[0] in BAGS]

    assert len(body) == 3 * len(BAGS) * len(VENUES)
    for cells in body:
        found = dict(zip(COLUMNS, cells, strict=True))
        assert (found["50%"] == "–") == (found["venue"] in ("CME", "Coinbase Derivatives"))
        assert found["venue lost"].startswith("−")


def test_a_bag_that_no_contract_hedges_has_a_row_that_says_so():
    assert Row("Bag", "CME", None).cells[2] == "no contract"
    assert len(Row("Bag", "CME", None).cells) == len(COLUMNS)


@pytest.mark.long
@pytest.mark.skipif(SCALE == 1, reason="takes half a minute: make long")
def test_the_whole_document_is_what_its_command_prints():
    assert DOCUMENT.read_text() == document(SampleSource().snapshot())
