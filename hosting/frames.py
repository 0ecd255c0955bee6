"""The WebSocket of a visitor, frame by frame: what comes without a message in it.

Pings and pieces of a message that never ends are answered or kept by the server itself. The app does not see them, and
a million per second would leave the event loop no time for anybody else. The server has loaded its WebSocket class
before it loads the app and has no setting for this, so the methods of that class are replaced.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from hosting.budget import Allowance, Budget

log = logging.getLogger("hedge_planner.hosting")

FRAMES = Allowance(50.0, 1_000.0)
"""Frames of one connection; a browser sends a megabyte in some sixty."""

PIECE = 4_096
"""Bytes that are read of a connection before its frames are counted: at most some 700 frames."""

HANDLERS = ("handle_cont", "handle_text", "handle_bytes", "handle_ping", "handle_pong")


def count_frames(socket: type[WebSocketsSansIOProtocol] = WebSocketsSansIOProtocol) -> None:
    """Let every WebSocket of this class count its frames, and end if there are too many. Once is enough."""
    if hasattr(socket.data_received, "__wrapped__"):
        return
    replaced = {"data_received": _in_pieces(socket.data_received)}
    replaced.update({name: _counted(getattr(socket, name)) for name in HANDLERS})
    for name, method in replaced.items():
        setattr(socket, name, method)


def _in_pieces(receive: Callable[..., None]) -> Callable[..., None]:
    @wraps(receive)
    def data_received(self: WebSocketsSansIOProtocol, data: bytes) -> None:
        for start in range(0, len(data), PIECE):
            if self.transport.is_closing():
                return
            receive(self, data[start : start + PIECE])

    return data_received


def _counted(handle: Callable[..., None]) -> Callable[..., None]:
    @wraps(handle)
    def counted(self: Any, *event: Any) -> None:
        if self.transport.is_closing():
            return
        if not hasattr(self, "frames_budget"):
            self.frames_budget = Budget(FRAMES)
        if self.frames_budget.take():
            handle(self, *event)
        else:
            log.warning("refused: too many frames")
            self.transport.abort()

    return counted
