"""Coinbase as it answers on the wire: spot in USD, and the futures of Coinbase Derivatives."""

from __future__ import annotations

import math
import time
from typing import Any

from tests.exchange.world import DAY, DOLLARS, World, at

HOST = "api.coinbase.com"
PERPETUALS = {
    "BIP": ("BTC", 0.01), "ETP": ("ETH", 0.1), "SLP": ("SOL", 5.0), "XPP": ("XRP", 500.0), "ADP": ("ADA", 1000.0),
    "DOP": ("DOGE", 5000.0), "LNP": ("LINK", 50.0), "AVP": ("AVAX", 10.0), "LCP": ("LTC", 5.0), "NER": ("NEAR", 500.0),
    "SUP": ("SUI", 500.0), "SHP": ("SHIB", 10_000.0), "PEP": ("PEPE", 100_000.0),
}  # fmt: skip
"""code: coin, and coins (of SHIB and PEPE: thousands) a contract."""

DATED = {"BIT": ("BTC", 0.01), "ET": ("ETH", 0.1)}
MARGINS = {"DOP": "0.92", "SHP": "0.95", "PEP": "1.1433750"}
"""What a short held overnight needs, as a fraction of notional; the others need 0.3348."""

THOUSANDS = ("SHIB", "PEPE")


def kind(path: str) -> str:
    return "history" if path.endswith("/candles") else "contracts"


def spot(world: World) -> list[str]:
    return [*at("coinbase", world), *DOLLARS]


def answer(world: World, path: str, query: dict[str, str], body: Any) -> Any:
    """The result of one request; None for a path that does not exist."""
    if path.endswith("/market/products"):
        futures, coins = _futures(world), [_spot(world, coin) for coin in spot(world) if coin != "USDC"]
        rows = {"FUTURE": futures, "SPOT": coins}.get(query.get("product_type", ""), coins)
        return {"products": rows, "num_products": len(rows)}
    if path.endswith("/candles"):
        coin = path.split("/")[-2].partition("-")[0]
        if coin not in spot(world):
            return {"error": "NOT_FOUND", "error_details": "product not found", "message": "product not found"}
        start, end = int(query.get("start", 0)), int(query.get("end", 10**11))
        found = [candle for candle in reversed(world.candles(coin)) if start <= candle.time <= end][:350]
        return {
            "candles": [
                {"start": str(c.time), "low": f"{c.low:.12f}", "high": f"{c.high:.12f}", "open": f"{c.open:.12f}",
                 "close": f"{c.close:.12f}", "volume": "10"}
                for c in found
            ]
        }  # fmt: skip
    return None


def _product(name: str, price: float, **fields: Any) -> dict[str, Any]:
    return {
        "product_id": name, "price": f"{price:.12f}", "price_percentage_change_24h": "1", "volume_24h": "1000",
        "volume_percentage_change_24h": "1", "base_increment": "0.00000001", "quote_increment": "0.01", "quote_min_size": "1",
        "quote_max_size": "150000000", "base_min_size": "0.00000001", "base_max_size": "3400", "base_name": name, "quote_name": "US Dollar",
        "watched": False, "is_disabled": False, "new": False, "status": "online", "cancel_only": False, "limit_only": False,
        "post_only": False, "trading_disabled": False, "auction_mode": False, "product_type": "SPOT", "quote_currency_id": "USD",
        "base_currency_id": name.partition("-")[0], "fcm_trading_session_details": None, "mid_market_price": "", "alias": "",
        "alias_to": [], "base_display_symbol": name.partition("-")[0], "quote_display_symbol": "USD", "view_only": False,
        "price_increment": "0.0000000001", "display_name": name, "product_venue": "CBE", **fields,
    }  # fmt: skip


def _spot(world: World, coin: str) -> dict[str, Any]:
    return _product(
        f"{coin}-USD", world.price(coin), trading_disabled=coin in world.delisted, is_disabled=coin in world.delisted
    )


def _futures(world: World) -> list[dict[str, Any]]:
    rows = []
    for code, (coin, size) in PERPETUALS.items():
        if coin in spot(world):
            rows.append(_future(world, code, coin, size, "20DEC30", "2030-12-20T16:00:00Z", perpetual=True))
    for code, (coin, size) in DATED.items():
        day = world.expiries()[0]
        name = time.strftime("%d%b%y", time.gmtime(day)).upper()
        expiry = time.strftime("%Y-%m-%dT16:00:00Z", time.gmtime(day))
        rows.append(_future(world, code, coin, size, name, expiry, perpetual=False))
    return rows


def _increment(price: float) -> str:
    """A tick as the venue's are: the fifth significant digit of the price."""
    return f"{10.0 ** (math.floor(math.log10(price)) - 4):.10f}"


def _future(
    world: World, code: str, coin: str, size: float, day: str, expiry: str, *, perpetual: bool
) -> dict[str, Any]:
    unit = 1000.0 if coin in THOUSANDS else 1.0
    price = world.price(coin) * unit
    if not perpetual:
        price *= 1.0 + 0.08 * (world.expiries()[0] - world.now) / (365 * DAY)
    name = f"1000{coin}" if coin in THOUSANDS else coin
    details = {
        "venue": "cde", "contract_code": code, "contract_expiry": expiry, "contract_size": f"{size:g}", "contract_root_unit": coin,
        "group_description": f"{name} {'perpetual-style' if perpetual else ''} futures", "contract_expiry_timezone": "Europe/London",
        "group_short_description": name, "risk_managed_by": "MANAGED_BY_FCM", "contract_expiry_type": "EXPIRING",
        "contract_display_name": f"{name} PERP" if perpetual else f"{name} {day}", "open_interest": "1000",
        "funding_interval": "3600s" if perpetual else None, "funding_rate": "0.000012" if perpetual else "",
        "intraday_margin_rate": {"long_margin_rate": "0.1000625", "short_margin_rate": "0.1000625"},
        "overnight_margin_rate": {"long_margin_rate": "0.245625", "short_margin_rate": MARGINS.get(code, "0.3348")},
    }  # fmt: skip
    return _product(
        f"{code}-{day}-CDE", price, product_type="FUTURE", base_currency_id="", base_increment="1", base_min_size="1",
        product_venue="FCM", display_name=details["contract_display_name"], future_product_details=details,
        volume_24h="200000", trading_disabled=coin in world.delisted, price_increment=_increment(price),
    )  # fmt: skip
