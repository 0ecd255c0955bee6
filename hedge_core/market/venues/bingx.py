"""BingX: USDT perpetuals that count in coins; the size in its list is 0 or the smallest order, never the unit."""

from hedge_core.market.venues.exchange import Exchange
from hedge_core.market.venues.hedge_dangers import HedgeDangers
from hedge_core.market.venues.order_form import POST_ONLY
from hedge_core.market.venues.venue import Venue

VENUE = Venue(
    name="BingX",
    order_form=POST_ONLY,
    closes_how="liquidation",
    deleveraging="yes, when the fund cannot cover a loss; the highest leveraged profit first",
    dangers=HedgeDangers(deleverages=True),
    funding="every 8 hours, not checked",
    is_assumed=True,
    note="in the catalogue the sizes of a few contracts are known; live prices bring the others",
    source="ccxt's recorded test data",
    exchange=Exchange(
        name="bingx",
        label="BingX",
        venue="BingX",
        quotes=("USDT", "USDC", "USD"),
        candles=1000,
        counts_coins=True,
        has_right_fees=False,
        funding_hours=8,
    ),
)
