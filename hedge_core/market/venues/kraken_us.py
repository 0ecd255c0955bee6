"""Kraken Derivatives US: a broker for the perpetuals of Bitnomial, whose whole market is small."""

from hedge_core.market.residence import Access
from hedge_core.market.venues.hedge_dangers import HedgeDangers
from hedge_core.market.venues.venue import Venue

VENUE = Venue(
    name="Kraken Derivatives US",
    funding="once a day, at 15:00 Chicago time",
    dangers=HedgeDangers(margin_currency="USD", takes_coins=False),
    is_exchange_traded=True,
    regions="United States",
    serves={"us": Access(True, "a broker in the United States", "support.kraken.com", "2026-06-15")},
    is_assumed=True,
    only_if_chosen="all open positions of the exchange together were $1.6m on 2026-08-29, enough for small hedges",
    note="margin for day trading ends at 15:45 Chicago time; it is a broker for CME too",
    source="its fee schedule and contract specifications 2026-06-15",
)
