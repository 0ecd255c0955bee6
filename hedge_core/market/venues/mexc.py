"""MEXC: USDT perpetuals in contracts."""

from hedge_core.market.residence import Access
from hedge_core.market.venues.exchange import Exchange
from hedge_core.market.venues.fills_format import ExportLayout, FillsFormat
from hedge_core.market.venues.hedge_dangers import HedgeDangers
from hedge_core.market.venues.order_form import POST_ONLY
from hedge_core.market.venues.venue import Venue

VENUE = Venue(
    name="MEXC",
    order_form=POST_ONLY,
    closes_how="liquidation",
    deleveraging="yes, when the fund cannot cover a loss; the highest profit and leverage first",
    dangers=HedgeDangers(deleverages=True),
    funding="every 8 hours on BTC, otherwise not checked",
    interest="none by default",
    regions="refuses the United States, Canada, China, Singapore and some other places",
    refuses_regions=True,
    serves={
        "us": Access(False, "it excludes the United States, Canada and China", "a list of a data service, undated"),
        "singapore": Access(False, "it excludes Singapore", "a list of a data service, undated"),
    },
    is_assumed=True,
    note="sizes and margins as its list stated them on 2025-08-03",
    source="the venue's list 2025-08-03 and 2026-05-09",
    exchange=Exchange(
        name="mexc",
        label="MEXC",
        venue="MEXC",
        quotes=("USDT", "USDC", "USD"),
        candles=500,
        has_right_fees=False,
        has_margin_tiers=True,
        regional_limit="refuses people in the United States, Canada, China, Singapore and some other places",
        funding="one",
    ),
    fills=FillsFormat(
        layouts=(
            # The table states quantities three times: in contracts, in coins and in dollars.
            ExportLayout(
                frozenset(("futures trading pair", "filled qty (cont.)", "average filled price")),
                {"contract": "futures trading pair", "quantity": "filled qty (cont.)", "price": "average filled price"},
            ),
        ),
        side_names_position=True,
    ),
)
