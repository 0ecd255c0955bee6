"""Binance as it answers on the wire, to a place that it serves: spot and USD-margined perpetuals in USDT."""

from __future__ import annotations

from typing import Any

from tests.exchange.world import World, at

HOST = "fapi.binance.com"
HOSTS = (HOST, "api.binance.com")
PERPETUALS = {"BTCUSDT": ("BTC", 1, "0.001", "100"), "ETHUSDT": ("ETH", 1, "0.001", "20"),
              "SOLUSDT": ("SOL", 1, "0.01", "5"), "1000SHIBUSDT": ("SHIB", 1000, "1", "5"),
              "1000PEPEUSDT": ("PEPE", 1000, "1", "5")}  # fmt: skip
"""code: coin, coins a unit, step, smallest order in USDT."""


def kind(path: str) -> str:
    known = {"24hr": "quotes", "klines": "history", "fundingRate": "funding"}
    return known.get(path.rpartition("/")[2], "contracts")


def answer(world: World, path: str, query: dict[str, str], body: Any) -> Any:
    """The result of one request; None for a path that does not exist."""
    coins = at("binance", world)
    if path == "/api/v3/exchangeInfo":
        return {"timezone": "UTC", "serverTime": int(world.now * 1000), "symbols": [_spot(coin) for coin in coins]}
    if path == "/fapi/v1/exchangeInfo":
        listed = [_perpetual(world, code, *row) for code, row in PERPETUALS.items() if row[0] in coins]
        return {"timezone": "UTC", "serverTime": int(world.now * 1000), "symbols": listed}
    if path == "/api/v3/ticker/24hr":
        return [_ticker(world, coin) for coin in coins]
    if path == "/api/v3/klines":
        return klines(world, query.get("symbol", "").removesuffix("USDT"), int(query.get("startTime", 0)), 1000)
    if path == "/fapi/v1/fundingRate":
        coin = PERPETUALS[query["symbol"]][0]
        start = int(query.get("startTime", 0)) / 1000
        rows = [(time, rate) for time, rate in world.funding(coin, 8) if time >= start]
        return [
            {"symbol": query["symbol"], "fundingTime": time * 1000, "fundingRate": f"{rate:.8f}", "markPrice": "1"}
            for time, rate in rows[: int(query.get("limit", 100))]
        ]
    return None


def klines(world: World, coin: str, start_ms: int, most: int) -> list[list[Any]]:
    """Daily candles in USDT from a moment on, oldest first."""
    rate = world.price("USDT")
    found = [candle for candle in world.candles(coin) if candle.time * 1000 >= start_ms]
    found = found[:most] if start_ms else found[-most:]
    return [
        [c.time * 1000, *(f"{p / rate:.12f}" for p in (c.open, c.high, c.low, c.close)), "10",
         c.time * 1000 + 86_399_999, "1000", 5, "5", "500", "0"]
        for c in found
    ]  # fmt: skip


def _spot(coin: str) -> dict[str, Any]:
    return {
        "symbol": f"{coin}USDT", "status": "TRADING", "baseAsset": coin, "baseAssetPrecision": 8, "quoteAsset": "USDT",
        "quotePrecision": 8, "orderTypes": ["LIMIT"], "isSpotTradingAllowed": True, "isMarginTradingAllowed": False,
        "permissions": ["SPOT"],
        "filters": [
            {"filterType": "PRICE_FILTER", "minPrice": "0.00000001", "maxPrice": "1000000", "tickSize": "0.00000001"},
            {"filterType": "LOT_SIZE", "minQty": "0.00001", "maxQty": "9000", "stepSize": "0.00001"},
        ],
    }  # fmt: skip


def _perpetual(world: World, code: str, coin: str, units: int, step: str, least: str) -> dict[str, Any]:
    return {
        "symbol": code, "pair": code, "contractType": "PERPETUAL", "deliveryDate": 4_133_404_800_000,
        "onboardDate": 1_569_398_400_000, "status": "SETTLING" if coin in world.delisted else "TRADING",
        "maintMarginPercent": "2.5000", "requiredMarginPercent": "5.0000", "baseAsset": code.removesuffix("USDT"),
        "quoteAsset": "USDT", "marginAsset": "USDT", "pricePrecision": 7, "quantityPrecision": 3,
        "underlyingType": "COIN",
        "filters": [
            {"filterType": "PRICE_FILTER", "minPrice": "0.0000001", "maxPrice": "4529764", "tickSize": "0.0000001"},
            {"filterType": "LOT_SIZE", "minQty": step, "maxQty": "1000", "stepSize": step},
            {"filterType": "MIN_NOTIONAL", "notional": least},
        ],
    }  # fmt: skip


def _ticker(world: World, coin: str) -> dict[str, Any]:
    last = world.price(coin) / world.price("USDT")
    return {
        "symbol": f"{coin}USDT", "lastPrice": f"{last:.12f}", "bidPrice": f"{last * 0.9995:.12f}", "bidQty": "1",
        "askPrice": f"{last * 1.0005:.12f}", "askQty": "1", "openPrice": f"{last:.12f}", "highPrice": f"{last:.12f}",
        "lowPrice": f"{last:.12f}", "volume": "10", "quoteVolume": "100", "openTime": int(world.now * 1000) - 86_400_000,
        "closeTime": int(world.now * 1000), "firstId": 1, "lastId": 2, "count": 2,
    }  # fmt: skip
