"""The venues: one file for each, all of them listed, and no knowledge of one anywhere else."""

from __future__ import annotations

import json
import pkgutil
import re
from pathlib import Path

import pytest

from hedge_core.market import venues
from hedge_core.market.contracts import CustomContract, catalogue
from hedge_core.market.venues import BY_VENUE, EXCHANGES, VENUES, dollar_markets, fallbacks, venue_of
from hedge_core.market.venues.venue import Venue
from tests.test_imports import python

ROOT = Path(__file__).parents[2]
SHARED = {"exchange", "fills_format", "hedge_dangers", "order_form", "venue"}
"""Modules of the package that are no venue."""


def test_every_file_of_a_venue_is_listed():
    files = {module.name for module in pkgutil.iter_modules(venues.__path__)} - SHARED
    written = {venue.name for venue in VENUES.values()}

    assert len(files) == len(written) == len(VENUES)
    assert all(VENUES[name].name == name for name in VENUES)


def test_an_exchange_names_the_venue_to_which_it_belongs():
    known = {"kraken": "", "coinbase": "Coinbase Derivatives", "okx": "OKX", "krakenfutures": "Kraken Futures"}

    assert known.items() <= {name: exchange.venue for name, exchange in EXCHANGES.items()}.items()
    assert all(venue.exchange is None or venue.exchange.venue == venue.name for venue in VENUES.values())
    assert all(BY_VENUE[name] is VENUES[name].exchange for name in BY_VENUE)


def test_menus_and_fallbacks_keep_their_order_and_no_fallback_refuses_regions():
    assert list(EXCHANGES)[:4] == ["kraken", "coinbase", "okx", "krakenfutures"]
    assert fallbacks() == ("kraken", "coinbase", "okx", "gate")
    assert dollar_markets() == ("kraken", "coinbase")
    assert [name for name in fallbacks() if EXCHANGES[name].is_restricted] == []


def test_every_venue_of_the_catalogue_has_a_file():
    assert set(catalogue().venues) <= set(VENUES)


def test_of_an_unknown_venue_nothing_is_known():
    nowhere = venue_of("Moon")

    assert nowhere == Venue(name="Moon")
    assert (nowhere.hours, nowhere.regions, nowhere.source) == ("not known here",) * 3
    assert (nowhere.is_assumed, nowhere.is_exchange_traded, nowhere.exchange, nowhere.fills) == (
        True,
        False,
        None,
        None,
    )
    assert not CustomContract(code="MINE", underlying="ETH", coins=1.0).contract().is_exchange_traded


@pytest.mark.parametrize("venue", VENUES.values(), ids=lambda venue: venue.name)
def test_layouts_are_written_as_titles_are_compared_in_lower_case(venue):
    for layout in venue.fills.layouts if venue.fills else ():
        titles = layout.columns | set(layout.fields.values())
        assert titles == {re.sub(r"[\s_]+", " ", title.lower()).strip() for title in titles}


def test_importing_the_core_reads_no_venue_and_the_first_look_reads_them_all():
    program = (
        "import sys, json\n"
        "from hedge_core import *\n"
        "import hedge_core.market\n"
        "def read(): return sorted(n for n in sys.modules if n.startswith('hedge_core.market.venues.'))\n"
        "before = read()\n"
        "len(hedge_core.market.VENUES)\n"
        "print(json.dumps([before, read()]))"
    )

    before, after = json.loads(python(program))

    shared = {f"hedge_core.market.venues.{name}" for name in SHARED}
    assert set(before) <= shared
    assert len(after) == len(shared) + len(VENUES)


def test_nothing_outside_the_venues_names_one():
    """A name in code is a branch on it. Allowed: the default venue, and the words and defaults that links fix."""
    names = "|".join(re.escape(name) for name in {*VENUES, *EXCHANGES})
    named = re.compile(rf"""["'](?:{names})["']""")
    allowed = {
        "hedge_core/plan/plan.py",
        "hedge_core/documents/link/format_1.py",
        "hedge_core/documents/link/envelope.py",
        "hedge_core/documents/link/pin.py",
    }
    found = {
        str(path.relative_to(ROOT))
        for folder in ("hedge_core", "pages")
        for path in (ROOT / folder).rglob("*.py")
        if path.parent.name != "venues" and named.search(path.read_text(encoding="utf-8"))
    }

    assert found <= allowed


@pytest.mark.parametrize(
    ("name", "closes", "coin", "cost"),
    [
        ("Deribit", "reduced", "BTC", 0.0075),
        ("Deribit", "reduced", "ETH", 0.009),
        ("Deribit", "reduced", "SOL", 0.01),
        ("Hyperliquid", "by_position", "ETH", 0.0),
        ("Binance", "by_position", "ETH", 0.01),
        ("CME", "closed", "ETH", 0.01),
        ("a venue that nobody knows", "closed", "ETH", 0.01),
    ],
)
def test_what_a_venue_closes_when_margin_runs_out(name, closes, coin, cost):
    rule = venue_of(name).margin_runs_out

    assert (rule.closes, rule.cost_of(coin)) == (closes, cost)


def test_a_rule_or_a_cost_without_a_source_is_marked_as_assumed():
    for venue in VENUES.values():
        rule = venue.margin_runs_out
        assert rule.source
        assert rule.cost == 0.01 or "assumed" not in rule.cost_source or rule.costs
