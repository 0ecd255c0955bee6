"""OKX: perpetuals and futures in contracts, with margin tiers that need a request for each contract."""

from hedge_core.market.venues.exchange import Exchange
from hedge_core.market.venues.fills_format import ExportLayout, FillsFormat
from hedge_core.market.venues.hedge_dangers import HedgeDangers
from hedge_core.market.venues.order_form import POST_ONLY
from hedge_core.market.venues.venue import MarginRunsOut, Venue

VENUE = Venue(
    name="OKX",
    order_form=POST_ONLY,
    hours="around the clock",
    has_weekend_gap=False,
    closes_how="liquidation: everything at once in the two lowest tiers, two tiers at a time above",
    margin_runs_out=MarginRunsOut(
        closes="by_position",
        source="OKX help on tiered maintenance margin, 2025-05-16: in tiers 1 and 2 everything at once",
    ),
    deleveraging="yes, when the fund is well below its threshold; the highest profit and leverage first (2025-11-05)",
    dangers=HedgeDangers(
        deleverages=True,
        halt_source="assumed; OKX says that it did not stop on 2025-10-10",
    ),
    funding="every 8 hours on BTC and ETH",
    interest="none by default",
    is_assumed=True,
    source="remembered",
    exchange=Exchange(
        name="okx",
        label="OKX",
        venue="OKX",
        quotes=("USDT", "USDC", "USD"),
        is_fallback=True,
        has_margin_tiers=True,
        volume_fields=("vol24h", "volCcy24h"),
        funding="backward",
        funding_hours=8,
        options={"fetchMarkets": {"types": ["spot", "swap", "future"]}},
        futures_options={"type": "future"},
    ),
    fills=FillsFormat(layouts=(ExportLayout(frozenset(("trading unit", "filled price"))),)),
)
