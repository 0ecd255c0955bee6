"""Results as documents: plain values under names that scripts rely on, and nothing that a spreadsheet would run.

By hand: NovaCoin's order is 63 × $200 = $12,600, "Sell short 63 x MICRO-ETH on My contracts (0.1 ETH each), $12,600.00
at $2,000.00 per coin."
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator

import pytest
from hypothesis import assume, given, strategies as st

from hedge_core.documents.plan_file import load_plan
from hedge_core.errors import InvalidInput
from hedge_core.hedge.planner import assess
from hedge_core.market.contracts import CustomContract, catalogue
from hedge_core.plan.bag import Holding
from hedge_core.plan.plan import Decisions, HedgePlan, Overrides
from hedge_core.reports.json import assessment_document, contract_document, scenario_document
from hedge_core.reports.orders import order_ticket, order_ticket_csv
from hedge_core.scenarios.run import run_scenario
from hedge_core.scenarios.shocks import Shock
from hedge_core.text import PRACTICE, spreadsheet_safe
from tests.support.markets import make_market
from tests.support.strategies import contract_codes, shocks, tradable_plans

MARKET = make_market(seed=1)


def rows_of(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


def test_the_order_of_the_worked_example_in_words_and_as_a_table(examples):
    assessment = assess(load_plan(examples / "novacoin.json"), MARKET)

    (order,) = order_ticket(assessment)

    assert order.sentence == (
        "Sell short 63 x MICRO-ETH on My contracts (0.1 ETH each), $12,600.00 at $2,000.00 per coin."
    )
    assert rows_of(order_ticket_csv(assessment))[1:] == [
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

    assert rows[2:] == [["Sell stop", "10", "LINK", "where you hold it", "1 LINK", "12", "120.00", ""]]


@pytest.mark.parametrize("simulated", [True, False])
def test_a_ticket_on_simulated_prices_is_headed_practice(examples, simulated):
    assessment = assess(load_plan(examples / "novacoin.json"), make_market(simulated=simulated))

    assert (rows_of(order_ticket_csv(assessment))[0] == [PRACTICE]) is simulated
    assert assessment_document(assessment)["market"]["simulated"] is simulated


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", '=HYPERLINK("http://x")'])
@pytest.mark.parametrize("before", ["", " ", "\t", "\r", "\n", "\r\n"])
def test_what_a_spreadsheet_would_run_is_put_in_quotes(text, before):
    assert spreadsheet_safe(before + text) == f"'{text}"


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n", "\x0b", "\x0c", "\x85", "\u2028"])
def test_a_text_cannot_begin_a_new_row(end):
    assert spreadsheet_safe(f"MINE{end}=1+1").split() == ["MINE", "=1+1"]
    assert len(spreadsheet_safe(f"MINE{end}=1+1").splitlines()) == 1


@pytest.mark.parametrize("text", ["", "MICRO-ETH", "0.1 ETH", "$100 of ETH", "a=b"])
def test_what_a_spreadsheet_would_not_run_stays_as_it_is(text):
    assert spreadsheet_safe(text) == text


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


def leaves(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        for key, child in value.items():
            assert isinstance(key, str)
            yield from leaves(child)
    elif isinstance(value, list | tuple):
        for child in value:
            yield from leaves(child)
    else:
        yield value


@given(tradable_plans(), shocks())
def test_every_document_is_plain_finite_json(plan, shock):
    assessment = assess(plan, MARKET)
    assume(assessment.legs or shock.of == "proxy")

    for document in (assessment_document(assessment), scenario_document(run_scenario(assessment, shock))):
        assert json.loads(json.dumps(document, allow_nan=False)) == json.loads(json.dumps(document))
        assert all(leaf is None or type(leaf) in {str, int, float, bool} for leaf in leaves(document))


def test_the_names_that_scripts_rely_on_are_there(examples):
    assessment = assess(load_plan(examples / "layer1_bag.json").with_decisions(), make_market_of_the_layer1_bag())
    document = assessment_document(assessment)

    assert {
        "approach",
        "method",
        "rounding",
        "betas",
        "bag_value",
        "hedgeable_value",
        "hedge_ratio",
        "achieved_hedge_ratio",
        "residual_exposure",
        "legs",
        "warnings",
        "market",
    } <= set(document)
    for beta in document["betas"]:
        assert {"coin", "proxy", "value", "standard_error", "interval_to_come", "window", "days"} <= set(beta)
    for leg in document["legs"]:
        assert {
            "contract",
            "underlying",
            "side",
            "contracts",
            "exact_contracts",
            "contract_notional",
            "notional",
        } <= set(leg)
        assert (leg["side"], leg["contracts"] > 0) in {("short", True), ("none", False)}
        assert leg["notional"] == pytest.approx(leg["contracts"] * leg["contract_notional"])
    assert {"source", "as_of", "simulated"} <= set(document["market"])
    assert all(set(warning) == {"code", "text"} for warning in document["warnings"])


def make_market_of_the_layer1_bag():
    prices = {"ETH": 2e3, "BTC": 6e4, "SOL": 150, "AVAX": 30, "NEAR": 5, "ATOM": 4, "APT": 4, "SUI": 2, "INJ": 8}
    return make_market(coins=tuple(prices), prices=prices)


def test_a_scenario_has_the_names_that_scripts_rely_on(examples):
    result = run_scenario(assess(load_plan(examples / "novacoin.json"), MARKET), Shock(move=-0.15, of="bag"))
    document = scenario_document(result)

    assert {
        "bag_pnl",
        "unhedged_pnl",
        "hedge_pnl",
        "net_pnl",
        "net_after_costs",
        "offset",
        "attribution",
    } <= set(document)
    parts = dict(document["attribution"])
    assert parts.pop("total") == pytest.approx(sum(parts.values()))
    assert set(parts) == {"beta", "method", "rounding", "basis", "collateral", "liquidation", "carry", "fees"}


def test_a_row_of_the_catalogue_says_where_it_is_from():
    for contract in catalogue():
        document = contract_document(contract)
        assert document["id"] == f"{document['venue']}:{document['code']}"
        assert document["source"]
        assert document["verified_on"]
