"""A price file held against a market: which decimal mark it uses, and whether its closes are those of its coins.

14.380 is no price of 14,380 for a coin of $14. The two readings of a number lie a thousandfold apart, so the price that
a market has for the coin decides even if it is weeks old or simulated. Limits: the mark of an old file is not told (a
coin may have cost a hundredth then), nor one by a coin that the market does not have; and all coins of the file must
agree.
"""

from __future__ import annotations

import math
from datetime import date, timedelta

import numpy as np

from hedge_core.documents.reader.doubts import Doubt
from hedge_core.documents.reader.number_style import Mark
from hedge_core.market.snapshot import MarketSnapshot, PriceHistory

ROOM = 5.0
"""How far a close may be from the market's price, as a factor."""

MOST_DAYS = timedelta(days=366)
"""A file that ends longer than this before or after the market's day is not compared."""


def mark_by_level(with_point: PriceHistory, with_comma: PriceHistory, market: MarketSnapshot) -> Mark | None:
    """The mark under which the last close of every coin that reads differently is near its price in the market.

    None if neither reading fits, or if no coin can be compared.
    """
    last = with_point.days[-1].astype("datetime64[D]").item()
    if abs(last - market.as_of.date()) > MOST_DAYS:
        return None
    pairs = [
        (with_point.last_close(coin), with_comma.last_close(coin), market.price_or_none(coin))
        for coin in with_point.coins
    ]
    compared = [(point, comma, price) for point, comma, price in pairs if point and comma and price and point != comma]
    if compared and all(_is_near(point, price) for point, _, price in compared):
        return "point"
    if compared and all(_is_near(comma, price) for _, comma, price in compared):
        return "comma"
    return None


def _is_near(close: float, price: float) -> bool:
    return price / ROOM <= close <= price * ROOM


ROOM_SIMULATED = 20.0
"""The same for a simulated market, whose prices are of the right order only."""


COMPARED_DAYS, LEAST_COMPARED = 30, 5
"""The newest days that file and market share are compared, if they are at least so many."""

APART = 1.04
"""The file's closes are not the market's if half of them differ by this factor. A file may close at another hour."""

MOST_ASKED = 5
"""So many coins are asked about."""


def level_doubts(history: PriceHistory, market: MarketSnapshot | None) -> list[Doubt]:
    """Questions about coins whose closes are far from the market's, as in a series of 100 at the start.

    Closes are compared day by day where the market is not simulated and has the coin's history, and else the last one
    with its price. A file of another year is not compared. A file that ends after the day of a market that is not
    simulated is asked about too.
    """
    last: date = history.days[-1].astype("datetime64[D]").item()
    if market is not None and not market.simulated and last > market.as_of.date():
        return [Doubt("ask", f"The file ends on {last}, but it is {market.as_of:%Y-%m-%d} now. Are its dates right?")]
    if market is None:
        return []
    texts = {coin: _far_text(history, coin, market, last) for coin in history.coins}
    return [Doubt("ask", text, None, coin) for coin, text in texts.items() if text][:MOST_ASKED]


def _far_text(history: PriceHistory, coin: str, market: MarketSnapshot, last: date) -> str:
    """What to ask about the coin's closes; '' if they are near the market's or cannot be compared."""
    shared = [] if market.simulated else _shared(history, market.history, coin)
    if len(shared) >= LEAST_COMPARED:
        apart = float(np.median([abs(math.log(close / other)) for _, close, other in shared]))
        day, close, other = shared[-1]
        if apart < math.log(APART):
            return ""
        return (
            f"{coin} closes at {close:,.6g} on {day}, but at {other:,.6g} in the prices of {market.source}, and "
            f"differs on most of {len(shared)} days. Are these closes of {coin}, in USD, and under their own dates?"
        )
    price, close_now = market.price_or_none(coin), history.last_close(coin)
    room = ROOM_SIMULATED if market.simulated else ROOM
    is_near = abs(last - market.as_of.date()) <= MOST_DAYS
    if not (is_near and close_now and price) or price / room <= close_now <= price * room:
        return ""
    return (
        f"{coin} closes at {close_now:,.6g}, but costs about {price:,.6g} (prices of {market.source}). Are these "
        "closes in USD, and not an index, a logarithm or a return?"
    )


def _shared(history: PriceHistory, other: PriceHistory, coin: str) -> list[tuple[date, float, float]]:
    """The newest days on which both have a close of the coin, at most COMPARED_DAYS, with the two closes."""
    if coin not in other.coins:
        return []
    known = dict(zip(other.days.tolist(), other.of(coin).tolist(), strict=True))
    pairs = [
        (day, close, known[day])
        for day, close in zip(history.days.tolist(), history.of(coin).tolist(), strict=True)
        if day in known and not math.isnan(close) and not math.isnan(known[day])
    ]
    return pairs[-COMPARED_DAYS:]
