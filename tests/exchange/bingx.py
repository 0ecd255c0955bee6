"""BingX as it answers on the wire: spot and perpetuals in USDT. Its list calls a size what is none, often "0"."""

from __future__ import annotations

from typing import Any

from tests.exchange.world import World, at

HOST = "open-api.bingx.com"
PERPETUALS = {"BTC-USDT": ("BTC", 4, "0.0001"), "ETH-USDT": ("ETH", 2, "0.01"), "SOL-USDT": ("SOL", 0, "1"),
              "LINK-USDT": ("LINK", 1, "0.2")}  # fmt: skip
"""code: coin, decimals of a quantity, smallest order in coins."""


def kind(path: str) -> str:
    known = {"24hr": "quotes", "kline": "history", "klines": "history", "fundingRate": "funding"}
    return known.get(path.rpartition("/")[2], "contracts")


def answer(world: World, path: str, query: dict[str, str], body: Any) -> Any:
    """The result of one request; None for a path that does not exist."""
    coins = at("bingx", world)
    if path == "/openApi/swap/v2/quote/contracts":
        return _reply([_perpetual(world, code, *row) for code, row in PERPETUALS.items() if row[0] in coins])
    if path == "/openApi/cswap/v1/market/contracts":
        return _reply([])
    if path == "/openApi/spot/v1/common/symbols":
        return _reply({"symbols": [_spot(coin) for coin in coins]})
    if path == "/openApi/spot/v1/ticker/24hr":
        return _reply([_ticker(world, coin) for coin in coins])
    if path.endswith(("/market/kline", "/market/klines")):
        coin, rate = query.get("symbol", "").partition("-")[0], world.price("USDT")
        start = int(query.get("startTime", 0))
        found = [candle for candle in world.candles(coin) if candle.time * 1000 >= start][:1000]
        return _reply([
            [c.time * 1000, *(round(p / rate, 12) for p in (c.open, c.high, c.low, c.close)), 10, c.time * 1000, 100]
            for c in reversed(found)
        ])  # fmt: skip
    if path == "/openApi/swap/v2/quote/fundingRate":
        coin, start = query["symbol"].partition("-")[0], int(query.get("startTime", 0))
        rows = [(time, rate) for time, rate in world.funding(coin, 8) if time * 1000 >= start]
        return _reply([
            {"symbol": query["symbol"], "fundingRate": f"{rate:.8f}", "fundingTime": time * 1000} for time, rate in rows
        ])  # fmt: skip
    return None


def _reply(data: Any) -> dict[str, Any]:
    return {"code": 0, "msg": "", "debugMsg": "", "data": data}


def _spot(coin: str) -> dict[str, Any]:
    return {
        "symbol": f"{coin}-USDT", "tickSize": 0.0000000001, "stepSize": 0.000001, "minQty": 0.00001, "maxQty": 1000,
        "minNotional": 1, "maxNotional": 100000, "status": 1, "apiStateBuy": True, "apiStateSell": True, "timeOnline": 0,
    }  # fmt: skip


def _perpetual(world: World, code: str, coin: str, decimals: int, least: str) -> dict[str, Any]:
    is_open = "false" if coin in world.delisted else "true"
    return {
        "contractId": "100", "symbol": code, "size": "0", "quantityPrecision": decimals, "pricePrecision": 8,
        "feeRate": 0.0005, "makerFeeRate": 0.0002, "takerFeeRate": 0.0005, "tradeMinLimit": 0,
        "tradeMinQuantity": float(least), "tradeMinUSDT": 2, "maxLongLeverage": 125, "maxShortLeverage": 125,
        "currency": "USDT", "asset": coin, "status": 1, "apiStateOpen": is_open, "apiStateClose": is_open,
    }  # fmt: skip


def _ticker(world: World, coin: str) -> dict[str, Any]:
    last = round(world.price(coin) / world.price("USDT"), 12)
    return {
        "symbol": f"{coin}-USDT", "openPrice": last, "highPrice": last, "lowPrice": last, "lastPrice": last,
        "volume": 10, "quoteVolume": 100, "openTime": int(world.now * 1000) - 86_400_000,
        "closeTime": int(world.now * 1000), "bidPrice": last * 0.9995, "bidQty": 1, "askPrice": last * 1.0005,
        "askQty": 1, "priceChangePercent": "0.00%",
    }  # fmt: skip
