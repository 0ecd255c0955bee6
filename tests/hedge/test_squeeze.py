"""The worst rally of the past year against plain loops over every day."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from hedge_core.hedge.currency import Rate
from hedge_core.hedge.planner import assess
from hedge_core.hedge.squeeze import rallies_by_leader, worst_squeeze
from hedge_core.market.snapshot import PriceHistory
from hedge_core.plan.bag import Holding
from hedge_core.plan.plan import Decisions, HedgePlan
from tests.support.markets import make_market

MARKET = make_market(seed=1)


def plan_of(*rows, **decisions):
    holdings = tuple(Holding(coin=coin, quantity=quantity) for coin, quantity in rows)
    return HedgePlan(holdings=holdings, decisions=Decisions(risk_accepted=0.0, **decisions))


@pytest.mark.parametrize("days", [5, 30])
def test_it_is_the_stretch_with_the_greatest_loss_on_its_way(days):
    assessment = assess(plan_of(("SOL", 100), ("ETH", 10), collateral=20_000.0), MARKET)
    found = worst_squeeze(assessment, days=days)

    closes = {leg.underlying: MARKET.history.of(leg.underlying)[-366:] for leg in assessment.legs}
    worst, start = -np.inf, 0
    for first in range(366 - days):
        for last in range(first, first + days + 1):
            loss = sum(
                leg.notional * (closes[leg.underlying][last] / closes[leg.underlying][first] - 1)
                for leg in assessment.legs
            )
            if loss > worst:
                worst, start = loss, first
    assert found.days[0] == MARKET.history.days[-366:][start]
    assert len(found.days) == days + 1
    rates = {leg.contract_id: leg.tiers[0].maintenance_rate for leg in assessment.margin.legs}
    needed = []
    for day in range(days + 1):
        moves = {coin: close[start + day] / close[start] - 1 for coin, close in closes.items()}
        needed.append(
            sum(
                leg.notional * moves[leg.underlying]
                + rates[leg.contract.id] * leg.notional * (1 + moves[leg.underlying])
                for leg in assessment.legs
            )
        )
    np.testing.assert_allclose(found.needed, np.maximum(needed, assessment.margin.initial))


def test_it_says_whether_the_collateral_would_have_been_enough():
    little, much, none = (
        worst_squeeze(assess(plan_of(("ETH", 10), collateral=collateral), MARKET))
        for collateral in (7_000.0, 1e6, None)
    )

    assert little.is_survived is False
    assert "would not have been enough" in little.sentence
    assert much.is_survived
    assert much.sentence.endswith("Your $1,000,000 would have been enough.")
    assert none.is_survived is None
    assert "the account would have needed $" in none.sentence
    assert much.most_needed >= much.initial


def test_its_sentence_can_speak_another_currency():
    """At 1.25 USD for one euro, every dollar is 0.80 euro."""
    found = worst_squeeze(assess(plan_of(("ETH", 10), collateral=1e6), MARKET))
    euro = Rate("EUR", 1.25, "typed", None)

    assert "$" not in found.told(euro)
    assert found.told(euro).endswith("Your €800,000 would have been enough.")
    assert f"would have needed €{found.most_needed * 0.8:,.0f} (€{found.initial * 0.8:,.0f} to open" in found.told(euro)


def test_without_a_short_or_a_history_there_is_none():
    assert worst_squeeze(assess(plan_of(("USDC", 10)), MARKET)) is None
    assert worst_squeeze(assess(plan_of(("ETH", 10)), make_market(days=30))) is None
    values = MARKET.history.values.copy()
    values[::20, MARKET.history.column_of["ETH"]] = np.nan
    values[-1] = MARKET.history.values[-1]
    gaps = dataclasses.replace(MARKET, history=PriceHistory(MARKET.history.days, MARKET.history.coins, values))
    assert worst_squeeze(assess(plan_of(("ETH", 10)), gaps)) is None


def test_the_others_follow_the_leader_by_their_covariance():
    """Room at the border is zero with every coin moved by its regression on the leader."""
    assessment = assess(plan_of(("SOL", 100), ("ETH", 10), collateral=25_000.0), MARKET)

    found = rallies_by_leader(assessment)

    assert [coin for coin, _ in found] == ["SOL", "ETH"]
    for place, (coin, rise) in enumerate(found):
        S = assessment.covariance
        moves = [rise * S[place, other] / S[place, place] for other in range(2)]
        assert moves[place] == pytest.approx(rise)
        assert assessment.margin.room(moves) == pytest.approx(0.0, abs=1e-6)
        assert coin == assessment.margin.legs[place].underlying
    assert rallies_by_leader(assess(plan_of(("ETH", 10)), MARKET)) == ()


def test_a_year_without_a_rally_and_a_short_history_are_told_as_they_are():
    falling = np.linspace(4_000.0, 2_000.0, 60)[:, None]
    days = MARKET.history.days[-60:]
    market = dataclasses.replace(MARKET, history=PriceHistory(days, ("ETH",), falling))

    quiet = worst_squeeze(assess(plan_of(("ETH", 10)), market))

    assert quiet.sentence.startswith("In the 59 days of history, no 30-day period needed more than the $")
    whole = assess(plan_of(("ETH", 10)), MARKET)
    tiny = worst_squeeze(dataclasses.replace(whole, margin=dataclasses.replace(whole.margin, collateral=10.0)))
    assert tiny.sentence.endswith("Your $10 is too little to open the hedge.")


def test_an_assumed_covariance_makes_no_leader():
    market = make_market(days=400, young={"SOL": 10})

    assert rallies_by_leader(assess(plan_of(("SOL", 100), ("ETH", 10), collateral=25_000.0), market)) == ()
