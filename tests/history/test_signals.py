"""Signals: Wilder's index by hand and against TA-Lib, averages, percentiles, and what is said where little is known.

By hand, Wilder's index over 14 days of the closes in WILDER. The first fourteen changes hold gains of 0.06 + 0.72 +
0.50 + 0.27 + 0.32 + 0.42 + 0.24 + 0.14 + 0.67 = 3.34 and losses of 0.25 + 0.54 + 0.19 + 0.42 = 1.40 (one change is
zero), so that the index is 100·3.34 / 4.74 = 70.4641. Then −0.28: 100·(13·3.34) / (13·3.34 + 13·1.40 + 14·0.28) =
4,342 / 65.54 = 66.2496.
"""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import numpy as np
import pytest
import talib
from hypothesis import given, strategies as st

from hedge_core.errors import InvalidInput
from hedge_core.history.checklist import CHECKLIST
from hedge_core.history.signals import (
    MINIMUM_RANKED,
    NEEDED_DAYS,
    SIGNALS,
    Thresholds,
    moving_average,
    overextension,
    percentile_rank,
    rsi,
    signal_series,
)
from hedge_core.market.snapshot import FundingHistory, PriceHistory
from tests.support.markets import AS_OF, make_market

WILDER = np.array([
    44.34, 44.09, 44.15, 43.61, 44.33, 44.83, 45.10, 45.42, 45.84, 46.08, 45.89, 46.03, 45.61, 46.28, 46.28, 46.00,
])  # fmt: skip
PRICE_SIGNALS = [name for name in SIGNALS if name != "funding"]

walks = st.builds(
    lambda seed, days, volatility: 100.0 * np.exp(np.cumsum(np.random.default_rng(seed).normal(0, volatility, days))),
    st.integers(0, 10_000),
    st.integers(1, 700),
    st.sampled_from([0.001, 0.03, 0.3]),
)


def market_of(closes, *, rates=None, lag=0):
    """A market of one coin, X, that ends on the day of AS_OF; its funding ends `lag` days before."""
    last = np.datetime64(AS_OF.date(), "D")
    closes = np.asarray(closes, dtype=float)
    history = PriceHistory(np.arange(last - len(closes) + 1, last + 1), ("X",), closes[:, None])
    funding = None
    if rates is not None:
        days = np.arange(last - lag - len(rates) + 1, last - lag + 1)
        funding = FundingHistory(days, ("X",), np.asarray(rates, dtype=float)[:, None])
    return dataclasses.replace(make_market(seed=1, days=40), history=history, funding=funding)


def signal(market, name, **thresholds):
    found = overextension(market, "X", Thresholds(**thresholds) if thresholds else None)
    return found.signals[SIGNALS.index(name)]


def test_wilders_index_worked_by_hand():
    index = rsi(WILDER)

    assert np.isnan(index[:14]).all()
    assert index[14:] == pytest.approx([334 / 4.74, 4342 / 65.54], abs=1e-9)


@given(walks)
def test_the_index_equals_that_of_an_independent_library(closes):
    expected = talib.RSI(closes) if len(closes) > 1 else np.full(1, np.nan)

    np.testing.assert_allclose(rsi(closes), expected, rtol=0, atol=1e-9)


@given(walks, st.sampled_from([2, 50, 200]))
def test_averages_equal_those_of_an_independent_library(closes, window):
    """TA-Lib carries a running sum along, whose rounding errors are those of the highest prices on the way."""
    expected = talib.SMA(closes, window)

    np.testing.assert_allclose(moving_average(closes, window), expected, rtol=1e-9, atol=1e-12 * closes.max())


def test_signals_of_a_whole_market_equal_those_of_an_independent_library():
    market = make_market(seed=3, days=900)

    for coin in market.history.coins:
        closes = np.array(market.history.of(coin))
        expected = {
            "rsi": talib.RSI(closes),
            "distance_50": closes / talib.SMA(closes, 50) - 1,
            "distance_200": closes / talib.SMA(closes, 200) - 1,
        }
        for name, series in expected.items():
            np.testing.assert_allclose(signal_series(market, coin, name), series, rtol=0, atol=1e-9)


@given(walks, st.floats(1e-6, 1e6))
def test_the_unit_of_the_price_changes_no_signal(closes, factor):
    np.testing.assert_allclose(rsi(closes * factor), rsi(closes), atol=1e-6)


