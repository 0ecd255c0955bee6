"""WEEX as it answers on the wire: spot and perpetuals in USDT. `contractVal` is the step of an order, in coins."""

from __future__ import annotations

from typing import Any

from tests.exchange.binance import klines
from tests.exchange.world import World, at

HOST = "api-contract.weex.com"
HOSTS = (HOST, "api-spot.weex.com")
PERPETUALS = {"BTCUSDT": ("BTC", 4), "ETHUSDT": ("ETH", 3), "SOLUSDT": ("SOL", 1), "DOGEUSDT": ("DOGE", 0)}
"""code: coin, decimals of a quantity."""


def kind(path: str) -> str:
    known = {"24hr": "quotes", "klines": "history", "fundingRate": "funding"}
    return known.get(path.rpartition("/")[2], "contracts")


def answer(world: World, path: str, query: dict[str, str], body: Any) -> Any:
    """The result of one request; None for a path that does not exist."""
    coins = at("weex", world)
    if path == "/api/v3/exchangeInfo":
        return {"timezone": "UTC", "symbols": [_spot(world, coin) for coin in coins]}
    if path == "/capi/v3/market/exchangeInfo":
        return {"symbols": [_perpetual(code, *row) for code, row in PERPETUALS.items() if row[0] in coins]}
    if path == "/api/v3/market/ticker/24hr":
        return [_ticker(world, coin) for coin in coins]
    if path == "/api/v3/market/klines":
        return klines(world, query.get("symbol", "").removesuffix("USDT"), 0, 300)
    if path == "/capi/v3/market/fundingRate":
        coin, start = query["symbol"].removesuffix("USDT"), int(query.get("startTime", 0))
        rows = [(time, rate) for time, rate in world.funding(coin, 8) if time * 1000 >= start]
        return [
            {"symbol": query["symbol"], "fundingRate": f"{rate:.8f}", "fundingTime": time * 1000, "markPrice": "1"}
            for time, rate in rows[:100]
        ]
    return None


def _spot(world: World, coin: str) -> dict[str, Any]:
    return {
        "symbol": f"{coin}USDT", "status": "TRADING", "baseAsset": coin, "baseAssetPrecision": "8", "quoteAsset": "USDT",
        "quoteAssetPrecision": "8", "tickSize": "0.0000000001", "stepSize": "0.00001", "minTradeAmount": "0.0001",
        "maxTradeAmount": "99999", "takerFeeRate": "0.001", "makerFeeRate": "0.001",
        "enableTrade": coin not in world.delisted, "enableDisplay": True,
    }  # fmt: skip


def _perpetual(code: str, coin: str, decimals: int) -> dict[str, Any]:
    step = f"{10.0**-decimals:.{decimals}f}"
    return {
        "symbol": code, "baseAsset": coin, "quoteAsset": "USDT", "marginAsset": "USDT", "pricePrecision": "8",
        "quantityPrecision": str(decimals), "baseAssetPrecision": "2", "quotePrecision": "8", "contractVal": step,
        "delivery": ["00:00:00", "08:00:00", "16:00:00"], "forwardContractFlag": True, "minLeverage": "1",
        "maxLeverage": "400", "buyLimitPriceRatio": "0.01", "sellLimitPriceRatio": "0.01", "makerFeeRate": "0.0002",
        "takerFeeRate": "0.0008", "minOrderSize": step, "maxOrderSize": "1000000", "maxPositionSize": "5000000",
        "marketOpenLimitSize": "2300",
    }  # fmt: skip


def _ticker(world: World, coin: str) -> dict[str, Any]:
    last = world.price(coin) / world.price("USDT")
    return {
        "symbol": f"{coin}USDT", "priceChange": "0", "priceChangePercent": "0", "lastPrice": f"{last:.12f}",
        "bidPrice": f"{last * 0.9995:.12f}", "bidQty": "1", "askPrice": f"{last * 1.0005:.12f}", "askQty": "1",
        "openPrice": f"{last:.12f}", "highPrice": f"{last:.12f}", "lowPrice": f"{last:.12f}", "volume": "10",
        "quoteVolume": "100", "openTime": int(world.now * 1000) - 86_400_000, "closeTime": int(world.now * 1000), "count": 2,
    }  # fmt: skip
