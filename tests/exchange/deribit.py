"""Deribit as it answers on the wire about options settled in USDC: the list of instruments, and a summary by book.

Prices are those of Black-76 at a volatility that is known: LEVELS by coin, with SLOPE on ln(K/F)/√T.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from statistics import NormalDist
from typing import Any

from tests.exchange.world import World

HOST = "www.deribit.com"
LEVELS = {"BTC": 0.48, "ETH": 0.66, "SOL": 0.82}
SIZES = {"BTC": 1.0, "ETH": 1.0, "SOL": 10.0}
STEPS = {"BTC": 2_000.0, "ETH": 50.0, "SOL": 4.0}
SLOPE = -0.05
SPREAD = 0.02
"""Distance of bid and offer, in volatility."""

CARRY = 0.05
"""What a forward is above the coin, per year."""

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


def kind(path: str) -> str:
    return "quotes" if path.endswith("get_book_summary_by_currency") else "contracts"


def answer(world: World, path: str, query: dict[str, str], body: Any) -> Any:
    """The result of one request; None for a path that does not exist."""
    name = path.rpartition("/")[2]
    if query.get("currency") != "USDC" or query.get("kind") != "option":
        return {"jsonrpc": "2.0", "result": [], "testnet": False}
    match name:
        case "get_instruments":
            rows = [_instrument(world, *option) for option in _options(world)]
        case "get_book_summary_by_currency":
            rows = [_book(world, *option) for option in _options(world)]
        case _:
            return None
    return {"jsonrpc": "2.0", "result": rows, "usIn": 1, "usOut": 2, "usDiff": 1, "testnet": False}


def _options(world: World) -> Iterator[tuple[str, date, float, str]]:
    today = datetime.fromtimestamp(world.now, UTC).date()
    friday = today + timedelta(days=(4 - today.weekday()) % 7)
    for coin in LEVELS:
        if coin in world.missing:
            continue
        for weeks in (0, 2, 5, 9):
            middle = round(world.price(coin) / STEPS[coin])
            for step in range(-9, 10):
                for side in "CP":
                    yield coin, friday + timedelta(weeks=weeks), (middle + step) * STEPS[coin], side


def _code(coin: str, expiry: date, strike: float, side: str) -> str:
    return f"{coin}_USDC-{expiry.day}{MONTHS[expiry.month - 1]}{expiry:%y}-{strike:g}-{side}"


def _years(world: World, expiry: date) -> float:
    return (datetime(expiry.year, expiry.month, expiry.day, 8, tzinfo=UTC).timestamp() - world.now) / (365.0 * 86_400.0)


def _instrument(world: World, coin: str, expiry: date, strike: float, side: str) -> dict[str, Any]:
    size = SIZES[coin] * world.alterations.sizes.get(coin, 1.0)
    return {
        "base_currency": coin, "block_trade_commission": 0.0003, "contract_size": size, "counter_currency": "USD",
        "creation_timestamp": 1_780_000_000_000, "expiration_timestamp": int(datetime(expiry.year, expiry.month, expiry.day, 8, tzinfo=UTC).timestamp() * 1000),
        "instrument_id": 1, "instrument_name": _code(coin, expiry, strike, side), "instrument_type": "linear", "is_active": True,
        "kind": "option", "maker_commission": 0.0003, "min_trade_amount": 0.01, "option_type": "call" if side == "C" else "put",
        "price_index": f"{coin.lower()}_usdc", "quote_currency": "USDC", "settlement_currency": "USDC", "settlement_period": "month",
        "strike": strike, "taker_commission": 0.0005, "tick_size": 0.01,
    }  # fmt: skip


def _book(world: World, coin: str, expiry: date, strike: float, side: str) -> dict[str, Any]:
    years = _years(world, expiry)
    forward = world.price(coin) * (1.0 + CARRY * max(years, 0.0))
    bid, ask = (_price(coin, forward, strike, years, side, shift) for shift in (-SPREAD / 2.0, SPREAD / 2.0))
    is_quoted = years > 0.0 and bid > 1e-6
    return {
        "ask_price": ask if is_quoted else None, "base_currency": coin, "bid_price": bid if is_quoted else None,
        "creation_timestamp": world.now * 1000, "estimated_delivery_price": forward, "high": None, "instrument_name": _code(coin, expiry, strike, side),
        "interest_rate": 0.0, "last": None, "low": None, "mark_iv": 100.0 * LEVELS[coin], "mark_price": (bid + ask) / 2.0,
        "mid_price": (bid + ask) / 2.0, "open_interest": 10.0, "price_change": None, "quote_currency": "USDC",
        "underlying_index": "SYN.X", "underlying_price": forward, "volume": 0.0, "volume_usd": 0.0,
    }  # fmt: skip


def _price(coin: str, forward: float, strike: float, years: float, side: str, shift: float) -> float:
    if years <= 0.0:
        return 0.0
    normal, root = NormalDist(), math.sqrt(years)
    deviation = (LEVELS[coin] + SLOPE * math.log(strike / forward) / root + shift) * root
    d1 = math.log(forward / strike) / deviation + deviation / 2.0
    call = forward * normal.cdf(d1) - strike * normal.cdf(d1 - deviation)
    return call if side == "C" else call - forward + strike
