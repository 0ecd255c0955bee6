"""Gate as it answers on the wire: spot and perpetuals in USDT."""

from __future__ import annotations

from typing import Any

from tests.exchange.world import DAY, World, at

HOST = "api.gateio.ws"
SWAPS = {"BTC": 0.0001, "ETH": 0.01, "SOL": 1.0, "LINK": 1.0, "DOGE": 10.0, "SHIB": 10_000.0, "PEPE": 10_000_000.0}
"""Coins a contract."""


def kind(path: str) -> str:
    known = {"tickers": "quotes", "candlesticks": "history", "funding_rate": "funding"}
    return known.get(path.rpartition("/")[2], "contracts")


def answer(world: World, path: str, query: dict[str, str], body: Any) -> Any:
    """The result of one request; None for a path that does not exist."""
    coins, rate = at("gate", world), world.price("USDT")
    if path.endswith("/spot/currency_pairs"):
        return [_pair(coin, is_open=coin not in world.delisted) for coin in coins]
    if path.endswith(("/margin/currency_pairs", "/delivery/usdt/contracts")):
        return []
    if path.endswith("/futures/usdt/contracts"):
        return [_contract(world, coin, world.size(coin, size)) for coin, size in SWAPS.items() if coin in coins]
    if path.endswith("/futures/usdt/tickers"):
        return [_future_ticker(world, coin, size) for coin, size in SWAPS.items() if coin in coins]
    if path.endswith("/spot/tickers"):
        return [_ticker(f"{coin}_USDT", world.price(coin) / rate) for coin in coins]
    if path.endswith("/spot/candlesticks"):
        coin = query.get("currency_pair", "").partition("_")[0]
        if coin not in coins:
            return {"label": "INVALID_CURRENCY_PAIR", "message": "Invalid currency pair"}
        start, end = int(query.get("from", 0)), int(query.get("to", 10**11))
        found = [candle for candle in world.candles(coin) if start <= candle.time <= end]
        wanted = found[:1000] if start else found[-int(query.get("limit", 100)) :]
        return [
            [str(c.time), "100", *(f"{p / rate:.12f}" for p in (c.close, c.high, c.low, c.open)), "10", "true"]
            for c in wanted
        ]
    if path.endswith("/futures/usdt/funding_rate"):
        coin = query.get("contract", "").partition("_")[0]
        start, end = int(query.get("from", 0)), int(query.get("to", 10**11))
        rows = [{"t": time, "r": f"{r:.8f}"} for time, r in reversed(world.funding(coin, 8)) if start <= time <= end]
        return rows[: int(query.get("limit", 100))]
    return None


def _pair(coin: str, *, is_open: bool) -> dict[str, Any]:
    return {
        "id": f"{coin}_USDT", "base": coin, "quote": "USDT", "fee": "0.2", "min_base_amount": "0.001", "min_quote_amount": "1",
        "amount_precision": 6, "precision": 10, "trade_status": "tradable" if is_open else "untradable", "sell_start": 0, "buy_start": 0,
    }  # fmt: skip


def _ticker(pair: str, last: float) -> dict[str, str]:
    return {
        "currency_pair": pair, "last": f"{last:.12f}", "lowest_ask": f"{last * 1.0005:.12f}", "highest_bid": f"{last * 0.9995:.12f}",
        "change_percentage": "1", "base_volume": "100", "quote_volume": "100", "high_24h": f"{last:.12f}", "low_24h": f"{last:.12f}",
    }  # fmt: skip


def _future_ticker(world: World, coin: str, size: float) -> dict[str, str]:
    price, traded = f"{world.price(coin) / world.price('USDT'):.12f}", 1e9 / world.price(coin)
    return {
        "contract": f"{coin}_USDT", "last": price, "mark_price": price, "index_price": price, "high_24h": price, "low_24h": price,
        "change_percentage": "1", "volume_24h": f"{traded / size:.0f}", "volume_24h_base": f"{traded:.0f}",
        "volume_24h_quote": "1000000000", "volume_24h_settle": "1000000000", "funding_rate": "0.0001", "total_size": "1",
    }  # fmt: skip


def _contract(world: World, coin: str, size: float) -> dict[str, Any]:
    price = f"{world.price(coin) / world.price('USDT'):.12f}"
    return {
        "name": f"{coin}_USDT", "type": "direct", "quanto_multiplier": f"{size:.10g}", "leverage_min": "1", "leverage_max": "100",
        "maintenance_rate": "0.005", "mark_type": "index", "mark_price": price, "index_price": price, "last_price": price,
        "order_price_round": "0.0000000001", "order_price_deviate": "0.5", "order_size_min": 1, "order_size_max": 1_000_000,
        "funding_rate": "0.0001", "funding_interval": 28_800, "funding_next_apply": world.today + DAY, "status": "delisting" if coin in world.delisted else "trading",
        "in_delisting": coin in world.delisted, "create_time": 1_600_000_000, "risk_limit_base": "500000", "risk_limit_step": "500000",
        "risk_limit_max": "5000000", "taker_fee_rate": "0.00075", "maker_fee_rate": "-0.0001",
    }  # fmt: skip
