"""What has changed since a plan was saved.

`tests/golden/first_edition.json` holds plans as the first edition saved them, and what it computed from them.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from hedge_core import Decisions, HedgePlan, Holding, SampleSource, assess, load_plan
from hedge_core.documents.link.link import Shared, decode, encode
from hedge_core.documents.link.pin import pinned_market
from hedge_core.documents.link.pinning import pin_of
from hedge_core.documents.plan_file import plan_from_json, plan_to_json
from hedge_core.hedge import since_saved
from hedge_core.hedge.since_saved import CODE, DRAWN_DAYS, RULE_CHANGES, RuleChange
from hedge_core.market.contract_history import FIRST_EDITION, ContractFacts, facts_on
from hedge_core.market.contracts import catalogue
from hedge_core.plan.fills import Fill
from hedge_core.plan.plan import EDITION, CostAssumptions, Overrides
from hedge_core.simulation.panel import BOOTSTRAP_DAYS
from tests.support.markets import make_market

ROOT = Path(__file__).parents[2]
FIRST = json.loads((ROOT / "tests" / "golden" / "first_edition.json").read_text(encoding="utf-8"))
DOGE = HedgePlan(
    holdings=(Holding(coin="DOGE", quantity=200_000.0),), decisions=Decisions(risk_accepted=0.3), edition=None
)


@pytest.fixture(scope="module")
def market():
    """The sample market, on which the golden file was computed."""
    return SampleSource().snapshot()


def told(plan, market):
    return [notice.text for notice in assess(plan, market).notices if notice.code == CODE]


def numbers(assessment):
    """What the golden file holds of an assessment; it holds nothing of paths."""
    return {
        "contracts": {leg.contract.id: leg.contracts for leg in assessment.legs},
        "initial_margin": round(assessment.margin.initial, 6),
        "maintenance_margin": round(assessment.margin.maintenance, 6),
        "fees": round(assessment.costs.fees, 6),
    }


@pytest.mark.parametrize("saved", FIRST, ids=[one["plan"]["name"] for one in FIRST])
def test_a_plan_of_the_first_edition_opens_and_tells_of_each_contract_that_changes_its_numbers(saved, market):
    plan = plan_from_json(json.dumps(saved["plan"]))

    assessment = assess(plan, market)
    texts = " ".join(text for text in told(plan, market) if "today's volatility" not in text)

    now = numbers(assessment)
    is_same = all(now[name] == saved[name] for name in now)
    assert bool(texts) != is_same
    if not is_same:
        assert all(leg.contract.id in texts for leg in assessment.traded_legs)


def test_the_golden_plans_have_numbers_that_changed_and_numbers_that_did_not(market):
    same = [numbers(assess(plan_from_json(json.dumps(one["plan"])), market)).items() <= one.items() for one in FIRST]

    assert same.count(True) >= 2
    assert same.count(False) >= 6


def test_the_margin_of_doge_is_told_as_worked_by_hand(market):
    assert told(DOGE, market) == [
        "Changed since this plan was saved by the first edition: Coinbase Derivatives:DOP, margin of a short 92% (was "
        "40%) and fee per side 0.1% and $0.12 per contract (was 0.1%, at least $0.15 per contract)."
    ]


def test_the_notices_are_notes(market):
    assert {n.severity for n in assess(DOGE, market).notices if n.code == CODE} == {"note"}


@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("*.json")), ids=lambda path: path.stem)
def test_an_example_is_of_todays_edition(path):
    assert load_plan(path).edition == EDITION


@pytest.mark.parametrize("edition", [EDITION, EDITION + timedelta(days=400)])
def test_a_plan_of_todays_edition_or_a_later_one_is_told_nothing(edition, market):
    assert told(replace(DOGE, edition=edition), market) == []


def test_a_new_plan_is_of_todays_edition_and_stays_so_in_a_file_and_a_link():
    plan = HedgePlan(holdings=DOGE.holdings)

    assert plan.edition == EDITION
    assert plan_from_json(plan_to_json(plan)) == plan
    assert decode(encode(Shared(plan=plan))).plan == plan


def test_a_plan_that_does_not_state_its_edition_is_of_the_first():
    document = json.loads(plan_to_json(DOGE))
    del document["edition"]

    assert plan_from_json(json.dumps(document)).edition is None
    assert decode((ROOT / "tests" / "golden" / "share-v1-plain.txt").read_text().strip()).plan.edition is None


def test_a_plan_that_is_saved_between_two_changes_is_told_the_date_and_only_the_later_one(market, monkeypatch):
    day, row = date(2026, 11, 28), facts_on(EDITION)["Coinbase Derivatives:DOP"]
    between = {"Coinbase Derivatives:DOP": replace(row, fixed_fee=0.5)}
    monkeypatch.setattr(since_saved, "facts_on", lambda asked: between if asked == day else facts_on(asked))

    assert told(replace(DOGE, edition=day), market) == [
        "Changed since this plan was saved with the rules of 28 Nov 2026: Coinbase Derivatives:DOP, fee per side 0.1% "
        "and $0.12 per contract (was 0.1% and $0.50 per contract)."
    ]


def test_a_fee_that_the_user_set_hides_a_change_of_the_fee(market):
    own_fee = Overrides(costs=CostAssumptions(fee_rate=0.002))

    (text,) = told(replace(DOGE, overrides=own_fee), market)

    assert "margin" in text
    assert "fee" not in text


def test_a_margin_from_the_venues_own_list_hides_a_change_of_the_catalogue(market):
    row = catalogue().get("Coinbase Derivatives:DOP")
    listed = replace(row, initial_margin_rate=0.7, maintenance_margin_rate=0.6, source="the venue's list")

    (text,) = told(DOGE, replace(market, contracts=(listed,)))

    assert "fee" in text
    assert "margin" not in text


@pytest.mark.parametrize(("smallest", "is_told"), [(1_000_000, True), (2, False)])
def test_a_smallest_order_is_told_only_if_the_plan_is_near_it(smallest, is_told, market, monkeypatch):
    now = ContractFacts.of(catalogue().get("Coinbase Derivatives:DOP"))
    then = {"Coinbase Derivatives:DOP": replace(now, minimum_lots=smallest)}
    monkeypatch.setattr(since_saved, "facts_on", lambda day: then)

    assert bool(told(DOGE, market)) is is_told


def test_a_contract_that_left_the_catalogue_is_named(market, monkeypatch):
    old = replace(facts_on(FIRST_EDITION)["Coinbase Derivatives:DOP"], lot=500.0)
    monkeypatch.setattr(
        since_saved, "facts_on", lambda day: {**facts_on(EDITION), "Coinbase Derivatives:DOL": old, "CME:DOL": old}
    )

    assert told(DOGE, market) == [
        "Changed since this plan was saved by the first edition: Coinbase Derivatives:DOL has left the catalogue."
    ]


def test_a_pinned_plan_is_told_nothing_because_its_numbers_are_those_of_then(market):
    golden = decode((ROOT / "tests" / "golden" / "share-v1-pinned.txt").read_text().strip())
    assert golden.pin is not None
    assert golden.plan.edition is None
    assert told(golden.plan, pinned_market(golden.pin)) == []

    assert told(DOGE, pinned_market(pin_of(assess(DOGE, market)))) == []


def test_a_change_of_a_rule_is_told_to_the_plans_that_it_concerns(market, monkeypatch):
    change = RuleChange(EDITION, "lots are counted in dozens", lambda assessment: assessment.plan.name == "baker")
    monkeypatch.setattr(since_saved, "RULE_CHANGES", (change,))

    said = "Changed since this plan was saved by the first edition: lots are counted in dozens."
    assert said in told(replace(DOGE, name="baker"), market)
    assert said not in told(DOGE, market)
    assert said not in told(replace(DOGE, name="baker", edition=EDITION), market)


def test_more_than_six_contracts_rounded_together_are_told(market):
    """The first edition rounded them one by one."""
    coins = ("BTC", "ETH", "SOL", "XRP", "DOGE", "ADA", "AVAX")
    holdings = tuple(Holding(coin=coin, quantity=40_000.0 / market.price(coin)) for coin in coins)
    plan = HedgePlan(holdings=holdings, decisions=Decisions(risk_accepted=0.0, rounding="optimal"), edition=None)
    few = replace(plan, holdings=holdings[:6])

    def of_rounding(texts):
        return [text for text in texts if "rounded together" in text]

    assert len(of_rounding(told(plan, market))) == 1
    assert of_rounding(told(few, market)) == []
    assert of_rounding(told(plan.with_decisions(rounding="nearest"), market)) == []


def test_a_basket_is_told_to_the_plans_that_have_one(market):
    """The first edition sold 98 MET and 7 MSL for the plan at CME, and today's basket is another one."""
    saved = {one["plan"]["name"]: plan_from_json(json.dumps(one["plan"])) for one in FIRST}

    def of_basket(plan):
        return [text for text in told(plan, market) if "a basket of the venue's contracts" in text]

    assert len(of_basket(saved["CME"])) == 1
    assert of_basket(saved["CME"].with_decisions(approach="bag_level")) == []
    assert of_basket(saved["own futures at Coinbase"]) == []


