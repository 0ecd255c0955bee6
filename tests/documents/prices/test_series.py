"""What is wrong in an uploaded series of closes is named with its coin and its day, or asked about."""

from __future__ import annotations

import time
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from hedge_core.documents.prices.file import read_prices
from hedge_core.documents.prices.series import _a_day_apart, series_doubts
from hedge_core.errors import InvalidFile
from hedge_core.market.snapshot import PriceHistory
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


def late(column: list[float]) -> list[float]:
    return [column[0], *column[:-1]]


@pytest.mark.parametrize("shifted", ["BTC", "LINK"])
def test_of_two_coins_none_is_blamed_and_coins_that_do_not_move_together_are_not_asked_about(shifted):
    columns = {coin: column for coin, column in closes().items() if coin != "SOL"}
    (doubt,) = read({**columns, shifted: late(columns[shifted])}).doubts
    assert (doubt.field, doubt.grade) == (None, "ask")
    assert doubt.text == "BTC and LINK move a day apart. Is each close under its own date, in UTC?"

    reversed_ = read({"BTC": columns["BTC"], "LINK": columns["LINK"][::-1]})
    assert not [doubt for doubt in reversed_.doubts if "a day" in doubt.text]


def test_if_half_of_the_coins_are_a_day_apart_both_sides_are_named():
    columns = {coin: World().closes(coin)[-DAYS:] for coin in ("BTC", "SOL", "LINK", "ETH")}
    (doubt,) = read(columns | {coin: late(columns[coin]) for coin in ("SOL", "LINK")}).doubts

    assert (doubt.field, doubt.grade) == (None, "ask")
    one, _, other = doubt.text.partition(" on one side, ")
    halves = [{coin for coin in columns if coin in text} for text in (one, other)]
    assert {"SOL", "LINK"} in halves
    assert {"BTC", "ETH"} in halves


def many(coins: int, days: int) -> dict[str, np.ndarray]:
    """Coins with a beta of 1 to one market, and moves of their own half as large."""
    random = np.random.default_rng(5)
    moves = random.normal(0.0, 0.03, (days, 1)) + random.normal(0.0, 0.015, (days, coins))
    return {f"C{n}": column for n, column in enumerate(np.exp(np.cumsum(moves, axis=0)).T)}


@pytest.mark.parametrize("shifted", [5, 8])
def test_of_many_coins_the_late_ones_are_named_and_of_more_than_five_not_all_within_a_second_or_two(shifted):
    columns = many(300, 1_000)
    days = tuple(FIRST + timedelta(days=n) for n in range(1_000))
    moved = {f"C{n}": np.roll(columns[f"C{n}"], 1) for n in range(50, 50 + shifted)}
    values = np.column_stack(list((columns | moved).values()))[1:]
    history = PriceHistory(days=days[1:], coins=tuple(columns), values=values)

    started = time.process_time()
    doubts = [doubt for doubt in series_doubts(history) if "a day" in doubt.text]
    seconds = time.process_time() - started
    if shifted == 5:
        assert {doubt.field for doubt in doubts} == set(moved)
        assert all(doubt.text.startswith(f"{doubt.field} moves a day after the other coins.") for doubt in doubts)
    else:
        (doubt,) = doubts
        assert doubt.text.partition(" and others move a day before or after the rest.")[1]
        assert set(doubt.text.partition(" and others")[0].split(", ")) < set(moved)
    assert seconds < 3.0  # it took 21 s


def test_the_coins_that_are_a_day_apart_are_those_that_a_plain_search_finds():
    """Brute force with pandas, on coins with gaps, some of them late or early."""
    values = np.column_stack(list(many(9, 300).values()))
    values[:, 2], values[:, 6] = np.roll(values[:, 2], 1), np.roll(values[:, 6], -1)
    values[np.random.default_rng(6).random(values.shape) < 0.05] = np.nan
    moves = np.clip(values[1:] / values[:-1] - 1.0, -0.2, 0.2)
    frame = pd.DataFrame(moves)
    expected, left = {}, list(frame.columns)
    while True:
        excess = {}
        for column in left:
            others = frame[[other for other in left if other != column]].mean(axis=1)
            late_, early = frame[column].corr(others.shift(1)), frame[column].corr(others.shift(-1))
            if max(late_, early) >= 0.5:
                excess[column] = (max(late_, early) - frame[column].corr(others), late_ > early)
        worst = max(excess, key=lambda column: excess[column][0], default=None)
        if worst is None or excess[worst][0] < 0.3:
            break
        expected[worst] = excess[worst][1]
        left.remove(worst)

    assert expected == {2: True, 6: False}
    assert _a_day_apart(moves) == expected


def test_missing_closes_are_noted_from_four_on_and_never_filled():
    columns = closes()
    for missing, told in ((3, 0), (4, 1)):
        lacking = [None if n in range(40, 40 + 7 * missing, 7) else close for n, close in enumerate(columns["SOL"])]
        found = read({**columns, "SOL": lacking})

        assert [doubt.grade for doubt in found.doubts] == ["note"] * told
        assert [notice.severity for notice in found.market.notices] == ["note"] * told
        assert np.isnan(found.market.history.of("SOL")).sum() == missing
    (doubt,) = found.doubts
    assert doubt.field == "SOL"
    assert (
        doubt.text
        == f"SOL has no close on 4 days, the first {FIRST + timedelta(days=40)}; they are left out, not filled"
    )


@pytest.mark.parametrize(("step", "missing"), [(2, 149), (7, 252)])
def test_days_that_no_coin_has_are_noted_once_for_the_file(step, missing):
    """By hand: of 300 days every second or seventh is kept, so 150 from day 0 to 298, or 43 from day 0 to 294."""
    kept = {coin: [close if n % step == 0 else None for n, close in enumerate(of)] for coin, of in closes().items()}
    found = read(kept)

    assert f"The file has no closes of {missing} days, the first 2025-01-02; they are left out, not filled" in [
        doubt.text for doubt in found.doubts
    ]
    assert not [doubt for doubt in found.doubts if "has no close on" in doubt.text]


def test_a_day_in_the_future_is_refused_with_its_row():
    lines = [f"{day},100.0" for day in ("2026-11-29", "2026-11-30", "2026-12-01", "2027-01-11")]
    with pytest.raises(InvalidFile) as refused:
        read_prices("\n".join(("date,SOL", *lines)), name="test", today=date(2026, 11, 30))

    assert [(fault.row, fault.field) for fault in refused.value.faults] == [(4, "date"), (5, "date")]
    assert "2026-12-01 lies in the future" in str(refused.value)
    assert read_prices("\n".join(("date,SOL", *lines)), name="test").market.history.days[-1] == np.datetime64(
        "2027-01-11"
    )
