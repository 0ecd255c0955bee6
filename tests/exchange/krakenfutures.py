"""Kraken Futures as it answers on the wire."""

from __future__ import annotations

import time
from typing import Any

from tests.exchange.world import DAY, World, at

HOST = "futures.kraken.com"
PERPETUALS = {
    "BTC": 4,
    "ETH": 3,
    "SOL": 2,
    "XRP": 0,
    "ADA": 0,
    "DOGE": 0,
    "LINK": 1,
    "AVAX": 1,
    "DOT": 1,
    "NEAR": 0,
    "LTC": 2,
}
"""Decimals of an order."""


def kind(path: str) -> str:
    if "/charts/" in path:
        return "history"
    return {"tickers": "quotes", "historicalfundingrates": "funding"}.get(path.rpartition("/")[2], "contracts")


def base(coin: str) -> str:
    return "XBT" if coin == "BTC" else coin


def coins(world: World) -> list[str]:
    return [coin for coin in PERPETUALS if coin in at("krakenfutures", world)]


def coin_of(world: World, name: str) -> str | None:
    return {f"PF_{base(coin)}USD": coin for coin in coins(world)}.get(name.upper())


def answer(world: World, path: str, query: dict[str, str], body: Any) -> Any:
    """The result of one request; None for a path that does not exist."""
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(world.now))
    if "/charts/" in path:
        coin = coin_of(world, path.split("/")[-2])
        if coin is None:
            return {
                "errors": [{"severity": "INFO", "error_class": "ERROR", "type": "NOT_FOUND", "msg": "symbol not found"}]
            }
        start, end = int(query.get("from", 0)), int(query.get("to", 10**11))
        rows = [
            {"time": c.time * 1000, "open": f"{c.open:.10f}", "high": f"{c.high:.10f}", "low": f"{c.low:.10f}",
             "close": f"{c.close:.10f}", "volume": "10"}
            for c in world.candles(coin) if start <= c.time <= end
        ]  # fmt: skip
        return {"candles": rows[:2000], "more_candles": False}
    match path.rpartition("/")[2]:
        case "instruments":
            return {"result": "success", "instruments": _instruments(world), "serverTime": stamp}
        case "tickers":
            return {
                "result": "success",
                "tickers": [_ticker(world, row, stamp) for row in _instruments(world)],
                "serverTime": stamp,
            }
        case "historicalfundingrates":
            coin = coin_of(world, query.get("symbol", ""))
            rows = [] if coin is None else world.funding(coin, 1)
            return {
                "result": "success", "serverTime": stamp,
                "rates": [
                    {"timestamp": time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(at_)), "fundingRate": rate * world.price(coin or "BTC"),
                     "relativeFundingRate": rate}
                    for at_, rate in rows
                ],
            }  # fmt: skip
    return None


def _instruments(world: World) -> list[dict[str, Any]]:
    rows = [
        _instrument(world, f"PF_{base(c)}USD", "flexible_futures", places=PERPETUALS[c], coin=c) for c in coins(world)
    ]
    rows.append(_instrument(world, "PI_XBTUSD", "futures_inverse", places=0, coin="BTC"))
    day = world.expiries()[0]
    name = f"FF_XBTUSD_{time.strftime('%y%m%d', time.gmtime(day))}"
    dated = _instrument(world, name, "flexible_futures", places=4, coin="BTC")
    return [*rows, {**dated, "lastTradingTime": time.strftime("%Y-%m-%dT08:00:00.000Z", time.gmtime(day))}]


def _instrument(world: World, name: str, kind_: str, *, places: int, coin: str) -> dict[str, Any]:
    levels = [(0, 0.02, 0.01), (500_000, 0.04, 0.02), (1_000_000, 0.06, 0.03)]
    unit = "numNonContractUnits" if name[:2] in ("PF", "FF") else "contracts"
    return {
        "symbol": name, "type": kind_, "tickSize": 0.5 if coin == "BTC" else 0.0001, "contractSize": 1, "tradeable": coin not in world.delisted,
        "impactMidSize": 1, "maxPositionSize": 1_000_000, "openingDate": "2022-01-01T00:00:00.000Z",
        "marginLevels": [{unit: at_, "initialMargin": initial, "maintenanceMargin": least} for at_, initial, least in levels],
        "fundingRateCoefficient": 8, "maxRelativeFundingRate": 0.001, "contractValueTradePrecision": places, "isin": "",
        "postOnly": False, "feeScheduleUid": "x", "mtf": False, "base": base(coin), "quote": "USD", "pair": f"{base(coin)}:USD", "tags": [],
    }  # fmt: skip


def _ticker(world: World, row: dict[str, Any], stamp: str) -> dict[str, Any]:
    coin = {"XBT": "BTC"}.get(row["base"], row["base"])
    price = world.price(coin)
    mark = (
        price * (1.0 + 0.08 * (world.expiries()[0] - world.now) / (365 * DAY))
        if "lastTradingTime" in row
        else price * 1.0001
    )
    text = f"{mark:.10f}"
    return {
        "tag": "perpetual", "pair": row["pair"], "symbol": row["symbol"], "markPrice": text, "bid": text, "bidSize": "1", "ask": text,
        "askSize": "1", "vol24h": "1", "openInterest": "1", "open24h": text, "indexPrice": f"{price:.10f}", "last": text, "lastTime": stamp,
        "lastSize": "1", "suspended": False, "fundingRate": f"{0.00001 * mark:.12f}", "fundingRatePrediction": "0.0", "postOnly": False, "change24h": "0",
    }  # fmt: skip
