"""BingX: USDT perpetuals that count in coins; only a few sizes are known."""

from hedge_core.market.venues.venue import Venue

VENUE = Venue(
    name="BingX",
    closes_how="liquidation",
    deleveraging="yes, when the fund cannot cover a loss; the highest leveraged profit first",
    funding="every 8 hours, not checked",
    is_assumed=True,
    note="the sizes of six contracts are known; others are listed and not sized",
    source="ccxt's recorded test data",
)
