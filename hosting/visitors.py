"""What one visitor may do to a replica: how many sessions he opens, which messages he sends, and how often.

A message that the app has no use for is dropped; among these is `clear_cache`, which empties the caches of all
sessions. Messages that come too fast are read later, not dropped, because each carries what the visitor has entered.
While they wait, nothing more is read from the connection. The same holds for messages of an address that asks for more
than its share of pages (see `door`). What is no message at all ends the connection.

The app learns that a connection is gone when it next receives, never by an error when it sends: Streamlit takes such an
error for a fault of its own and logs it with its trace.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from google.protobuf.message import DecodeError  # type: ignore[import-untyped]  # it has no stubs
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg

from hosting.addresses import AddressOf, connecting_address
from hosting.budget import Allowance, Budget
from hosting.door import MOST_WAITING, Demand, Door
from pages.ui.session import turns
from pages.ui.session.turns import VISITOR_HEADER

log = logging.getLogger("hedge_planner.hosting")

STREAM = "/_stcore/stream"

NEEDED = frozenset(("rerun_script", "stop_script", "file_urls_request", "app_heartbeat", "backend_operation_request"))
"""The messages that the app needs, as Streamlit's protocol names them."""

NEEDED_OPERATIONS = ("deferred_file", "dataframe_chunk")
"""What the app needs of `backend_operation_request`: files that are made on demand, and the rows of long tables."""

BAD_DATA, TOO_BIG, BAD_CONDUCT, CUT = 1003, 1009, 1008, 1006
"""Codes with which a WebSocket is closed (RFC 6455, section 7.4.1)."""

MOST_ADDRESSES = 20_000

OPENING_SECONDS = 0.008
"""What a new connection takes of the processor outside of its page's turn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What may be sent and asked for: messages, the bytes that are read of them, and files made for a download.

    A report or workbook takes as long as several pages.
    """

    messages: Allowance
    bytes: Allowance
    files: Allowance


PER_CONNECTION = Share(
    messages=Allowance(10.0, 60.0), bytes=Allowance(200_000.0, 4_000_000.0), files=Allowance(0.2, 6.0)
)
PER_ADDRESS = Share(
    messages=Allowance(40.0, 200.0), bytes=Allowance(800_000.0, 16_000_000.0), files=Allowance(0.5, 20.0)
)
OPENINGS = Allowance(2.0, 80.0)
UNLIMITED = Share(messages=Allowance(1e12, 1e12), bytes=Allowance(1e12, 1e12), files=Allowance(1e12, 1e12))
"""The share of an address if addresses do not distinguish visitors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits for each connection and each address.

    A slider that is dragged sends some ten messages per second for a few seconds. An office may share one address, so
    an address may do what sixty visitors do: `connections` at once, `openings` of new ones. No message of the app is
    near a megabyte: a table of 500 rows that is pasted has 30 kB, and no page has a hundred widgets.
    """

    connection: Share = PER_CONNECTION
    address: Share = PER_ADDRESS
    connections: int = 60
    openings: Allowance = OPENINGS
    message_bytes: int = 1_000_000
    message_widgets: int = 1_000
    message_files: int = 20
    dropped: int = 20
    waiting_pages: int = MOST_WAITING


class _Budgets:
    """What a connection or an address has left of its share."""

    def __init__(self, share: Share) -> None:
        self.messages, self.bytes, self.files = map(Budget.of, (share.messages, share.bytes, share.files))

    def wait(self, content: bytes) -> float:
        """Count a message; return the seconds after which it is due."""
        return max(self.messages.wait(), self.bytes.wait(len(content)))

    @property
    def is_full(self) -> bool:
        return self.messages.is_full and self.bytes.is_full and self.files.is_full


class _Address:
    """What is counted for one address."""

    def __init__(self, share: Share, openings: Allowance, demand: Demand) -> None:
        self.connections = 0
        self.budgets = _Budgets(share)
        self.openings = Budget.of(openings)
        self.door = asyncio.Lock()
        self.demand = demand

    @property
    def is_idle(self) -> bool:
        return self.connections == 0 and self.budgets.is_full and self.openings.is_full


