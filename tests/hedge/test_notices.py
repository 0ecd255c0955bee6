"""What a plan is told: the rally that a thin margin survives is rounded down, never to one that ends the hedge."""

from __future__ import annotations

import re

import pytest

from hedge_core import HedgePlan, Holding, SampleSource, assess
from hedge_core.reports.html.hedge import margin_sentence

MARKET = SampleSource().snapshot()
BAG = (Holding(coin="SOL", quantity=120.0), Holding(coin="LINK", quantity=500.0))


@pytest.mark.parametrize("more", [55.0, 137.0, 1_234.5, 2_999.0])
def test_the_note_on_a_thin_margin_rounds_the_rally_down(more: float) -> None:
    plan = HedgePlan(holdings=BAG).with_decisions(rounding="nearest", rally_to_survive=0.5)
    plan = plan.with_decisions(collateral=assess(plan, MARKET).margin.initial + more)

    result = assess(plan, MARKET)

    (text,) = [notice.text for notice in result.notices if notice.code == "thin_margin"]
    said = re.search(r"rally of the market by (\d+\.\d)% liquidates", text)
    assert said is not None
    rally = result.market_rally_survived
    assert rally is not None
    assert float(said[1]) <= 100.0 * rally + 1e-6 < float(said[1]) + 0.1 + 1e-5


def test_where_opening_takes_all_the_margin_any_rise_liquidates_and_no_text_says_zero_percent() -> None:
    plan = HedgePlan(holdings=BAG).with_decisions(rounding="nearest", venue="Deribit")
    plan = plan.with_decisions(collateral=assess(plan, MARKET).margin.initial)

    result = assess(plan, MARKET)

    rally = result.market_rally_survived
    assert rally is not None
    assert rally < 0.0005
    (text,) = [notice.text for notice in result.notices if notice.code == "thin_margin"]
    assert text.startswith("With this collateral any rise of the market liquidates the hedge")
    assert "As soon as the market (half Bitcoin, half Ether) rises, the short is liquidated." in margin_sentence(result)
