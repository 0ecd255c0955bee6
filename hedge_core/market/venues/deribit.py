"""Deribit: inverse perpetuals, sized in dollars and settled in the coin; and options, whose quotes can be asked for."""

from dataclasses import replace

from hedge_core.market.venues.exchange import Exchange
from hedge_core.market.venues.fills_format import ExportLayout, FillsFormat
from hedge_core.market.venues.hedge_dangers import HedgeDangers
from hedge_core.market.venues.order_form import POST_ONLY
from hedge_core.market.venues.venue import MarginRunsOut, Venue

VENUE = Venue(
    name="Deribit",
    order_form=replace(POST_ONLY, sets_leverage=False),
    hours="around the clock",
    has_weekend_gap=False,
    closes_how="liquidation in parts, one each second",
    margin_runs_out=MarginRunsOut(
        closes="reduced",
        source="Deribit support 25944769313309: a part each second until margin is restored",
        cost=0.01,
        costs={"BTC": 0.0075, "ETH": 0.009},
        cost_source="Deribit support 25944826427293, 2022-01-11: BTC 0.75%, ETH 0.9%; other coins assumed",
    ),
    deleveraging="no; losses that the fund cannot pay are shared by the day's winners",
    dangers=HedgeDangers(deleverages=False, margin_currency="USDC"),
    funding="continuous, quoted for 8 hours",
    interest="4% on USDC in some countries (2025-07)",
    is_assumed=True,
    note="collateral in the coin",
    source="remembered",
    fills=FillsFormat(layouts=(ExportLayout(frozenset(("userseq", "instrument"))),), counts_underlying=True),
)

OPTIONS = Exchange(name="deribit", label="Deribit", venue="Deribit")
"""As a source of option quotes only: no coin's price is taken from it, so it is in no list of exchanges."""

OPTION_CURRENCY = "USDC"
"""The currency of the options that are asked for: those settled in the coin are not proposed."""
