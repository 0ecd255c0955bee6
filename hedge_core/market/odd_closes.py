"""Closes that do not look like prices of one coin: spikes, a far newest close, changes of unit, a standstill.

Live and uploaded prices are held against the same rules. A spike is a close that leaves the closes around it and comes
back. In 38,000 coin-days of 17 coins from 2019 to 2026 no close spiked by a factor of 1.35; real coins double and
halve, but they do not do both within two days. What a rule finds is returned, never mended.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
import numpy.typing as npt

from hedge_core.market.coins import is_stablecoin

Floats = npt.NDArray[np.float64]

REFUSED, REFUSED_MAJOR, ASKED = 1.75, 1.35, 1.40
"""A close that spikes by this factor is refused (REFUSED_MAJOR for MAJORS), or asked about (from ASKED)."""

MAJORS = frozenset(("BTC", "ETH", "SOL"))

BLOCK = 1.75
"""A step of this factor that is undone within BLOCK_DAYS is asked about: several closes of another price."""

BLOCK_DAYS = 30

FAR = 2.0
"""The newest close is asked about if it is this many times the one before, and no day of its past moved so far."""

FAR_NOTED = 1.4
"""From this factor on, a move of the newest close that is unlike its own past is named."""

UNLIKE = 6.0
"""A move is unlike a coin's past if it is this many standard deviations of its daily moves."""

PAST_DAYS = 60

REDENOMINATED = 10.0
"""A close this many times above or below the one before, after which the price stays there, changes the unit."""

STEP = 2.2
"""A close this many times above or below the one before, after which the price stays there, is a step. There is none in
38,000 coin-days of 17 coins from 2019 to 2026: Dogecoin rose 4.9-fold on 28 January 2021, and kept moving."""

STILL_DAYS = 10
"""A price that does not move for more days than this stands still."""

ENDS_DAYS = 3
"""A series that ends more days than this before the others has ended."""

Kind = Literal["spike", "block", "newest"]


@dataclass(frozen=True, slots=True)
class OddClose:
    """A close, or a run of closes, that needs a second look.

    `row` and `until` are the places of the first and the last close in the series, and `times` is the first as a
    multiple of the close before. `is_refused`: it cannot be a price. `is_noted`: unusual, but need not be asked about.
    """

    row: int
    until: int
    times: float
    kind: Kind
    is_refused: bool = False
    is_noted: bool = False


def odd_closes(coin: str, closes: Floats) -> list[OddClose]:
    """Closes of `coin` that look wrong, in order; NaN marks a day without a close, and the last row is the newest."""
    rows = np.flatnonzero(~np.isnan(closes))
    logs = np.log(closes[rows])
    if len(rows) < 2:
        return []
    found = _spikes(coin, rows, logs)
    spiked = {odd.row for odd in found}
    clean = np.array([row not in spiked for row in rows])
    found += _blocks(rows[clean], logs[clean])
    found += _newest(rows[clean], logs[clean])
    return sorted(found, key=lambda odd: odd.row)


def _spikes(coin: str, rows: npt.NDArray[np.intp], logs: Floats) -> list[OddClose]:
    """Closes above or below both neighbours, which agree: min(p/before, p/after) >= factor, before/after within 2."""
    refused = math.log(REFUSED_MAJOR if coin in MAJORS else REFUSED)
    from_before, from_after = logs[1:-1] - logs[:-2], logs[1:-1] - logs[2:]
    height = np.minimum(np.abs(from_before), np.abs(from_after))
    is_spike = (from_before * from_after > 0.0) & (height >= min(refused, math.log(ASKED)))
    is_spike &= np.abs(logs[2:] - logs[:-2]) < math.log(2.0)
    return [
        OddClose(
            int(rows[n + 1]), int(rows[n + 1]), _times(from_before[n]), "spike", is_refused=bool(height[n] >= refused)
        )
        for n in np.flatnonzero(is_spike)
    ]


def _blocks(rows: npt.NDArray[np.intp], logs: Floats) -> list[OddClose]:
    """Runs of closes, at most BLOCK_DAYS long, at another level: a step of BLOCK that an equal step undoes."""
    steps = np.diff(logs)
    large = np.flatnonzero(np.abs(steps) >= math.log(BLOCK))
    found = []
    for first, last in pairwise(large):
        is_undone = steps[first] * steps[last] < 0.0 and abs(steps[first] + steps[last]) < math.log(ASKED)
        if is_undone and 1 < rows[last + 1] - rows[first + 1] <= BLOCK_DAYS:
            found.append(OddClose(int(rows[first + 1]), int(rows[last]), _times(steps[first]), "block"))
    return found


