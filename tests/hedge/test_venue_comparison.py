"""The plan at every venue: each row is the plan worked out there, and the recommendation follows from the rows."""

from __future__ import annotations

import dataclasses
from datetime import date

import pytest

from hedge_core.hedge.insurance import insurance_quote
from hedge_core.hedge.planner import assess
from hedge_core.hedge.venue_comparison import compare_venues, contract_options
from hedge_core.market.contracts import CustomContract, catalogue
from hedge_core.market.sources.sample import SampleSource
from hedge_core.market.venues import VENUES, venue_of
from hedge_core.market.venues.venue import Venue
from hedge_core.plan.bag import Holding
from hedge_core.plan.plan import Decisions, HedgePlan, Overrides
from tests.support.markets import make_market

MARKET = make_market(seed=1, days=500)


def plan_of(*rows, overrides=None, **decisions):
    holdings = tuple(Holding(coin=coin, quantity=quantity) for coin, quantity in rows)
    return HedgePlan(holdings=holdings, decisions=Decisions(**decisions), overrides=overrides or Overrides())


def rows_of(comparison):
    return {row.facts.name: row for row in comparison.rows}


def test_each_row_is_the_plan_worked_out_at_that_venue():
    plan = plan_of(("SOL", 100), ("UNI", 500), collateral=10_000.0)

    rows = rows_of(compare_venues(assess(plan, MARKET)))

    for venue in ("CME", "Coinbase Derivatives", "Kraken Futures", "OKX"):
        there = assess(plan.with_decisions(venue=venue), MARKET)
        row = rows[venue]
        assert [leg.contracts for leg in row.assessment.legs] == [leg.contracts for leg in there.legs]
        assert row.quote == insurance_quote(there)
        assert row.rounding_error == pytest.approx(sum(abs(x.notional - x.target_notional) for x in there.legs))
        assert row.miss == pytest.approx(abs(there.achieved_hedge_ratio - 0.5))


@pytest.mark.parametrize("venue", ["BingX", "WEEX", "MEXC"])
def test_a_venue_is_sized_where_the_size_of_its_contract_is_known(venue):
    row = rows_of(compare_venues(assess(plan_of(("SOL", 100)), MARKET)))[venue]

    assert row.fault == ""
    assert [leg.contract.underlying for leg in row.assessment.legs] == ["SOL"]
    assert row.unsized == ()


def test_a_contract_that_is_listed_without_a_known_size_is_named_and_not_used():
    rows = rows_of(compare_venues(assess(plan_of(("SOL", 100), ("LINK", 500)), MARKET)))

    assert rows["BingX"].unsized == ("LINK",)
    assert "LINK" not in {leg.underlying for leg in rows["BingX"].assessment.legs}
    assert rows["MEXC"].unsized == rows["Binance"].unsized == ()


@pytest.mark.parametrize("venue", ["Binance", "Bybit", "OKX", "Gate", "Hyperliquid", "Kraken Futures", "MEXC"])
def test_the_shipped_catalogue_hedges_five_well_known_coins_with_their_own_futures(venue):
    bag = (("SOL", 500), ("AVAX", 3_000), ("LINK", 3_000), ("SUI", 20_000), ("DOT", 8_000))
    plan = plan_of(*bag, venue=venue, risk_accepted=0.3, collateral=60_000.0)

    assessment = assess(plan, SampleSource().snapshot())

    assert {held.route for held in assessment.held_coins} == {"own future"}
    sold = {leg.underlying: -leg.wanted_contracts * leg.contract.multiplier(leg.price) for leg in assessment.legs}
    assert sold == pytest.approx({coin: 0.7 * quantity for coin, quantity in bag})


@pytest.mark.parametrize("venue", ["Kalshi", "Kraken Derivatives US"])
def test_a_venue_that_is_too_small_for_most_hedges_is_sized_only_if_it_is_chosen(venue):
    plan = plan_of(("SOL", 100))

    left = rows_of(compare_venues(assess(plan, MARKET)))[venue]
    chosen = rows_of(compare_venues(assess(plan.with_decisions(venue=venue), MARKET)))[venue]

    assert left.assessment is None
    assert left.fault == f"Sized only if you choose it: {venue_of(venue).only_if_chosen}."
    assert chosen.fault == ""
    assert [leg.contract.venue for leg in chosen.assessment.legs] == [venue]


