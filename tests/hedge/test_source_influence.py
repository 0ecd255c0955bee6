"""How much one source's prices move the short, by hand and against an assessment without its quotes.

By hand: 100 AVAX with a last close of $30 and 1,000 NEAR with one of $5, each hedged with its own future: $3,000 and
$5,000. A source that quotes AVAX at $60 makes the short 6,000 + 5,000, of which it moves 3,000: 27%.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from hedge_core.hedge.planner import assess
from hedge_core.hedge.source_influence import largest_source_influence
from hedge_core.market.contracts import CustomContract
from hedge_core.market.snapshot import Quote
from hedge_core.plan.bag import Holding
from hedge_core.plan.plan import Decisions, HedgePlan, Overrides
from tests.support.markets import AS_OF, PRICES, make_market

MARKET = make_market(seed=4)


def contract(coin, size=1.0):
    return CustomContract(code=f"{coin}-ONE", underlying=coin, coins=size, maintenance_margin_rate=0.05)


def planned(size=1.0, **prices):
    return HedgePlan(
        holdings=(Holding(coin="AVAX", quantity=100.0), Holding(coin="NEAR", quantity=1_000.0)),
        decisions=Decisions(risk_accepted=0.0, approach="coin_by_coin"),
        overrides=Overrides(contracts=(contract("AVAX", size), contract("NEAR", size)), prices=prices),
    )


def quoted(avax, near=5.0, *, sources=("Gate", "Kraken")):
    quotes = {"AVAX": Quote(avax, AS_OF, sources[0]), "NEAR": Quote(near, AS_OF, sources[1])}
    return replace(MARKET, quotes={**MARKET.quotes, **quotes})


def codes(plan, market):
    return {notice.code: notice for notice in assess(plan, market).notices}


def test_the_share_by_hand():
    found = largest_source_influence(assess(planned(), quoted(60.0)))

    assert found.source == "Gate"
    assert found.coins == ("AVAX",)
    assert found.share == pytest.approx(3_000.0 / 11_000.0)


@pytest.mark.parametrize(("avax", "near"), [(60.0, 5.0), (31.0, 9.0), (12.0, 5.5)])
def test_it_is_what_an_assessment_without_the_sources_quotes_changes(avax, near):
    market = quoted(avax, near)
    whole = assess(planned(), market)
    shares = {}
    for source in ("Gate", "Kraken"):
        left = {coin: quote for coin, quote in market.quotes.items() if quote.source != source}
        without = assess(planned(), replace(market, quotes=left))
        moved = {leg.underlying: leg.target_notional for leg in without.legs}
        gaps = [abs(leg.target_notional - moved[leg.underlying]) for leg in whole.legs]
        shares[source] = sum(gaps) / sum(leg.target_notional for leg in whole.legs)

    found = largest_source_influence(whole)
    assert found.source == max(shares, key=shares.__getitem__)
    assert found.share == pytest.approx(shares[found.source])


def test_a_source_is_named_as_a_note_from_15_percent_and_more_than_one_lot():
    note = codes(planned(), quoted(60.0))["influence_source"]

    assert note.severity == "note"
    assert "The prices of Gate (AVAX) alone move the short by 27%" in note.text
    assert "influence_source" not in codes(planned(), quoted(33.0))
    assert "influence_source" not in codes(planned(size=101.0), quoted(60.0))


def test_one_source_for_all_and_own_prices_have_no_influence():
    alike = assess(planned(), quoted(60.0, sources=("Gate", "Gate")))
    own = assess(planned(AVAX=60.0), quoted(60.0))

    assert largest_source_influence(alike) is None
    assert largest_source_influence(own) is None
    assert largest_source_influence(assess(planned(), MARKET)) is None


def test_a_coin_without_a_close_counts_with_all_of_its_value():
    """AVAX is $3,000 of a short of $8,000, and nothing without Gate."""
    kept = [coin for coin in PRICES if coin != "AVAX"]
    market = replace(quoted(30.0), history=make_market(seed=4, coins=kept).history)
    plan = planned().with_overrides(betas={"AVAX": 1.0}, proxies={"AVAX": "AVAX"})

    found = largest_source_influence(assess(plan, market))
    assert found.share == pytest.approx(3_000.0 / 8_000.0)
