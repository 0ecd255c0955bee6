"""The loopback exchange: a real HTTP server that speaks as the exchanges do and plays their faults on command.

An address is BASE/<original host>/<original path>, as HEDGE_EXCHANGE_BASE_URL makes it.
"""

from __future__ import annotations

import gzip
import json
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import ModuleType, TracebackType
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.exchange import (
    binance,
    bingx,
    bybit,
    coinbase,
    deribit,
    faults,
    gate,
    hyperliquid,
    kraken,
    krakenfutures,
    mexc,
    okx,
    weex,
)
from tests.exchange.faults import Fault, Kind
from tests.exchange.world import Alterations, World

EXCHANGES: dict[str, ModuleType] = {
    "kraken": kraken,
    "coinbase": coinbase,
    "okx": okx,
    "krakenfutures": krakenfutures,
    "gate": gate,
    "hyperliquid": hyperliquid,
    "binance": binance,
    "bybit": bybit,
    "bingx": bingx,
    "weex": weex,
    "mexc": mexc,
    "deribit": deribit,
}
BY_HOST = {host: name for name, module in EXCHANGES.items() for host in getattr(module, "HOSTS", (module.HOST,))}
RESTRICTED = {"binance.com": (451, faults.RESTRICTED), "bybit.com": (403, faults.BLOCKED)}
"""Hosts that refuse this region, as they do from the United States."""

STATUSES: dict[str, tuple[int, bytes]] = {
    "too_many": (429, b'{"error":"too many requests"}'),
    "too_many_wait": (429, b'{"error":"too many requests"}'),
    "blocked_451": (451, faults.RESTRICTED),
    "blocked_403": (403, faults.BLOCKED),
    "teapot_418": (418, b'{"code":-1003,"msg":"IP banned"}'),
    "error_500": (500, b'{"error":"internal"}'),
    "error_503": (503, b"<html>503 Service Temporarily Unavailable</html>"),
    "html_200": (200, faults.HTML),
}


@dataclass
class Asked:
    """One request as the server saw it."""

    exchange: str
    kind: str
    thing: str
    started: float
    ended: float = 0.0
    status: int = 0


@dataclass
class Playing:
    """A fault that is on: at one exchange, for one kind of data (or all), for so many requests (None: all)."""

    fault: Fault
    exchange: str
    kind: Kind | None
    coin: str = "SOL"
    times: int | None = None
    world: World | None = None


