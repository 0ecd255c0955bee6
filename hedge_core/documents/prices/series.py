"""What looks wrong in a series of closes: spikes, redenominations, columns that stand still or end before the others.

These are named, not mended: `market.odd_closes` finds them. A close that spikes and comes back, closes at another level
for some days, and a newest close far from its own past are asked about. A change of units (1,000 old coins for one new
one) shows as a jump after which the price stays where it is, and is noted. Coins move together: one that moves with
yesterday's or tomorrow's moves of all others, and not with today's, stands under the wrong dates, and is asked about.
"""

from __future__ import annotations

import numpy as np

from hedge_core.documents.reader.doubts import Doubt, Doubts
from hedge_core.market.odd_closes import ENDS_DAYS, days_still, lasting_steps, odd_closes, redenominations
from hedge_core.market.snapshot import Floats, PriceHistory

MOST_NAMED = 5
"""So many odd closes of one coin are named."""

SHIFTED = 0.5
"""From this correlation with the moves of the others a day earlier or later on, a coin may stand under wrong dates."""

MORE_THAN_TODAY = 0.3
"""It does if that correlation exceeds the one of the same day by this much."""

LEAST_DAYS = 60
"""The dates of coins with fewer days in common with the others are not checked."""


def series_doubts(history: PriceHistory) -> list[Doubt]:
    """What looks wrong in each coin's closes."""
    doubts = Doubts()
    for coin in history.coins:
        closes = history.of(coin)
        at = np.flatnonzero(~np.isnan(closes))
        if at.size:
            _jumps(history, coin, doubts)
            _ending(history, coin, at, doubts)
    _dates(history, doubts)
    return list(doubts)


def _dates(history: PriceHistory, doubts: Doubts) -> None:
    """Asks about coins that move a day before or after the mean of the others; moves beyond 20% count as 20%.

    The coin for which that is clearest is taken from the others before the next one is looked for.
    """
    moves = np.clip(history.returns, -0.2, 0.2)
    left = list(range(len(history.coins)))
    while len(left) > 1:
        found = [_days_late(moves[:, column], moves[:, [k for k in left if k != column]]) for column in left]
        place = int(np.argmax([excess for excess, _ in found]))
        excess, late = found[place]
        if excess < MORE_THAN_TODAY:
            return
        coin = history.coins[left.pop(place)]
        when = "after" if late > 0 else "before"
        text = f"{coin} moves a day {when} the other coins. Is each of its closes under its own date, in UTC?"
        doubts.ask(text, field=coin)


def _days_late(moves: Floats, others: Floats) -> tuple[float, int]:
    """By how much the correlation with the others' mean a day apart exceeds that of the same day; and 1 if late, or -1.

    0 if that correlation is below SHIFTED.
    """
    known = ~np.isnan(others)
    count = known.sum(axis=1)
    mean = np.where(count > 0, np.where(known, others, 0.0).sum(axis=1) / np.maximum(count, 1), np.nan)
    late, early = _correlation(moves[1:], mean[:-1]), _correlation(moves[:-1], mean[1:])
    excess = max(late, early) - _correlation(moves, mean)
    return (excess if max(late, early) >= SHIFTED else 0.0), (1 if late > early else -1)


def _correlation(one: Floats, other: Floats) -> float:
    """The correlation where both are known; 0 with fewer than LEAST_DAYS such days or if one does not move."""
    is_known = ~np.isnan(one) & ~np.isnan(other)
    one, other = one[is_known], other[is_known]
    if len(one) < LEAST_DAYS or one.std() < 1e-9 or other.std() < 1e-9:
        return 0.0
    return float(np.corrcoef(one, other)[0, 1])


def _jumps(history: PriceHistory, coin: str, doubts: Doubts) -> None:
    closes = history.of(coin)
    for odd in odd_closes(coin, closes)[:MOST_NAMED]:
        text = f"{coin} on {history.days[odd.row]} is {_times_text(odd.times)} the close before"
        if odd.is_noted:
            doubts.note(f"{text}, unlike any day before it", field=coin)
        else:
            doubts.ask(f"{text}{_COMES_BACK[odd.kind]}. Is it written in the same way?", field=coin)
    for row, times in redenominations(closes)[:MOST_NAMED]:
        doubts.note(
            f"{coin} changes to {_times_text(times)} the close before on {history.days[row]}: redenominated, or "
            "written in another unit? Days before it do not belong to the same series",
            field=coin,
        )
    for row, times in lasting_steps(closes)[:MOST_NAMED]:
        doubts.note(
            f"{coin} changes to {_times_text(times)} the close before on {history.days[row]} and stays there: "
            "are the days before it of the same coin and in the same unit?",
            field=coin,
        )


_COMES_BACK: dict[str, str] = {"spike": " and comes back", "block": " and comes back some days later", "newest": ""}


def _times_text(times: float) -> str:
    """A multiple as text: '50 times', '1/50 of', '1.5 times'."""
    return f"{times:,.4g} times" if times >= 1.0 else f"1/{1.0 / times:,.4g} of"


def _ending(history: PriceHistory, coin: str, at: np.ndarray, doubts: Doubts) -> None:
    closes = history.of(coin)
    missing = len(history.days) - 1 - int(at[-1])
    if missing > ENDS_DAYS:
        text = f"{coin} ends on {history.days[at[-1]]}, {missing} days before the file does"
        doubts.note(text, field=coin)
    still = days_still(coin, closes)
    if still and len(history.coins) > 1:
        text = f"{coin} has stood still at {closes[at[-1]]:,.6g} for {still} days: is it still traded?"
        doubts.note(text, field=coin)