class VisitorLimits:
    """Middleware that limits the WebSockets of the app.

    If `address_of` returns None, visitors have no addresses, and only the limits of each connection apply.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        address_of: AddressOf = connecting_address,
        limits: Limits | None = None,
        door: Door | None = None,
        used: turns.Used = turns.used,
    ) -> None:
        self.app = app
        self.used = used
        self.address_of = address_of
        self.limits = limits or Limits()
        self.door = door or Door(turns.all_pages, used, self.limits.waiting_pages)
        self.refused: Counter[str] = Counter()
        self._addresses: dict[str, _Address] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on a request; count a WebSocket of the app, or refuse it."""
        if scope["type"] != "websocket" or not scope["path"].endswith(STREAM):
            await self.app(scope, receive, send)
            return
        name = self.address_of(scope)
        address = self._new_address(UNLIMITED) if name is None else self._enter(name)
        if address is None:
            self._refuse("connection")
            await receive()
            await send({"type": "websocket.close", "code": BAD_CONDUCT})
            return
        try:
            pass_door = self._door(name or "", address)
            connection = _Connection(address, self.limits, receive, send, self._refuse, pass_door)
            await self.app(_stating(name or "", scope), connection.receive, connection.send)
        finally:
            address.connections -= 1

    def _enter(self, name: str) -> _Address | None:
        """Count one more connection of this address, if it may have one more."""
        if len(self._addresses) >= MOST_ADDRESSES:
            self._addresses = {
                known: one for known, one in self._addresses.items() if not self._is_forgotten(known, one)
            }
        address = self._addresses.setdefault(name, self._new_address(self.limits.address))
        if address.connections >= self.limits.connections or not address.openings.take():
            return None
        address.connections += 1
        if name:
            self.used.add(name, OPENING_SECONDS)
        return address

    def _new_address(self, share: Share) -> _Address:
        return _Address(share, self.limits.openings, self.door.new_demand())

    def _is_forgotten(self, name: str, address: _Address) -> bool:
        return address.is_idle and (not address.demand.is_flood or self.door.forgets(name))

    def _door(self, name: str, address: _Address) -> Callable[[], Awaitable[None]]:
        async def pass_it() -> None:
            if name:
                async with address.door:
                    await self.door.pass_through(name, address.demand)

        return pass_it

    def _refuse(self, what: str) -> None:
        self.refused[what] += 1
        log.warning("refused: %s", what)


def _stating(visitor: str, scope: Scope) -> Scope:
    """The scope with the visitor's address ('' if it is not known) as a header, whatever he has written there."""
    name = VISITOR_HEADER.lower().encode()
    headers = [(key, value) for key, value in scope["headers"] if key != name]
    return {**scope, "headers": [*headers, (name, visitor.encode())]}


class _Connection:
    """One WebSocket: what the app receives from it."""

    def __init__(
        self,
        address: _Address,
        limits: Limits,
        receive: Receive,
        send: Send,
        refuse: Callable[[str], None],
        pass_door: Callable[[], Awaitable[None]],
    ) -> None:
        self._address, self._limits = address, limits
        self._receive, self._send, self._refuse, self._pass_door = receive, send, refuse, pass_door
        self._budgets = _Budgets(limits.connection)
        self._dropped = 0
        self._is_ended = False

    async def receive(self) -> Message:
        """Return the next event that the app needs; a disconnection once the visitor has gone too far."""
        while not self._is_ended:
            event = await self._receive()
            if event["type"] != "websocket.receive":
                return event
            content = event.get("bytes")
            if content is None:
                return await self._end(BAD_DATA, "text instead of a message")
            if len(content) > self._limits.message_bytes:
                return await self._end(TOO_BIG, "a message that is too large")
            await _sleep(max(self._budgets.wait(content), self._address.budgets.wait(content)))
            message = _parsed(content)
            if message is None:
                return await self._end(BAD_DATA, "bytes that are no message")
            if self._asks_for_too_much(message):
                return await self._end(TOO_BIG, "a message that asks for too much")
            kind = _kind(message)
            if kind in NEEDED:
                if kind == "rerun_script":
                    await self._pass_door()
                elif message.backend_operation_request.HasField("deferred_file"):
                    await _sleep(max(self._budgets.files.wait(), self._address.budgets.files.wait()))
                return event
            self._dropped += 1
            if self._dropped > self._limits.dropped:
                return await self._end(BAD_CONDUCT, "too many messages without a use")
            self._refuse(kind or "an empty message")
        return {"type": "websocket.disconnect", "code": CUT}

    def _asks_for_too_much(self, message: Any) -> bool:
        return (
            len(message.rerun_script.widget_states.widgets) > self._limits.message_widgets
            or len(message.file_urls_request.file_names) > self._limits.message_files
        )

    async def send(self, message: Message) -> None:
        """Send what the app sends, unless the connection has ended. Raises OSError if it ends before it is open."""
        if self._is_ended:
            return
        if message["type"] == "websocket.accept":
            await self._send(message)  # no session is made for a visitor who has gone already
        else:
            await self._send_if_it_is_open(message)

    async def _send_if_it_is_open(self, message: Message) -> None:
        try:
            await self._send(message)
        except (OSError, RuntimeError):  # RuntimeError: the server itself has closed it, or could not open it
            self._is_ended = True

    async def _end(self, code: int, what: str) -> Message:
        self._refuse(what)
        await self._send_if_it_is_open({"type": "websocket.close", "code": code})
        self._is_ended = True
        return {"type": "websocket.disconnect", "code": code}


async def _sleep(seconds: float) -> None:
    if seconds > 0.0:
        await asyncio.sleep(seconds)


def _parsed(content: bytes) -> Any:
    """The message of Streamlit's protocol; None if this is none."""
    try:
        return BackMsg.FromString(content)
    except DecodeError:
        return None


def _kind(message: Any) -> str:
    """The type of a message as Streamlit's protocol names it, '' if it has none."""
    kind = str(message.WhichOneof("type") or "")
    if kind == "backend_operation_request":
        operation = message.backend_operation_request
        if not any(operation.HasField(name) for name in NEEDED_OPERATIONS):
            return "another operation of the backend"
    return kind
