"""What the fuzzer throws at the doors of live prices: answers of exchanges, raw responses, stored entries, settings."""

from __future__ import annotations

import gzip
import json
import math
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import requests

from hedge_core.errors import HedgeError, InvalidInput
from hedge_core.market.live import parse
from hedge_core.market.live.cache import AnswerCache
from hedge_core.market.live.faults import ExchangeFault
from hedge_core.market.live.listing import listed_contracts
from hedge_core.market.live.settings import LiveSettings
from hedge_core.market.live.storage import CLOCKS_DIFFER, IN_MEMORY, PREFIX, SqliteStorage
from hedge_core.market.live.transport import BoundedAdapter
from hedge_core.market.venues import EXCHANGES
from hosting.settings import HostingSettings

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)
DAY_MS = 86_400_000
TODAY_MS = NOW_MS - NOW_MS % DAY_MS

SECRET = "geheim-7"
"""The password in the settings, which no message may hold."""

TIMEOUT = 0.5
"""Seconds that a raw response may take; what never ends must end by then."""


def _market(symbol: str, **fields: object) -> dict[str, Any]:
    coin = symbol.partition("/")[0]
    return {
        "id": symbol.replace("/", "-").replace(":", "-"), "symbol": symbol, "base": coin, "quote": "USDT",
        "settle": None, "spot": False, "swap": False, "future": False, "option": False, "active": True,
        "contract": False, "linear": None, "inverse": None, "taker": 0.0005, "maker": 0.0002, "contractSize": None,
        "expiry": None, "precision": {"amount": 0.01, "price": 0.1},
        "limits": {"amount": {"min": 0.01}, "cost": {"min": 5}}, "info": {"state": "live"},
    } | fields  # fmt: skip


def answers() -> tuple[bytes, ...]:
    """What exchanges say, as their library hands it on: markets, tickers, candles, rates of funding, margin tiers."""
    perpetual = _market("SOL/USDT:USDT", swap=True, contract=True, linear=True, contractSize=1, settle="USDT")
    dated = perpetual | {"id": "S", "symbol": "SOL/USDT:USDT-261225", "swap": False, "future": True, "expiry": TODAY_MS}
    ticker = {"bid": 149.9, "ask": 150.1, "last": 150.0, "timestamp": NOW_MS - 60_000}
    info = {"markPrice": "150.02", "fundingRate": "0.0001", "volCcy24h": "120000", "vol24h": "120000"}
    days = range(TODAY_MS - 40 * DAY_MS, TODAY_MS + 1, DAY_MS)
    document = {
        "markets": [_market("SOL/USDT", spot=True), _market("ETH/USD", quote="USD", spot=True), perpetual, dated],
        "tickers": {
            "SOL/USDT": ticker | {"symbol": "SOL/USDT"},
            "SOL/USDT:USDT": ticker | {"symbol": "SOL/USDT:USDT", "info": info},
        },
        "candles": [[day, 150.0, 155.0, 147.0, 149.0 + place % 5, 1e5] for place, day in enumerate(days)],
        "funding": [{"timestamp": NOW_MS - 28_800_000 * n, "fundingRate": 1e-4} for n in range(60, 0, -1)],
        "tiers": [{"minNotional": 0, "maintenanceMarginRate": 0.01, "maxLeverage": 50}],
    }
    return tuple(json.dumps({"exchange": name, **document}).encode() for name in ("okx", "kraken", "bybit"))


def read_answers(content: bytes) -> object:
    """Every part of the answers on its own. Raises the first fault once all were read."""
    document = json.loads(content.decode("utf-8", "replace"))
    if not isinstance(document, Mapping):
        raise ValueError("not an answer")
    exchange = EXCHANGES.get(str(document.get("exchange")), EXCHANGES["okx"])
    tickers = document.get("tickers")
    faults: list[HedgeError] = []

    def attempt(read: Callable[[], object]) -> Any:
        try:
            return read()
        except HedgeError as fault:
            faults.append(fault)
            return ()

    markets = attempt(lambda: parse.useful_markets(document.get("markets"), exchange))
    for listed in attempt(lambda: listed_contracts(markets, exchange, NOW.date())):
        assert 0.0 < listed.contract.contract_size < math.inf, "a contract has no size"
        assert 0.0 < listed.contract.amount_step < math.inf, "a contract has no step"
    attempt(lambda: parse.spot_symbols(markets, exchange))
    for price, moment in dict(attempt(lambda: parse.quotes(tickers, exchange))).values():
        assert 0.0 < price < math.inf, "a price is no price"
        assert moment is None or math.isfinite(moment), "a time is no time"
    for price, *figures in dict(attempt(lambda: parse.future_quotes(tickers, exchange))).values():
        assert 0.0 < price < math.inf, "a future's price is no price"
        assert all(figure is None or math.isfinite(figure) for figure in figures), "a future's figure is none"
    if exchange.volume_fields:
        attempt(lambda: parse.volumes(tickers, exchange))
    closes = attempt(lambda: parse.closes(_rows(document.get("candles")), NOW_MS, exchange))
    if closes:
        assert all(0.0 < close < math.inf and day < NOW.date() for day, close in closes.by_day.items()), "no close"
    rates = attempt(lambda: parse.funding(_rows(document.get("funding")), 0, NOW_MS, exchange))
    if rates:
        assert all(math.isfinite(rate) and day < NOW.date() for day, rate in rates.by_day.items()), "no rate"
    for tier in attempt(lambda: parse.margin_tiers(document.get("tiers"), exchange)):
        assert all(math.isfinite(figure) for figure in tier), "a tier is none"
    if faults:
        raise faults[0]
    return closes