@pytest.mark.parametrize(("usd", "is_told"), [(2_000.0, True), (1_000_000.0, False)])
def test_smaller_lots_are_told_to_the_plans_that_are_sold_in_them(market, usd, is_told):
    """CME lists Bitcoin in lots of 0.1 and of 0.01; the first edition always sold the larger ones."""
    holding = Holding(coin="BTC", quantity=usd / market.price("BTC"))
    plan = HedgePlan(holdings=(holding,), decisions=Decisions(venue="CME", risk_accepted=0.0), edition=None)

    assert any("smallest lots of that coin" in text for text in told(plan, market)) is is_told


def test_no_change_of_a_rule_is_newer_than_the_edition():
    days = [change.changed_on for change in RULE_CHANGES]

    assert days == sorted(days)
    assert days[-1] <= EDITION, "raise EDITION in hedge_core/plan/plan.py"


@pytest.mark.parametrize(
    ("collateral", "days", "is_told"), [(9_000.0, 400, True), (None, 400, False), (9e3, 200, False)]
)
def test_a_plan_whose_margin_is_tried_on_real_days_is_told_of_todays_volatility(collateral, days, is_told):
    plan = DOGE.with_decisions(collateral=collateral)
    there = make_market(days=days, coins=("BTC", "ETH", "SOL", "DOGE"))

    assert any("at today's volatility" in text for text in told(plan, there)) is is_told
    assert DRAWN_DAYS == BOOTSTRAP_DAYS


