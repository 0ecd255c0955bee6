"""Counts that the user sets.

By hand: 10 ETH at $2,000 hedged by half are $10,000 to short; ETP is 0.1 ETH, $200 a lot, so 50 lots. With 60 lots
set, $12,000 of $20,000 are offset: 60%.
"""

from __future__ import annotations

import dataclasses

import pytest

from hedge_core import HedgePlan, Holding
from hedge_core.documents.link.hidden_amounts import stripped
from hedge_core.documents.link.link import Shared, decode, encode
from hedge_core.documents.plan_file import plan_from_json, plan_to_json
from hedge_core.hedge.planner import assess
from tests.support.markets import make_market

ETP = "Coinbase Derivatives:ETP"
PLAN = HedgePlan(holdings=(Holding(coin="ETH", quantity=10.0),)).with_decisions(collateral=50_000.0)
MARKET = make_market()


def counts(plan: HedgePlan) -> dict[str, int]:
    return {leg.contract.id: leg.contracts for leg in assess(plan, MARKET).legs}


@pytest.mark.parametrize(("lots", "ratio"), [(60, 0.6), (49, 0.49), (0, 0.0)])
def test_a_count_that_is_set_takes_the_place_of_the_rounded_one(lots: int, ratio: float) -> None:
    assert counts(PLAN) == {ETP: -50}
    result = assess(PLAN.with_overrides(lots={ETP: lots}), MARKET)

    assert [leg.contracts for leg in result.legs] == [-lots]
    assert result.achieved_hedge_ratio == pytest.approx(ratio)
    assert result.margin.notional == pytest.approx(200.0 * lots)
    said = next(notice.text for notice in result.notices if notice.code == "own_counts")
    assert said == f"You have set the number of contracts: {ETP} {lots} (the target rounds to 50)."


def test_a_count_of_a_contract_that_is_not_in_use_changes_nothing() -> None:
    assert counts(PLAN.with_overrides(lots={"CME:ETH": 3})) == {ETP: -50}
    assert "own_counts" not in {one.code for one in assess(PLAN.with_overrides(lots={"CME:ETH": 3}), MARKET).notices}


def test_the_collateral_limits_a_count_that_is_set_too() -> None:
    poor = PLAN.with_decisions(collateral=2_000.0).with_overrides(lots={ETP: 5_000})
    result = assess(poor, MARKET)

    assert result.is_limited
    assert result.margin_wanted.initial > 2_000.0 >= result.margin.initial
    assert abs(result.legs[0].wanted_contracts) == 5_000


def test_with_best_counts_together_a_set_count_leaves_no_claim_of_the_best() -> None:
    both = dataclasses.replace(PLAN, holdings=(*PLAN.holdings, Holding(coin="SOL", quantity=100.0)))
    both = both.with_decisions(rounding="optimal")
    assert assess(both, MARKET).optimum is not None
    assert assess(both.with_overrides(lots={ETP: 40}), MARKET).optimum is None


def test_it_survives_a_file_and_a_link_and_shows_no_size_in_a_link_without_amounts() -> None:
    plan = PLAN.with_overrides(lots={ETP: 60})
    assert plan_from_json(plan_to_json(plan)).overrides.lots == {ETP: 60}
    assert decode(encode(Shared(plan=plan))).plan.overrides.lots == {ETP: 60}
    assert stripped(plan).overrides.lots == {}
