"""One deadline for all of a request, whatever takes the time: name server, addresses, headers, redirects or body."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest
import requests
from requests.exceptions import ConnectionError as RequestsConnectionError, ReadTimeout

from hedge_core.market.live.transport import BoundedAdapter

SECONDS = 0.5
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


def silent(connection: socket.socket, number: int) -> None:
    time.sleep(5.0)


def dripping_status(connection: socket.socket, number: int) -> None:
    drip(connection, WHOLE)


def endless_headers(connection: socket.socket, number: int) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    for n in range(100):
        drip(connection, f"X-{n}: a\r\n".encode())


def dripping_body(connection: socket.socket, number: int) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
    drip(connection, b" " * 100)


def silent_body(connection: socket.socket, number: int) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
    time.sleep(5.0)


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


@pytest.mark.parametrize(
    "answer",
    [silent, dripping_status, endless_headers, dripping_body, silent_body, endless_chunks, continues, slow_redirects,
     redirect_to_a_drip],
    ids=lambda answer: answer.__name__,
)  # fmt: skip
def test_the_deadline_holds_for_the_whole_request_and_leaves_no_thread(answer):
    with server(answer) as url, session()[0] as asking:
        started = time.monotonic()
        with pytest.raises((ReadTimeout, RequestsConnectionError)):
            asking.get(url)
        assert time.monotonic() - started <= 1.2 * SECONDS

        ended = time.monotonic() + 1.0
        while waiting() and time.monotonic() < ended:
            time.sleep(0.02)
        assert waiting() == 0


def test_a_host_with_several_addresses_that_do_not_answer_gets_the_time_once(monkeypatch):
    """Five addresses whose connections wait for ever, as behind a firewall that drops packets."""
    addresses = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.255.255.1", 80))] * 5
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: addresses)

    def connect(self: socket.socket, address: object) -> None:
        time.sleep(self.gettimeout() or 5.0)
        raise TimeoutError

    monkeypatch.setattr(socket, "socket", type("Stuck", (socket.socket,), {"connect": connect}))
    started = time.monotonic()
    with session()[0] as asking, pytest.raises((ReadTimeout, RequestsConnectionError)):
        asking.get("http://slow.example/")

    assert time.monotonic() - started <= 1.2 * SECONDS


def test_a_name_server_that_does_not_answer_is_left_in_time(monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: time.sleep(1.0))
    started = time.monotonic()
    with session()[0] as asking, pytest.raises((ReadTimeout, RequestsConnectionError)):
        asking.get("http://slow.example/")

    assert time.monotonic() - started <= 1.2 * SECONDS


def test_a_request_after_a_slow_one_has_its_own_time():
    def second_is_quick(connection: socket.socket, number: int) -> None:
        time.sleep(2.0 if number == 1 else 0.3)
        connection.sendall(WHOLE)

    with server(second_is_quick) as url, session()[0] as asking:
        with pytest.raises(ReadTimeout):
            asking.get(url)
        assert asking.get(url).json() == {}


def test_a_quick_redirect_is_followed_and_the_body_arrives():
    def once(connection: socket.socket, number: int) -> None:
        moved = b"HTTP/1.1 302 Found\r\nLocation: /on\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        connection.sendall(moved if number == 1 else WHOLE)

    with server(once) as url, session()[0] as asking:
        assert asking.get(url).json() == {}
