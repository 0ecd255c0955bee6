"""One deadline for all of a request, whatever takes the time: name server, addresses, headers, redirects or body."""

from __future__ import annotations

import gzip
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest
import requests
from requests.exceptions import ConnectionError as RequestsConnectionError, ReadTimeout

from hedge_core.market.live.transport import BoundedAdapter, _clock_skew
from tests.support.scale import SCALE
from tests.support.stopwatch import Stopwatch

SECONDS = 0.5
FAULT = 60.0
"""Seconds that a server needs here, or more: nothing ends by itself before WIDE, however busy the machine is."""

WIDE = 20.0
"""Seconds after which the deadline has surely not held."""

WHOLE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


@contextmanager
def server(answer: Callable[[socket.socket, int], None]) -> Iterator[str]:
    """A server that lets `answer` deal with each connection; the argument counts the connections from 1."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            number = 0
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                number += 1
                threading.Thread(target=deal, args=(connection, number), daemon=True).start()

        def deal(connection: socket.socket, number: int) -> None:
            with connection, suppress(OSError):
                connection.recv(65_536)
                answer(connection, number)

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


def drip(connection: socket.socket, content: bytes, pause: float = 0.05) -> None:
    for byte in content:
        connection.sendall(bytes((byte,)))
        time.sleep(pause)
    time.sleep(FAULT)


def silent(connection: socket.socket, number: int) -> None:
    time.sleep(FAULT)


def dripping_status(connection: socket.socket, number: int) -> None:
    drip(connection, WHOLE)


def endless_headers(connection: socket.socket, number: int) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    drip(connection, b"".join(f"X-{n}: a\r\n".encode() for n in range(200)))


def dripping_body(connection: socket.socket, number: int) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n")
    drip(connection, b" " * 2_000)


def silent_body(connection: socket.socket, number: int) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
    time.sleep(FAULT)


def endless_chunks(connection: socket.socket, number: int) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        connection.sendall(b"1\r\n \r\n")
        time.sleep(0.02)


def continues(connection: socket.socket, number: int) -> None:
    while True:
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        time.sleep(0.02)


def slow_redirects(connection: socket.socket, number: int) -> None:
    time.sleep(0.2)
    connection.sendall(f"HTTP/1.1 302 Found\r\nLocation: /{number}\r\nContent-Length: 0\r\n\r\n".encode())


def redirect_to_a_drip(connection: socket.socket, number: int) -> None:
    if number > 1:
        return drip(connection, WHOLE, pause=0.1)
    time.sleep(0.3)
    connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: /on\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
    return None


def session(base_url: str = "") -> tuple[requests.Session, BoundedAdapter]:
    made, adapter = requests.Session(), BoundedAdapter(timeout=SECONDS, base_url=base_url)
    made.mount("http://", adapter)
    made.trust_env = False
    return made, adapter


def waiting() -> int:
    return sum(thread.name == "deadline" for thread in threading.enumerate())


ANSWERS = [
    silent, dripping_status, endless_headers, dripping_body, silent_body, endless_chunks, continues, slow_redirects,
    redirect_to_a_drip,
]  # fmt: skip


def given_up(answer: Callable[[socket.socket, int], None]) -> Stopwatch:
    """The time after which a request is given up that such a server deals with."""
    broken = pytest.raises((ReadTimeout, RequestsConnectionError))
    with server(answer) as url, session()[0] as asking, Stopwatch() as watch, broken:
        asking.get(url)
    return watch


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: answer.__name__)
def test_the_deadline_holds_for_the_whole_request_and_leaves_no_thread(answer):
    assert given_up(answer).seconds < WIDE

    ended = time.monotonic() + WIDE
    while waiting() and time.monotonic() < ended:
        time.sleep(0.02)
    assert waiting() == 0


def test_a_silence_that_is_seen_before_the_deadline_is_a_time_out_too():
    """The library's own time-out and the deadline may pass in either order; here the library's comes first."""
    made, adapter = session()
    with server(silent_body) as url, made, pytest.raises(ReadTimeout):
        adapter._response_and_body(made.prepare_request(requests.Request("GET", url)), time.monotonic() + WIDE, {})


@pytest.mark.long
@pytest.mark.skipif(SCALE == 1, reason="the bound is narrow, so the machine must not be busy: make long")
def test_the_deadline_is_exceeded_by_a_fifth_at_most():
    """The best of five tries each, without the time in which the machine kept this process waiting."""
    late = [answer.__name__ for answer in ANSWERS if not any(given_up(answer).own <= 1.2 * SECONDS for _ in range(5))]

    assert late == []


@pytest.fixture
def never() -> Iterator[threading.Event]:
    """An event that does not come before the test ends."""
    event = threading.Event()
    yield event
    event.set()


def test_a_host_with_several_addresses_that_do_not_answer_gets_the_time_once(monkeypatch, never):
    """Two hundred addresses whose connections wait for ever, as behind a firewall that drops packets."""
    addresses = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.255.255.1", 80))] * 200
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: addresses)

    def connect(self: socket.socket, address: object) -> None:
        never.wait(self.gettimeout() or FAULT)
        raise TimeoutError

    monkeypatch.setattr(socket, "socket", type("Stuck", (socket.socket,), {"connect": connect}))
    with Stopwatch() as watch, session()[0] as asking, pytest.raises((ReadTimeout, RequestsConnectionError)):
        asking.get("http://slow.example/")

    assert watch.seconds < WIDE


def test_a_name_server_that_does_not_answer_is_left_in_time(monkeypatch, never):
    def unanswered(*_: object, **__: object) -> list[object]:
        never.wait(FAULT)
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", unanswered)
    with Stopwatch() as watch, session()[0] as asking, pytest.raises((ReadTimeout, RequestsConnectionError)):
        asking.get("http://slow.example/")

    assert watch.seconds < WIDE


def test_a_request_after_a_slow_one_has_its_own_time():
    def second_is_quick(connection: socket.socket, number: int) -> None:
        time.sleep(FAULT if number == 1 else 0.0)
        connection.sendall(WHOLE)

    asking, adapter = session()
    with server(second_is_quick) as url, asking:
        with pytest.raises(ReadTimeout):
            asking.get(url)
        adapter.timeout = FAULT
        assert asking.get(url).json() == {}


def test_a_quick_redirect_is_followed_and_the_body_arrives():
    def once(connection: socket.socket, number: int) -> None:
        moved = b"HTTP/1.1 302 Found\r\nLocation: /on\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        connection.sendall(moved if number == 1 else WHOLE)

    asking, adapter = session()
    adapter.timeout = FAULT
    with server(once) as url, asking:
        assert asking.get(url).json() == {}


def test_a_date_that_no_calendar_has_says_nothing_about_the_clock():
    assert _clock_skew({"Date": "Sun, 01 Nov 2026 12:00:" + "9" * 40 + " GMT"}) == 0.0


@pytest.mark.parametrize(
    ("name", "pack"),
    [("gzip", gzip.compress), ("deflate", zlib.compress), ("identity", bytes)],
)
def test_a_compressed_answer_is_unpacked_once(name: str, pack: Callable[[bytes], bytes]):
    body = pack(b'{"price": 150}' + b" " * 2_000)

    def answer(connection: socket.socket, number: int) -> None:
        head = f"HTTP/1.1 200 OK\r\nContent-Encoding: {name}\r\nContent-Length: {len(body)}\r\n\r\n"
        connection.sendall(head.encode() + body)

    with server(answer) as address, requests.Session() as session:
        session.mount("http://", BoundedAdapter(timeout=WIDE, base_url=address))
        response = session.get("http://exchange.example/api")

    assert (response.json(), len(response.text)) == ({"price": 150}, 2_014)
