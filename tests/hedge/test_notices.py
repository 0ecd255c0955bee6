"""What a plan is told: the rally that a thin margin survives is rounded down, never to one that ends the hedge."""

from __future__ import annotations

import re

import pytest

from hedge_core import HedgePlan, Holding, SampleSource, assess

MARKET = SampleSource().snapshot()
BAG = (Holding(coin="SOL", quantity=120.0), Holding(coin="LINK", quantity=500.0))


@pytest.mark.parametrize("more", [0.0, 137.0, 1_234.5, 2_999.0])
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
