"""Frames without a message in them, against the class that serves each WebSocket; test_app.py floods a server."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest
from streamlit.web.server.starlette.starlette_server import _get_websocket_protocol
from uvicorn.config import Config
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState

from hosting.budget import Allowance, Budget
from hosting.frames import FRAMES, PIECE, count_frames
from tests.support import coroutines

OPENING = (
    b"GET /_stcore/stream HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
MASK = b"\x80\0\0\0\0"
PING, PONG, CONT, FIRST, MESSAGE = (bytes([first]) + MASK for first in (0x89, 0x8A, 0x00, 0x02, 0x82))


class CountedFrames(WebSocketsSansIOProtocol):
    """The server's own class with counted frames; the other tests of this process keep theirs."""

    frames_budget: Budget


count_frames(CountedFrames)
count_frames(CountedFrames)


class Pipe(asyncio.Transport):
    """The connection below; keeps what is written and whether it has been ended."""

    def __init__(self) -> None:
        super().__init__()
        self.written, self.is_ended = b"", False
        self.protocol: CountedFrames | None = None

    def write(self, data: Any) -> None:
        self.written += data

    def is_closing(self) -> bool:
        return self.is_ended

    def abort(self) -> None:
        if not self.is_ended and self.protocol is not None:
            asyncio.get_running_loop().call_soon(self.protocol.connection_lost, None)
        self.is_ended = True

    close = abort

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


async def app(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    while (await receive())["type"] != "websocket.disconnect":
        pass


async def opened() -> tuple[CountedFrames, Pipe]:
    config = Config(app, ws=CountedFrames, log_config=None, ws_max_size=2_000_000)
    config.load()
    pipe = Pipe()
    protocol = CountedFrames(config, ServerState(), {})
    pipe.protocol = protocol
    protocol.connection_made(pipe)
    protocol.data_received(OPENING)
    await asyncio.sleep(0)
    while b"101" not in pipe.written:
        await asyncio.sleep(0.001)
    return protocol, pipe


@pytest.mark.parametrize(
    "frames",
    [PING, PONG, MESSAGE, PING + PONG, b"\x89\x81\0\0\0\0x"],
    ids=["pings", "pongs", "empty messages", "both", "pings with words"],
)
def test_a_flood_of_frames_ends_the_connection_after_one_piece(frames: bytes, caplog: pytest.LogCaptureFixture) -> None:
    async def flood() -> Pipe:
        protocol, pipe = await opened()
        protocol.frames_budget = Budget(Allowance(1e-9, 100.0))
        protocol.data_received(frames * 100_000)
        await asyncio.sleep(0.01)
        return pipe

    with caplog.at_level(logging.WARNING, "hedge_planner.hosting"):
        pipe = coroutines.run(flood())

    assert pipe.is_ended
    assert [record.getMessage() for record in caplog.records] == ["refused: too many frames"]
    assert len(pipe.written) < 2_000  # no more than a hundred pings are answered


def test_a_message_in_pieces_without_an_end_takes_no_memory_for_its_pieces() -> None:
    async def flood() -> CountedFrames:
        protocol, _ = await opened()
        protocol.data_received(FIRST)
        for _ in range(100):
            protocol.data_received(CONT * 10_000)
        return protocol

    assert len(coroutines.run(flood()).frames) <= FRAMES.burst


def test_a_message_of_a_megabyte_in_pieces_of_sixteen_kilobytes_arrives_whole() -> None:
    """As browsers send it; read in pieces that do not fit the frames."""

    async def send_it() -> bytes:
        protocol, _ = await opened()
        part = b"\xfe" + (16_000).to_bytes(2, "big") + b"\0\0\0\0" + b"x" * 16_000
        data = b"\x02" + part + (b"\x00" + part) * 60 + b"\x80" + part
        for start in range(0, len(data), 50_001):
            protocol.data_received(data[start : start + 50_001])
        return (await protocol.queue.get())["bytes"]

    assert coroutines.run(send_it()) == b"x" * 16_000 * 62


def test_a_piece_holds_fewer_frames_than_may_come_at_once() -> None:
    assert PIECE / len(PING) < FRAMES.burst


def test_the_server_that_streamlit_starts_has_the_class_whose_frames_are_counted() -> None:
    config = Config(app, ws=_get_websocket_protocol(), log_config=None)  # type: ignore[arg-type]
    config.load()

    assert config.ws_protocol_class is WebSocketsSansIOProtocol
