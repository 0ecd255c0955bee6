"""Columns of a price file whose moves from day to day are not those of closes, although each close is believable.

Closes of one coin move with those of other coins, hardly follow one another, hardly repeat, and never lie on a straight
line. In the closes of 17 coins from 2019 to 2026, over any 365 days: the rank correlation with the mean of the others
is at least .45, that of each move with the next differs from the others' median by at most .13, and at most 2% of
closes repeat the one before. The limits below lie well beyond. Limits: a file of fewer than three coins or LEAST_DAYS
is checked for straight lines and repeats only, and moves that are all too large or too small are not found.
"""

from __future__ import annotations

import numpy as np

from hedge_core.documents.reader.doubts import Doubt, Doubts
from hedge_core.market.coins import is_stablecoin
from hedge_core.market.ranks import rank_correlation
from hedge_core.market.snapshot import Days, Floats, PriceHistory

NEWEST_DAYS, LEAST_DAYS = 365, 200
"""So many newest days are looked at, and no series with fewer moves."""

LEAST_WITH_OTHERS = 0.15
"""A coin whose rank correlation with the mean of the others is smaller does not move with them."""

MORE_THAN_OTHERS = 0.25
"""Moves follow each other, or undo each other, if their rank correlation with the next one differs so much from the
median of the other coins."""

REPEATED = 0.1
"""So large a part of closes that repeat the one before is named."""

LINE_DAYS, STRAIGHT = 8, 1e-3
"""So many closes in a row lie on a straight line if their steps, or those of their logarithms, are equal to this part
of them."""


def move_doubts(history: PriceHistory) -> list[Doubt]:
    """A note for each coin whose newest moves are not those of closes."""
    newest = _Newest(history.days[-NEWEST_DAYS - 1 :], history.values[-NEWEST_DAYS - 1 :])
    doubts = Doubts()
    for column, coin in enumerate(history.coins):
        if not is_stablecoin(coin) and (text := newest.told(column, coin)):
            doubts.note(text, field=coin)
    return list(doubts)


class _Newest:
    """The newest closes of a history, (days, coins), and their moves."""

    def __init__(self, days: Days, closes: Floats) -> None:
        self.days, self.closes = days, closes
        self.moves = np.diff(np.log(closes), axis=0)
        self.following = np.array([_correlation(own[1:], own[:-1]) for own in self.moves.T])
        """The rank correlation of each coin's moves with the next one."""

    def told(self, column: int, coin: str) -> str:
        """What is wrong with a coin's moves, as a question to whoever made the file; '' if they are those of closes."""
        when = f"from {self.days[0]} to {self.days[-1]}"
        repeats, excess = self._repeats(column), self._excess(column)
        if repeats > REPEATED:
            return f"{coin} repeats the close before on {repeats:.0%} of the days {when}"
        if (line := _line(self.closes[:, column])) is not None:
            first, last = self.days[list(line)]
            return f"{coin}'s closes from {first} to {last} lie on a straight line: are they filled in?"
        if excess >= MORE_THAN_OTHERS:
            text = f"{coin}'s moves follow one another {when}, unlike those of the other coins"
            return f"{text}: are its closes averages?"
        if excess <= -MORE_THAN_OTHERS:
            text = f"{coin}'s moves are often undone on the next day {when}, unlike those of the other coins"
            return f"{text}: are its closes exact, and in order?"
        if (with_others := _with_others(self.moves, column)) < LEAST_WITH_OTHERS:
            text = f"{coin} does not move with the other coins {when} (rank correlation {with_others:.2f})"
            return f"{text}: are its closes its own, and under their dates?"
        return ""

    def _repeats(self, column: int) -> float:
        """The part of a coin's known moves that are zero; 0 with fewer than LEAST_DAYS."""
        own = self.moves[:, column]
        known = own[~np.isnan(own)]
        return float(np.mean(known == 0.0)) if len(known) >= LEAST_DAYS else 0.0

    def _excess(self, column: int) -> float:
        """How much more a coin's moves follow each other than the median of the others', of at least two; else NaN."""
        others = np.delete(self.following, column)
        is_known = (~np.isnan(others)).sum() >= 2
        return float(self.following[column] - np.nanmedian(others)) if is_known else float("nan")


def _with_others(moves: Floats, column: int) -> float:
    """The rank correlation of one column of `moves` with the mean of the others, of at least two; else NaN."""
    others = np.delete(moves, column, axis=1)
    known = ~np.isnan(others)
    count = known.sum(axis=1)
    total = np.where(known, np.clip(others, -0.2, 0.2), 0.0).sum(axis=1)
    return _correlation(moves[:, column], np.where(count >= 2, total / np.maximum(count, 1), np.nan))


def _correlation(one: Floats, other: Floats) -> float:
    """The rank correlation where both are known; NaN with fewer than LEAST_DAYS such days."""
    known = ~np.isnan(one) & ~np.isnan(other)
    enough = np.count_nonzero(known) >= LEAST_DAYS
    return rank_correlation(one[known], other[known]) if enough else float("nan")


def _line(closes: Floats) -> tuple[int, int] | None:
    """The first and the last row of the first LINE_DAYS closes or more on a straight line that rises or falls.

    In a series of fewer than LEAST_DAYS it is at most half of it: a short one that is a line as a whole is an example.
    """
    known = np.count_nonzero(~np.isnan(closes))
    for values in (closes, np.log(closes)):
        steps = np.diff(values)
        bends = np.abs(np.diff(steps))
        # NaN compares as false.
        is_straight = np.asarray((steps[1:] != 0.0) & (bends <= STRAIGHT * np.abs(steps[1:])))
        edges = np.flatnonzero(np.diff(np.concatenate(([0], is_straight, [0]))))
        for first, end in zip(edges[::2], edges[1::2], strict=True):
            length = end - first + 2
            if length >= LINE_DAYS and (2 * length <= known or known >= LEAST_DAYS):
                return int(first), int(end) + 1
    return None
