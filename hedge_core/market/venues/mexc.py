"""MEXC: perpetuals that the exchange library lists; none of its contracts is verified yet."""

from hedge_core.market.venues.venue import Venue

VENUE = Venue(
    name="MEXC",
    closes_how="liquidation",
    regions="refuses the United States, Canada, China, Singapore and some other places",
    refuses_regions=True,
    is_assumed=True,
    is_unverified=True,
    note="ccxt lists perpetuals with funding history; no contract is verified here, so it is not sized",
    source="ccxt 4.5.90",
)
