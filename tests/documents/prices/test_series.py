"""What is wrong in an uploaded series of closes is named with its coin and its day, or asked about."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from hedge_core.documents.prices.file import read_prices
from tests.exchange.world import World

FIRST, DAYS = date(2025, 1, 1), 300
COINS = ("BTC", "SOL", "LINK")


def closes() -> dict[str, list[float]]:
    world = World()
    return {coin: world.closes(coin)[-DAYS:] for coin in COINS}


def read(columns: dict[str, list[float | None]]):
    lines = [",".join(("date", *columns))]
    for n in range(DAYS):
        cells = ("" if column[n] is None else f"{column[n]!r}" for column in columns.values())
        lines.append(",".join((str(FIRST + timedelta(days=n)), *cells)))
    return read_prices("\n".join(lines), name="test")


def scaled(column: list[float], factor: float, first: int, last: int | None = None) -> list[float]:
    return [value * factor if n in range(DAYS)[first:last] else value for n, value in enumerate(column)]


@pytest.mark.parametrize(
    ("coin", "change", "day", "is_asked"),
    [
        *(("LINK", lambda c, f=f: scaled(c, f, 120, 121), 120, True) for f in (1000.0, 50.0, 5.0, 1.5, 0.5, 0.01)),
        *(("SOL", lambda c, f=f: scaled(c, f, 120, 121), 120, True) for f in (1.45, 0.68)),
        *(("LINK", lambda c, f=f: scaled(c, f, 120, 130), 120, True) for f in (1000.0, 3.0, 0.3)),
        *(("LINK", lambda c, f=f: scaled(c, f, -1), DAYS - 1, True) for f in (1000.0, 5.0, 2.5, 0.3)),
        ("LINK", lambda c: scaled(c, 1.6, -1), DAYS - 1, False),
        *(("LINK", lambda c, f=f: scaled(c, f, 120), 120, False) for f in (1000.0, 0.001)),
        ("LINK", lambda c: [*c[:150], *[None] * 150], 149, False),
        ("LINK", lambda c: [*c[:280], *[c[279]] * 20], None, False),
    ],
)
def test_what_is_wrong_is_named_with_its_coin_and_day(coin, change, day, is_asked):
    columns = closes()
    found = read({**columns, coin: change(columns[coin])})
    told = [doubt for doubt in found.doubts if doubt.field == coin]

    assert [doubt.grade for doubt in told] == ["ask" if is_asked else "note"]
    assert told[0].text.startswith(f"{coin} ")
    assert day is None or str(FIRST + timedelta(days=day)) in told[0].text
    assert any(coin in notice.text for notice in found.market.notices)


def test_closes_as_they_are_lead_to_no_word():
    found = read(closes())

    assert found.doubts == ()
    assert found.market.notices == ()


@pytest.mark.parametrize(("late", "when"), [(1, "after"), (-1, "before")])
@pytest.mark.parametrize("coin", COINS)
def test_a_coin_under_the_dates_of_the_day_after_or_before_is_asked_about(coin, late, when):
    columns = closes()
    shifted = columns[coin]
    shifted = [shifted[0], *shifted[:-1]] if late > 0 else [*shifted[1:], shifted[-1]]
    found = read({**columns, coin: shifted})

    (doubt,) = found.doubts
    assert (doubt.field, doubt.grade) == (coin, "ask")
    assert doubt.text.startswith(f"{coin} moves a day {when} the other coins.")


def test_of_two_coins_one_is_asked_about_and_coins_that_do_not_move_together_are_not():
    columns = closes()
    found = read({"BTC": columns["BTC"], "LINK": [columns["LINK"][0], *columns["LINK"][:-1]]})
    assert [doubt.grade for doubt in found.doubts] == ["ask"]

    reversed_ = read({"BTC": columns["BTC"], "LINK": columns["LINK"][::-1]})
    assert not [doubt for doubt in reversed_.doubts if "moves a day" in doubt.text]
