"""Columns that are wrong from the first day to the last: in cents, in another currency, under another coin's title.

By hand: Bitcoin cost 70,736 on 2026-03-10. With moves of ±2% on every day their standard deviation is 2%, so 25 days
later a price up to exp(5 × .02 × √25) = 1.649 times as high needs no explanation, in a file whose other coins are near
theirs; in any other file it is exp(5 × .02 × √(25 + 365)) = 7.21 times.
"""

from __future__ import annotations

import math
from datetime import date, timedelta

import numpy as np
import pytest

from hedge_core.documents.prices.file import PricesImport, read_price_csv, read_prices
from hedge_core.documents.prices.known_levels import known_level_doubts, known_prices
from hedge_core.market.snapshot import MarketSnapshot, PriceHistory, Quote
from hedge_core.market.sources.sample import SampleSource
from tests.support.feeds import NOW

ON = date(2026, 3, 10)
COINS = ("BTC", "ETH", "SOL", "LINK", "ATOM")


def history(factors: dict[str, float], *, first: int = -100, last: int = 100, move: float = 0.02) -> PriceHistory:
    """Closes that are these multiples of the known prices on the day of these, or next to it; days from `ON` on."""
    days = np.arange(first, last + 1)
    nearest = int(np.argmin(np.abs(days)))
    path = np.exp(move * ((np.arange(len(days)) - nearest) % 2))
    columns = [factors[coin] * known_prices()[coin].usd * path for coin in factors]
    return PriceHistory(np.datetime64(ON) + days, tuple(factors), np.column_stack(columns))


def named(factors: dict[str, float], **days: float) -> list[str]:
    return [str(doubt.field) for doubt in known_level_doubts(history(factors, **days))]


RIGHT = dict.fromkeys(COINS, 1.0)


@pytest.mark.parametrize(
    ("factor", "is_named"), [(100.0, True), (0.86, True), (1.13, True), (1.11, False), (0.9, False)]
)
def test_a_coin_whose_neighbours_are_near_their_prices_must_be_near_its_own(factor, is_named):
    assert named(RIGHT | {"SOL": factor}) == (["SOL"] if is_named else [])


def test_two_swapped_titles_and_a_column_of_another_coin_are_named():
    usd = {coin: known_prices()[coin].usd for coin in COINS}
    swapped = {"BTC": usd["ETH"] / usd["BTC"], "ETH": usd["BTC"] / usd["ETH"]}
    more = dict.fromkeys(("ADA", "DOGE", "XRP", "AVAX"), 1.0)

    assert named(RIGHT | more | swapped) == ["BTC", "ETH"]
    assert named(swapped) == ["BTC", "ETH"]  # the two alone, 34 times too high and too low
    assert named(RIGHT | {"LINK": usd["ATOM"] / usd["LINK"]}) == ["LINK"]


@pytest.mark.parametrize("factors", [{"BTC": 5.0}, {"BTC": 0.5, "ETH": 3.0, "SOL": 4.0, "LINK": 0.3}])
def test_a_file_of_another_market_is_not_measured_by_these_prices(factors):
    assert named(factors) == []


@pytest.mark.parametrize(
    ("first", "others", "most"), [(25, 0.0, math.exp(0.1 * math.sqrt(390))), (0, 0.0, math.exp(0.1 * math.sqrt(365)))]
)
def test_alone_a_price_is_named_that_a_year_of_moves_does_not_explain(first, others, most):
    for factor in (most, 1.0 / most):
        nearer, further = factor**0.99, factor**1.01
        assert named({"BTC": nearer}, first=first, last=first + 200) == []
        assert named({"BTC": further}, first=first, last=first + 200) == ["BTC"]


def test_between_days_with_closes_the_nearest_one_counts_with_the_moves_of_the_days_between():
    """The others are near their prices on the day itself; Solana has no closes until 25 days later."""
    for factor, found in ((1.6, []), (1.7, ["SOL"])):
        made = history(RIGHT | {"SOL": factor})
        values = made.values.copy()
        values[:125, made.coins.index("SOL")] = np.nan
        move = float(np.std(np.diff(np.log(values[125:, 2]))))
        assert math.exp(5.0 * move * 5.0) == pytest.approx(1.649, abs=0.01)
        doubts = known_level_doubts(PriceHistory(made.days, made.coins, values))
        assert [doubt.field for doubt in doubts] == found


