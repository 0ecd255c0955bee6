"""A market of the prices that the plan states.

By hand: 60 SOL at $148 are $8,880, and half of that is 6 contracts of 5 SOL ($740 each); UNI without a history is not
hedged, and with a stated beta of 1 and a price of Ether it is.
"""

from __future__ import annotations

from datetime import UTC, datetime

from hedge_core import Decisions, HedgePlan, Holding, Overrides, assess
from hedge_core.documents.market_sources import open_source
from hedge_core.market.sources.typed import typed_market

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
PLAN = HedgePlan(
    holdings=(Holding(coin="SOL", quantity=60), Holding(coin="UNI", quantity=1_000)),
    decisions=Decisions(risk_accepted=0.5),
    overrides=Overrides(prices={"SOL": 148.0, "UNI": 7.0}),
    market="typed",
)


def test_a_coin_with_its_own_future_is_hedged_at_the_typed_price_and_another_is_named():
    result = assess(PLAN, typed_market(NOW))

    assert result.bag_value == 60 * 148.0 + 7_000.0
    assert [(leg.underlying, leg.contracts) for leg in result.legs] == [("SOL", -6)]
    assert any(notice.text.startswith("UNI is not hedged.") for notice in result.notices)
    assert not result.is_practice


def test_a_stated_beta_and_a_price_of_its_proxy_hedge_a_coin_without_a_history():
    plan = PLAN.with_overrides(prices={"SOL": 148.0, "UNI": 7.0, "ETH": 3_500.0}, betas={"UNI": 1.0})

    short = {leg.underlying: -leg.contracts * leg.lot_notional for leg in assess(plan, typed_market(NOW)).legs}

    assert abs(short["ETH"] - 3_500.0) <= 350.0 / 2  # half of $7,000, in contracts of 0.1 ETH


def test_the_command_line_opens_it_by_its_name():
    assert open_source("typed").name == open_source("typed").snapshot().source == "typed"
