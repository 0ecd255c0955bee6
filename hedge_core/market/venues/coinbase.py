"""Coinbase Derivatives: small futures and perpetuals for customers in the United States.

The exchange library calls every derivative here a swap, reports fees that are 100 times too high, and does not say that
SHIB and PEPE are traded in units of 1,000 coins.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from hedge_core.market.margin_tiers import MarginTier
from hedge_core.market.numbers import number, positive
from hedge_core.market.residence import Access
from hedge_core.market.venues.exchange import Exchange, Market
from hedge_core.market.venues.fills_format import ExportLayout, FillsFormat
from hedge_core.market.venues.hedge_dangers import HedgeDangers
from hedge_core.market.venues.order_form import BROKER
from hedge_core.market.venues.venue import IntradayMargin, MarginRunsOut, Venue

MOST_MARGIN = 5.0
"""A published margin rate from this on, as a fraction of notional, is taken for a percentage and not used."""


def _code(market: Market) -> str:
    """The short code of a perpetual, such as ETP; the id of a dated future."""
    details = (market.get("info") or {}).get("future_product_details") or {}
    return str((market.get("swap") and details.get("contract_code")) or market["id"])


def _funding_now(info: Mapping[str, Any]) -> float | None:
    """The funding rate of the current hour, which the tickers of perpetuals include."""
    details: Any = info.get("future_product_details") or {}
    if not isinstance(details, Mapping):
        return None
    perpetual: Any = details.get("perpetual_details") or {}
    return number(perpetual.get("funding_rate") or details.get("funding_rate"))


def _tiers(market: Market) -> tuple[MarginTier, ...]:
    """One tier: what a short held overnight needs, which the list states as a fraction of notional."""
    details: Any = (market.get("info") or {}).get("future_product_details") or {}
    overnight: Any = details.get("overnight_margin_rate") if isinstance(details, Mapping) else None
    rate = positive(overnight.get("short_margin_rate")) if isinstance(overnight, Mapping) else None
    return (MarginTier(0.0, rate, rate),) if rate is not None and rate < MOST_MARGIN else ()


def _month_code(code: str, expiry: date, is_weekly: bool) -> str:
    """BIT-27NOV26-CDE, as the venue writes one expiry of a series."""
    return code if code.endswith("-CDE") else f"{code}-{expiry:%d%b%y}-CDE".upper()


VENUE = Venue(
    name="Coinbase Derivatives",
    hours="around the clock; breaks on Friday 16:00-17:00, Chicago time, and for a few hours on one weekend a quarter",
    has_weekend_gap=False,
    closes_how="the broker, which closes some or all of the position",
    margin_runs_out=MarginRunsOut(
        closes="closed",
        source="Coinbase help, futures liquidation buffer: some or all, as it chooses; all is assumed",
    ),
    intraday_margin=IntradayMargin(
        until="16:00 New York time on a weekday, and not at all from Friday 16:00 to Sunday 18:00",
        source="the venue's help pages: the rates apply from 18:00 to 16:00 New York time",
    ),
    deleveraging="none found; the contracts are cleared",
    dangers=HedgeDangers(
        deleverages=False,
        halt_source="its break on Fridays from 16:00 to 17:00 Chicago time, in which the low of 2025-10-10 fell (by "
        "its hours; no report of the day confirms it)",
        loss_chance=0.001,
        margin_currency="USD",
        takes_coins=False,
    ),
    funding="every hour, paid twice a day",
    interest="none found inside a futures account",
    is_exchange_traded=True,
    order_form=replace(BROKER, time_in_force="good till cancelled"),
    month_code=_month_code,
    regions="United States",
    serves={
        "us": Access(True, "through Coinbase Financial Markets and other brokers", "the venue's pages", "2026-11-28"),
    },
    is_assumed=False,
    note="the lower intraday margin ends at 16:00 New York time and does not apply from Friday 16:00 to Sunday 18:00; "
    "a broker that is not open around the clock also breaks 16:00-17:00, Chicago time, every day",
    source="the venue's documentation and help pages, read 2026-11-28",
    exchange=Exchange(
        name="coinbase",
        label="Coinbase",
        venue="Coinbase Derivatives",
        quotes=("USD", "USDC", "USDT"),
        is_fallback=True,
        quotes_dollars=True,
        code=_code,
        tiers=_tiers,
        thousands=frozenset(("SHIB", "PEPE")),
        has_right_fees=False,
        funding="none",
        funding_hours=1,
        funding_now=_funding_now,
        traded_field="volume_24h",
        futures_options={"type": "swap"},
    ),
    fills=FillsFormat(
        layouts=(ExportLayout(frozenset(("price/fee/total unit", "product")), {"quote": "price/fee/total unit"}),),
        dated_code=r"(?P<code>[A-Z0-9]+)-(?P<day>\d{2})(?P<month>[A-Z]{3})(?P<year>\d{2})-CDE",
    ),
)
