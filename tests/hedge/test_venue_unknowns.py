"""What is not known of a plan at a venue.

OKX: no margin of SOL was found. CME: no margins, one broker's fees, and no carry without quotes. Coinbase:
the margin of SOL is the upper end of a range. Binance: everything has a source.
"""

from __future__ import annotations

import pytest

from hedge_core.hedge.planner import assess
from hedge_core.hedge.venue_unknowns import unknowns
from hedge_core.plan.bag import Holding
from hedge_core.plan.plan import Decisions, HedgePlan, OwnMargin
from tests.support.markets import make_market

MARKET = make_market()


def at(venue, *coins):
    holdings = tuple(Holding(coin=coin, quantity=100.0) for coin in coins)
    return HedgePlan(holdings=holdings, decisions=Decisions(venue=venue))


@pytest.mark.parametrize(
    ("venue", "phrases"),
    [
        ("OKX", ["the margin of SOL-USDT-SWAP, which counts 100%"]),
        ("Coinbase Derivatives", ["the margin of SLP, which is assumed"]),
        ("Binance", []),
        (
            "CME",
            [
                "the margin of MSL, which counts 100%",
                "the fees of MSL, which depend on your broker or are assumed",
                "the carry of MSL",
            ],
        ),
    ],
)
def test_margins_fees_and_carry_without_a_source_are_named(venue, phrases):
    assert list(unknowns(assess(at(venue, "SOL"), MARKET))) == phrases


def test_a_margin_that_the_user_states_is_known():
    plan = at("OKX", "SOL").with_overrides(margins={"OKX:SOL-USDT-SWAP": OwnMargin(initial=0.1, maintenance=0.05)})

    assert unknowns(assess(plan, MARKET)) == ()
