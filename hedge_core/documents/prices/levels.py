"""Which decimal mark a price file uses, told by what its coins cost: 14.380 is no price of 14,380 for a coin of $14.

The two readings of a number lie a thousandfold apart, so the price that a market has for the coin decides even if it is
weeks old or simulated. Limits: an old file is not compared (a coin may have cost a hundredth then), nor is a coin that
the market does not have; and all coins of the file must agree.
"""

from __future__ import annotations

from datetime import date, timedelta

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


def level_doubts(history: PriceHistory, market: MarketSnapshot | None) -> list[Doubt]:
    """A question if the last close of a coin is far from its price in the market, as in a series of 100 at the start.

    A file of another year is not compared. A file that ends after the day of a market that is not simulated is asked
    about too.
    """
    last: date = history.days[-1].astype("datetime64[D]").item()
    if market is not None and not market.simulated and last > market.as_of.date():
        return [Doubt("ask", f"The file ends on {last}, but it is {market.as_of:%Y-%m-%d} now. Are its dates right?")]
    if market is None or abs(last - market.as_of.date()) > MOST_DAYS:
        return []
    room = ROOM_SIMULATED if market.simulated else ROOM
    for coin in history.coins:
        close, price = history.last_close(coin), market.price_or_none(coin)
        if close and price and not price / room <= close <= price * room:
            text = (
                f"{coin} closes at {close:,.6g}, but costs about {price:,.6g} (prices of {market.source}). Are these "
                "closes in USD, and not an index, a logarithm or a return?"
            )
            return [Doubt("ask", text, None, coin)]
    return []
