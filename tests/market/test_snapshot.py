"""Markets as values: aligned, read-only, and never filled forward.

By hand: closes 100, 110, none, 121, 133.1 give one return of 10%, then none twice (a return needs both days), then
10%. Funding of 0.03% a day is 0.0003 × 365 = 10.95% a year. A future at 102 over a spot of 100 with 73 days to go
earns 2% × 365 / 73 = 10% a year.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given, strategies as st

from hedge_core.errors import InvalidInput, MissingPrice
from hedge_core.market import snapshot
from hedge_core.market.snapshot import FundingHistory, FutureQuote, MarketSnapshot, PriceHistory, Quote
from tests.support.markets import AS_OF, make_history, make_market

DAYS = np.arange("2026-01-01", "2026-01-06", dtype="datetime64[D]")
NONE = np.nan


def history(*columns, coins=("A", "B")):
    return PriceHistory(DAYS, coins[: len(columns)], np.array(columns, dtype=float).T)


def test_a_return_needs_a_close_on_both_days():
    returns = history([100, 110, NONE, 121, 133.1]).returns_of("A")

    np.testing.assert_allclose(returns, [0.10, NONE, NONE, 0.10], rtol=1e-12)


def test_funding_of_three_hundredths_of_a_percent_a_day_is_10_95_percent_a_year():
    funding = FundingHistory(DAYS, ("ETH", "SOL"), np.column_stack([[0.0003] * 5, [NONE] * 5]))

    assert funding.annual_mean("ETH", 90) == pytest.approx(0.1095)
    assert funding.annual_mean("SOL", 90) is None


def test_funding_is_the_mean_of_the_days_that_are_known_in_the_window():
    funding = FundingHistory(DAYS, ("ETH",), np.array([[9.0], [9.0], [0.001], [NONE], [0.003]]))

    assert funding.annual_mean("ETH", 3) == pytest.approx(0.002 * 365)


def test_a_two_percent_basis_over_73_days_is_ten_percent_a_year():
    quote = FutureQuote("ETH", date(2026, 4, 14), 102.0)

    assert quote.annual_basis(100.0, date(2026, 1, 31)) == pytest.approx(0.10)
    assert quote.annual_basis(100.0, date(2026, 4, 14)) is None
    assert quote.annual_basis(100.0, date(2026, 5, 1)) is None


def test_the_last_close_is_the_newest_one_known():
    prices = history([NONE, 1, NONE, 3, NONE], [NONE] * 5)

    assert prices.last_close("A") == 3
    assert prices.last_close("B") is None


@pytest.mark.parametrize("close", [0.0, -1.0, np.inf, -np.inf])
def test_a_close_that_is_not_positive_is_refused_with_its_coin_and_day(close):
    with pytest.raises(InvalidInput, match="B on 2026-01-03"):
        history([1, 1, 1, 1, 1], [1, 1, close, 1, 1])


@pytest.mark.parametrize(
    ("days", "coins", "values", "words"),
    [
        (DAYS, ("A",), np.ones((4, 1)), "shape"),
        (DAYS, ("A", "A"), np.ones((5, 2)), "one column"),
        (DAYS[[0, 1, 3]], ("A",), np.ones((3, 1)), "consecutive"),
        (DAYS[::-1], ("A",), np.ones((5, 1)), "consecutive"),
    ],
)
def test_a_table_that_is_not_aligned_is_refused(days, coins, values, words):
    with pytest.raises(InvalidInput, match=words):
        PriceHistory(days, coins, values)


def test_nobody_can_change_a_history_after_it_was_made():
    closes = np.ones((5, 1))
    prices = PriceHistory(DAYS, ("A",), closes)
    closes[:] = 7

    assert prices.of("A")[0] == 1
    for array in (prices.values, prices.days, prices.returns, prices.of("A"), prices.returns_of("A")):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = array[1]


def quotes(**prices: float) -> dict[str, Quote]:
    return {coin: Quote(price, AS_OF, "Kraken") for coin, price in prices.items()}


@pytest.mark.parametrize("days", [0, 1])
def test_a_history_of_one_day_or_none_has_no_returns(days):
    prices = PriceHistory(DAYS[:days], ("A", "B"), np.ones((days, 2)))

    assert prices.returns.shape == (0, 2)


def test_a_quote_wins_over_the_last_close_and_a_coin_without_either_is_refused_by_name():
    market = MarketSnapshot("my file", AS_OF, False, history([1, 2, 3, 4, 5]), quotes=quotes(A=5.5, Q=9.0))

    assert market.price("A") == 5.5
    assert market.price("Q") == 9.0
    assert market.coins == ("A", "Q")
    assert market.price_or_none("NOVA") is None
    with pytest.raises(MissingPrice, match="NOVA in the market source 'my file'"):
        market.price("NOVA")


def test_quotes_cannot_be_changed_from_outside():
    given = quotes(A=1.0)
    market = MarketSnapshot("my file", AS_OF, False, history([1] * 5), quotes=given)
    given["A"] = Quote(2.0, AS_OF, "elsewhere")

    assert market.price("A") == 1.0
    with pytest.raises(TypeError):
        market.quotes["A"] = Quote(3.0, AS_OF, "elsewhere")  # type: ignore[index]


@pytest.mark.parametrize("price", [0.0, -1.0, np.nan, np.inf])
def test_a_quote_that_is_not_positive_is_refused(price):
    with pytest.raises(InvalidInput, match="a price must be a positive number"):
        Quote(price, AS_OF, "Kraken")


def test_a_quote_needs_a_time_in_utc():
    with pytest.raises(InvalidInput, match="aware time in UTC"):
        Quote(1.0, AS_OF.replace(tzinfo=None), "Kraken")


def test_a_refused_quote_is_shown_and_never_calculated_with():
    stale = {"A": Quote(150.25, AS_OF, "Kraken", "too old to size a hedge with")}
    market = MarketSnapshot("kraken", AS_OF, False, history([1] * 5), quotes=stale)

    assert market.price_or_none("A") is None  # and not the last close either
    with pytest.raises(MissingPrice, match=r"A was 150\.25 USD from Kraken at .* UTC, too old to size a hedge with"):
        market.price("A")


@pytest.mark.parametrize(
    "moment",
    [datetime(2026, 1, 1), datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=1)))],  # noqa: DTZ001
    ids=["naive", "not UTC"],
)
def test_a_moment_that_is_not_utc_is_refused(moment):
    with pytest.raises(InvalidInput, match="UTC"):
        MarketSnapshot("my file", moment, False, history([1] * 5))


def test_the_frame_for_drawing_is_a_copy_with_a_utc_index():
    prices = make_history(seed=3, days=50)
    frame = prices.frame()
    frame.iloc[0, 0] = -1.0

    assert str(frame.index.tz) == "UTC"
    assert tuple(frame.columns) == prices.coins
    assert prices.values[0, 0] > 0


@given(st.integers(0, 1000), st.sampled_from([0.0, 0.05, 0.3]))
def test_returns_rebuild_the_prices_wherever_both_days_are_known(seed, gaps):
    prices = make_history(seed=seed, days=40, gaps=gaps)
    known = ~np.isnan(prices.returns)

    rebuilt = prices.values[:-1] * (1 + prices.returns)

    assert (known == ~(np.isnan(prices.values[1:]) | np.isnan(prices.values[:-1]))).all()
    np.testing.assert_allclose(rebuilt[known], prices.values[1:][known], rtol=1e-12)


def test_the_same_seed_makes_the_same_market():
    one, other = make_market(seed=5), make_market(seed=5)

    np.testing.assert_array_equal(one.history.values, other.history.values)
    assert one.as_of == other.as_of == datetime(2026, 1, 31, 12, tzinfo=UTC)
    assert one.price("ETH") == pytest.approx(2_000)


def test_funding_a_year_by_window_and_the_share_of_days_that_shorts_paid():
    days = np.datetime64("2025-01-01") + np.arange(5)
    funding = FundingHistory(days, ("ETH",), np.array([[0.001], [-0.001], [0.002], [np.nan], [0.001]]))

    np.testing.assert_allclose(funding.rolling_annual("ETH", 2), [np.nan, 0.0, 0.0005 * 365, np.nan, np.nan])
    assert funding.share_of_days_paid("ETH") == 0.25
    assert np.isnan(funding.rolling_annual("ETH", 6)).all()
    nothing = FundingHistory(days, ("ETH",), np.full((5, 1), np.nan))
    assert nothing.share_of_days_paid("ETH") is None


def test_the_range_of_closes_leaves_out_missing_days():
    days = np.datetime64("2025-01-01") + np.arange(4)
    history = PriceHistory(
        days, ("ETH", "SOL"), np.array([[9.0, np.nan], [2.0, np.nan], [np.nan, np.nan], [4.0, np.nan]])
    )

    assert history.price_range("ETH", 365) == (2.0, 9.0)
    assert history.price_range("ETH", 2) == (4.0, 4.0)
    assert history.price_range("SOL", 365) is None


def test_what_is_kept_with_a_history_is_computed_once_for_each_key_and_bounded(monkeypatch):
    monkeypatch.setattr(snapshot, "MOST_KEPT", 3)
    history, other = make_market(seed=1, days=60).history, make_market(seed=1, days=60).history
    computed = []

    def value(of, key):
        return of.kept_once(key, lambda: computed.append(key))  # None is a result like any other

    for key in ("a", "b", "a", "b", "a"):
        assert value(history, key) is None
    assert computed == ["a", "b"]
    value(other, "a")
    assert computed == ["a", "b", "a"]
    for key in "cdef":
        value(history, key)
        assert len(history.kept) <= 3


@pytest.mark.parametrize("simulated", [True, False])
def test_the_time_that_counts_is_that_of_the_prices_only_if_they_are_simulated(simulated):
    market, now = make_market(simulated=simulated), datetime(2027, 3, 1, tzinfo=UTC)

    assert market.moment_at(now) == (market.as_of if simulated else now)
