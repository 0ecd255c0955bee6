"""Deribit: inverse perpetuals, sized in dollars and settled in the coin."""

from hedge_core.market.venues.fills_format import ExportLayout, FillsFormat
from hedge_core.market.venues.venue import Venue

VENUE = Venue(
    name="Deribit",
    hours="around the clock",
    has_weekend_gap=False,
    closes_how="liquidation",
    is_assumed=True,
    note="collateral in the coin",
    source="remembered",
    fills=FillsFormat(layouts=(ExportLayout(frozenset(("userseq", "instrument"))),), counts_underlying=True),
)
