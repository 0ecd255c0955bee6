"""Hyperliquid: perpetuals in coins. It writes kPEPE for 1,000 PEPE and states one leverage for each contract."""

import math
import re
from decimal import Decimal

from hedge_core.market.margin_tiers import MarginTier
from hedge_core.market.numbers import positive
from hedge_core.market.residence import Access
from hedge_core.market.venues.exchange import Exchange, Market, library_base
from hedge_core.market.venues.fills_format import ExportLayout, FillsFormat
from hedge_core.market.venues.hedge_dangers import HedgeDangers
from hedge_core.market.venues.order_form import POST_ONLY
from hedge_core.market.venues.venue import MarginRunsOut, Venue


def _base(market: Market) -> str:
    """The exchange's own name where its case matters (kPEPE), else the library's."""
    info = market.get("info") or {}
    name = info.get("name")
    return name if isinstance(name, str) and re.fullmatch(r"k[A-Z0-9]+", name) else library_base(market)


def _code(market: Market) -> str:
    info = market.get("info") or {}
    return str(info.get("name") or market["base"])


def _tiers(market: Market) -> tuple[MarginTier, ...]:
    """One tier: initial margin at the highest leverage, and half of it as maintenance margin."""
    info = market.get("info") or {}
    leverage = positive(info.get("maxLeverage"))
    return (MarginTier(0.0, 1.0 / leverage, 0.5 / leverage),) if leverage else ()


MOST_DECIMALS = 6
MOST_DIGITS = 5


def _tick(quoted: float, amount_step: float) -> Decimal:
    """Five significant digits, and at most six decimals less those of the quantity; a whole number is always allowed.

    The venue's documentation on tick and lot size.
    """
    by_digits = math.floor(math.log10(quoted)) - MOST_DIGITS + 1
    by_decimals = round(-math.log10(amount_step)) - MOST_DECIMALS
    return Decimal(1).scaleb(min(max(by_digits, by_decimals), 0))


VENUE = Venue(
    name="Hyperliquid",
    order_form=POST_ONLY,
    tick_rule=_tick,
    hours="around the clock",
    has_weekend_gap=False,
    closes_how="liquidation: the whole position below 100,000 USDC, above it a fifth first",
    margin_runs_out=MarginRunsOut(
        closes="by_position",
        source="Hyperliquid documentation: a market order for the whole position up to 100,000 USDC",
        cost=0.0,
        cost_source="Hyperliquid documentation: no fee for liquidations",
    ),
    deleveraging="yes; on 2025-10-10 it closed 15 to 19% of all shorts, most of them whole, low leverage or not",
    dangers=HedgeDangers(
        deleverages=True,
        low_leverage_helps=False,
        halt_source="assumed; it says that it did not stop on 2025-10-10",
        margin_currency="USDC",
        takes_coins=False,
    ),
    funding="every hour",
    interest="none by default",
    regions="refuses the United States and Ontario",
    serves={
        "us": Access(False, "its terms exclude the United States and Ontario", "the venue's terms", "2026-06-15"),
    },
    refuses_regions=True,
    is_assumed=False,
    source="the venue's terms 2026-06-15 and documentation",
    exchange=Exchange(
        name="hyperliquid",
        label="Hyperliquid",
        venue="Hyperliquid",
        price_of="index",
        index_field="oraclePx",
        quotes=("USDC", "USD", "USDT"),
        candles=1000,
        base=_base,
        code=_code,
        tiers=_tiers,
        funding_hours=1,
        largest_funding=0.04,
        options={"fetchMarkets": {"types": ["swap"]}},
    ),
    fills=FillsFormat(
        layouts=(
            ExportLayout(frozenset(("coin", "px", "sz"))),
            ExportLayout(frozenset(("coin", "payment", "rate"))),
        )
    ),
)
