"""OKX as it answers on the wire: spot in USDT, perpetuals, quarterly futures, funding, margin tiers."""

from __future__ import annotations

import time
from typing import Any

from tests.exchange.world import DAY, World, at

HOST = "www.okx.com"
SWAPS = {
    "BTC": 0.01, "ETH": 0.1, "SOL": 1.0, "XRP": 100.0, "ADA": 100.0, "DOGE": 1000.0, "LINK": 1.0, "AVAX": 1.0,
    "DOT": 1.0, "LTC": 1.0, "NEAR": 10.0, "SUI": 1.0, "SHIB": 1_000_000.0, "PEPE": 10_000_000.0, "OKB": 0.1,
}  # fmt: skip
"""Coins a contract. The catalogue does not have the one on OKB."""


def kind(path: str) -> str:
    name = path.rpartition("/")[2]
    known = {"tickers": "quotes", "candles": "history", "history-candles": "history"}
    return known.get(name, "funding" if name.startswith("funding") else "contracts")


def spot(world: World) -> list[str]:
    return at("okx", world)


def coin_of(world: World, instrument: str) -> str | None:
    coin, _, rest = instrument.partition("-")
    return coin if coin in spot(world) and rest.startswith("USD") else None


def answer(world: World, path: str, query: dict[str, str], body: Any) -> Any:
    """The result of one request; None for a path that does not exist."""
    match path.rpartition("/")[2]:
        case "instruments":
            rows = _instruments(world, query.get("instType", ""))
        case "tickers":
            rows = [
                _ticker(world, row)
                for row in _instruments(world, query.get("instType", "SPOT"))
                if row["state"] == "live"
            ]
        case "candles" | "history-candles":
            if coin_of(world, query.get("instId", "")) is None:
                return {"code": "51001", "msg": "Instrument ID does not exist", "data": []}
            rows = _candles(world, query)
        case "funding-rate-history":
            rows = _funding(world, query)
        case "position-tiers":
            rows = [_tier(query, n) for n in range(3)]
        case _:
            return None
    return {"code": "0", "msg": "", "data": world.alterations.rows(path.rpartition("/")[2], rows)}


def _instruments(world: World, kind_: str) -> list[dict[str, Any]]:
    if kind_ == "SPOT":
        rows = [
            _instrument("SPOT", f"{coin}-USDT", baseCcy=coin, quoteCcy="USDT", state=_state(world, coin))
            for coin in spot(world)
        ]
        gone = _instrument("SPOT", "EOS-USDT", baseCcy="EOS", quoteCcy="USDT", state="suspend")
        return [*rows, _instrument("SPOT", "BTC-USDC", baseCcy="BTC", quoteCcy="USDC"), gone]
    if kind_ == "SWAP":
        swaps = {coin: size for coin, size in SWAPS.items() if coin in spot(world)}
        rows = [
            _contract("SWAP", coin, world.size(coin, size)) | {"state": _state(world, coin)}
            for coin, size in swaps.items()
        ]
        twice = [_contract("SWAP", coin, SWAPS[coin] * factor) for coin, factor in world.alterations.doubled.items()]
        return [
            *rows,
            *twice,
            _contract("SWAP", "BTC", 100.0, inverse=True),
            _contract("SWAP", "ETH", 10.0, inverse=True),
        ]
    if kind_ == "FUTURES":
        coins = ("BTC", "ETH")
        return [_contract("FUTURES", coin, SWAPS[coin], expiry=at_) for coin in coins for at_ in world.expiries()]
    return []


def _state(world: World, coin: str) -> str:
    return "suspend" if coin in world.delisted else "live"


def _instrument(kind_: str, name: str, **fields: str) -> dict[str, Any]:
    return {
        "alias": "", "baseCcy": "", "category": "1", "ctMult": "", "ctType": "", "ctVal": "", "ctValCcy": "",
        "expTime": "", "instFamily": "", "instId": name, "instType": kind_, "lever": "10", "listTime": "1548133413000",
        "lotSz": "0.00000001", "maxLmtSz": "999999", "maxMktSz": "100000", "minSz": "0.00001", "optType": "",
        "quoteCcy": "", "settleCcy": "", "state": "live", "stk": "", "tickSz": "0.0000000001", "uly": "", **fields,
    }  # fmt: skip


