"""Black-76 against QuantLib, and its laws.

By hand: F = K = 100, σ = 20%, T = 1, D = 1: d1 = 0.1, d2 = −0.1, call = 100·(N(0.1) − N(−0.1)) = 7.965567.
"""

from __future__ import annotations

import numpy as np
import pytest
import QuantLib
from hypothesis import given, strategies as st

from hedge_core.errors import InvalidInput
from hedge_core.market.options.black76 import (
    CALL,
    PUT,
    delta,
    implied_deviation,
    implied_volatility,
    payoff,
    price,
)
from tests.support.scale import scaled

CASES = scaled(600)
"""600 in the suite, 10,200 in `make long`."""

KINDS = {CALL: QuantLib.Option.Call, PUT: QuantLib.Option.Put}


def drawn(count: int):
    """Options from a week to two years, volatilities from 5% to 250%, strikes as far as three deviations away."""
    random = np.random.default_rng(7)
    sign = random.choice([CALL, PUT], count)
    F = np.exp(random.uniform(np.log(1e-4), np.log(2e5), count))
    s = random.uniform(0.05, 2.5, count) * np.sqrt(random.uniform(7.0, 730.0, count) / 365.0)
    K = F * np.exp(s * random.uniform(-3.0, 3.0, count))
    return sign, F, K, s, random.uniform(0.85, 1.0, count)


def test_the_example_worked_by_hand() -> None:
    assert float(price(CALL, 100.0, 100.0, 0.2)) == pytest.approx(7.965567455405804, abs=1e-12)
    assert float(delta(CALL, 100.0, 100.0, 0.2)) == pytest.approx(0.539827837277029, abs=1e-12)


def test_prices_and_deltas_are_those_of_quantlib() -> None:
    sign, F, K, s, D = drawn(CASES)
    books = [
        QuantLib.BlackCalculator(QuantLib.PlainVanillaPayoff(KINDS[int(w)], float(k)), float(f), float(v), float(d))
        for w, f, k, v, d in zip(sign, F, K, s, D, strict=True)
    ]

    prices = np.array([one.value() for one in books])
    deltas = np.array([one.deltaForward() for one in books])
    assert (np.abs(price(sign, F, K, s, discount=D) - prices) / F).max() <= 1e-10
    assert np.abs(delta(sign, F, K, s, discount=D) - deltas).max() <= 1e-10


def test_implied_volatilities_are_those_of_quantlib() -> None:
    sign, F, K, s, D = drawn(CASES)
    quoted = price(sign, F, K, s, discount=D)
    theirs = np.array(
        [
            QuantLib.blackFormulaImpliedStdDev(
                KINDS[int(w)], float(k), float(f), float(p), float(d), 0.0, float(v), 1e-14, 500
            )
            for w, f, k, p, d, v in zip(sign, F, K, quoted, D, s, strict=True)
        ]
    )

    assert np.abs(implied_deviation(sign, F, K, quoted, discount=D) - theirs).max() <= 1e-10
    assert np.abs(implied_deviation(sign, F, K, quoted, discount=D) - s).max() <= 1e-10


def test_a_call_less_a_put_is_the_forward_less_the_strike() -> None:
    _, F, K, s, D = drawn(2_000)
    gap = price(CALL, F, K, s, discount=D) - price(PUT, F, K, s, discount=D)
    np.testing.assert_allclose(gap / F, D * (F - K) / F, atol=1e-13)


def test_at_expiry_the_price_is_the_payoff() -> None:
    F = np.array([0.0, 80.0, 100.0, 120.0])
    assert price(CALL, F, 100.0, 0.0).tolist() == payoff(CALL, F, 100.0).tolist() == [0.0, 0.0, 0.0, 20.0]
    assert price(PUT, F, 100.0, 0.0).tolist() == payoff(PUT, F, 100.0).tolist() == [100.0, 20.0, 0.0, 0.0]
    assert delta(CALL, F, 100.0, 0.0).tolist() == [0.0, 0.0, 0.5, 1.0]
    assert delta(PUT, F, 100.0, 0.0).tolist() == [-1.0, -1.0, -0.5, 0.0]


def test_a_forward_of_zero_leaves_a_put_worth_its_strike() -> None:
    assert float(price(PUT, 0.0, 90.0, 0.3)) == 90.0
    assert float(price(CALL, 0.0, 90.0, 0.3)) == 0.0


@given(
    sign=st.sampled_from([CALL, PUT]),
    moneyness=st.floats(-1.0, 1.0),
    s=st.floats(0.05, 2.0),
    more=st.floats(1e-3, 1.0),
)
def test_more_volatility_never_costs_less_and_prices_stay_between_their_bounds(sign, moneyness, s, more) -> None:
    K = 100.0 * np.exp(moneyness)
    low, high = (float(price(sign, 100.0, K, v)) for v in (s, s + more))
    assert float(payoff(sign, 100.0, K)) - 1e-12 <= low <= high + 1e-12
    assert high <= (100.0 if sign == CALL else K)


def test_a_price_that_no_volatility_gives_is_refused_with_its_bounds() -> None:
    with pytest.raises(InvalidInput, match="must be above 20 and below 100"):
        implied_volatility(CALL, 100.0, 80.0, 19.0, 0.5)
    with pytest.raises(InvalidInput, match="below 80"):
        implied_volatility(PUT, 100.0, 80.0, 80.0, 0.5)
    with pytest.raises(InvalidInput, match="expired"):
        implied_volatility(PUT, 100.0, 80.0, 5.0, 0.0)
    assert np.isnan(implied_deviation(PUT, 100.0, 80.0, np.array([0.0, 80.0, np.nan]))).all()
