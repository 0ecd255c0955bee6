"""What looks wrong in a series of closes: spikes, redenominations, columns that stand still or end before the others.

These are named, not mended: `market.odd_closes` finds them. A close that spikes and comes back, closes at another level
for some days, and a newest close far from its own past are asked about. A change of units (1,000 old coins for one new
one) shows as a jump after which the price stays where it is, and is noted.
"""

from __future__ import annotations

import numpy as np

from hedge_core.documents.reader.doubts import Doubt, Doubts
from hedge_core.market.odd_closes import ENDS_DAYS, days_still, lasting_steps, odd_closes, redenominations
from hedge_core.market.snapshot import PriceHistory

MOST_NAMED = 5
"""So many odd closes of one coin are named."""


def series_doubts(history: PriceHistory) -> list[Doubt]:
    """What looks wrong in each coin's closes."""
    doubts = Doubts()
    for coin in history.coins:
        closes = history.of(coin)
        at = np.flatnonzero(~np.isnan(closes))
        if at.size:
            _jumps(history, coin, doubts)
            _ending(history, coin, at, doubts)
    return list(doubts)


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