def _contract(
    kind_: str, coin: str, size: float, *, inverse: bool = False, expiry: int | None = None
) -> dict[str, Any]:
    quote = "USD" if inverse else "USDT"
    end = "SWAP" if expiry is None else time.strftime("%y%m%d", time.gmtime(expiry))
    return _instrument(
        kind_, f"{coin}-{quote}-{end}", ctMult="1", ctType="inverse" if inverse else "linear", ctVal=f"{size:g}" if size < 1e4 else f"{size:.0f}",
        ctValCcy="USD" if inverse else coin, expTime="" if expiry is None else str(expiry * 1000),
        instFamily=f"{coin}-{quote}", uly=f"{coin}-{quote}", settleCcy=coin if inverse else "USDT",
        lotSz="1" if inverse or expiry else "0.1", minSz="1" if inverse or expiry else "0.1", lever="100", tickSz="0.0000000001",
    )  # fmt: skip


def _ticker(world: World, row: dict[str, Any]) -> dict[str, Any]:
    coin, quote = row["instId"].split("-")[:2]
    last = world.price(coin) / (1.0 if quote == "USD" else world.price(quote))
    if row["expTime"]:
        last *= 1.0 + 0.08 * (int(row["expTime"]) / 1000 - world.now) / (365 * DAY)
    text, coins = f"{last:.12f}", 1e9 / world.price(coin)
    contracts = 1e9 / float(row["ctVal"]) if row["ctType"] == "inverse" else coins / SWAPS.get(coin, 1.0)
    return {
        "instType": row["instType"], "instId": row["instId"], "last": text, "lastSz": "1", "askPx": f"{last * 1.0002:.12f}",
        "askSz": "1", "bidPx": f"{last * 0.9998:.12f}", "bidSz": "1", "open24h": text, "high24h": text, "low24h": text,
        "volCcy24h": f"{coins:.6f}", "vol24h": f"{contracts:.6f}", "sodUtc0": text, "sodUtc8": text, "ts": str(world.now * 1000),
    }  # fmt: skip


def _candles(world: World, query: dict[str, str]) -> list[list[str]]:
    coin = coin_of(world, query["instId"])
    assert coin is not None
    after, before = int(query.get("after", 10**15)), int(query.get("before", -1))
    rate = world.price("USDT")
    rows = [
        [str(c.time * 1000), *(f"{price / rate:.12f}" for price in (c.open, c.high, c.low, c.close)), "10", "10", "10",
         "0" if c.time == world.today else "1"]
        for c in reversed(world.candles(coin))
        if before < c.time * 1000 < after
    ]  # fmt: skip
    return rows[: min(300, int(query.get("limit", 100)))]


def _funding(world: World, query: dict[str, str]) -> list[dict[str, str]]:
    name = query.get("instId", "")
    coin = name.partition("-")[0]
    if coin not in SWAPS:
        return []
    after, before = int(query.get("after", 10**15)), int(query.get("before", -1))
    rows = [
        {"instType": "SWAP", "instId": name, "fundingRate": f"{rate:.10f}", "realizedRate": f"{rate:.10f}",
         "fundingTime": str(at_ * 1000), "method": "current_period", "formulaType": "withRate"}
        for at_, rate in reversed(world.funding(coin, 8))
        if before < at_ * 1000 < after
    ]  # fmt: skip
    return rows[: min(100, int(query.get("limit", 100)))]


def _tier(query: dict[str, str], place: int) -> dict[str, str]:
    family = query.get("instFamily") or query.get("uly", "")
    return {
        "baseMaxLoan": "", "imr": f"{0.01 * (place + 1):g}", "instFamily": family, "instId": "", "maxLever": f"{100 // (place + 1)}",
        "maxSz": str(1000 * (place + 1)), "minSz": str(1000 * place), "mmr": f"{0.004 * (place + 1):g}", "optMgnFactor": "0",
        "quoteMaxLoan": "", "tier": str(place + 1), "uly": family,
    }  # fmt: skip