@given(walks)
def test_a_price_turned_upside_down_mirrors_the_index(closes):
    np.testing.assert_allclose(rsi(1_000.0 + closes.max() - closes), 100.0 - rsi(closes), atol=1e-6)


@given(walks, st.integers(1, 700))
def test_no_signal_knows_the_future(closes, day):
    market = market_of(closes, rates=closes)
    shorter = market_of(closes[:day], rates=closes[:day])

    for name in SIGNALS:
        np.testing.assert_array_equal(signal_series(market, "X", name)[:day], signal_series(shorter, "X", name))


def test_after_a_gap_the_index_begins_anew_and_nothing_is_filled_in():
    closes = np.concatenate([WILDER, [np.nan], WILDER])

    index = rsi(closes)

    np.testing.assert_array_equal(index[:16], rsi(WILDER))
    assert np.isnan(index[16])
    np.testing.assert_array_equal(index[17:], rsi(WILDER))


@pytest.mark.parametrize(
    ("closes", "last"),
    [
        (np.arange(1.0, 30.0), 100.0),
        (np.arange(30.0, 1.0, -1.0), 0.0),
        (np.full(30, 5.0), np.nan),
        (np.array([]), None),
    ],
    ids=["only up", "only down", "flat", "none"],
)
def test_the_index_at_its_ends(closes, last):
    index = rsi(closes)

    assert len(index) == len(closes)
    assert last is None or index[-1] == pytest.approx(last, nan_ok=True)


@pytest.mark.parametrize(
    ("missing", "mean"),
    [
        ([], 20.5),
        ([0], (820 - 1) / 39),
        ([5, 7], (820 - 6 - 8) / 38),
        ([5, 7, 9], np.nan),
        ([39], np.nan),
    ],
)
def test_an_average_is_of_the_closes_that_there_are_while_few_are_missing(missing, mean):
    values = np.arange(1.0, 41.0)
    values[missing] = np.nan

    assert moving_average(values, 40)[-1] == pytest.approx(mean, nan_ok=True)
    assert np.isnan(moving_average(values, 40)[:-1]).all()


def test_a_percentile_counts_earlier_days_only_and_ties_by_half():
    values = np.concatenate([np.arange(200.0), [100.0, 1e9, -1.0]])

    ranks = percentile_rank(values, 1_000)

    assert np.isnan(ranks[:MINIMUM_RANKED]).all()
    assert ranks[180] == 1.0
    assert ranks[200:] == pytest.approx([100.5 / 200, 1.0, 0.0])


def test_a_percentile_forgets_what_is_out_of_its_window():
    values = np.concatenate([np.full(100, 1e9), np.zeros(200), [1.0]])

    assert percentile_rank(values, 201)[-1] == 1.0
    assert percentile_rank(values, 1_000)[-1] == pytest.approx(200 / 300)


def test_a_percentile_leaves_missing_days_out():
    values = np.concatenate([np.arange(400.0), [np.nan, 300.0]])
    values[0:400:2] = np.nan

    ranks = percentile_rank(values, 1_000)

    assert np.isnan(ranks[-2])
    assert ranks[-1] == pytest.approx(150 / 200)


def test_a_rally_is_stretched_in_every_way_and_says_so():
    quiet = 100.0 * np.exp(np.random.default_rng(1).normal(0, 0.01, 400))
    closes = np.concatenate([quiet, 100.0 * 1.03 ** np.arange(1, 41)])
    rates = np.concatenate([np.full(400, 0.0001), np.full(40, 0.002)])

    found = overextension(market_of(closes, rates=rates), "X")

    assert {one.state for one in found.signals} == {"stretched"}
    assert found.sentence == (
        "X: 5 of 5 signals stretched. This compares the coin with its own past; it is not a forecast."
    )
    rsi_14, distance_50, _, return_30, funding = (one.sentence for one in found.signals)
    assert rsi_14 == "The RSI 14 of X is 99.6: stretched (the threshold is 70)."
    assert "from its 50-day average is +" in distance_50
    assert return_30 == (
        "The 30-day return of X, +143%, is higher than on 99.7% of days in its past year: stretched "
        "(the threshold is 90%)."
    )
    assert funding.startswith("The 7-day average of daily funding of X, +0.200%, is higher than on 9")


