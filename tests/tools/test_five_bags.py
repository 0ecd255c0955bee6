"""The table of five bags: its rows rest on the advice and the frontier of the plan, and on the insurance quote."""

from __future__ import annotations

from pathlib import Path

import pytest

from hedge_core.documents.plan_file import load_plan
from hedge_core.hedge.insurance import insurance_quote
from hedge_core.hedge.planner import assess
from hedge_core.hedge.squeeze import worst_squeeze
from hedge_core.market.sources.sample import SampleSource
from hedge_core.plan.bag import Holding
from hedge_core.plan.plan import Decisions, HedgePlan
from hedge_core.text import usd
from tests.support.markets import PRICES, make_market
from tests.support.scale import SCALE, scaled
from tools.five_bags import BAGS, as_new, document, row

MARKET = make_market()
DOCUMENT = Path(__file__).parents[2] / "docs" / "five-bags.md"


def plan(**decisions):
    holdings = (Holding(coin="ETH", quantity=20_000.0 / PRICES["ETH"]),)
    return HedgePlan(holdings=holdings, decisions=Decisions(horizon_days=10, **decisions))


def test_a_row_is_that_of_the_plan_as_a_new_one_whatever_cash_the_file_states():
    mine, other = (row("A bag", one, MARKET, paths=300) for one in (plan(), plan(collateral=50.0, reserve=9.0)))

    quote = insurance_quote(assess(as_new(plan()), MARKET))
    assert mine.advice == other.advice
    assert mine.result == pytest.approx(-quote.cost)
    paid = 0.04 * (mine.advice.advised.post + mine.advice.advised.reserve) * 10 / 365
    assert mine.with_cash == pytest.approx(mine.result - paid)
    assert [one.rule for one in mine.verdicts] == [
        "The reserve is paid in first",
        "Whole positions are closed, one after the other",
        "Every position is cut by the same share",
        "Everything is closed",
    ]


def test_a_plan_that_sells_nothing_has_no_row():
    with pytest.raises(ValueError, match="sells no contract"):
        row("Nothing", plan(risk_accepted=1.0), MARKET, paths=50)


def test_the_document_has_a_row_of_each_table_for_every_bag(monkeypatch):
    one = row("A bag", plan(), MARKET, paths=100)
    monkeypatch.setattr("tools.five_bags.rows", lambda market: [one] * len(BAGS))

    text = document(MARKET)

    assert text.count("| A bag |") == 3 * len(BAGS)
    assert all(path.is_file() for path in BAGS.values())


@pytest.mark.parametrize("name", list(BAGS)[: scaled(2)])
def test_the_figures_of_the_document_that_need_no_paths_are_those_of_the_program(name):
    plan = load_plan(BAGS[name])
    free = assess(as_new(plan), SampleSource().snapshot())
    squeeze = worst_squeeze(free)

    rows = [line.strip("| ").split(" | ") for line in DOCUMENT.read_text().splitlines() if line.startswith("| ")]
    found = next(cells for cells in rows if cells[0] == name and len(cells) == 9)

    decisions = plan.decisions
    assert found[1:5] == [usd(free.bag_value), decisions.venue, str(decisions.horizon_days), usd(free.margin.initial)]
    assert found[8] == usd(squeeze.most_needed)


@pytest.mark.long
@pytest.mark.skipif(SCALE == 1, reason="takes a minute: make long")
def test_the_whole_document_is_what_its_command_prints():
    assert DOCUMENT.read_text() == document(SampleSource().snapshot())