def _newest(rows: npt.NDArray[np.intp], logs: Floats) -> list[OddClose]:
    """The newest close, if it is far from the one before and unlike the coin's own past."""
    steps = np.diff(logs)
    if not len(steps):
        return []
    size, past = abs(float(steps[-1])), steps[:-1]
    spread = float(np.std(past[-PAST_DAYS:])) if len(past) >= STILL_DAYS else 0.0
    if size < math.log(FAR_NOTED) or size < UNLIKE * spread:
        return []
    is_noted = size < math.log(FAR) or size <= float(np.abs(past).max(initial=0.0))
    return [OddClose(int(rows[-1]), int(rows[-1]), _times(steps[-1]), "newest", is_noted=is_noted)]


def redenominations(closes: Floats) -> list[tuple[int, float]]:
    """Rows at which the price changes by REDENOMINATED or more and stays there, with the multiple."""
    rows = np.flatnonzero(~np.isnan(closes))
    logs, limit = np.log(closes[rows]), math.log(REDENOMINATED)
    steps = np.diff(logs)
    blocks = _blocks(rows, logs)
    undone = {block.row for block in blocks}, {block.until for block in blocks}
    found = []
    for n in np.flatnonzero(np.abs(steps) >= limit):
        if rows[n + 1] in undone[0] or rows[n] in undone[1]:
            continue
        came_back = n + 2 < len(logs) and abs(logs[n + 2] - logs[n]) < limit
        left = n > 0 and abs(logs[n + 1] - logs[n - 1]) < limit
        if not came_back and not left and n + 2 < len(logs):
            found.append((int(rows[n + 1]), _times(steps[n])))
    return found


def lasting_steps(closes: Floats) -> list[tuple[int, float]]:
    """Rows at which the price changes by STEP or more, unlike on its other days, and stays there, with the multiple.

    A real coin that falls by half keeps moving; a series that is continued in another unit or with another coin does
    not. A step is at least UNLIKE times the coin's usual move (1.4826 times the median of the moves' sizes, which is
    the standard deviation of normal moves), on all days and on the STILL_DAYS after it. Redenominations, and the newest
    close, are not among them.
    """
    rows = np.flatnonzero(~np.isnan(closes))
    logs = np.log(closes[rows])
    steps = np.diff(logs)
    if len(steps) <= STILL_DAYS:
        return []
    sizes = np.abs(steps)
    is_unusual = sizes >= UNLIKE * _usual_move(steps)
    large = np.flatnonzero((sizes >= math.log(STEP)) & is_unusual & (sizes < math.log(REDENOMINATED)))
    undone = {n for block in _blocks(rows, logs) for n in (block.row, block.until)}
    found = []
    for n in large:
        comes_back = n + 2 < len(logs) and abs(logs[n + 2] - logs[n]) < sizes[n] / 2.0
        comes_from = n > 0 and abs(logs[n + 1] - logs[n - 1]) < sizes[n] / 2.0
        is_block = rows[n + 1] in undone or rows[n] in undone
        if n + 2 == len(logs) or comes_back or comes_from or is_block:
            continue
        if sizes[n] >= UNLIKE * _usual_move(steps[n + 1 : n + 1 + STILL_DAYS]):
            found.append((int(rows[n + 1]), _times(steps[n])))
    return found


def _usual_move(steps: Floats) -> float:
    """The standard deviation of normal moves whose sizes have the same median."""
    return 1.4826 * float(np.median(np.abs(steps)))


def days_still(coin: str, closes: Floats) -> int:
    """Days for which the newest price has not moved, if more than STILL_DAYS, else 0; always 0 for a stablecoin."""
    known = closes[~np.isnan(closes)]
    if not known.size or is_stablecoin(coin):
        return 0
    moved = np.flatnonzero(known != known[-1])
    still = len(known) - 1 - int(moved[-1]) if moved.size else len(known)
    return still if still > STILL_DAYS else 0


def _times(step: float) -> float:
    """The multiple that a step of the logarithm is; the largest float for what a float cannot hold."""
    return math.exp(max(-700.0, min(700.0, float(step))))
