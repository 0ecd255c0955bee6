"""Kalshi: very small perpetuals for customers in the United States, quoted per contract."""

from hedge_core.market.residence import Access
from hedge_core.market.venues.hedge_dangers import HedgeDangers
from hedge_core.market.venues.venue import Venue

VENUE = Venue(
    name="Kalshi",
    funding="at 00:00, 08:00 and 16:00 New York time; rates within 0.01% count as zero, at most 2% each time",
    interest="about 3.25% a year on collateral (2026-07-07)",
    interest_rate=0.0325,
    dangers=HedgeDangers(margin_currency="USD", takes_coins=False),
    regions="United States",
    serves={"us": Access(True, "under an order of the CFTC", "the order", "2026-05-29")},
    is_assumed=True,
    only_if_chosen="contracts of about $2 to $10, and by default positions of at most $5,000",
    note="it quotes prices per contract, not per coin; margin rates are those of positions of $1,000, the same by day "
    "and by night",
    source="recorded answers of its interface 2026-07-07 and 2026-09-14; a fee filing of 2026-06-24",
)
