"""Wrong closes in an uploaded file, as exchanges state them: no count changes without a word that names coin and day.

A file is the only source of its prices. So a series that is wrong from its first day to its last cannot be found in it,
nor one that goes on with another coin whose price is within a factor of 2.2.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache, partial

import pytest

from hedge_core.documents.prices.file import PricesImport, read_prices
from hedge_core.hedge.planner import assess
from tests.exchange.world import Candle, World
from tests.exchange.wrong_siblings import ANOTHER, COINS, PRICES
from tests.exchange.wrong_values import (
    PLAN,
    Candles,
    Outcome,
    ended,
    is_the_same,
    of_another_coin,
    outcome_of,
    scaled,
    standing,
)
from tests.support.scale import SCALE

Change = Callable[[World, Candles], Candles]
DAYS = 365


def spliced(world: World, candles: Candles, *, other: str, days: int) -> Candles:
    """Another coin's closes for the last days."""
    return [*candles[:-days], *of_another_coin(world, candles, other=other)[-days:]]


def a_day(world: World, candles: Candles, *, late: bool) -> Candles:
    """Each close under the date of the next or the previous day."""
    closes = [candle.close for candle in candles]
    moved = [closes[0], *closes[:-1]] if late else [*closes[1:], closes[-1]]
    return [replace(candle, close=close) for candle, close in zip(candles, moved, strict=True)]


HISTORY: dict[str, Change] = {
    "a day late": partial(a_day, late=True),
    "a day early": partial(a_day, late=False),
    "× 3 in its first half": partial(scaled, factor=3.0, last=-180),
    "× 0.2 in its first half": partial(scaled, factor=0.2, last=-180),
    "redenominated 1000:1, 100 days ago": partial(scaled, factor=1000.0, last=-100),
    "one close × 2, 100 days ago": partial(scaled, factor=2.0, first=-100, last=-99),
    "one close × 1.5, 250 days ago": partial(scaled, factor=1.5, first=-250, last=-249),
    "one close × 0.5, 200 days ago": partial(scaled, factor=0.5, first=-200, last=-199),
    "one close × 0.01, 30 days ago": partial(scaled, factor=0.01, first=-30, last=-29),
    "ten closes × 3": partial(scaled, factor=3.0, first=-60, last=-50),
    "five closes × 0.1": partial(scaled, factor=0.1, first=-40, last=-35),
    "ends 40 days early": partial(ended, days=40),
    "ends 150 days early": partial(ended, days=150),
    "stands still for 30 days": partial(standing, days=30),
    "stands still for 90 days": partial(standing, days=90),
}
WRONG = {
    **{f"{coin}: {name}": (coin, change) for coin in COINS for name, change in HISTORY.items()},
    **{
        f"{coin}: the last 60 days of {other}": (coin, partial(spliced, other=other, days=60))
        for coin, other in (ANOTHER | {"ATOM": "LINK"}).items()
    },
    **{
        f"{coin}: the newest close × {factor:g}": (coin, partial(scaled, factor=factor, first=-1))
        for coin in COINS
        for factor in PRICES
    },
}
"""By name: the coin and what is wrong with its closes: 79 histories and 30 newest closes."""


@cache
def closed_days(coin: str) -> tuple[Candle, ...]:
    return tuple(World().candles(coin)[-DAYS - 1 : -1])


def read(wrong: str = "", change: Change = lambda world, candles: candles) -> PricesImport:
    """The file of the plan's coins in which one coin is wrong."""
    days = sorted({candle.time for candle in closed_days("BTC")})
    columns = {}
    for coin in COINS:
        candles = list(closed_days(coin))
        candles = change(World(), candles) if coin == wrong else candles
        columns[coin] = {candle.time: candle.close for candle in candles}
    rows = [
        ",".join((str(datetime.fromtimestamp(day, UTC).date()), *(str(by.get(day, "")) for by in columns.values())))
        for day in days
    ]
    return read_prices("\n".join((",".join(("date", *COINS)), *rows)), name="file:test")


def result(found: PricesImport) -> Outcome:
    return outcome_of(PLAN, found.market)


@cache
def right() -> Outcome:
    return result(read())


@pytest.mark.long
@pytest.mark.parametrize("name", list(WRONG) if SCALE > 1 else list(WRONG)[::20])
def test_a_wrong_close_in_a_file_changes_no_count_without_a_word(name: str) -> None:
    coin, change = WRONG[name]
    found = read(coin, change)
    outcome = result(found)
    told = [doubt.text for doubt in found.doubts if doubt.field == coin]

    assert is_the_same(outcome, right()) or any(text.startswith(f"{coin} ") for text in told), outcome
    assert not told or any(coin in text for text in outcome.messages)


def test_a_right_file_is_sized_without_a_word() -> None:
    assert right().lots
    assert read().doubts == ()
    assert assess(PLAN, read().market).notices