def test_a_contract_of_such_a_venue_is_sized_if_it_is_chosen_and_never_suggested():
    """0.05 SOL is less than any contract but Kalshi's of 0.1 SOL, of which half would be needed."""
    one = "Kalshi:KXSOLPERP"
    plan = plan_of(("SOL", 100), overrides=Overrides(contract_choice={"SOL": one}))
    assert [leg.contract.id for leg in assess(plan, MARKET).legs] == [one]

    tiny = assess(plan_of(("SOL", 1.0), venue="CME", rounding="nearest"), MARKET)
    assert "Kalshi" not in " ".join(notice.text for notice in tiny.notices)


def test_a_row_says_what_is_not_known_of_it_and_the_reason_repeats_it():
    comparison = compare_venues(assess(plan_of(("SOL", 100)), MARKET))
    rows = rows_of(comparison)

    assert "the margin of SOL-USDT-SWAP, which counts 100%" in rows["OKX"].unknown
    assert rows["Binance"].ages.startswith("fees of SOLUSDT are ")
    told = [*comparison.recommended.unknown, comparison.recommended.ages]
    assert [phrase for phrase in told if phrase not in comparison.reason] == []


def test_venues_that_fit_as_well_and_refuse_regions_are_named_beside_the_recommended_one():
    comparison = compare_venues(assess(plan_of(("SOL", 100), collateral=50_000.0), MARKET))

    assert not comparison.recommended.may_refuse
    assert "Binance" in comparison.reason
    assert "fit as well or better, but refuse people from whole regions" in comparison.reason


def test_futures_of_the_coins_own_come_before_cheaper_stand_ins():
    comparison = compare_venues(assess(plan_of(("SOL", 100), ("AVAX", 400)), MARKET))

    best = comparison.recommended
    assert best.own_share == 1.0
    assert rows_of(comparison)["CME"].own_share < 1.0
    assert comparison.reason.startswith(f"{best.facts.name} has futures on every coin to be hedged and")


@pytest.mark.parametrize(
    ("venue", "words"),
    [
        ("Coinbase Derivatives", "Where it serves customers: United States."),
        ("OKX", "Check whether it serves your country; that is not known here."),
        ("Hyperliquid", "It refuses the United States and Ontario."),
    ],
)
def test_the_reason_says_where_the_venue_can_be_used(monkeypatch, venue, words):
    monkeypatch.setattr("hedge_core.hedge.venue_comparison._venues", lambda assessment: [VENUES[venue]])

    assert compare_venues(assess(plan_of(("SOL", 100)), MARKET)).reason.endswith(words)


def test_the_cheapest_wins_among_those_that_fit_and_refusing_venues_come_last():
    plan = plan_of(("BTC", 1.0), collateral=60_000.0)

    comparison = compare_venues(assess(plan, MARKET))

    rows = rows_of(comparison)
    assert not comparison.recommended.facts.refuses_regions
    rivals = [
        row
        for row in comparison.rows
        if row.assessment and not row.fault and row.miss <= 0.05 and not row.facts.refuses_regions
    ]
    assert comparison.recommended.quote.cost == min(row.quote.cost for row in rivals if row.quote.cost is not None)
    assert rows["Binance"].facts.refuses_regions


def test_a_venue_at_which_a_rally_ends_the_short_gives_way_to_one_at_which_it_does_not():
    """Coinbase asks 30.64% of $30,000 and ends at 15%; venues that ask less than 5% stand more than 40%."""
    plan = plan_of(("BTC", 1.0), collateral=15_000.0)

    comparison = compare_venues(assess(plan, MARKET))

    rows = rows_of(comparison)
    ends = rows["Coinbase Derivatives"].assessment.margin.rally_survived
    assert ends == pytest.approx((15_000 - 0.3064 * 30_000) / (1.3064 * 30_000))
    assert comparison.recommended.assessment.margin.rally_survived >= 0.25


def test_contracts_of_the_users_own_stand_aside():
    own = CustomContract(code="MINE", underlying="ETH", coins=0.001)
    plan = plan_of(("UNI", 500), overrides=Overrides(contracts=(own,), contract_choice={"ETH": "My contracts:MINE"}))

    for row in compare_venues(assess(plan, MARKET)).rows:
        legs = row.assessment.legs if row.assessment else ()
        assert all(leg.contract.venue == row.facts.name for leg in legs)


def test_a_bag_too_small_for_every_venue_has_no_recommendation():
    comparison = compare_venues(assess(plan_of(("UNI", 0.001)), MARKET))

    assert comparison.recommended is None
    assert comparison.reason == "This plan yields no whole contract at any venue listed here."


def test_every_venue_of_the_catalogue_has_facts_and_every_assumption_is_marked():
    assert set(catalogue().venues) <= set(VENUES)
    assert {"BingX", "WEEX", "MEXC", "Binance", "Bybit"} <= set(VENUES)
    for row in VENUES.values():
        assert row.source
        assert row.is_assumed or row.source != "remembered"


