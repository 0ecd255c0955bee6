"""WEEX: USDT perpetuals that count in coins; only a few sizes are known."""

from hedge_core.market.venues.venue import Venue

VENUE = Venue(
    name="WEEX",
    closes_how="liquidation",
    funding="00:00, 08:00 and 16:00 UTC",
    regions="refuses the United States, Canada and some other places",
    refuses_regions=True,
    is_assumed=True,
    note="the sizes of eight contracts are known; others are not sized",
    source="ccxt's recorded test data",
)