@dataclass
class LoopbackExchange:
    """All exchanges on one port of this machine. Use it with `with`."""

    seed: int = 1
    latency: float = 0.0
    slow: float = 30.0
    clock: Callable[[], float] = time.time
    is_restricted: bool = True
    requests: list[Asked] = field(default_factory=list)
    _playing: list[Playing] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.world = World(self.seed, self.clock)
        self._closing = threading.Event()

    def __enter__(self) -> LoopbackExchange:
        owner = self

        class Handler(_Handler):
            exchange = owner

        self._server = _Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """The BASE."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def play(
        self, exchange: str, kind: Kind | None, fault: Fault, *, coin: str = "SOL", times: int | None = None
    ) -> None:
        """Turn a fault on. `coin` is the one that is missing, delisted or wrong."""
        with self._lock:
            self._playing.append(Playing(fault, exchange, kind, coin, times))

    def alter(self, exchange: str, kind: Kind | None, alterations: Alterations) -> None:
        """Let an exchange state wrong values."""
        with self._lock:
            world = replace(self.world, alterations=alterations, _candles={})
            self._playing.append(Playing("wrong_value", exchange, kind, coin="", world=world))

    def heal(self) -> None:
        """Turn every fault off."""
        with self._lock:
            self._playing.clear()

    def count(self, exchange: str | None = None, kind: str | None = None) -> int:
        """Requests so far, of one exchange and of one kind if given."""
        with self._lock:
            return sum(exchange in (None, r.exchange) and kind in (None, r.kind) for r in self.requests)

    def most_in_flight(self) -> int:
        """The greatest number of requests for one and the same thing that overlapped in time."""
        with self._lock:
            asked = list(self.requests)
        most = 0
        for thing in {(r.exchange, r.thing) for r in asked}:
            edges = []
            for r in asked:
                if (r.exchange, r.thing) == thing:
                    edges += [(r.started, 1), (r.ended or time.monotonic(), -1)]
            level = 0
            for _, step in sorted(edges):
                level += step
                most = max(most, level)
        return most

    def repeats(self) -> Counter[tuple[str, str]]:
        """How often each thing was asked for."""
        with self._lock:
            return Counter((r.exchange, r.thing) for r in self.requests)

    def clear(self) -> None:
        """Forget the requests so far."""
        with self._lock:
            self.requests.clear()

    # -------------------------------------------------------------------------------------------------- answering

    def note(self, exchange: str, kind: str, thing: str) -> Asked:
        asked = Asked(exchange, kind, thing, time.monotonic())
        with self._lock:
            self.requests.append(asked)
        return asked

    def fault_for(self, exchange: str, kind: str) -> Playing | None:
        with self._lock:
            for playing in self._playing:
                if playing.exchange == exchange and playing.kind in (None, kind):
                    if playing.times is not None:
                        playing.times -= 1
                        if playing.times <= 0:
                            self._playing.remove(playing)
                    return playing
        return None

    def control(self, order: dict[str, Any]) -> Any:
        """The same over HTTP, for tests with several processes."""
        match order.pop("do"):
            case "play":
                return self.play(**order)
            case "heal":
                return self.heal()
            case "clear":
                return self.clear()
            case "latency":
                self.latency = float(order["seconds"])
                return None
            case "report":
                repeats = {f"{exchange} {thing}": count for (exchange, thing), count in self.repeats().items()}
                return {"count": self.count(), "most_in_flight": self.most_in_flight(), "repeats": repeats,
                        "requests": [asdict(asked) for asked in self.requests]}  # fmt: skip
        raise ValueError("unknown order")

    def wait(self, seconds: float) -> None:
        """Sleep, but no longer than the server lives."""
        self._closing.wait(seconds)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news."""


