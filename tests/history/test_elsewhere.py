"""Venues that would hedge a bag clearly better than the plan's own."""

from __future__ import annotations

import pytest

from hedge_core import SampleSource
from hedge_core.hedge.planner import assess
from hedge_core.hedge.venue_comparison import assessed_at
from hedge_core.history import elsewhere
from hedge_core.history.backtest import compare_hedges
from hedge_core.history.elsewhere import Elsewhere, better_venues, elsewhere_sentence
from hedge_core.market.contracts import catalogue
from hedge_core.market.venues import VENUES
from hedge_core.plan.bag import Holding
from hedge_core.plan.plan import Decisions, HedgePlan

MID = HedgePlan(
    holdings=tuple(
        Holding(coin=coin, quantity=quantity)
        for coin, quantity in (("SOL", 500), ("AVAX", 3_000), ("LINK", 3_000), ("SUI", 20_000), ("DOT", 8_000))
    ),
    decisions=Decisions(venue="Deribit", collateral=60_000.0, risk_accepted=0.3),
)


def found_for(plan):
    assessment = assess(plan, SampleSource().snapshot())
    return better_venues(assessment, compare_hedges(assessment))


def test_a_bag_at_a_venue_with_few_contracts_is_told_which_venue_lists_futures_on_its_coins():
    found = found_for(MID)

    assert found[0].own_share == 1.0
    assert set(found[0].coins) == {"SOL", "AVAX", "LINK", "SUI", "DOT"}
    assert "Deribit" not in [one.venue for one in found]
    assert not [one.venue for one in found if VENUES[one.venue].only_if_chosen]
    text = elsewhere_sentence(found)
    assert found[0].venue in text
    assert "there, 100% of what a proxy hedges here has its own future" in text


def test_a_bag_whose_every_coin_has_its_own_future_is_told_nothing():
    assert found_for(MID.with_decisions(venue="Coinbase Derivatives")) == ()
    assert elsewhere_sentence(()) == ""


def test_a_venue_that_is_better_by_its_test_is_told_with_the_corrected_range():
    there = Elsewhere(venue="OKX", coins=(), own_share=0.0, difference=(0.031, 0.124))

    assert elsewhere_sentence([there]) == (
        "The contracts of OKX would have removed clearly more: at OKX 3 to 12 percentage points (95% range, corrected "
        "for all venues compared)."
    )


def asked_for(plan, monkeypatch):
    """The venues found, the venues at which the plan was worked out for that, and its assessment."""
    assessment, asked = assess(plan, SampleSource().snapshot()), []

    def at(result, venue):
        asked.append(venue)
        return assessed_at(result, venue)

    monkeypatch.setattr(elsewhere, "assessed_at", at)
    return better_venues(assessment, compare_hedges(assessment)), asked, assessment


def test_where_a_venue_lists_a_coin_only_venues_that_list_one_are_worked_out(monkeypatch):
    found, asked, assessment = asked_for(MID.with_decisions(venue="CME"), monkeypatch)

    tested = {held.moves_with for held in assessment.hedged_coins if held.route != "own future"}
    others = [venue for venue, facts in VENUES.items() if venue != "CME" and not facts.only_if_chosen]
    without = [venue for venue in others if not any(catalogue().on(venue, coin) for coin in tested)]
    assert found
    assert without
    assert asked == [venue for venue in others if venue not in without]
    for venue in without:
        there = assessed_at(assessment, venue)
        covered = {held.moves_with for held in there.hedged_coins if held.route == "own future"} if there else set()
        assert not covered & tested


def test_where_no_venue_lists_a_coin_the_plan_is_tested_at_every_venue_once(monkeypatch):
    market = SampleSource().snapshot()
    listed = {contract.underlying for contract in catalogue()}
    coin = next(coin for coin in market.history.coins if coin not in listed)

    found, asked, _ = asked_for(
        HedgePlan(
            holdings=(Holding(coin=coin, quantity=200_000.0 / market.price(coin)),),
            decisions=Decisions(venue="CME", risk_accepted=0.0),
        ),
        monkeypatch,
    )

    assert not [one for one in found if one.coins]
    assert asked == [venue for venue, facts in VENUES.items() if venue != "CME" and not facts.only_if_chosen]


@pytest.mark.parametrize("collateral", [0.0, 1_000.0, 1e6])
def test_the_cash_of_the_plan_makes_no_difference_to_what_a_venue_covers(collateral):
    plan = MID.with_decisions(venue="CME")
    market = SampleSource().snapshot()
    usual, other = assess(plan, market), assess(plan.with_decisions(collateral=collateral), market)

    assert better_venues(other, compare_hedges(other)) == better_venues(usual, compare_hedges(usual)) != ()
