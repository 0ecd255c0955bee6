"""MEXC: USDT perpetuals in contracts."""

from hedge_core.market.venues.venue import Venue

VENUE = Venue(
    name="MEXC",
    closes_how="liquidation",
    deleveraging="yes, when the fund cannot cover a loss; the highest profit and leverage first",
    funding="every 8 hours on BTC, otherwise not checked",
    interest="none by default",
    regions="refuses the United States, Canada, China, Singapore and some other places",
    refuses_regions=True,
    is_assumed=True,
    note="sizes and margins as its list stated them on 2025-08-03",
    source="the venue's list 2025-08-03 and 2026-05-09",
)
