"""Kraken's spot market as it answers on the wire."""

from __future__ import annotations

from typing import Any

from tests.exchange.world import DOLLARS, World, at

HOST = "api.kraken.com"
ODD = {"BTC": "XXBT", "ETH": "XETH", "XRP": "XXRP", "LTC": "XLTC", "XLM": "XXLM", "DOGE": "XXDG"}
ALT = {"BTC": "XBT", "DOGE": "XDG"}


def kind(path: str) -> str:
    return {"OHLC": "history", "Ticker": "quotes"}.get(path.rpartition("/")[2], "contracts")


def coins(world: World) -> list[str]:
    return [*at("kraken", world), *DOLLARS]


def pair(coin: str) -> str:
    return f"{ODD[coin]}ZUSD" if coin in ODD else f"{ALT.get(coin, coin)}USD"


def coin_of(world: World, text: str) -> str | None:
    names = {pair(coin): coin for coin in [*coins(world), "MKR"]}
    names |= {f"{ALT.get(coin, coin)}USD": coin for coin in [*coins(world), "MKR"]}
    return names.get(text)


def answer(world: World, path: str, query: dict[str, str], body: Any) -> Any:
    """The result of one request; None for a path that does not exist."""
    match path.rpartition("/")[2]:
        case "Assets":
            return {
                "error": [],
                "result": {**{ODD.get(c, c): _asset(c) for c in [*coins(world), "MKR"]}, "ZUSD": _asset("USD")},
            }
        case "AssetPairs":
            return {"error": [], "result": {pair(c): _pair(world, c) for c in [*coins(world), "MKR"]}}
        case "Ticker":
            wanted = query.get("pair", "").split(",") if query.get("pair") else [pair(c) for c in coins(world)]
            known = {name: coin for name in wanted if (coin := coin_of(world, name))}
            return {"error": [], "result": {pair(coin): _ticker(world, coin) for coin in known.values()}}
        case "OHLC":
            coin = coin_of(world, query.get("pair", ""))
            if coin is None:
                return {"error": ["EQuery:Unknown asset pair"]}
            rows = [
                [
                    c.time,
                    f"{c.open:.10f}",
                    f"{c.high:.10f}",
                    f"{c.low:.10f}",
                    f"{c.close:.10f}",
                    f"{c.close:.10f}",
                    "10.0",
                    5,
                ]
                for c in world.candles(coin)
            ][-720:]
            return {"error": [], "result": {query["pair"]: rows, "last": rows[-1][0]}}
    return None


def _asset(coin: str) -> dict[str, Any]:
    return {
        "aclass": "currency",
        "altname": ALT.get(coin, coin),
        "decimals": 10,
        "display_decimals": 5,
        "status": "enabled",
    }


def _pair(world: World, coin: str) -> dict[str, Any]:
    alt = ALT.get(coin, coin)
    return {
        "altname": f"{alt}USD", "wsname": f"{alt}/USD", "aclass_base": "currency", "base": ODD.get(coin, coin),
        "aclass_quote": "currency", "quote": "ZUSD", "lot": "unit", "cost_decimals": 5, "pair_decimals": 8,
        "lot_decimals": 8, "lot_multiplier": 1, "leverage_buy": [], "leverage_sell": [], "fees": [[0, 0.4]],
        "fees_maker": [[0, 0.25]], "fee_volume_currency": "ZUSD", "margin_call": 80, "margin_stop": 40,
        "ordermin": "0.1", "costmin": "0.5", "tick_size": "0.00000001",
        "status": "cancel_only" if coin == "MKR" or coin in world.delisted else "online",
    }  # fmt: skip


def _ticker(world: World, coin: str) -> dict[str, Any]:
    last = world.price(coin)
    text = f"{last:.10f}"
    return {
        "a": [f"{last * 1.0005:.10f}", "1", "1.000"], "b": [f"{last * 0.9995:.10f}", "1", "1.000"], "c": [text, "0.1"],
        "v": ["100.0", "200.0"], "p": [text, text], "t": [100, 200], "l": [text, text], "h": [text, text], "o": text,
    }  # fmt: skip
