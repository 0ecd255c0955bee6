"""Closes in euros, pounds and other currencies: converted day by day where there is a rate, else refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from hedge_core.documents.prices.file import read_prices
from hedge_core.errors import InvalidFile
from hedge_core.market.snapshot import MarketSnapshot, PriceHistory

EUROS = "date,BTC-EUR,SOL-EUR\n2026-08-07,50000,125\n2026-08-08,51000,126\n2026-08-09,52000,127\n"


def market_of_euros(rates: list[float], first: str) -> MarketSnapshot:
    days = np.datetime64(first, "D") + np.arange(len(rates))
    return MarketSnapshot(
        source="okx",
        as_of=datetime(2026, 8, 10, tzinfo=UTC),
        simulated=False,
        history=PriceHistory(days, ("EUR",), np.array([[rate] for rate in rates])),
    )


def test_each_close_is_converted_with_the_rate_of_its_day_in_the_same_file():
    text = "date,BTC-EUR,EURUSD\n2026-08-03,50000,1.10\n2026-08-04,51000,1.20\n2026-08-05,52000,1.15\n"

    found = read_prices(text, name="csv:t")

    history = found.market.history
    assert history.of("BTC").tolist() == pytest.approx([55_000.0, 61_200.0, 59_800.0])
    assert "Closes in EUR are converted to USD with the file's own closes of EUR, day by day" in [
        doubt.text for doubt in found.doubts
    ]


@pytest.mark.parametrize("title", ["EURUSD", "EUR/USD", "EUR-USD", "EUR"])
def test_the_rate_may_have_several_titles(title):
    text = f"date,{title},BTCEUR\n2026-08-03,1.1,50000\n2026-08-04,1.1,51000\n"

    assert read_prices(text, name="csv:t").last_closes["BTC"] == pytest.approx(56_100.0)


def test_a_rate_per_dollar_is_turned_round():
    text = "date,BTC-EUR,USDEUR\n2026-08-03,50000,0.8\n2026-08-04,51000,0.8\n"

    assert read_prices(text, name="csv:t").last_closes == pytest.approx({"EUR": 1.25, "BTC": 63_750.0})


def test_a_weekend_takes_the_rate_of_the_friday_and_longer_gaps_take_none():
    days = [
        f"2026-08-{day:02},50000,{rate}" for day, rate in [(7, "1.1"), (8, ""), (9, ""), (10, ""), (11, ""), (12, "")]
    ]
    found = read_prices("date,BTC-EUR,EURUSD\n" + "\n".join(days) + "\n", name="csv:t")

    closes = found.market.history.of("BTC")
    assert closes.tolist() == pytest.approx([55_000.0] * 5)
    assert "1 closes in EUR have no rate to USD of their day and are left out" in [d.text for d in found.doubts]


def test_the_market_gives_the_rate_unless_it_is_simulated():
    market = market_of_euros([1.1, 1.2, 1.3], "2026-08-07")

    found = read_prices(EUROS, name="csv:t", market=market)

    assert found.market.history.of("SOL").tolist() == pytest.approx([137.5, 151.2, 165.1])
    assert "Closes in EUR are converted to USD with the rates of okx, day by day" in [d.text for d in found.doubts]
    with pytest.raises(InvalidFile, match="is quoted in EUR"):
        read_prices(EUROS, name="csv:t", market=replace(market, simulated=True))


@pytest.mark.parametrize(
    "text",
    [
        EUROS,
        "All prices in EUR\ndate,BTC\n2026-08-03,50000\n2026-08-04,51000\n",
        "date,BTC\n2026-08-03,€50000\n2026-08-04,€51000\n",
        "date,coin,close,ccy\n2026-08-03,BTC,50000,EUR\n2026-08-04,BTC,51000,EUR\n",
        "date,coin,close (EUR)\n2026-08-03,BTC,50000\n2026-08-04,BTC,51000\n",
    ],
)
def test_without_a_rate_the_file_is_refused_and_told_what_it_needs(text):
    with pytest.raises(InvalidFile, match="in EUR; closes must be in USD, or the file needs a column EURUSD"):
        read_prices(text, name="csv:t")


def test_a_close_in_dollars_stays_where_the_coin_has_one_in_euros_too():
    text = "date,BTC-USD,BTC-EUR,EURUSD\n2026-08-03,60000,50000,1.1\n2026-08-04,61000,51000,1.1\n"

    assert read_prices(text, name="csv:t").last_closes["BTC"] == 61_000.0


def test_a_long_file_with_rows_in_dollars_and_euros_is_one_series():
    text = "date,pair,close\n2026-08-03,EUR-USD,1.1\n2026-08-03,BTC-EUR,50000\n2026-08-04,BTC-USD,56000\n"

    assert read_prices(text, name="csv:t").market.history.of("BTC").tolist() == pytest.approx([55_000.0, 56_000.0])


@pytest.mark.parametrize("first", ["100", "1", "10.97"])
def test_a_series_far_from_what_the_coin_costs_is_asked_about(first):
    market = market_of_euros([1.1], "2026-08-09")
    history = PriceHistory(market.history.days, ("BTC",), np.array([[58_000.0]]))
    text = f"date,BTC\n2026-08-08,{first}\n2026-08-09,{first}\n"

    found = read_prices(text, name="csv:t", market=replace(market, history=history))

    assert ["costs about 58,000" in doubt.text for doubt in found.questions] == [True]


@pytest.mark.parametrize(("title", "rate"), [("USD per EUR", 1.25), ("EUR per USD", 0.8), ("EUR/USD rate", 1.25)])
def test_a_rate_in_words_is_read_the_right_way_round(title, rate):
    text = f"date,BTC-EUR,{title}\n2026-08-03,50000,{rate}\n2026-08-04,51000,{rate}\n"

    found = read_prices(text, name="csv:t")

    assert found.last_closes["BTC"] == pytest.approx(63_750.0)
    assert found.questions == ()


@pytest.mark.parametrize(("title", "rate"), [("USD/EUR", 1.16), ("EUR/USD", 0.86), ("GBP/USD", 0.75)])
def test_a_rate_outside_its_usual_range_is_asked_about(title, rate):
    currency = "GBP" if "GBP" in title else "EUR"
    text = f"date,BTC-{currency},{title}\n2026-08-03,50000,{rate}\n2026-08-04,51000,{rate}\n"

    assert ["the right way round" in doubt.text for doubt in read_prices(text, name="csv:t").questions] == [True]


def test_a_file_that_ends_after_the_markets_day_is_asked_about():
    market = market_of_euros([1.1], "2026-08-09")

    found = read_prices("date,BTC\n2036-08-08,58000\n2036-08-09,58100\n", name="csv:t", market=market)

    assert [doubt.text for doubt in found.questions] == [
        "The file ends on 2036-08-09, but it is 2026-08-10 now. Are its dates right?"
    ]
