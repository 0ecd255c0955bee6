"""Results as JSON documents: plain, finite values under names that scripts rely on.

By hand: the scenario of the Layer 1 bag names its attribution's terms, and a row of the catalogue names its source.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from hypothesis import assume, given

from hedge_core.documents.plan_file import load_plan
from hedge_core.hedge.planner import assess
from hedge_core.market.contracts import catalogue
from hedge_core.reports.json import assessment_document, contract_document, scenario_document
from hedge_core.scenarios.run import run_scenario
from hedge_core.scenarios.shocks import Shock
from tests.support.markets import make_market
from tests.support.strategies import shocks, tradable_plans

MARKET = make_market(seed=1)


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
    assert set(parts) == {
        "beta",
        "method",
        "rounding",
        "basis",
        "collateral",
        "liquidation",
        "carry",
        "fees",
        "cash",
        "options",
    }


def test_a_row_of_the_catalogue_says_where_it_is_from():
    for contract in catalogue():
        document = contract_document(contract)
        assert document["id"] == f"{document['venue']}:{document['code']}"
        assert document["source"]
        assert document["verified_on"]
