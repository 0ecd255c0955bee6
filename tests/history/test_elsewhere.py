"""Venues that would hedge a bag clearly better than the plan's own."""

from __future__ import annotations

from hedge_core import SampleSource
from hedge_core.hedge.planner import assess
from hedge_core.history.backtest import compare_hedges
from hedge_core.history.elsewhere import Elsewhere, better_venues, elsewhere_sentence
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
    assert "100% of what a proxy hedges here would be covered by construction there" in text


def test_a_bag_whose_every_coin_has_its_own_future_is_told_nothing():
    assert found_for(MID.with_decisions(venue="Coinbase Derivatives")) == ()
    assert elsewhere_sentence(()) == ""


def test_a_venue_that_is_better_by_its_test_is_told_with_the_corrected_range():
    there = Elsewhere(venue="OKX", coins=(), own_share=0.0, difference=(0.031, 0.124))

    assert elsewhere_sentence([there]) == (
        "The contracts of OKX would have removed clearly more: at OKX 3 to 12 percentage points (95% range, corrected "
        "for all venues compared)."
    )
