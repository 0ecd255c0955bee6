"""Options in a scenario: their results at the horizon, and sold calls whose margin runs out on the way."""

from __future__ import annotations

import numpy as np
import pytest

from hedge_core.hedge.breach import RULES, Breach, ToppedUp
from hedge_core.hedge.option_legs import initial_margin, option_leg
from hedge_core.hedge.planner import assess
from hedge_core.market.options.contracts import option_of
from hedge_core.market.options.surface import Smile, VolatilitySurface
from hedge_core.plan.bag import Holding
from hedge_core.plan.plan import Decisions, HedgePlan
from hedge_core.scenarios.option_outcome import option_levels, option_outcome
from hedge_core.scenarios.shocks import Shock
from tests.support.markets import PRICES, make_market

MARKET = make_market(futures=())
SURFACE = VolatilitySurface({}, Smile.flat(0.5, half_spread=0.01), "stated")
PUT = option_leg(option_of("Deribit:BTC_USDC-27MAR26-54000-P"), MARKET, SURFACE, PRICES["BTC"], 100.0)
CALL = option_leg(option_of("Deribit:BTC_USDC-27MAR26-66000-C"), MARKET, SURFACE, PRICES["BTC"], 100.0)
POSTED = initial_margin([CALL])
COSTS = np.array([0.0075])


def test_a_collar_makes_what_its_legs_make() -> None:
    outcome = option_outcome([PUT, CALL], {"BTC": 0.7}, 30)
    assert outcome.results.tolist() == pytest.approx([float(leg.result(np.array(0.7), 30)) for leg in (PUT, CALL)])
    assert not outcome.is_closed
    held = option_outcome([PUT, CALL], {"BTC": 0.7}, 30, are_held=True)
    assert held.pnl == pytest.approx(outcome.pnl + PUT.opening_cost + CALL.opening_cost)


def test_a_rally_that_uses_up_the_margin_closes_the_call_at_the_breach() -> None:
    breach = Breach(RULES["by_position"], COSTS)
    outcome = option_outcome([PUT, CALL], {"BTC": 1.5}, 30, collateral=POSTED, breach=breach)
    assert outcome.kept.tolist() == [1.0, 0.0]

    # The breach is where collateral less the loss is 7.5% of the coins' value: found here by a fine walk.
    levels = np.linspace(1.0, 1.5, 200_001)
    loss = -(CALL.worth(levels, 0) - float(CALL.worth(np.ones(()), 0)))
    at = int(np.argmax(POSTED - loss < 0.075 * CALL.units * levels))
    expected = -loss[at] - 0.0075 * CALL.units * levels[at] - CALL.opening_cost
    assert outcome.results[1] == pytest.approx(expected, abs=1.0)
    assert outcome.results[0] == pytest.approx(float(PUT.result(np.array(1.5), 30)))


def test_enough_collateral_or_a_reserve_keeps_the_call_open() -> None:
    whole = option_outcome([CALL], {"BTC": 1.5}, 30, collateral=1e6, breach=Breach(RULES["reduced"], COSTS))
    topped = option_outcome(
        [CALL], {"BTC": 1.5}, 30, collateral=POSTED, breach=Breach(ToppedUp(RULES["reduced"]), COSTS, 1e6)
    )
    assert whole.pnl == topped.pnl == pytest.approx(float(CALL.result(np.array(1.5), 30)))
    assert topped.paid_in > 0.0


def test_a_part_that_is_cut_loses_its_part_and_the_rest_goes_on() -> None:
    outcome = option_outcome([CALL], {"BTC": 1.15}, 30, collateral=8_000.0, breach=Breach(RULES["reduced"], COSTS))
    kept = float(outcome.kept[0])
    assert 0.0 < kept < 1.0
    rest = kept * float(CALL.result(np.array(1.15), 30) + CALL.opening_cost)
    assert outcome.pnl < rest - CALL.opening_cost


def test_the_coins_of_options_move_as_the_market_moves_them() -> None:
    plan = HedgePlan(holdings=(Holding(coin="LINK", quantity=1_000.0),), decisions=Decisions(venue="OKX"))
    assessment = assess(plan, MARKET)
    levels = option_levels(assessment, [PUT], Shock(move=-0.2, of="market"))
    beta = assessment.estimates.market_betas(("BTC",)).of("BTC")
    assert levels == {"BTC": pytest.approx(1.0 - 0.2 * beta)}
    assert option_levels(assessment, [PUT], Shock(move=-0.2)) == {"BTC": pytest.approx(0.8)}
    assert option_levels(assessment, [PUT], Shock(move=0.0, stated_moves={"BTC": -1.0})) == {"BTC": 0.0}
