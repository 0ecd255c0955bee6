"""WEEX: USDT perpetuals that count in coins; what its list calls the contract's value is the step of an order."""

from hedge_core.market.residence import Access
from hedge_core.market.venues.exchange import Exchange
from hedge_core.market.venues.order_form import POST_ONLY
from hedge_core.market.venues.venue import Venue

VENUE = Venue(
    name="WEEX",
    order_form=POST_ONLY,
    closes_how="liquidation",
    funding="00:00, 08:00 and 16:00 UTC",
    regions="refuses the United States, Canada and some other places",
    refuses_regions=True,
    serves={
        "us": Access(False, "its terms exclude the United States and Canada", "the venue's terms", "2025-06-02"),
    },
    is_assumed=True,
    note="in the catalogue the sizes of a few contracts are known; live prices bring the others",
    source="ccxt's recorded test data",
    exchange=Exchange(
        name="weex",
        label="WEEX",
        venue="WEEX",
        quotes=("USDT", "USDC", "USD"),
        candles=300,
        gives_newest_only=True,
        counts_coins=True,
        funding_hours=8,
        regional_limit="refuses people in the United States, Canada and some other places",
    ),
)
