"""Binance: USD-margined perpetuals that count in coins."""

from hedge_core.market.residence import Access
from hedge_core.market.venues.exchange import Exchange
from hedge_core.market.venues.fills_format import ExportLayout, FillsFormat
from hedge_core.market.venues.hedge_dangers import HedgeDangers
from hedge_core.market.venues.order_form import POST_ONLY
from hedge_core.market.venues.venue import MarginRunsOut, Venue

VENUE = Venue(
    name="Binance",
    order_form=POST_ONLY,
    hours="around the clock",
    has_weekend_gap=False,
    closes_how="liquidation: a small position is almost always closed whole",
    margin_runs_out=MarginRunsOut(
        closes="by_position",
        source="Binance FAQ 360033525271, 2024-05-29: small positions are almost always closed whole",
    ),
    deleveraging="yes, when the fund cannot cover a loss; the highest profit and leverage first",
    dangers=HedgeDangers(deleverages=True),
    funding="every 8, 4 or 1 hours; every hour while the rate is at its cap (2026-01-02)",
    regions="refuses the United States and some other places",
    refuses_regions=True,
    is_assumed=False,
    serves={"us": Access(False, "its server answers 451 in the United States", "measured answers", "2026-11-28")},
    note="its server answers 451 there",
    source="ccxt 4.5.90 and measured answers; a notice of the venue on funding 2026-01-02",
    exchange=Exchange(
        name="binance",
        label="Binance",
        venue="Binance",
        quotes=("USDT", "USDC", "USD"),
        candles=1000,
        funding_hours=8,
        regional_limit="refuses servers and people in the United States and some other places (HTTP 451)",
        options={"fetchMarkets": {"types": ["spot", "linear"]}},
    ),
    fills=FillsFormat(
        layouts=(
            ExportLayout(frozenset(("realized profit", "quantity"))),
            ExportLayout(frozenset(("transaction id", "asset", "type", "amount"))),
            ExportLayout(frozenset(("orderno", "executed", "average price"))),
        ),
        has_short_years=True,
    ),
)
