"""Hyperliquid as it answers on the wire: everything is a POST to /info."""

from __future__ import annotations

from typing import Any

from tests.exchange.world import World, at

HOST = "api.hyperliquid.xyz"
PERPETUALS = {"BTC": 5, "ETH": 4, "SOL": 2, "LINK": 1, "AVAX": 2, "DOGE": 0, "kSHIB": 0, "kPEPE": 0, "KAS": 0}
"""Name there, and decimals of an order."""

MARGIN_TABLES = [
    [56, {"description": "tiered 40x", "marginTiers": [
        {"lowerBound": "0.0", "maxLeverage": 40}, {"lowerBound": "150000000.0", "maxLeverage": 20}]}],
]  # fmt: skip
"""The table that every contract here names, as the venue writes it."""


def kind(path: str, body: Any) -> str:
    asked = (body or {}).get("type", "")
    return {"candleSnapshot": "history", "fundingHistory": "funding"}.get(asked, "contracts")


def price(world: World, name: str) -> float:
    if name == "KAS":
        return 0.07
    return world.price(name[1:]) * 1000.0 if name.startswith("k") else world.price(name)


def answer(world: World, path: str, query: dict[str, str], body: Any) -> Any:
    """The result of one request; None for a request that does not exist."""
    known = [name for name in PERPETUALS if name in ("KAS", "kSHIB", "kPEPE") or name in at("hyperliquid", world)]
    asked = (body or {}).get("type", "")
    if asked == "metaAndAssetCtxs":
        universe = [
            {"name": name, "szDecimals": PERPETUALS[name], "maxLeverage": 40, "marginTableId": 56,
             "isDelisted": name in world.delisted}
            for name in known
        ]  # fmt: skip
        contexts = [
            {"funding": "0.0000125", "openInterest": "100", "prevDayPx": f"{price(world, n):.10f}", "dayNtlVlm": "1000", "premium": "0",
             "oraclePx": f"{price(world, n):.10f}", "markPx": f"{price(world, n) * 1.0002:.10f}", "midPx": f"{price(world, n):.10f}",
             "impactPxs": None, "dayBaseVlm": "100"}
            for n in known
        ]  # fmt: skip
        return [{"universe": universe, "marginTables": MARGIN_TABLES, "collateralToken": 0}, contexts]
    if asked == "candleSnapshot":
        wanted = body["req"]
        if wanted["coin"] not in known or wanted["coin"] in ("KAS", "kSHIB", "kPEPE"):
            return None
        return [
            {"t": c.time * 1000, "T": c.time * 1000 + 86_399_999, "s": wanted["coin"], "i": "1d", "o": f"{c.open:.10f}",
             "c": f"{c.close:.10f}", "h": f"{c.high:.10f}", "l": f"{c.low:.10f}", "v": "10", "n": 5}
            for c in world.candles(wanted["coin"])
            if wanted["startTime"] <= c.time * 1000 <= wanted["endTime"]
        ]  # fmt: skip
    if asked == "fundingHistory":
        rows = [
            {"coin": body["coin"], "fundingRate": f"{rate:.10f}", "premium": "0", "time": time * 1000}
            for time, rate in world.funding(body["coin"], 1)
            if time * 1000 >= body["startTime"]
        ]
        return rows[:500]
    return None
