"""Columns of believable closes whose moves are not those of closes. Honest moves are not named, nor are clean markets.

By hand: the moves of means of two closes, (a + b)/2, (b + c)/2, share half of their variance, so each correlates with
the next by .5; errors as large as the moves make -e + e' of each move, which correlates with the next by -1/3.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from hedge_core.documents.prices.file import prices_csv, read_price_csv
from hedge_core.documents.prices.moves import move_doubts
from hedge_core.market.snapshot import PriceHistory
from hedge_core.market.sources.sample import SampleSource

COINS = ("BTC", "ETH", "LINK", "UNI")
DAYS = 400


def closes(days: int = DAYS, seed: int = 1) -> np.ndarray:
    """Four coins that follow one factor, each with moves of its own."""
    random = np.random.default_rng(seed)
    moves = 0.03 * random.standard_normal((days, 1)) + 0.02 * random.standard_normal((days, len(COINS)))
    return 50.0 * np.exp(np.cumsum(moves, axis=0))


def named(values: np.ndarray, coins: tuple[str, ...] = COINS) -> dict[str, str]:
    days = np.datetime64("2026-10-31") - np.arange(len(values))[::-1]
    return {str(doubt.field): doubt.text for doubt in move_doubts(PriceHistory(days, coins, values))}


def with_line(link: np.ndarray, *, days: int, is_log: bool = False) -> np.ndarray:
    """The closes with so many on one line, the last of them 50 days ago."""
    first, last = len(link) - 50 - days, len(link) - 51
    ends = np.log(link[[first, last]]) if is_log else link[[first, last]]
    line = np.linspace(*ends, days)
    return np.concatenate((link[:first], np.exp(line) if is_log else line, link[last + 1 :]))


def repeating(link: np.ndarray, part: float) -> np.ndarray:
    found = link.copy()
    for day in np.flatnonzero(np.random.default_rng(2).random(len(link)) < part)[1:]:
        found[day] = found[day - 1]
    return found


def shuffled(link: np.ndarray, days: int) -> np.ndarray:
    random = np.random.default_rng(3)
    return np.concatenate([random.permutation(link[n : n + days]) for n in range(0, len(link), days)])


WRONG: dict[str, tuple[Callable[[np.ndarray], np.ndarray], str]] = {
    "means of two": (lambda link: np.append(link[0], (link[1:] + link[:-1]) / 2.0), "are its closes averages?"),
    "half a day early": (lambda link: np.append(link[0], np.sqrt(link[1:] * link[:-1])), "are its closes averages?"),
    "errors": (
        lambda link: link * np.exp(np.random.default_rng(4).normal(0.0, 0.05, len(link))),
        "exact, and in order?",
    ),
    "shuffled weeks": (lambda link: shuffled(link, 7), "exact, and in order?"),
    "reversed": (lambda link: link[::-1], "does not move with the other coins"),
    "opposite": (lambda link: 1.0 / link, "does not move with the other coins"),
    "filled in": (lambda link: with_line(link, days=30), "on a straight line: are they filled in?"),
    "filled in by logarithms": (lambda link: with_line(link, days=30, is_log=True), "on a straight line"),
    "eight on a line": (lambda link: with_line(link, days=8), "on a straight line"),
    "repeated": (lambda link: repeating(link, 0.3), "repeats the close before on 3"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_moves_are_named_with_their_coin_and_days(name):
    change, words = WRONG[name]
    values = closes()
    values[:, 2] = change(values[:, 2])

    found = named(values)

    assert list(found) == ["LINK"]
    assert words in found["LINK"]
    assert "2026" in found["LINK"]


@pytest.mark.parametrize("seed", range(20))
def test_right_moves_are_not_named(seed):
    values = closes(seed=seed)
    values[: DAYS - 100, 3] = np.nan  # a young coin

    assert named(values) == {}


def test_a_few_repeats_and_short_lines_are_usual():
    values = closes()
    values[:, 2] = with_line(repeating(values[:, 2], 0.05), days=7)

    assert named(values) == {}


@pytest.mark.parametrize(
    ("days", "line", "is_named"), [(60, 8, True), (60, 40, False), (8, 8, False), (220, 168, True)]
)
def test_a_short_series_that_is_a_line_as_a_whole_is_an_example(days, line, is_named):
    link = closes(max(days, 60))[-days:, 2]
    link[:line] = np.linspace(link[0], 1.3 * link[0], line)

    assert list(named(link[:, None], ("LINK",))) == (["LINK"] if is_named else [])


def test_days_without_closes_belong_to_no_line():
    values = closes()
    values[:, 2] = with_line(values[:, 2], days=30)
    values[DAYS - 75 : DAYS - 50 : 5, 2] = np.nan

    assert named(values) == {}


def test_short_files_stablecoins_and_files_of_one_coin_are_not_measured_by_others():
    short = closes(150)
    short[:, 2] = short[::-1, 2]
    assert named(short) == {}

    pegged = closes()
    pegged[:, 2] = 1.0
    assert named(pegged, ("BTC", "ETH", "USDC", "UNI")) == {}

    alone = closes()[:, 2:3]
    assert named(alone, ("LINK",)) == {}
    assert list(named(with_line(alone[:, 0], days=30)[:, None], ("LINK",))) == ["LINK"]


def test_the_sample_market_is_not_named_and_a_plan_carries_what_is():
    sample = SampleSource().snapshot()
    text = prices_csv(sample)
    assert not [notice for notice in read_price_csv(text, name="csv:test").notices if "straight" in notice.text]

    values = closes()
    values[:, 2] = values[::-1, 2]
    days = np.datetime64("2026-10-31") - np.arange(DAYS)[::-1]
    rows = [",".join((str(day), *map(str, row))) for day, row in zip(days, values, strict=True)]
    notices = read_price_csv("\n".join((",".join(("date", *COINS)), *rows)), name="csv:test").notices
    assert any(notice.code == "price_series" and "LINK does not move with" in notice.text for notice in notices)
