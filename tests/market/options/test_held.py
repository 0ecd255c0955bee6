"""Options held against the bag: worth and gain in a move, the passing of time, and margin."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
import QuantLib

from hedge_core.market.instruments import SideBySide
from hedge_core.market.options.contracts import option_of
from hedge_core.market.options.held import NO_MARGIN, SOLD_MARGIN, BoughtPut, SoldCall, held_option
from hedge_core.market.options.surface import Smile
from tests.support.markets import make_market

SMILE = Smile.flat(0.6, put_over_call=0.03)
PUT = option_of("Deribit:ETH_USDC-27MAR26-1800-P")
CALL = option_of("Deribit:ETH_USDC-27MAR26-2300-C")


def quantlib(kind: int, forward: float, strike: float, volatility: float, years: float) -> float:
    return QuantLib.blackFormula(kind, strike, forward, volatility * years**0.5)


def test_a_put_gains_what_quantlib_says_that_it_is_worth_more() -> None:
    put = held_option(PUT, is_bought=True, spot=2_000.0, days=55, smile=SMILE, basis=0.01)
    volatility = float(SMILE.volatility(0.9 / 1.01, 55))
    before, after = (quantlib(QuantLib.Option.Put, level * 1.01, 0.9, volatility, 55 / 365) for level in (1.0, 0.75))

    assert put.gain(10_000.0, 1.0, -0.25) == pytest.approx(10_000.0 * (after - before), abs=1e-6)
    assert isinstance(put.gain(10_000.0, 1.0, -0.25), float)
    assert float(put.gain(10_000.0, 1.0, 9.0)) >= -10_000.0 * before - 1e-9


def test_a_sold_call_loses_what_a_bought_one_gains() -> None:
    call = held_option(CALL, is_bought=False, spot=2_000.0, days=55, smile=SMILE)
    assert isinstance(call, SoldCall)
    volatility = float(SMILE.volatility(1.15, 55))
    change = quantlib(QuantLib.Option.Call, 1.4, 1.15, volatility, 55 / 365) - quantlib(
        QuantLib.Option.Call, 1.0, 1.15, volatility, 55 / 365
    )
    assert call.gain(10_000.0, 1.0, 0.4) == pytest.approx(-10_000.0 * change, abs=1e-6)


def test_time_takes_the_worth_and_the_basis_until_the_payoff_is_left() -> None:
    put = held_option(PUT, is_bought=True, spot=2_000.0, days=55, smile=SMILE, basis=0.02)
    assert put.later(20).years == pytest.approx(35 / 365)
    assert put.later(20).basis == pytest.approx(0.02 * 35 / 55)
    over = put.later(55)
    assert (over.years, over.basis) == (0.0, 0.0)
    assert over.value(np.array([0.7, 0.9, 1.2])).tolist() == pytest.approx([0.2, 0.0, 0.0])
    assert float(held_option(PUT, is_bought=True, spot=2_000.0, days=0, smile=SMILE).value(0.5)) == pytest.approx(0.4)


def test_the_delta_is_the_slope_of_the_worth() -> None:
    put = held_option(PUT, is_bought=True, spot=2_000.0, days=55, smile=SMILE, basis=0.01)
    slope = (float(put.value(1.0 + 1e-6)) - float(put.value(1.0 - 1e-6))) / 2e-6
    assert float(put.delta(1.0)) == pytest.approx(slope, abs=1e-6)


def test_a_bought_put_needs_no_margin_and_a_sold_call_what_the_venue_publishes() -> None:
    put = held_option(PUT, is_bought=True, spot=2_000.0, days=55, smile=SMILE)
    call = held_option(CALL, is_bought=False, spot=2_000.0, days=55, smile=SMILE)
    assert put.margin_table(None) is NO_MARGIN
    assert call.margin_table(None) is SOLD_MARGIN
    # At the strike 15%; 15% out of the money would leave nothing, but 10% is the least; 3% out leaves 12%.
    rates = [SoldCall(strike=strike).initial_rate() for strike in (0.9, 1.0, 1.03, 1.15)]
    assert rates == pytest.approx([0.15, 0.15, 0.12, 0.10])


def test_options_and_futures_stand_side_by_side_in_an_account() -> None:
    put = held_option(PUT, is_bought=True, spot=2_000.0, days=55, smile=SMILE)
    call = held_option(CALL, is_bought=False, spot=2_000.0, days=55, smile=SMILE)
    units, level, move = np.array([[100.0, 200.0]]), np.ones((1, 2)), np.array([[-0.1, 0.1]])
    gain = SideBySide((put, call)).gain(units, level, move)
    assert gain[0].tolist() == [put.gain(100.0, 1.0, -0.1), call.gain(200.0, 1.0, 0.1)]


def test_the_words_and_the_carry_of_an_option() -> None:
    assert (BoughtPut.order, BoughtPut.direction, SoldCall.order, SoldCall.direction) == ("Buy", 1, "Sell", -1)
    assert BoughtPut().carry(None, make_market()).rate == 0.0
    assert PUT.expiry == date(2026, 3, 27)
    assert put_at(0.5).volatility == 0.5


def put_at(volatility: float):
    return BoughtPut(strike=1.0, years=0.1, volatility=0.3).with_volatility(volatility)
