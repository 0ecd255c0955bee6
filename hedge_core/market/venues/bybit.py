"""Bybit: USDT perpetuals that count in coins. Its hours between funding differ from contract to contract."""

from hedge_core.market.residence import Access
from hedge_core.market.venues.exchange import Exchange
from hedge_core.market.venues.fills_format import ExportLayout, FillsFormat
from hedge_core.market.venues.hedge_dangers import HedgeDangers
from hedge_core.market.venues.order_form import POST_ONLY
from hedge_core.market.venues.venue import MarginRunsOut, Venue

VENUE = Venue(
    name="Bybit",
    order_form=POST_ONLY,
    hours="around the clock",
    has_weekend_gap=False,
    closes_how="liquidation: the whole position in the lowest tier, down to a lower tier above",
    margin_runs_out=MarginRunsOut(
        closes="by_position",
        source="Bybit help on the unified account: in the lowest tier the whole position is closed",
    ),
    deleveraging="yes, when the fund has lost too much; the highest leveraged profit first (2025-09-18)",
    dangers=HedgeDangers(deleverages=True),
    funding="every 8, 4, 2 or 1 hours, by contract",
    interest="none by default",
    regions="refuses the United States and some other places",
    refuses_regions=True,
    is_assumed=False,
    serves={"us": Access(False, "its server answers 403 in the United States", "measured answers", "2026-11-28")},
    note="its server answers 403 there",
    source="ccxt 4.5.90 and measured answers",
    exchange=Exchange(
        name="bybit",
        label="Bybit",
        venue="Bybit",
        quotes=("USDT", "USDC", "USD"),
        candles=1000,
        has_margin_tiers=True,
        has_tiers_in_dollars=True,
        regional_limit="refuses servers and people in the United States and some other places (HTTP 403)",
        options={"fetchMarkets": {"types": ["spot", "linear"]}},
    ),
    fills=FillsFormat(
        layouts=(
            # A trade that neither opens nor closes a position is a spot trade.
            ExportLayout(
                frozenset(("wallet balance", "fee paid", "filled price", "action")),
                {"opening": "action", "wallet_change": "change"},
            ),
            ExportLayout(
                frozenset(("wallet balance", "fee paid", "filled price", "change")), {"wallet_change": "change"}
            ),
            ExportLayout(frozenset(("contracts", "exec qty", "exec price"))),
            ExportLayout(frozenset(("filled type", "filled quantity"))),
        )
    ),
)
