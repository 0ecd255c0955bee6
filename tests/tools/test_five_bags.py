"""The table of five bags: its rows rest on the advice and the frontier of the plan, and on the insurance quote."""

from __future__ import annotations

import pytest

from hedge_core.hedge.insurance import insurance_quote
from hedge_core.hedge.planner import assess
from hedge_core.plan.bag import Holding
from hedge_core.plan.plan import Decisions, HedgePlan
from tests.support.markets import PRICES, make_market
from tools.five_bags import BAGS, as_new, document, row

MARKET = make_market()


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
