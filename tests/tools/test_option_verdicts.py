"""The table of verdicts: a row for each bag and volatility, and the published one is what its command prints."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from hedge_core.market.sources.sample import SampleSource
from hedge_core.plan.bag import Holding
from hedge_core.plan.plan import Decisions, HedgePlan
from tests.support.markets import PRICES, make_market
from tests.support.scale import SCALE
from tools.five_bags import BAGS
from tools.option_verdicts import LEVELS, document, verdicts

MARKET = make_market()
DOCUMENT = Path(__file__).parents[2] / "docs" / "option-verdicts.md"


@cache
def three():
    holdings = (Holding(coin="ETH", quantity=20_000.0 / PRICES["ETH"]),)
    plan = HedgePlan(holdings=holdings, decisions=Decisions(venue="OKX", horizon_days=20))
    return verdicts("A bag", plan, MARKET, paths=200)


def test_the_put_costs_more_at_each_higher_volatility_and_the_short_stays() -> None:
    puts = [one.found.of("put").end.mean.value for one in three()]
    assert puts == sorted(puts, reverse=True)
    assert len({one.found.of("short").end for one in three()}) == 1
    assert [round(one.found.put_volatility, 2) for one in three()] == pytest.approx(LEVELS, abs=0.06)


def test_the_document_has_a_row_and_a_sentence_for_every_bag_and_volatility(monkeypatch) -> None:
    monkeypatch.setattr("tools.option_verdicts.all_verdicts", lambda market: list(three()) * len(BAGS))
    text = document(MARKET)
    assert text.count("| A bag |") == 3 * len(BAGS)
    assert text.count("- **A bag, 65%**: Over 20 days") == len(BAGS)


def test_the_published_document_has_every_bag() -> None:
    lines = DOCUMENT.read_text().splitlines()
    assert all(sum(line.startswith(f"| {name} |") for line in lines) == len(LEVELS) for name in BAGS)


@pytest.mark.long
@pytest.mark.skipif(SCALE == 1, reason="takes minutes: make long")
def test_the_whole_document_is_what_its_command_prints() -> None:
    assert DOCUMENT.read_text() == document(SampleSource().snapshot())
