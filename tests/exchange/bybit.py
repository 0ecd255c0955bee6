"""Bybit as it answers on the wire, to a place that it serves: spot and linear perpetuals in USDT."""

from __future__ import annotations

from typing import Any

from tests.exchange.world import World, at

HOST = "api.bybit.com"
PERPETUALS = {"BTCUSDT": ("BTC", "0.001"), "ETHUSDT": ("ETH", "0.01"), "SOLUSDT": ("SOL", "0.1"),
              "SHIB1000USDT": ("SHIB", "10"), "1000PEPEUSDT": ("PEPE", "100")}  # fmt: skip
"""code: coin, step."""


def kind(path: str) -> str:
    known = {"tickers": "quotes", "kline": "history", "history": "funding"}
    return known.get(path.rpartition("/")[2], "contracts")


def answer(world: World, path: str, query: dict[str, str], body: Any) -> Any:
    """The result of one request; None for a path that does not exist."""
    coins = at("bybit", world)
    if path == "/v5/market/instruments-info":
        spot = query.get("category") == "spot"
        listed = (
            [_spot(coin) for coin in coins]
            if spot
            else [_perpetual(world, code, *row) for code, row in PERPETUALS.items() if row[0] in coins]
        )
        return _reply({"category": query.get("category"), "list": listed, "nextPageCursor": ""}, world)
    if path == "/v5/market/risk-limit":
        tiers = [_tier(query.get("symbol", ""), place) for place in range(3)]
        return _reply({"category": "linear", "list": tiers, "nextPageCursor": ""}, world)
    if path == "/v5/market/tickers":
        return _reply({"category": "spot", "list": [_ticker(world, coin) for coin in coins]}, world)
    if path == "/v5/market/kline":
        coin, rate = query.get("symbol", "").removesuffix("USDT"), world.price("USDT")
        start = int(query.get("start", 0))
        found = [candle for candle in world.candles(coin) if candle.time * 1000 >= start]
        found = found[:1000] if start else found[-1000:]
        rows = [
            [str(c.time * 1000), *(f"{p / rate:.12f}" for p in (c.open, c.high, c.low, c.close)), "10", "1000"]
            for c in reversed(found)
        ]
        return _reply({"symbol": query.get("symbol"), "category": "spot", "list": rows}, world)
    if path == "/v5/market/funding/history":
        coin = PERPETUALS[query["symbol"]][0]
        start, end = int(query.get("startTime", 0)), int(query.get("endTime", 10**15))
        rows = [
            {"symbol": query["symbol"], "fundingRate": f"{rate:.8f}", "fundingRateTimestamp": str(time * 1000)}
            for time, rate in reversed(world.funding(coin, 8))
            if start <= time * 1000 <= end
        ]
        return _reply({"category": "linear", "list": rows[: int(query.get("limit", 200))]}, world)
    return None


def _reply(result: Any, world: World) -> dict[str, Any]:
    return {"retCode": 0, "retMsg": "OK", "result": result, "retExtInfo": {}, "time": int(world.now * 1000)}


def _spot(coin: str) -> dict[str, Any]:
    return {
        "symbol": f"{coin}USDT", "baseCoin": coin, "quoteCoin": "USDT", "innovation": "0", "status": "Trading",
        "lotSizeFilter": {"basePrecision": "0.000001", "quotePrecision": "0.00000001", "minOrderQty": "0.00001",
                          "maxOrderQty": "100", "minOrderAmt": "1", "maxOrderAmt": "200000"},
        "priceFilter": {"tickSize": "0.0000000001"},
    }  # fmt: skip


def _perpetual(world: World, code: str, coin: str, step: str) -> dict[str, Any]:
    return {
        "symbol": code, "contractType": "LinearPerpetual", "status": "Closed" if coin in world.delisted else "Trading",
        "baseCoin": code.removesuffix("USDT"), "quoteCoin": "USDT", "settleCoin": "USDT", "launchTime": "1585526400000",
        "deliveryTime": "0", "deliveryFeeRate": "", "priceScale": "2", "fundingInterval": 480,
        "leverageFilter": {"minLeverage": "1", "maxLeverage": "100.00", "leverageStep": "0.01"},
        "priceFilter": {"minPrice": "0.0000001", "maxPrice": "199999", "tickSize": "0.0000001"},
        "lotSizeFilter": {"maxOrderQty": "1190", "minOrderQty": step, "qtyStep": step, "minNotionalValue": "5"},
    }  # fmt: skip


def _tier(code: str, place: int) -> dict[str, Any]:
    """Tiers of 200,000 USDT: 1%, 2%, 4% to open and half of it to keep."""
    return {
        "id": place + 1, "symbol": code, "riskLimitValue": str(200_000 * (place + 1)),
        "maintenanceMargin": str(0.005 * 2**place), "initialMargin": str(0.01 * 2**place),
        "isLowestRisk": int(place == 0), "maxLeverage": f"{100 / 2**place:.2f}", "mmDeduction": "",
    }  # fmt: skip


def _ticker(world: World, coin: str) -> dict[str, Any]:
    last = world.price(coin) / world.price("USDT")
    return {
        "symbol": f"{coin}USDT", "bid1Price": f"{last * 0.9995:.12f}", "bid1Size": "1", "lastPrice": f"{last:.12f}",
        "ask1Price": f"{last * 1.0005:.12f}", "ask1Size": "1", "prevPrice24h": f"{last:.12f}", "price24hPcnt": "0",
        "highPrice24h": f"{last:.12f}", "lowPrice24h": f"{last:.12f}", "turnover24h": "100", "volume24h": "10",
    }  # fmt: skip
