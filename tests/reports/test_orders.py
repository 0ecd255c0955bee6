"""The order ticket, in words and as a table.

By hand: NovaCoin's order is 63 × $200 = $12,600, "Sell short 63 × MICRO-ETH (contracts of 0.1 ETH) on My contracts:
limit 2,000 USD per ETH, good till cancelled; $12,600.00."
"""

from __future__ import annotations

import csv
import io
import re

import pytest
from hypothesis import given, strategies as st

from hedge_core.documents.plan_file import load_plan
from hedge_core.errors import InvalidInput
from hedge_core.hedge.planner import assess
from hedge_core.market.contracts import CustomContract
from hedge_core.market.sources.sample import SampleSource
from hedge_core.plan.bag import Holding
from hedge_core.plan.plan import Decisions, HedgePlan, Overrides
from hedge_core.reports.json import assessment_document
from hedge_core.reports.orders import order_ticket, order_ticket_csv, short_of_wanted
from hedge_core.text import PRACTICE, spreadsheet_safe
from tests.support.markets import make_market
from tests.support.strategies import contract_codes

MARKET = make_market(seed=1)


def rows_of(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


def test_the_order_of_the_worked_example_in_words_and_as_a_table(examples):
    assessment = assess(load_plan(examples / "novacoin.json"), MARKET)

    (order,) = order_ticket(assessment)

    assert order.sentence == (
        "Sell short 63 × MICRO-ETH (contracts of 0.1 ETH) on My contracts: limit 2,000 USD per ETH, "
        "good till cancelled; $12,600.00."
    )
    assert [row[:8] for row in rows_of(order_ticket_csv(assessment))[1:]] == [
        ["action", "quantity", "contract", "venue", "each", "price_usd", "notional_usd", "ends_on"],
        ["Sell short", "63", "MICRO-ETH", "My contracts", "0.1 ETH", "2000", "12600.00", ""],
    ]


def test_the_quantity_is_the_one_that_the_venues_order_form_takes():
    plan = HedgePlan(
        holdings=(Holding(coin="ETH", quantity=10),), decisions=Decisions(risk_accepted=0.685, venue="Kraken Futures")
    )

    (order,) = order_ticket(assess(plan, MARKET))

    assert (order.quantity, order.size, order.notional) == (3.15, "1 ETH", pytest.approx(6_300))


def test_a_stop_order_stands_on_the_ticket_and_one_without_a_price_does_not():
    plan = HedgePlan(
        holdings=(
            Holding(coin="LINK", quantity=10, role="speculative", stop_loss=0.2),
            Holding(coin="UNI", quantity=10, role="speculative"),
        )
    )

    rows = rows_of(order_ticket_csv(assess(plan, MARKET)))

    assert [row[:8] for row in rows[2:]] == [
        ["Sell stop", "10", "LINK", "where you hold it", "1 LINK", "12", "120.00", ""]
    ]


@pytest.mark.parametrize("simulated", [True, False])
def test_a_ticket_on_simulated_prices_is_headed_practice(examples, simulated):
    assessment = assess(load_plan(examples / "novacoin.json"), make_market(simulated=simulated))

    assert (rows_of(order_ticket_csv(assessment))[0] == [PRACTICE]) is simulated
    assert assessment_document(assessment)["market"]["simulated"] is simulated


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=32) | contract_codes)
def test_no_contract_code_whatever_becomes_a_formula_or_a_second_row(code):
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9 ._/$-]{0,31}", code):
        with pytest.raises(InvalidInput, match="cannot be the name of a contract"):
            CustomContract(code=code, underlying="ETH", coins=0.1)
        return
    contract = CustomContract(code=code, underlying="ETH", coins=0.1)
    plan = HedgePlan(holdings=(Holding(coin="ETH", quantity=1),), overrides=Overrides(contracts=(contract,)))

    rows = rows_of(order_ticket_csv(assess(plan, MARKET)))

    assert len(rows) == 3
    assert rows[2][2] == spreadsheet_safe(code)
    assert rows[2][2][:1] not in {"=", "+", "-", "@"}


@pytest.mark.parametrize(("coins", "is_named_by_notice"), [(8, True), (9, False)])
def test_each_count_that_the_collateral_changes_is_named_once_with_the_wanted_one(coins, is_named_by_notice):
    """Of at most eight contracts the notice names each count; of more, the line under the orders does."""
    names = ("BTC", "ETH", "SOL", "XRP", "BNB", "ADA", "DOGE", "AVAX", "LINK")[:coins]
    market = SampleSource().snapshot()
    holdings = tuple(Holding(coin=coin, quantity=20_000.0 / market.price(coin)) for coin in names)
    decisions = Decisions(risk_accepted=0.5, collateral=20_000.0, rounding="optimal")
    limited = assess(HedgePlan(holdings=holdings, decisions=decisions), market)
    notice = next(one.text for one in limited.notices if one.code == "collateral_limits")
    line = short_of_wanted(limited)

    assert limited.is_limited
    assert len(limited.legs) == coins
    assert bool(line) != is_named_by_notice
    for leg in limited.legs:
        opened, wanted = abs(leg.contracts), abs(leg.wanted_contracts)
        if opened != wanted:
            assert f"{leg.contract.code} {opened:,} (wanted {wanted:,})" in (notice if is_named_by_notice else line)
        else:
            assert f"{leg.contract.code} " not in line
    plenty = limited.plan.with_decisions(collateral=1e6)
    assert short_of_wanted(assess(plenty, market)) == ""
