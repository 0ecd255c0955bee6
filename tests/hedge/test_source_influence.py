"""How much of the short one source's prices move, by hand and against an assessment without its quotes.

By hand: 100 AVAX with a last close of $30 and 1,000 NEAR with one of $5, each hedged with its own future: $3,000 and
$5,000. A source that quotes AVAX at $60 makes the short 6,000 + 5,000, of which it moves 3,000: 27%. If it quotes NEAR
at $2 as well, the short is 6,000 + 2,000; 3,000 of it went from NEAR to AVAX, which is 3,000 and not 6,000: 38%. Beside
0.001 BTC from another source, worth $60, it is 37% of 8,060.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hedge_core.hedge.planner import assess
from hedge_core.hedge.source_influence import source_influence
from hedge_core.market.contracts import CustomContract
from hedge_core.market.snapshot import Quote
from hedge_core.plan.bag import Holding
from hedge_core.plan.plan import Decisions, HedgePlan, Overrides
from tests.support.markets import AS_OF, PRICES, make_market

MARKET = make_market(seed=4)
DECISIONS = (
    {},
    {"risk_accepted": 0.4},
    {"method": "notional"},
    {"method": "guide_divided"},
)


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


def test_the_changes_by_hand():
    found = source_influence(assess(planned(), quoted(60.0)))

    assert found.sources == ("Gate", "Kraken")
    assert found.coins == (("AVAX",), ())
    assert found.changes == pytest.approx(np.array([[-3_000.0, 0.0], [0.0, 0.0]]))


@pytest.mark.parametrize("decisions", DECISIONS)
@pytest.mark.parametrize(("avax", "near"), [(60.0, 5.0), (31.0, 9.0), (12.0, 5.5)])
def test_it_is_what_an_assessment_without_the_sources_quotes_changes(avax, near, decisions):
    market, plan = quoted(avax, near), planned().with_decisions(**decisions)
    whole = assess(plan, market)
    found = source_influence(whole)

    for source, changes in zip(found.sources, found.changes, strict=True):
        left = {coin: quote for coin, quote in market.quotes.items() if quote.source != source}
        without = {leg.underlying: leg for leg in assess(plan, replace(market, quotes=left)).legs}
        expected = [without[leg.underlying].target_notional - leg.target_notional for leg in whole.legs]
        assert changes == pytest.approx(np.array(expected), abs=1e-6)


def test_a_source_is_named_as_a_note_from_15_percent_and_more_than_one_lot():
    note = codes(planned(), quoted(60.0))["influence_source"]

    assert note.severity == "note"
    assert "The prices of Gate (AVAX) alone move the short by 27%" in note.text
    assert "influence_source" not in codes(planned(), quoted(33.0))
    assert "influence_source" not in codes(planned(size=101.0), quoted(60.0))


def test_a_dollar_that_goes_from_one_coin_to_another_is_counted_once():
    market = quoted(60.0, 2.0, sources=("Gate", "Gate"))
    market = replace(market, quotes={**market.quotes, "BTC": Quote(60_000.0, AS_OF, "Kraken")})
    plan = planned()
    plan = replace(plan, holdings=(*plan.holdings, Holding(coin="BTC", quantity=0.001)))

    assert (
        "The prices of Gate (AVAX and NEAR) alone move the short by 37%" in codes(plan, market)["influence_source"].text
    )


def test_one_source_for_all_and_own_prices_have_no_influence():
    alike = assess(planned(), quoted(60.0, sources=("Gate", "Gate")))
    own = assess(planned(AVAX=60.0), quoted(60.0))

    assert source_influence(alike) is None
    assert source_influence(own) is None
    assert source_influence(assess(planned(), MARKET)) is None


def test_a_coin_without_a_close_counts_with_all_of_its_value():
    """AVAX is $3,000 of a short of $8,000, and nothing without Gate."""
    kept = [coin for coin in PRICES if coin != "AVAX"]
    market = replace(quoted(30.0), history=make_market(seed=4, coins=kept).history)
    plan = planned().with_overrides(betas={"AVAX": 1.0}, proxies={"AVAX": "AVAX"})

    found = source_influence(assess(plan, market))
    assert found.sources == ("Gate", "Kraken")
    assert found.changes == pytest.approx(np.array([[-3_000.0, 0.0], [0.0, 0.0]]))


@pytest.mark.parametrize("has_closes", [True, False])
@pytest.mark.parametrize(("ether", "moved"), [(2_000.0, 0.0), (2_500.0, -0.2)])
def test_a_staked_coin_counts_with_its_own_price_and_moves_with_its_underlying(has_closes, ether, moved):
    """100 WSTETH at 1.23 ETH each, next to 0.5 BTC of another source: at the last close, 1.23 x $2,000."""
    prices = {**PRICES, "WSTETH": 1.23 * 2_000.0} if has_closes else PRICES
    market = make_market(seed=4, coins=list(prices), prices=prices)
    quotes = {
        "WSTETH": Quote(1.23 * ether, AS_OF, "Gate"),
        "ETH": Quote(ether, AS_OF, "Kraken"),
        "BTC": Quote(60_000.0, AS_OF, "Kraken"),
    }
    plan = HedgePlan(
        holdings=(Holding(coin="WSTETH", quantity=100.0), Holding(coin="BTC", quantity=0.5)),
        decisions=Decisions(risk_accepted=0.0, approach="coin_by_coin"),
    )
    result = assess(plan, replace(market, quotes={**market.quotes, **quotes}))
    found = source_influence(result)

    row = found.sources.index("Gate")
    assert found.coins[row] == (("WSTETH",) if moved else ())
    assert found.changes[row].sum() == pytest.approx(moved * 123.0 * ether)
    assert ("influence_source" in {notice.code for notice in result.notices}) == bool(moved)


def test_a_renamed_coin_counts_as_so_many_of_the_new_one():
    """1 MKR is 24,000 SKY, each at its last close."""
    prices = {**PRICES, "SKY": 0.065}
    market = make_market(seed=4, coins=list(prices), prices=prices)
    quotes = {"SKY": Quote(0.065, AS_OF, "Gate"), "BTC": Quote(60_000.0, AS_OF, "Kraken")}
    plan = HedgePlan(holdings=(Holding(coin="MKR", quantity=2.0), Holding(coin="BTC", quantity=0.5)))

    found = source_influence(assess(plan, replace(market, quotes={**market.quotes, **quotes})))
    assert found.changes == pytest.approx(np.zeros_like(found.changes), abs=1e-6)
