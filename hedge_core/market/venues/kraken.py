"""Kraken: the spot exchange, which supplies prices, and Kraken Futures, whose perpetuals count in coins."""

from collections.abc import Mapping

from hedge_core.market.margin_tiers import MarginTier
from hedge_core.market.numbers import number, positive
from hedge_core.market.residence import Access
from hedge_core.market.venues.exchange import Exchange, Market
from hedge_core.market.venues.fills_format import ExportLayout, FillsFormat
from hedge_core.market.venues.hedge_dangers import HedgeDangers
from hedge_core.market.venues.order_form import POST_ONLY
from hedge_core.market.venues.venue import MarginRunsOut, Venue


def _tiers(market: Market) -> tuple[MarginTier, ...]:
    """The margin schedule in the list of markets, the one for retail clients if there are several."""
    info = market.get("info") or {}
    levels = info.get("retailMarginLevels") or info.get("marginLevels") or []
    rows = [
        (
            number(level.get("numNonContractUnits", level.get("contracts"))),
            positive(level.get("initialMargin")),
            positive(level.get("maintenanceMargin")),
        )
        for level in levels
        if isinstance(level, Mapping)
    ]
    tiers = [MarginTier(f, i, m) for f, i, m in rows if f is not None and i is not None and m is not None]
    return tuple(sorted(tiers, key=lambda tier: tier.notional_from))


def _is_cash_row(cells: Mapping[str, str]) -> bool:
    """Whether a row of the account log changes a balance of cash, not of the contract: it holds the fee of a trade."""
    return cells.get("currency", "").upper() not in ("", cells["contract"].upper())


SPOT = Exchange(
    name="kraken",
    label="Kraken",
    candles=720,
    gives_newest_only=True,
    hidden_suffix=".d",  # the dark pool
    is_fallback=True,
    quotes_dollars=True,
    funding="none",
    needs_currencies=True,
)

VENUE = Venue(
    name="Kraken Futures",
    order_form=POST_ONLY,
    hours="around the clock",
    has_weekend_gap=False,
    closes_how="liquidation by orders, then by assignment to other traders",
    margin_runs_out=MarginRunsOut(
        closes="closed",
        source="assumed: the published text does not say how much is closed",
    ),
    deleveraging="yes, as the last step",
    dangers=HedgeDangers(deleverages=True, margin_currency="USD"),
    funding="every hour",
    interest="none by default",
    regions="retail clients in the European Economic Area trade at most 10 times their margin; in the United Kingdom "
    "professional clients only",
    serves={
        "eu_retail": Access(
            True, "with at least a tenth as margin by its own rules", "support.kraken.com", "2026-11-28"
        ),
    },
    is_assumed=False,
    source="support.kraken.com, read 2026-11-28",
    exchange=Exchange(
        name="krakenfutures",
        label="Kraken Futures",
        venue="Kraken Futures",
        price_of="index",
        index_field="indexPrice",
        candles=2000,
        code=lambda market: str(market["id"]).upper(),
        tiers=_tiers,
        funding="one",
        funding_hours=1,
    ),
    fills=FillsFormat(
        layouts=(
            # `symbol` is the currency or the contract whose balance the row changes.
            ExportLayout(frozenset(("new average entry price", "realized funding")), {"currency": "symbol"}),
        ),
        is_cash_row=_is_cash_row,
        has_signed_quantities=True,
    ),
)