def test_constant_and_short_series_have_moves_all_the_same():
    assert named({"BTC": 6.0}, move=0.0) == []
    assert named({"BTC": 20.0}, first=0, last=5) == []
    assert named({"BTC": 400.0}, first=0, last=5) == ["BTC"]


def test_a_note_has_both_figures_and_dates_and_the_plan_carries_it():
    made = history(RIGHT | {"BTC": 100.0})
    lines = [",".join(("date", *made.coins))]
    lines += [",".join((str(day), *map(str, row))) for day, row in zip(made.days, made.values, strict=True)]
    (doubt,) = read_prices("\n".join(lines), name="csv:test").doubts

    assert doubt.grade == "note"
    assert doubt.text.startswith(
        "BTC closes at $7,073,600 on 2026-03-10, but cost $70,736 that day (Hyperliquid mark price): "
    )
    assert "Mend it, leave it out or enter your own price" in doubt.text
    notices = read_price_csv("\n".join(lines), name="csv:test").notices
    assert [(notice.code, doubt.text in notice.text) for notice in notices] == [("price_series", True)]


def test_each_known_price_has_a_day_and_a_source():
    assert len(known_prices()) == 93
    assert all(price.usd > 0.0 and price.on == ON and price.source for price in known_prices().values())
    assert {"BTC", "ETH", "SOL"} <= known_prices().keys()


MARKET_DAYS = np.datetime64("2026-02-28") + np.arange(-199, 1)


def live(closes: np.ndarray) -> MarketSnapshot:
    """A market of real prices with this history of LINK."""
    quotes = {"LINK": Quote(float(closes[-1]), NOW, "OKX")}
    history = PriceHistory(MARKET_DAYS, ("LINK",), closes[:, None])
    return MarketSnapshot(source="okx", as_of=NOW, simulated=False, history=history, quotes=quotes)


def read_beside(closes: np.ndarray, market: MarketSnapshot) -> PricesImport:
    lines = [f"{day},{close!r}" for day, close in zip(MARKET_DAYS, closes.tolist(), strict=True)]
    return read_prices("\n".join(("date,LINK", *lines)), name="csv:test", market=market)


def moving() -> np.ndarray:
    return 9.0 * np.exp(np.cumsum(np.random.default_rng(7).normal(0.0, 0.05, len(MARKET_DAYS))))


@pytest.mark.parametrize(
    ("change", "is_asked"),
    [
        (lambda closes: closes, False),
        (lambda closes: closes * np.exp(np.random.default_rng(1).normal(0.0, 0.02, len(closes))), False),
        (lambda closes: np.where(np.arange(len(closes)) < 160, closes * 1.3, closes), False),  # only the newest 30 days
        (lambda closes: closes * 0.86, True),
        (lambda closes: closes * 100.0, True),
        (lambda closes: closes[::-1].copy(), True),
    ],
    ids=["the same", "2% apart", "earlier days", "in euro", "in cents", "reversed"],
)
def test_closes_are_compared_day_by_day_with_live_ones(change, is_asked):
    closes = moving()
    questions = read_beside(change(closes), live(closes)).questions

    assert [doubt.field for doubt in questions] == (["LINK"] if is_asked else [])
    if is_asked:
        assert "in the prices of okx, and differs on most of 30 days" in questions[0].text


def test_a_simulated_market_is_not_compared_day_by_day():
    sample = SampleSource().snapshot()
    days = sample.history.days[-60:]
    lines = [f"{day},{160.0 + n % 3}" for n, day in enumerate(days)]

    assert read_prices("\n".join(("date,SOL", *lines)), name="csv:test", market=sample).questions == ()
    assert ON - timedelta(days=1) in sample.history.days.tolist()
