"""The volatility surface: its skew is that of the deltas, its levels are the table's, and it names its source."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import norm

from hedge_core.errors import InvalidInput
from hedge_core.market.options.black76 import PUT, price
from hedge_core.market.options.surface import PREMIUM, Smile, assumed_surface, simulated_surface, surface_of
from tests.support.markets import make_market


def strike_of_delta(smile: Smile, wanted: float, days: float) -> float:
    """K/F of the option with this N(d1), found by a search over strikes that knows nothing of the slope's formula."""

    def gap(x: float) -> float:
        s = float(smile.volatility(np.exp(x), days)) * np.sqrt(days / 365.0)
        return float(norm.cdf(-x / s + s / 2.0)) - wanted

    return float(np.exp(brentq(gap, -1.5, 1.5, xtol=1e-15)))


@pytest.mark.parametrize(("level", "skew"), [(0.42, 0.04), (0.6, 0.03), (0.85, 0.0), (0.8, 0.08), (1.2, -0.05)])
def test_a_25_delta_put_has_as_much_more_volatility_than_the_call_as_stated(level: float, skew: float) -> None:
    smile = Smile.flat(level, put_over_call=skew)
    put, call = (float(smile.volatility(strike_of_delta(smile, d, 30.0), 30.0)) for d in (0.75, 0.25))
    assert put - call == pytest.approx(skew, abs=1e-10)
    assert float(smile.volatility(1.0, 30.0)) == level


def test_the_slope_is_that_of_the_formula_at_every_expiry() -> None:
    smile = Smile.flat(0.5, put_over_call=0.04)
    for days in (7.0, 30.0, 180.0):
        expected = 0.5 + smile.slope * np.log(0.8) / np.sqrt(days / 365.0)
        assert float(smile.volatility(0.8, days)) == pytest.approx(expected, abs=1e-14)


def test_total_variance_is_straight_between_levels() -> None:
    smile = Smile(((10.0, 0.8), (40.0, 0.5)))
    # At 25 days: (0.64·10 + 0.25·40) / 2 = 8.2, so σ = √(8.2/25).
    assert smile.at_the_money(25.0) == pytest.approx((8.2 / 25.0) ** 0.5)
    assert (smile.at_the_money(1.0), smile.at_the_money(90.0)) == (0.8, 0.5)


def test_the_assumed_levels_are_those_of_the_table_and_say_that_they_are_no_quotes() -> None:
    surface = assumed_surface()
    found = {
        coin: (surface.of(coin).at_the_money(30.0), surface.of(coin).put_over_call)
        for coin in ("BTC", "ETH", "SOL", "XRP", "LINK")
    }
    assert found == {
        "BTC": (0.42, 0.04),
        "ETH": (0.6, 0.03),
        "SOL": (0.72, 0.0),
        "XRP": (0.75, 0.0),
        "LINK": (0.85, 0.0),
    }
    assert "assumed" in surface.source
    assert not surface.is_quoted


def test_simulated_prices_have_a_surface_of_their_own_that_says_so() -> None:
    market = make_market(simulated=True)
    surface, history = simulated_surface(market), market.history
    moved = float(np.nanstd(history.returns[-365:, history.column_of["BTC"]]) * np.sqrt(365.0))
    assert surface.of("BTC").at_the_money(30.0) == pytest.approx(moved + PREMIUM, abs=0.00501)
    assert surface.source.startswith("simulated")
    assert surface_of(market).source == surface.source
    assert surface_of(make_market(simulated=False)) == assumed_surface()


def test_a_level_of_the_users_own_replaces_those_of_one_coin_or_of_all() -> None:
    surface = assumed_surface()
    assert [surface.at_level(0.65).of(coin).at_the_money(9.0) for coin in ("BTC", "LINK")] == [0.65, 0.65]
    one = surface.at_level(0.5, "ETH")
    assert [one.of(coin).at_the_money(9.0) for coin in ("BTC", "ETH")] == [0.42, 0.5]
    assert surface.at_level(0.65).is_quoted
    assert not one.is_quoted
    assert surface.scaled(0.5).of("BTC").at_the_money(9.0) == 0.21


def test_a_pasted_quote_moves_the_level_so_that_the_option_costs_that_much() -> None:
    quoted = {"sign": PUT, "forward": 2_000.0, "strike": 1_700.0, "price": 61.5, "days": 45.0}
    surface = assumed_surface().with_quote("ETH", **quoted)
    volatility = float(surface.of("ETH").volatility(0.85, 45.0))
    assert float(price(PUT, 2_000.0, 1_700.0, volatility * np.sqrt(45.0 / 365.0))) == pytest.approx(61.5, abs=1e-8)
    assert surface.of("BTC") == assumed_surface().of("BTC")


@pytest.mark.parametrize(
    "faulty",
    [
        {"levels": ()},
        {"levels": ((30.0, 0.01),)},
        {"levels": ((30.0, 0.5), (20.0, 0.5))},
        {"levels": ((30.0, 0.5),), "put_over_call": 0.6},
        {"levels": ((30.0, float("nan")),)},
    ],
)
def test_a_smile_out_of_range_is_refused(faulty) -> None:
    with pytest.raises(InvalidInput):
        Smile(**faulty)


def test_an_expired_option_has_no_volatility() -> None:
    with pytest.raises(InvalidInput, match="expired"):
        Smile.flat(0.5).volatility(1.0, 0.0)