FILLED = "what your fills hold"
BESIDE = "shorts that the plan does not sell"
APART = "shorts at several venues"


@pytest.mark.parametrize(
    ("fills", "expected"),
    [
        ((), set()),
        ((("Coinbase Derivatives:DOP", "sell", 10),), {FILLED}),
        ((("OKX:ETH-USDT-SWAP", "sell", 10),), {FILLED, BESIDE}),
        ((("Coinbase Derivatives:DOP", "sell", 10), ("OKX:ETH-USDT-SWAP", "sell", 10)), {FILLED, BESIDE, APART}),
        ((("OKX:ETH-USDT-SWAP", "sell", 10), ("OKX:ETH-USDT-SWAP", "buy", 10)), set()),
        ((("Deribit:ETH_USDC-25DEC26-2800-P", "buy", 10),), set()),
    ],
)
def test_what_is_new_about_fills_is_told_to_the_plans_with_such_fills(market, fills, expected):
    at = market.as_of - timedelta(days=2)
    entered = tuple(Fill(at=at, contract=name, side=side, contracts=lots, price=1.0) for name, side, lots in fills)
    texts = told(DOGE.with_execution(fills=entered), market)
    assert {words for words in (FILLED, BESIDE, APART) if any(words in text for text in texts)} == expected