class _Handler(BaseHTTPRequestHandler):
    exchange: LoopbackExchange
    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def setup(self) -> None:
        super().setup()
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        self._answer(json.loads(self.rfile.read(length) or b"null"))

    def do_GET(self) -> None:
        self._answer(None)

    def _answer(self, body: Any) -> None:
        owner = self.exchange
        parts = urlsplit(self.path)
        if parts.path == "/__control__":
            self._send(200, json.dumps(owner.control(body)).encode())
            return
        host, _, path = parts.path.lstrip("/").partition("/")
        name = BY_HOST.get(host)
        restricted = next((reply for end, reply in RESTRICTED.items() if host.endswith(end)), None)
        restricted = restricted if owner.is_restricted else None
        query = dict(parse_qsl(parts.query))
        kind = (
            EXCHANGES[name].kind(f"/{path}", body)
            if name == "hyperliquid"
            else EXCHANGES[name].kind(f"/{path}")
            if name
            else "?"
        )
        detail = ",".join(f"{key}={value}" for key, value in query.items()) + (json.dumps(body) if body else "")
        asked = owner.note(name or host, kind, f"{kind} {path} {detail}")
        try:
            owner.wait(owner.latency)
            if restricted is not None:
                asked.status = restricted[0]
                self._send(*restricted)
            elif name is None:
                asked.status = 404
                self._send(404, b'{"error":"no such host"}')
            else:
                asked.status = self._play(name, kind, f"/{path}", query, body)
        finally:
            asked.ended = time.monotonic()

    def _play(self, name: str, kind: str, path: str, query: dict[str, str], body: Any) -> int:
        owner = self.exchange
        playing = owner.fault_for(name, kind)
        fault = playing.fault if playing else None
        if fault == "slow":
            owner.wait(owner.slow)
        if fault in ("dropped", "refused"):
            if fault == "refused":
                self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            self.request.close()
            return 0
        if fault in STATUSES:
            status, text = STATUSES[fault]
            more = {"Retry-After": "2"} if fault == "too_many_wait" else {}
            self._send(status, text, more, is_html=text.startswith(b"<"))
            return status
        world, shift = owner.world, 0
        if playing is not None and playing.world is not None:
            world = playing.world
        elif playing is not None:
            coins = frozenset((playing.coin,))
            if fault in ("clock_ahead", "clock_behind"):
                shift = faults.SKEW if fault == "clock_ahead" else -faults.SKEW
                world = replace(world, shift=shift, _candles={})
            elif fault == "missing_symbol":
                world = replace(world, missing=coins, _candles={})
            elif fault == "delisted":
                world = replace(world, delisted=coins, _candles={})
            elif fault == "wrong_value":
                world = replace(world, wrong=coins, _candles={})
        answer = EXCHANGES[name].answer(world, path, query, body)
        if answer is None:
            self._send(404, b'{"error":"no such path"}')
            return 404
        if fault == "empty":
            answer = emptied(answer)
        elif fault == "none_values":
            answer = without_values(answer)
        content = json.dumps(answer).encode()
        if fault == "truncated_json":
            content = content[: len(content) // 2]
        if fault in ("drip", "huge_body"):
            self._stream(fault, content)
            return 200
        self._send(200, content, {"Date": formatdate(time.time() + shift, usegmt=True)})
        return 200

    def _send(self, status: int, content: bytes, more: dict[str, str] | None = None, *, is_html: bool = False) -> None:
        headers = {"Date": formatdate(usegmt=True), **(more or {})}
        if "gzip" in self.headers.get("Accept-Encoding", ""):  # as every exchange does
            content, headers["Content-Encoding"] = gzip.compress(content, 1), "gzip"
        self.send_response_only(status)
        self.send_header("Content-Type", "text/html" if is_html else "application/json")
        self.send_header("Content-Length", str(len(content)))
        for key, value in headers.items():
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()

    def _stream(self, fault: str, content: bytes) -> None:
        """Byte by byte for as long as a slow answer takes, or three hundred megabytes."""
        self.send_response_only(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content) if fault == "drip" else 300_000_000))
        self.end_headers()
        self.wfile.flush()
        self.close_connection = True
        try:
            if fault == "huge_body":
                for _ in range(300):
                    self.wfile.write(b" " * 1_000_000)
                return
            for byte in content:
                self.wfile.write(bytes((byte,)))
                self.wfile.flush()
                self.exchange.wait(max(0.1, self.exchange.slow / len(content)))
        except OSError:
            return


def emptied(answer: Any) -> Any:
    """The envelope with nothing in it."""
    if isinstance(answer, list):
        return []
    inside = {
        key: ([] if isinstance(value, list) else {}) for key, value in answer.items() if isinstance(value, list | dict)
    }
    return {**answer, **{key: value for key, value in inside.items() if key != "error"}}


def without_values(answer: Any, *, depth: int = 0) -> Any:
    """Every number, and every text that is one, as null; the first of a row stays, as its time does."""
    if isinstance(answer, dict):
        return {
            key: without_values(value, depth=depth + 1) if key not in ("code", "time", "start") else value
            for key, value in answer.items()
        }
    if isinstance(answer, list):
        is_row = depth > 1 and bool(answer) and not isinstance(answer[0], list | dict)
        return [
            value if is_row and place == 0 else without_values(value, depth=depth + 1)
            for place, value in enumerate(answer)
        ]
    if isinstance(answer, bool) or answer is None:
        return answer
    if isinstance(answer, int | float):
        return None
    try:
        float(answer)
    except ValueError:
        return answer
    return None
