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
from hedge_core.text import listed

MOST_NAMED = 5
"""So many odd closes of one coin are named."""

SHIFTED = 0.5
"""From this correlation with the moves of the others a day earlier or later on, a coin may stand under wrong dates."""

MORE_THAN_TODAY = 0.3
"""It does if that correlation exceeds the one of the same day by this much."""

MOST_SHIFTED = 5
"""So many coins are named, and that there are others."""

MOST_MISSING = 3
"""So many missing closes are not noted."""

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

    The coin for which that is clearest is taken from the others before the next one is looked for. If it is half of the
    coins or more than MOST_SHIFTED, either side may be wrong, and no single coin is.
    """
    coins = history.coins
    named = _a_day_apart(np.clip(history.returns, -0.2, 0.2))
    shifted = [coins[column] for column in named]
    if len(named) > MOST_SHIFTED:
        text = f"{', '.join(shifted[:MOST_SHIFTED])} and others move a day before or after the rest."
        doubts.ask(f"{text} {_OWN_DATE}")
    elif 2 * len(named) >= len(coins) > 2:
        rest = [coin for coin in coins if coin not in shifted]
        text = (
            f"Some coins move a day before or after others: {listed(shifted)} on one side, {listed(rest)} on the other."
        )
        doubts.ask(f"{text} {_OWN_DATE}")
    elif named and len(coins) == 2:
        doubts.ask(f"{listed(coins)} move a day apart. {_OWN_DATE}")
    else:
        for column, late in named.items():
            when = "after" if late else "before"
            doubts.ask(f"{coins[column]} moves a day {when} the other coins. {_OWN_DATE}", field=coins[column])


_OWN_DATE = "Is each close under its own date, in UTC?"


def _a_day_apart(moves: Floats) -> dict[int, bool]:
    """The columns of `moves` (days, coins) that move a day apart from the others, at most MOST_SHIFTED + 1; True: late.

    The correlation with the others' mean a day apart is at least SHIFTED, and MORE_THAN_TODAY above today's.
    """
    left = np.arange(moves.shape[1])
    found: dict[int, bool] = {}
    while len(left) > 1 and len(found) <= MOST_SHIFTED:
        own = moves[:, left]
        mean = _mean_of_others(own)
        late, early = _correlations(own[1:], mean[:-1]), _correlations(own[:-1], mean[1:])
        apart = np.maximum(late, early)
        excess = np.where(apart >= SHIFTED, apart - _correlations(own, mean), 0.0)
        place = int(np.argmax(excess))
        if excess[place] < MORE_THAN_TODAY:
            break
        found[int(left[place])] = bool(late[place] > early[place])
        left = np.delete(left, place)
    return found


def _mean_of_others(moves: Floats) -> Floats:
    """For each column of `moves` (days, coins) the mean of the others on each day; NaN where they have none."""
    known = ~np.isnan(moves)
    values = np.where(known, moves, 0.0)
    count = known.sum(axis=1, keepdims=True) - known
    total = values.sum(axis=1, keepdims=True) - values
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _correlations(one: Floats, other: Floats) -> Floats:
    """The correlation of each pair of columns where both are known.

    0 with fewer than LEAST_DAYS such days or if one does not move.
    """
    known = ~np.isnan(one) & ~np.isnan(other)
    count = known.sum(axis=0)
    apart = [
        np.where(known, values - np.where(known, values, 0.0).sum(axis=0) / np.maximum(count, 1), 0.0)
        for values in (one, other)
    ]
    squares = [(values**2).sum(axis=0) for values in apart]
    usable = (count >= LEAST_DAYS) & (np.minimum(*squares) > 1e-18 * count)
    products = (apart[0] * apart[1]).sum(axis=0)
    return np.where(usable, products / np.sqrt(np.where(usable, squares[0] * squares[1], 1.0)), 0.0)


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


def gap_doubts(history: PriceHistory) -> list[Doubt]:
    """Days without any close, and coins that lack closes of other days, if either are more than MOST_MISSING."""
    doubts = Doubts()
    known = ~np.isnan(history.values)
    is_empty = np.asarray(~known.any(axis=1))
    if is_empty.sum() > MOST_MISSING:
        first = history.days[np.flatnonzero(is_empty)[0]]
        doubts.note(
            f"The file has no closes of {is_empty.sum():,} days, the first {first}; they are left out, not filled"
        )
    for column, coin in enumerate(history.coins):
        rows = np.flatnonzero(known[:, column])
        missing = rows[0] + np.flatnonzero(~known[rows[0] : rows[-1], column] & ~is_empty[rows[0] : rows[-1]])
        if len(missing) > MOST_MISSING:
            text = f"{coin} has no close on {len(missing):,} days, the first {history.days[missing[0]]}"
            doubts.note(f"{text}; they are left out, not filled", field=coin)
    return list(doubts)


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
