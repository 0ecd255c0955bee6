"""The margin that Coinbase asks for a short overnight, as the catalogue states it.

By hand, at the sample market's prices and half of the bag hedged:

    DOGE    100,000 at $0.165       10 lots of 5,000 DOGE          $8,250 × 92%          = 7,590.00
    SHIB    300 million at $9.8e-6  15 lots of 10 million SHIB     $1,470 × 95%          = 1,396.50
    PEPE    500 million at $7.2e-6  2 lots of 100 million PEPE     $1,440 × 114.3375%    = 1,646.46
                                                                             together    = 10,632.96
"""

from __future__ import annotations

import pytest

from hedge_core import Decisions, HedgePlan, Holding, SampleSource, assess
from hedge_core.market.contracts import catalogue


def test_coins_whose_margin_is_near_their_value_do_not_fit_into_9000_dollars_and_the_plan_says_so():
    bag = (Holding(coin="DOGE", quantity=1e5), Holding(coin="SHIB", quantity=3e8), Holding(coin="PEPE", quantity=5e8))
    decisions = Decisions(venue="Coinbase Derivatives", risk_accepted=0.5, collateral=9_000.0)

    assessment = assess(HedgePlan(holdings=bag, decisions=decisions), SampleSource().snapshot())

    assert {leg.underlying: leg.wanted_contracts for leg in assessment.legs} == {"DOGE": -10, "SHIB": -15, "PEPE": -2}
    assert assessment.margin_wanted.initial == pytest.approx(10_632.96, abs=0.01)
    assert assessment.margin.initial <= 9_000.0
    short = {notice.code: notice.text for notice in assessment.notices}["collateral_limits"]
    assert "Your collateral of $9,000 is too little for the full hedge" in short
    assert "The full hedge needs $10,633." in short
    assert not assessment.margin.is_assumed


@pytest.mark.parametrize("code", ["XPP", "ADP", "LCP", "LNP", "HYP"])
def test_a_margin_that_was_not_found_counts_the_whole_notional_and_is_marked(code):
    contract = catalogue().get(f"Coinbase Derivatives:{code}")
    plan = HedgePlan(holdings=(Holding(coin=contract.underlying, quantity=10_000.0),), decisions=Decisions())

    margin = assess(plan, SampleSource().snapshot()).margin

    assert contract.maintenance_margin_rate is None
    assert margin.initial == margin.maintenance == pytest.approx(margin.notional)
    assert margin.is_assumed
