"""MEXC as it answers on the wire: spot and perpetuals in USDT, whose contract sizes are real ones."""

from __future__ import annotations

from typing import Any

from tests.exchange.binance import klines
from tests.exchange.world import World, at

HOST = "contract.mexc.com"
HOSTS = (HOST, "api.mexc.com")
PERPETUALS = {"BTC_USDT": ("BTC", 0.0001), "ETH_USDT": ("ETH", 0.01), "SOL_USDT": ("SOL", 0.1),
              "DOGE_USDT": ("DOGE", 100.0)}  # fmt: skip
"""code: coin, coins a contract."""


def kind(path: str) -> str:
    known = {"24hr": "quotes", "klines": "history", "history": "funding"}
    return known.get(path.rpartition("/")[2], "contracts")


def answer(world: World, path: str, query: dict[str, str], body: Any) -> Any:
    """The result of one request; None for a path that does not exist."""
    coins = at("mexc", world)
    if path == "/api/v3/exchangeInfo":
        return {"timezone": "CST", "symbols": [_spot(world, coin) for coin in coins]}
    if path == "/api/v1/contract/detail":
        listed = [_perpetual(world, code, *row) for code, row in PERPETUALS.items() if row[0] in coins]
        return {"success": True, "code": 0, "data": listed}
    if path == "/api/v3/ticker/24hr":
        return [_ticker(world, coin) for coin in coins]
    if path == "/api/v3/klines":
        return klines(world, query.get("symbol", "").removesuffix("USDT"), int(query.get("startTime", 0)), 500)
    if path == "/api/v1/contract/funding_rate/history":
        coin = query["symbol"].partition("_")[0]
        rows = [
            {"symbol": query["symbol"], "fundingRate": rate, "settleTime": time * 1000, "collectCycle": 8}
            for time, rate in reversed(world.funding(coin, 8))
        ]
        page = {"pageSize": 20, "totalCount": len(rows), "totalPage": 9, "currentPage": 1, "resultList": rows[:20]}
        return {"success": True, "code": 0, "data": page}
    return None


def _spot(world: World, coin: str) -> dict[str, Any]:
    return {
        "symbol": f"{coin}USDT", "status": "2" if coin in world.delisted else "1", "baseAsset": coin, "baseAssetPrecision": 8,
        "quoteAsset": "USDT", "quotePrecision": 10, "quoteAssetPrecision": 10, "orderTypes": ["LIMIT"],
        "isSpotTradingAllowed": True, "isMarginTradingAllowed": False, "quoteAmountPrecision": "1",
        "baseSizePrecision": "0.000001", "permissions": ["SPOT"], "filters": [], "maxQuoteAmount": "2000000",
        "makerCommission": "0", "takerCommission": "0.0005", "tradeSideType": "1",
    }  # fmt: skip


def _perpetual(world: World, code: str, coin: str, size: float) -> dict[str, Any]:
    return {
        "symbol": code, "displayName": code, "displayNameEn": f"{code} SWAP", "positionOpenType": 3, "baseCoin": coin,
        "quoteCoin": "USDT", "settleCoin": "USDT", "contractSize": size, "minLeverage": 1, "maxLeverage": 200,
        "priceScale": 5, "volScale": 0, "amountScale": 4, "priceUnit": 0.00001, "volUnit": 1, "minVol": 1,
        "maxVol": 600_000, "bidLimitPriceRate": 0.2, "askLimitPriceRate": 0.2, "takerFeeRate": 0.0005,
        "makerFeeRate": 0.0, "maintenanceMarginRate": 0.004, "initialMarginRate": 0.005, "riskBaseVol": 200_000,
        "riskIncrVol": 200_000, "riskIncrMmr": 0.004, "riskIncrImr": 0.004, "riskLevelLimit": 3,
        "state": 3 if coin in world.delisted else 0, "isNew": False, "isHot": False, "isHidden": False,
    }  # fmt: skip


def _ticker(world: World, coin: str) -> dict[str, Any]:
    last = world.price(coin) / world.price("USDT")
    return {
        "symbol": f"{coin}USDT", "priceChange": "0", "priceChangePercent": "0", "prevClosePrice": f"{last:.12f}",
        "lastPrice": f"{last:.12f}", "bidPrice": f"{last * 0.9995:.12f}", "bidQty": "1", "askPrice": f"{last * 1.0005:.12f}",
        "askQty": "1", "openPrice": f"{last:.12f}", "highPrice": f"{last:.12f}", "lowPrice": f"{last:.12f}",
        "volume": "10", "quoteVolume": "100", "openTime": int(world.now * 1000) - 86_400_000,
        "closeTime": int(world.now * 1000), "count": 2,
    }  # fmt: skip
