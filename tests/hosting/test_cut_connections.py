"""Connections that are cut at a bad moment: the server and Streamlit's own end of the WebSocket, without a network.

Each case once ended in a trace in the log, one per connection of whoever likes to fill it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.web.server.starlette.starlette_websocket import create_websocket_routes
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState

from hosting.visitors import VisitorLimits
from tests.support import coroutines

OPENING = (
    b"GET /_stcore/stream HTTP/1.1\r\nHost: example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


def frame(content: bytes, kind: int = 2) -> bytes:
    """A whole message of fewer than 126 bytes as a browser sends it, masked with zeros (RFC 6455, section 5.2)."""
    return bytes([0x80 | kind, 0x80 | len(content)]) + bytes(4) + content


def rerun() -> bytes:
    message = BackMsg()
    message.rerun_script.query_string = ""
    return frame(message.SerializeToString())


class Runtime:
    """Streamlit's runtime, as far as a connection meets it: it answers every message, and the opening, with another."""

    def __init__(self) -> None:
        self.connected, self.disconnected, self.messages = 0, 0, 0

    def connect_session(self, client: Any, **_: Any) -> str:
        self.connected += 1
        client.write_forward_msg(ForwardMsg(script_finished=0))
        return "a session"

    def handle_backmsg(self, _session: str, _message: BackMsg, client: Any) -> None:
        self.messages += 1
        client.write_forward_msg(ForwardMsg(script_finished=0))

    def disconnect_session(self, _session: str, client: Any) -> None:
        self.disconnected += 1


class Transport(asyncio.Transport):
    """A connection to a visitor: what is written to him is dropped."""

    def __init__(self) -> None:
        super().__init__({"peername": ("10.0.0.1", 1), "sockname": ("10.0.0.2", 80)})
        self.is_over = False

    def write(self, data: Any) -> None: ...

    def is_closing(self) -> bool:
        return self.is_over

    def close(self) -> None:
        self.is_over = True

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


class Server:
    """The server of one connection, with the app behind the limits."""

    def __init__(self) -> None:
        self.runtime, self.transport = Runtime(), Transport()
        app = Starlette(routes=create_websocket_routes(self.runtime, None), middleware=[Middleware(VisitorLimits)])  # type: ignore[arg-type]
        config = uvicorn.Config(app, ws="websockets-sansio", lifespan="off", log_config=None)
        config.load()
        self.protocol = WebSocketsSansIOProtocol(config, ServerState(), {})
        self.protocol.connection_made(self.transport)

    def get(self, data: bytes) -> None:
        self.protocol.data_received(data)

    def lose(self) -> None:
        """The visitor is gone."""
        self.transport.is_over = True
        self.protocol.connection_lost(ConnectionResetError())

    async def settle(self) -> None:
        for _ in range(20):
            await asyncio.sleep(0)


async def gone_before_it_is_open(server: Server) -> None:
    server.get(OPENING)
    server.lose()


async def closing_while_it_is_opened(server: Server) -> None:
    server.transport.is_over = True  # the system knows it, the server is told a moment later
    server.get(OPENING)
    await server.settle()
    server.lose()


async def gone_while_messages_wait(server: Server) -> None:
    server.get(OPENING)
    await server.settle()
    server.get(rerun() * 62)  # two more than come at once: they are read later
    server.lose()
    await asyncio.sleep(0.3)


async def closed_because_no_pong_came(server: Server) -> None:
    server.get(OPENING)
    await server.settle()
    server.get(rerun() * 2)
    server.protocol.keepalive_timeout()
    await server.settle()
    server.lose()


async def closed_because_of_a_broken_frame(server: Server) -> None:
    server.get(OPENING)
    await server.settle()
    server.get(rerun() * 2 + b"\xff" * 20)
    await server.settle()
    server.lose()


async def gone_while_a_text_is_refused(server: Server) -> None:
    server.get(OPENING)
    await server.settle()
    server.get(rerun() + frame(b"hello", kind=1) + rerun())
    server.protocol.keepalive_timeout()
    await server.settle()
    server.lose()


MOMENTS = (
    gone_before_it_is_open, closing_while_it_is_opened, gone_while_messages_wait, closed_because_no_pong_came,
    closed_because_of_a_broken_frame, gone_while_a_text_is_refused,
)  # fmt: skip


@pytest.fixture
def errors() -> Iterator[list[logging.LogRecord]]:
    """What is logged as an error by the server and by Streamlit, whose loggers pass nothing on."""
    records: list[logging.LogRecord] = []
    handler = logging.Handler(logging.ERROR)
    handler.emit = records.append  # type: ignore[method-assign]
    names = ("uvicorn.error", "streamlit.web.server.starlette.starlette_websocket", "")
    for name in names:
        logging.getLogger(name).addHandler(handler)
    yield records
    for name in names:
        logging.getLogger(name).removeHandler(handler)


@pytest.mark.parametrize("moment", MOMENTS, ids=lambda moment: moment.__name__)
def test_a_connection_that_is_cut_leaves_no_error_in_the_log_and_no_session(moment: Any, errors: list[Any]) -> None:
    async def cut() -> Runtime:
        server = Server()
        await moment(server)
        await server.settle()
        assert server.protocol.tasks == set(), "the app still waits for the visitor"
        return server.runtime

    runtime = coroutines.run(cut())

    assert [record.getMessage() for record in errors] == []
    assert runtime.connected == runtime.disconnected == (0 if moment is gone_before_it_is_open else 1)


def test_a_connection_that_is_not_cut_is_answered_and_an_error_of_the_app_is_logged(errors: list[Any]) -> None:
    async def talk() -> Runtime:
        server = Server()
        server.get(OPENING)
        await server.settle()
        server.get(rerun() * 2)
        await server.settle()
        assert server.runtime.messages == 2
        server.runtime.handle_backmsg = None  # type: ignore[assignment, method-assign]
        server.get(rerun())
        await server.settle()
        return server.runtime

    coroutines.run(talk())

    assert [record.exc_info[0] for record in errors] == [TypeError]
