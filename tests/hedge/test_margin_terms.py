"""Margin rates of this customer: the least that the law asks where the holder lives, then what the user states.

A retail client in the European Union who shorts BIP: the venue asks 30.64% to open and to keep, the law 50% to open and
a close-out at half of that, 25%. So 50% of the notional opens it, and 30.64% keeps it.
"""

from __future__ import annotations

import pytest

from hedge_core import Decisions, HedgePlan, Holding, assess
from hedge_core.hedge.contract_choice import known_contracts
from hedge_core.hedge.margin_terms import with_margin_terms
from hedge_core.market.contracts import catalogue
from hedge_core.plan.plan import Overrides, OwnMargin
from tests.support.markets import make_market

MARKET = make_market(seed=1, days=500)


def rates(known, contract_id):
    contract = known.get(contract_id)
    return contract.initial_margin_rate, contract.maintenance_margin_rate


def test_european_law_raises_the_margin_of_perpetuals_to_half_and_a_quarter():
    known = with_margin_terms(catalogue(), "eu_retail", {})

    assert rates(known, "Coinbase Derivatives:BIP") == (0.5, 0.3064)
    assert rates(known, "Coinbase Derivatives:DOP") == (0.92, 0.92)
    assert rates(known, "OKX:BTC-USDT-SWAP") == (0.5, 0.25)
    assert {
        (t.initial_rate >= 0.5, t.maintenance_rate >= 0.25) for t in known.get("OKX:BTC-USDT-SWAP").margin_tiers
    } == {(True, True)}


def test_european_law_leaves_dated_futures_and_unknown_margins_alone():
    known = with_margin_terms(catalogue(), "eu_retail", {})

    assert known.get("CME:MBT") == catalogue().get("CME:MBT")
    assert rates(known, "Coinbase Derivatives:XPP") == (None, None)


@pytest.mark.parametrize("residence", ["not_stated", "us", "singapore", "elsewhere"])
def test_other_places_change_no_margin(residence):
    assert with_margin_terms(catalogue(), residence, {}).by_id == catalogue().by_id


def test_what_the_user_states_comes_before_everything_else():
    own = {
        "Coinbase Derivatives:BIP": OwnMargin(initial=0.2, maintenance=0.1),
        "OKX:BTC-USDT-SWAP": OwnMargin(initial=0.01, maintenance=0.3),
    }

    known = with_margin_terms(catalogue(), "eu_retail", own)

    assert rates(known, "Coinbase Derivatives:BIP") == (0.2, 0.1)
    assert rates(known, "OKX:BTC-USDT-SWAP") == (0.3, 0.3), "to open at least what keeps it"
    assert known.get("OKX:BTC-USDT-SWAP").margin_tiers == ()
    assert not known.get("OKX:BTC-USDT-SWAP").margin_is_assumed


def plan_of(**changes):
    return HedgePlan(
        holdings=(Holding(coin="BTC", quantity=2.0),),
        decisions=Decisions(risk_accepted=0.5, collateral=100_000.0),
        **changes,
    )


def test_the_plan_needs_the_raised_margin_and_says_so():
    assessment = assess(plan_of(residence="eu_retail"), MARKET)

    notional = assessment.margin.notional
    assert assessment.margin.initial == pytest.approx(0.5 * notional)
    assert assessment.margin.maintenance == pytest.approx(0.3064 * notional)
    (said,) = [notice.text for notice in assessment.notices if notice.code == "residence_margin"]
    assert "European Securities and Markets Authority, 2026-02-24" in said


def test_a_stated_margin_is_that_of_the_plan_and_one_without_a_contract_is_named():
    own = {
        "Coinbase Derivatives:BIP": OwnMargin(initial=0.4, maintenance=0.35),
        "CME:NOPE": OwnMargin(initial=0.4, maintenance=0.35),
    }
    assessment = assess(plan_of(overrides=Overrides(margins=own)), MARKET)

    assert assessment.margin.initial == pytest.approx(0.4 * assessment.margin.notional)
    assert assessment.margin.maintenance == pytest.approx(0.35 * assessment.margin.notional)
    (said,) = [notice.text for notice in assessment.notices if notice.code == "margin_unused"]
    assert said.startswith("The margin that you stated for CME:NOPE is not used")


def test_a_venue_that_bars_the_place_brings_a_warning():
    codes = {notice.code: notice for notice in assess(plan_of(residence="hong_kong"), MARKET).notices}

    assert codes["venue_bars_you"].severity == "warning"
    assert "professional investors in Hong Kong" in codes["venue_bars_you"].text
    assert "venue_bars_you" not in {notice.code for notice in assess(plan_of(residence="us"), MARKET).notices}


def test_without_a_residence_and_a_margin_of_its_own_a_plan_knows_the_contracts_of_the_catalogue():
    known = known_contracts(plan_of(), MARKET)

    assert rates(known, "Coinbase Derivatives:BIP") == rates(catalogue(), "Coinbase Derivatives:BIP")