def _rows(value: object) -> Sequence[Any]:
    return value if isinstance(value, list) else []


# ------------------------------------------------------------------------------------------------- stored entries


def stored() -> tuple[bytes, ...]:
    """Entries of the cache as its library writes them: an answer, one from the future, and a pause."""
    now = time.time()
    pause = {"label": "OKX", "kind": "slow", "detail": "", "since": now - 60.0, "until": now - 50.0, "count": 2}
    entries = (
        {"value": {"SOL/USDT": 150.0}, "at": now - 60.0},
        {"value": {"SOL/USDT": 150.0}, "at": now + 2 * 86_400.0},
        pause,
    )
    return tuple(json.dumps({"ct": now, "v": 2}).encode() + b"|" + json.dumps(one).encode() for one in entries)


@cache
def _cache() -> AnswerCache:
    return AnswerCache(SqliteStorage(IN_MEMORY), timeout=1.0)


def _fails() -> object:
    raise ExchangeFault("OKX", "slow")


def read_stored(content: bytes) -> object:
    """The answer that a damaged entry gives: the entry's own, or one fetched anew, and never one from the future."""
    kept = _cache()
    pauses, answer = (f"{PREFIX}pause:okx", f"{PREFIX}pause:okx:others"), (f"{PREFIX}okx:quotes",)
    keys = pauses if b'"until"' in content else answer
    with kept.storage.connection as connection:  # type: ignore[attr-defined]
        connection.execute("DELETE FROM answers")
        connection.executemany("INSERT INTO answers VALUES (?, ?)", [(key, content) for key in keys])
    with suppress(ExchangeFault):
        kept.get("okx", "others", _fails, fresh_for=0.001)
    try:
        found = kept.get("okx", "quotes", lambda: "fetched", fresh_for=3_600.0)
    except ExchangeFault:  # a pause that lasts
        return None
    assert found.fetched_at <= datetime.now(UTC) + timedelta(seconds=CLOCKS_DIFFER), "an answer from the future"
    return found.value


# ------------------------------------------------------------------------------------------------- raw responses


def responses() -> tuple[bytes, ...]:
    """What a socket may send: a whole answer, in chunks, compressed, nothing, a refusal."""
    body = json.dumps({"result": [150.0] * 20}).encode()
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nDate: Sun, 01 Nov 2026 12:00:00 GMT\r\n"
    return (
        head + b"Content-Length: %d\r\n\r\n" % len(body) + body,
        head + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n",
        head + b"Content-Encoding: gzip\r\nConnection: close\r\n\r\n" + gzip.compress(body, mtime=0),
        b"HTTP/1.1 300 Choices\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 30\r\nContent-Length: 2\r\n\r\n{}",
    )


@contextmanager
def _answering(content: bytes) -> Iterator[int]:
    """A port of this machine that answers each request with `content` and hangs up."""
    with socket.create_server(("127.0.0.1", 0), backlog=8) as listener:
        listener.settimeout(5.0)
        is_over = threading.Event()

        def serve() -> None:
            while not is_over.is_set():
                try:
                    connection, _ = listener.accept()
                    with connection:
                        connection.settimeout(1.0)
                        connection.recv(4_096)
                        connection.sendall(content)
                except OSError:
                    return

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            is_over.set()
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(2.0)


def read_response(content: bytes) -> object:
    """What comes of a request to a socket that sends this. Raises errors of requests or urllib3, or ValueError.

    The client makes a fault of the exchange of each of them.
    """
    with _answering(content) as port, requests.Session() as session:
        adapter = BoundedAdapter(timeout=TIMEOUT, base_url=f"http://127.0.0.1:{port}")
        session.mount("http://", adapter)
        start = time.monotonic()
        try:
            response = session.get("http://exchange.example/api", allow_redirects=True)
            assert adapter.reply.retry_after is None or adapter.reply.retry_after >= 0.0, "a wait that is none"
            assert math.isfinite(adapter.reply.clock_skew), "a clock that is none"
            return response.content
        finally:
            assert time.monotonic() - start < 4 * TIMEOUT, "the deadline did not hold"


# ------------------------------------------------------------------------------------------------------ settings


SETTINGS = (
    f"HEDGE_MARKET=okx\nHEDGE_CACHE_URL=redis://user:{SECRET}@cache:6379/0\nHEDGE_TIMEOUT=5\nHEDGE_OFFLINE=no",
    "HEDGE_EXCHANGE_BASE_URL=https://proxy.example:8443\nHEDGE_MAX_STALENESS=3600\nHEDGE_LOG=json\nHEDGE_REPLICA=a-1",
    f"HEDGE_EXCHANGE_BASE_URL=https://user:{SECRET}@proxy.example\nHEDGE_PROXY=on\nHEDGE_CACHE_URL=sqlite:/tmp/c.db",
)


def read_settings(content: bytes) -> object:
    """The environment, a setting a line, as `hosted.py` reads it at its start; no message may hold the password."""
    lines = content.replace(b"\0", b"").decode("utf-8", "replace").splitlines()
    pairs = (line.partition("=") for line in lines)
    values = {name: value for name, _, value in pairs if re.fullmatch(r"[A-Z_]+", name)}
    try:
        settings = HostingSettings.read(values), LiveSettings.read(values)
    except InvalidInput as error:
        if f"{SECRET}@" in str(error):
            raise AssertionError("a message holds the password") from None
        raise
    return settings
