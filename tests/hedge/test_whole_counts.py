"""Whole counts: what can be opened with the collateral, on contracts of $200 and more."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from hedge_core.hedge.planner import assess
from hedge_core.plan.bag import Holding
from hedge_core.plan.plan import Decisions, HedgePlan
from tests.support.markets import make_market
from tests.support.strategies import st, tradable_plans

MARKET = make_market()


@settings(deadline=None, max_examples=40)
@given(tradable_plans(rounding=st.just("optimal")))
def test_counts_that_are_searched_for_together_can_be_opened(plan):
    made = assess(plan, MARKET)

    if made.optimum is not None and plan.decisions.collateral is not None:
        assert made.margin.initial <= plan.decisions.collateral * (1.0 + 1e-9)
        assert made.optimum.lots == tuple(leg.lots for leg in made.legs)


@pytest.mark.parametrize("collateral", [None, 1_000.0, 1e9])
def test_the_user_is_told_when_the_collateral_limits_the_counts(collateral):
    plan = HedgePlan(
        holdings=(Holding(coin="ETH", quantity=20.0), Holding(coin="BTC", quantity=1.0)),
        decisions=Decisions(rounding="optimal", risk_accepted=0.0, collateral=collateral),
    )

    codes = {notice.code for notice in assess(plan, MARKET).notices}

    assert ("collateral_limits" in codes) == (collateral == 1_000.0)
