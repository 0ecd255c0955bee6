"""Whom a venue serves: the law of the place first, then the venue's own word, and no word is not a refusal."""

from __future__ import annotations

from typing import get_args

import pytest

from hedge_core.market.residence import ALL_DERIVATIVES, PERPETUAL_MARGIN, PERPETUALS, PLACES, Residence
from hedge_core.market.venues import VENUES, venue_of


def test_every_residence_has_words():
    assert tuple(PLACES) == get_args(Residence)


def test_a_retail_client_in_the_united_kingdom_is_served_nowhere():
    accesses = [venue.access("uk_retail") for venue in VENUES.values()]

    assert [access.is_served for access in accesses] == [False] * 14
    assert "retail clients in the United Kingdom (Financial Conduct Authority, 2021-01-06)" in accesses[0].text


def test_hong_kong_keeps_perpetuals_for_professionals_and_leaves_futures():
    served = {name: venue.access("hong_kong").is_served for name, venue in VENUES.items()}

    assert [name for name, is_served in served.items() if is_served is not False] == ["CME"]
    assert served["CME"] is True


@pytest.mark.parametrize(
    ("residence", "serves", "bars"),
    [
        (
            "us",
            ["CME", "Coinbase Derivatives", "Kalshi", "Kraken Derivatives US"],
            ["Hyperliquid", "Binance", "Bybit", "WEEX", "MEXC"],
        ),
        ("singapore", [], ["MEXC"]),
        ("eu_retail", ["Kraken Futures"], []),
        ("elsewhere", [], []),
        ("not_stated", [], []),
    ],
)
def test_what_venues_say_of_a_place(residence, serves, bars):
    told = {name: venue.access(residence).is_served for name, venue in VENUES.items()}

    assert [name for name, is_served in told.items() if is_served is True] == serves
    assert [name for name, is_served in told.items() if is_served is False] == bars


def test_a_venue_that_nobody_knows_is_not_refused():
    assert venue_of("Moon Exchange").access("us").is_served is None
    assert venue_of("Moon Exchange").access("uk_retail").is_served is False


def test_whatever_is_known_says_who_says_so():
    rules = [access for venue in VENUES.values() for access in venue.serves.values()]
    rules += [*ALL_DERIVATIVES.values(), *PERPETUALS.values()]

    assert all(rule.source and (rule.as_of or "undated" in rule.source) for rule in rules)
    assert all(floor.source and floor.as_of for floor in PERPETUAL_MARGIN.values())
