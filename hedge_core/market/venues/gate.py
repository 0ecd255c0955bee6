"""Gate: perpetuals and futures in contracts. The exchange library's fees are not those of a new customer."""

from hedge_core.market.margin_tiers import MarginTier
from hedge_core.market.numbers import positive
from hedge_core.market.venues.exchange import Exchange, Market
from hedge_core.market.venues.fills_format import ExportLayout, FillsFormat
from hedge_core.market.venues.hedge_dangers import HedgeDangers
from hedge_core.market.venues.order_form import POST_ONLY
from hedge_core.market.venues.venue import MarginRunsOut, Venue


def _tiers(market: Market) -> tuple[MarginTier, ...]:
    """The first tier: the rates at the highest leverage."""
    info = market.get("info") or {}
    leverage, maintenance = positive(info.get("leverage_max")), positive(info.get("maintenance_rate"))
    if leverage and maintenance and maintenance < 1:
        return (MarginTier(0.0, 1.0 / leverage, maintenance),)
    return ()


VENUE = Venue(
    name="Gate",
    order_form=POST_ONLY,
    hours="around the clock",
    has_weekend_gap=False,
    closes_how="liquidation, tier by tier",
    margin_runs_out=MarginRunsOut(
        closes="closed",
        source="assumed: sources describe both whole and stepwise closing",
    ),
    deleveraging="yes, when the fund cannot cover a loss; the highest profit first (2025-11-20)",
    dangers=HedgeDangers(deleverages=True),
    funding="every 8 hours",
    interest="none by default",
    is_assumed=True,
    note="its fees and margins are read with live prices; in the catalogue most margins count 100%",
    source="remembered",
    exchange=Exchange(
        name="gate",
        label="Gate",
        venue="Gate",
        quotes=("USDT", "USDC", "USD"),
        candles=999,
        is_fallback=True,
        tiers=_tiers,
        has_right_fees=False,
        volume_fields=("volume_24h", "volume_24h_base"),
        funding_hours=8,
        options={
            "fetchMarkets": {"types": ["spot", "swap", "future"]},
            "swap": {"fetchMarkets": {"settlementCurrencies": ["usdt"]}},
        },
        futures_options={"type": "future"},
    ),
    fills=FillsFormat(layouts=(ExportLayout(frozenset(("contract", "size", "filled price", "role"))),)),
)