def test_a_threshold_is_reached_by_the_value_itself_and_can_be_changed():
    market = market_of(WILDER[:15])
    value = rsi(WILDER)[14]

    assert signal(market, "rsi", rsi=value).state == "stretched"
    assert signal(market, "rsi", rsi=value + 1e-9).state == "normal"
    assert "RSI 14 of X is 70.5: not stretched (the threshold is 75)" in signal(market, "rsi", rsi=75.0).sentence


def test_a_fall_is_written_with_a_minus():
    closes = np.concatenate([np.full(50, 100.0), [60.0]])

    assert "average is −39.5%: not stretched" in signal(market_of(closes), "distance_50").sentence


def test_funding_that_never_changed_is_in_the_middle_of_its_past(market):
    found = overextension(market, "ETH").signals[SIGNALS.index("funding")]

    assert (found.value, found.state) == (0.5, "normal")
    assert found.measured == pytest.approx(0.0003)


@pytest.mark.parametrize("name", PRICE_SIGNALS)
def test_a_day_less_than_a_signal_needs_is_too_little(name):
    closes = 100.0 * np.exp(np.cumsum(np.random.default_rng(2).normal(0, 0.02, NEEDED_DAYS[name])))

    enough, short = signal(market_of(closes), name), signal(market_of(closes[1:]), name)

    assert enough.state != "unknown"
    assert (short.state, short.value) == ("unknown", None)
    assert f"it needs {len(closes)} days of closes, and there are only {len(closes) - 1}." in short.sentence


def test_a_week_of_funding_is_too_little():
    rates = np.random.default_rng(3).normal(0, 0.001, NEEDED_DAYS["funding"])

    assert signal(market_of(np.ones(300), rates=rates), "funding").state != "unknown"
    assert "it needs 187 days of funding" in signal(market_of(np.ones(300), rates=rates[1:]), "funding").sentence


def test_what_is_not_known_says_why():
    gap = 100.0 + np.arange(60.0)
    gap[50] = np.nan

    assert signal(market_of(gap), "rsi").why == "its history of closes has gaps"
    assert signal(market_of(gap), "distance_50").state != "unknown"
    assert signal(market_of(np.ones(60)), "rsi").why == "its price did not move"
    assert signal(market_of(np.ones(60)), "funding").why == "there is no history of its funding"
    late = signal(market_of(np.ones(300), rates=np.ones(250), lag=4), "funding")
    assert late.why == f"its history of funding ends on {AS_OF.date() - timedelta(days=4)}"


def test_a_coin_without_any_past_is_unknown_and_raises_nothing(market):
    found = overextension(market, "NOVA")

    assert {one.why for one in found.signals} == {
        "there is no history of its closes",
        "there is no history of its funding",
    }
    assert found.sentence == "NOVA has too little history to tell whether it is stretched."
    assert np.isnan(signal_series(market, "NOVA", "rsi")).all()


def test_a_signal_of_a_coin_that_lags_a_little_says_of_when_it_is():
    closes = np.concatenate([WILDER, [np.nan] * 3])

    found = signal(market_of(closes), "rsi")

    assert found.value == pytest.approx(4342 / 65.54)
    assert found.as_of == AS_OF.date() - timedelta(days=3)
    assert signal(market_of(np.append(closes, np.nan)), "rsi").state == "unknown"


def test_prices_at_the_edge_of_what_a_number_holds_are_unknown_and_not_a_crash():
    closes = np.where(np.arange(500) % 2, 1.7e308, 1e-300)

    assert all(one.value is None or np.isfinite(one.value) for one in overextension(market_of(closes), "X").signals)


@pytest.mark.parametrize("fields", [{"rsi": 101.0}, {"rsi": float("nan")}, {"distance_50": -0.1}, {"return_30": 1.1}])
def test_a_threshold_that_cannot_be_names_itself(fields):
    with pytest.raises(InvalidInput, match=f"^{next(iter(fields))}: "):
        Thresholds(**fields)


def test_the_checklist_asks_each_thing_once():
    assert len({question.code for question in CHECKLIST}) == len(CHECKLIST)
    assert all(question.text.endswith("?") and question.hint.endswith(".") for question in CHECKLIST)
