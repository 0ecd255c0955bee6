"""Clean markets, from the file of prices to the plan: few carry any note about their prices or one day's closes.

In a market volatility clusters (GARCH(1,1) with weights .06 and .90), tails are those of
Student's t with six degrees of freedom, coins follow Bitcoin and Ether with betas of their own, and some are young.
Every close in it is right, so every note about one is false. Notes about the plan's assumptions and costs do not count.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import pytest

from hedge_core import HedgePlan, Holding, assess
from hedge_core.documents.prices.file import read_prices
from hedge_core.market.live.histories import Histories
from hedge_core.market.live.parse import WIDE
from hedge_core.market.live.remarks import Remarks
from hedge_core.market.live.series import today
from tests.support.feeds import StatedFeed
from tests.support.scale import SCALE
from tools.worlds import WORLDS

DAYS = 430
PRICES = {
    "BTC": 92_400.0, "ETH": 3_180.0, "SOL": 148.0, "XRP": 2.1, "ADA": 0.62, "DOGE": 0.17, "LINK": 16.4, "AVAX": 18.6,
    "LTC": 95.0, "NEAR": 2.35, "UNI": 7.4, "ATOM": 4.4, "ARB": 0.41, "TIA": 1.6, "ALGO": 0.15,
}  # fmt: skip
COINS = tuple(PRICES)
OF_PRICES = ("influence", "influence_source", "suspicious_price", "stale_price", "left_out_unpriced")
"""The notices about a possible fault of prices, beside those of the market itself."""

HOURS = 24
MARKETS, PART = (2_000, 100) if SCALE > 1 else (40, 40)
ROUGH = 0.06
"""The volatility of a coin that often moves far within hours."""

VENUES = ("Coinbase Derivatives", "OKX", "Kraken Futures")


def clean_file(random: np.random.Generator) -> str:
    """A file of closes, each of which is right."""
    series = WORLDS[1].series(random, DAYS, len(COINS) + 1)
    bitcoin = 0.025 * series[:, 0]
    ether = 1.1 * bitcoin + 0.02 * series[:, 1]
    own = random.uniform(0.02, 0.04, len(COINS)) * series[:, 1:]
    moves = (
        random.uniform(0.1, 0.5, len(COINS)) * bitcoin[:, None]
        + random.uniform(0.4, 1.0, len(COINS)) * ether[:, None]
        + own
    )
    moves[:, 0], moves[:, 1] = bitcoin, ether
    levels = np.exp(np.cumsum(moves, axis=0))
    closes = levels / levels[-1] * np.array(list(PRICES.values()))
    if random.random() < 0.5:
        closes[: -int(random.integers(40, 300)), COINS.index("TIA")] = np.nan
    days = np.arange(np.datetime64("2026-10-31") - DAYS + 1, np.datetime64("2026-10-31") + 1)
    lines = [
        f"{day}," + ",".join("" if np.isnan(x) else f"{x:.8g}" for x in row)
        for day, row in zip(days, closes, strict=True)
    ]
    return "\n".join((",".join(("date", *COINS)), *lines))


@dataclass(frozen=True)
class Stated:
    """What an exchange states of LINK: closes, the (low, high) of days with a wide range, and the price of now."""

    closes: dict[date, float]
    ranges: dict[date, tuple[float, float]]
    price: float

    def feed(self, name: str) -> StatedFeed:
        return StatedFeed(name, {"LINK": self.price}, {"LINK": self.closes}, stated_ranges={"LINK": self.ranges})


def two_exchanges(random: np.random.Generator, *, volatility: float = 0.04) -> tuple[Stated, Stated]:
    """One coin at two exchanges. At the second, the last trade of the day is up to six hours old, and off by 0.3%.

    Volatility, of a day, clusters by the hour.
    """
    moves = volatility * WORLDS[1].series(random, DAYS * HOURS, 1)[:, 0] / np.sqrt(HOURS)
    prices = 15.0 * np.exp(np.cumsum(moves))
    hours_late, errors = random.integers(0, 7, DAYS), np.exp(random.normal(0.0, 0.003, DAYS))
    return stated(prices, np.zeros(DAYS, int), np.ones(DAYS)), stated(prices, hours_late, errors)


def stated(prices: np.ndarray, hours_late: np.ndarray, errors: np.ndarray) -> Stated:
    """An exchange whose last trade of each day is so many hours old; all its prices of the day have the same error."""
    closes, ranges = {}, {}
    for n, (late, error) in enumerate(zip(hours_late, errors, strict=True)):
        day = today() - timedelta(days=DAYS - n)
        traded = error * prices[n * HOURS : (n + 1) * HOURS - late]
        closes[day] = float(traded[-1])
        if traded.max() >= WIDE * traded.min():
            ranges[day] = float(traded.min()), float(traded.max())
    return Stated(closes, ranges, float(prices[-1]))


def looked_at(one: Stated, other: Stated) -> Iterator[tuple[bool, Remarks]]:
    """Whether all closes are used, and what is said: of the first held against the second, and the other way round."""
    for chosen, witness in ((one, other), (other, one)):
        remarks = Remarks()
        feeds = [chosen.feed("okx"), witness.feed("kraken")]
        used = Histories(feeds, DAYS, remarks).closes("LINK", is_wanted=True)
        yield used == chosen.closes, remarks


def random_plan(random: np.random.Generator) -> HedgePlan:
    """One to fifteen coins worth $2,000 to $200,000."""
    chosen = random.choice(COINS, int(random.integers(1, len(COINS) + 1)), replace=False)
    value = float(np.exp(random.uniform(np.log(2_000.0), np.log(200_000.0))))
    parts = value * random.dirichlet(np.ones(len(chosen)))
    holdings = tuple(
        Holding(coin=str(coin), quantity=float(usd / PRICES[coin])) for coin, usd in zip(chosen, parts, strict=True)
    )
    return HedgePlan(holdings=holdings).with_decisions(
        venue=str(random.choice(VENUES)), collateral=value, risk_accepted=float(random.choice([0.0, 0.3, 0.6]))
    )


@pytest.mark.long
@pytest.mark.parametrize("first", range(0, MARKETS, PART))
def test_at_most_one_clean_market_in_twenty_carries_a_note_about_its_prices(first):
    noted, asked = Counter(), 0
    for seed in range(first, first + PART):
        random = np.random.default_rng([23, seed])
        found = read_prices(clean_file(random), name="csv:clean")
        asked += sum(doubt.grade == "ask" for doubt in found.doubts)
        result = assess(random_plan(random), found.market)
        of_market = {notice.code for notice in found.market.notices}
        told = {notice.code for notice in result.notices} & (of_market | set(OF_PRICES))
        noted.update(told)
        noted["any"] += bool(told or found.doubts)

    assert noted["any"] <= 0.05 * PART, noted
    assert asked <= 2


@pytest.mark.long
@pytest.mark.parametrize("first", range(0, MARKETS, PART))
def test_no_close_of_a_clean_market_at_two_exchanges_is_refused_and_few_are_noted(first):
    noted = Counter()
    for seed in range(first, first + PART):
        for is_whole, remarks in looked_at(*two_exchanges(np.random.default_rng([24, seed]))):
            assert is_whole, seed
            noted["any"] += bool(remarks.notices())

    assert noted["any"] <= 0.05 * 2 * PART, noted


@pytest.mark.long
@pytest.mark.parametrize("first", range(0, MARKETS, PART))
def test_no_close_is_refused_where_the_price_often_moves_far_within_hours(first):
    for seed in range(first, first + PART):
        for is_whole, _ in looked_at(*two_exchanges(np.random.default_rng([25, seed]), volatility=ROUGH)):
            assert is_whole, seed


@pytest.mark.long
@pytest.mark.parametrize("factor", [0.4, 0.6, 1.5, 2.9])
def test_a_wrong_close_in_such_a_market_is_refused_or_named(factor):
    """On any day, on the newest one as well. It belongs to the day's range, as a bad trade does."""
    for seed in range(MARKETS // 5):
        random = np.random.default_rng([26, seed])
        right, late = two_exchanges(random, volatility=ROUGH)
        day = list(right.closes)[-1 if seed % 4 == 0 else int(random.integers(DAYS))]
        close = right.closes[day] * factor
        low, high = right.ranges.get(day, (right.closes[day], right.closes[day]))
        wrong = replace(
            right,
            closes=right.closes | {day: close},
            ranges=right.ranges | {day: (min(low, close), max(high, close))},
        )
        (_, usual), _ = looked_at(right, late)
        (_, remarks), _ = looked_at(wrong, late)
        new = {notice.text for notice in remarks.notices()} - {notice.text for notice in usual.notices()}
        assert any(text.startswith("LINK: OKX's") and "close" in text for text in new), seed


def test_a_wrong_close_in_such_a_file_is_noted():
    """Shows that the first test can fail."""
    lines = clean_file(np.random.default_rng(23)).splitlines()
    cells = lines[300].split(",")
    cells[3] = f"{float(cells[3]) * 5.0:.8g}"
    lines[300] = ",".join(cells)

    assert any(doubt.field == "SOL" for doubt in read_prices("\n".join(lines), name="csv:clean").doubts)