def test_the_options_of_a_leg_are_all_contracts_on_its_coin_the_closest_fit_first():
    assessment = assess(plan_of(("ETH", 3.04), risk_accepted=0.0, horizon_days=60), MARKET)

    options = contract_options(assessment, 0)

    known = [c.id for c in catalogue() if c.underlying == "ETH"]
    assert {option.contract.id for option in options} == set(known)
    errors = [abs(option.rounding_error) for option in options]
    assert errors == sorted(errors)
    micro = next(option for option in options if option.contract.id == "Coinbase Derivatives:ETP")
    assert (micro.leg.contracts, micro.rounding_error) == (-30, pytest.approx(-80.0))
    dated = next(option for option in options if option.contract.id == "CME:MET")
    assert dated.costs.legs[0].roll_days == (date(2026, 3, 20),)  # March is sold, and expires before 1 April
    assert dated.costs.legs[0].carry_basis.startswith("basis")
    assert micro.costs.legs[0].carry_basis.startswith("mean realised funding")
    assert dated.cost == pytest.approx(dated.costs.fees - dated.costs.carry)
    unknown = assess(plan_of(("ETH", 3.0)), dataclasses.replace(MARKET, funding=None))
    assert next(o for o in contract_options(unknown, 0) if o.contract.kind == "perpetual").cost is None


def test_where_no_venue_meets_a_condition_the_nearest_to_it_goes_on_and_the_words_say_so():
    comparison = compare_venues(assess(plan_of(("BTC", 2.0), risk_accepted=0.0, collateral=10.0), MARKET))

    fitting = [row for row in comparison.rows if row.assessment is not None and not row.fault]
    assert comparison.recommended.miss == min(row.miss for row in fitting)
    assert "needs more collateral than you have" in comparison.reason
    assert "survives" not in comparison.reason


def test_a_recommended_venue_that_refuses_regions_says_so(monkeypatch):
    refusing = [VENUES["Binance"], VENUES["Bybit"]]
    monkeypatch.setattr("hedge_core.hedge.venue_comparison._venues", lambda assessment: refusing)

    comparison = compare_venues(assess(plan_of(("BTC", 2.0)), MARKET))

    assert "It refuses the United States and some other places." in comparison.reason


def test_why_a_plan_is_not_sized_is_told_apart(monkeypatch):
    nothing = rows_of(compare_venues(assess(plan_of(("USDC", 100.0)), MARKET)))
    small = rows_of(compare_venues(assess(plan_of(("SOL", 0.02)), MARKET)))

    assert nothing["CME"].fault == "There is nothing to hedge."
    assert small["CME"].fault == "The hedge is smaller than one contract there."
    monkeypatch.setattr("hedge_core.hedge.venue_comparison._venues", lambda assessment: [Venue(name="Moon")])
    (moon,) = compare_venues(assess(plan_of(("SOL", 100.0)), MARKET)).rows
    assert moon.fault.startswith("No contract for this bag is known there")


def test_without_a_known_carry_the_fees_decide_and_the_words_say_so():
    market = dataclasses.replace(MARKET, funding=None, futures=())

    assert "its carry is unknown" in compare_venues(assess(plan_of(("BTC", 2.0)), market)).reason


@pytest.mark.parametrize(
    ("residence", "venue", "words"),
    [
        ("us", "Coinbase Derivatives", "It serves where you live: through Coinbase Financial Markets"),
        ("hong_kong", "CME", "It serves where you live: through brokers in Hong Kong"),
    ],
)
def test_a_venue_that_serves_where_the_holder_lives_is_recommended_before_one_that_may(residence, venue, words):
    plan = dataclasses.replace(plan_of(("SOL", 400)), residence=residence)

    comparison = compare_venues(assess(plan, MARKET))

    assert comparison.recommended.facts.name == venue
    assert words in comparison.reason
    barred = {name for name, row in rows_of(comparison).items() if row.barred}
    assert barred == {name for name, venue in VENUES.items() if venue.access(residence).is_served is False}
    assert not any(row.is_usable for row in comparison.rows if row.barred)


def test_where_no_venue_serves_the_holder_none_is_recommended_and_the_reason_says_why():
    plan = dataclasses.replace(plan_of(("SOL", 400)), residence="uk_retail")

    comparison = compare_venues(assess(plan, MARKET))

    assert comparison.recommended is None
    assert "only at venues that you cannot use" in comparison.reason
    assert comparison.reason.endswith("United Kingdom (Financial Conduct Authority, 2021-01-06).")
