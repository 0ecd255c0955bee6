"""One visitor's tab: a websocket to a Streamlit server, spoken as the browser speaks it.

What a browser does and this does too: it reports the values of all widgets with every message, the query of the
address, the page, and which large messages it still holds (the server then sends a reference); it keeps what widgets
bind to the address; it asks for the timed reruns of fragments. What it does not do: load the page's files and paint.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from benchmarks.load.tree import Placed, Tree

PATIENCE = 60.0
"""Seconds after which an answer is given up."""

ENDED = (ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)


class ConnectionLost(Exception):
    """The server is gone, or has closed the connection."""


class WrongAnswer(Exception):
    """The page holds something that it should not, or lacks something that it should hold."""


@dataclass(slots=True)
class Timer:
    """A fragment that wants to run again by itself."""

    every: float
    due: float


@dataclass(slots=True)
class Tab:
    """A tab at `address`, such as http://127.0.0.1:8501. Use `open`, then `press`, `set` and `go`, then `close`.

    `source` is the visitor's own address, on a machine that has several.
    """

    address: str
    tree: Tree = field(default_factory=Tree)
    pages: dict[str, str] = field(default_factory=dict)
    received: int = 0
    source: str | None = None
    _socket: ClientConnection | None = None
    _held: dict[str, tuple[int, ForwardMsg]] = field(default_factory=dict)
    _timers: dict[str, Timer] = field(default_factory=dict)
    _page: str = ""
    _main_script: str = ""
    _run: str = ""

    async def open(self, *, page: str = "", query: str = "") -> float:
        """Connect and run the script for the first time; returns the seconds from the first message on."""
        try:
            self._socket = await self.connect()
        except (OSError, TimeoutError, websockets.WebSocketException) as error:
            raise ConnectionLost(f"cannot connect: {error}") from error
        return await self._ask(page_name=page, query=query)

    async def connect(self) -> ClientConnection:
        """The WebSocket alone; nothing is sent. Raises what the library raises."""
        parts = urlsplit(self.address)
        return await connect(
            f"{'wss' if parts.scheme == 'https' else 'ws'}://{parts.netloc}{parts.path.rstrip('/')}/_stcore/stream",
            origin=websockets.Origin(f"{parts.scheme}://{parts.netloc}"),
            subprotocols=[Subprotocol("streamlit"), Subprotocol("PLACEHOLDER_AUTH_TOKEN")],
            max_size=None,
            open_timeout=PATIENCE,
            proxy=None,
            local_addr=(self.source, 0) if self.source else None,
        )

    async def session_id(self) -> str:
        """The name of the session at the server, which stands in the addresses for its uploads."""
        request = BackMsg(file_urls_request={"request_id": "1", "file_names": ["a"]})
        assert self._socket is not None
        await self._socket.send(request.SerializeToString())
        while (answer := await self._receive(PATIENCE)) is not None:
            if answer.WhichOneof("type") == "file_urls_response":
                return answer.file_urls_response.file_urls[0].upload_url.split("/")[-2]
            self._take(answer)
        raise WrongAnswer(f"no answer within {PATIENCE:g} s")

    async def ask_for_nothing(self) -> None:
        """Let the page be drawn again and do not wait for it."""
        await self._send()

    async def close(self) -> None:
        if self._socket is not None:
            await self._socket.close()
            self._socket = None

    async def press(self, key: str) -> float:
        """Press a button; returns the seconds until the last delta, as all of these do."""
        button = self.tree.widget(key)
        return await self._ask(button.fragment, WidgetState(id=button.widget_id, trigger_value=True))

    async def set(self, key: str, value: object) -> float:
        """Set a slider, a radio, a selectbox, a number or a text to this value."""
        placed = self.tree.widget(key)
        state = _state(placed, value)
        self.tree.states[placed.widget_id] = state
        return await self._ask(placed.fragment)

    async def go(self, page: str) -> float:
        """Go to a page by its name in the address ('' is the first page)."""
        if page not in self.pages:
            raise LookupError(f"no page '{page}'; there are {', '.join(self.pages)}")
        self.tree.leave_page(self._main_script)
        self._timers.clear()
        return await self._ask(page_hash=self.pages[page])

    async def idle(self, seconds: float) -> None:
        """Think: nothing is sent but the timed reruns that the page asks for."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            due = min((timer.due for timer in self._timers.values()), default=until)
            message = await self._receive(min(left, max(0.0, due - time.monotonic())))
            if message is not None:
                self._take(message)
            for fragment, timer in list(self._timers.items()):
                if timer.due <= time.monotonic():
                    timer.due = time.monotonic() + timer.every
                    await self._send(fragment, is_timed=True)

    async def _ask(self, fragment: str = "", trigger: WidgetState | None = None, **where: str) -> float:
        """Send a message and take what comes until the run that it starts has ended."""
        run_before = self._run
        start = time.perf_counter()
        await self._send(fragment, trigger, **where)
        while True:
            answer = await self._receive(PATIENCE - (time.perf_counter() - start))
            if answer is None:
                raise WrongAnswer(f"no answer within {PATIENCE:g} s")
            self._take(answer)
            if answer.WhichOneof("type") != "script_finished" or answer.metadata.run.script_run_id == run_before:
                continue
            if answer.script_finished == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
                raise WrongAnswer("the script does not compile")
            fragments = answer.metadata.run.fragment_ids
            if answer.script_finished in ENDED and (not fragments or fragment in fragments):
                return time.perf_counter() - start

    async def _send(
        self,
        fragment: str = "",
        trigger: WidgetState | None = None,
        *,
        page_hash: str | None = None,
        page_name: str = "",
        query: str | None = None,
        is_timed: bool = False,
    ) -> None:
        message = BackMsg()
        rerun = message.rerun_script
        rerun.query_string = urlencode(self.tree.query()) if query is None else query
        rerun.page_script_hash = self._page if page_hash is None else page_hash
        rerun.page_name = page_name
        rerun.fragment_id = fragment
        rerun.is_auto_rerun = is_timed
        rerun.widget_states.widgets.extend(self.tree.states.values())
        if trigger is not None:
            rerun.widget_states.widgets.append(trigger)
        rerun.cached_message_hashes.extend(self._held)
        rerun.context_info.timezone = "UTC"
        rerun.context_info.locale = "en-GB"
        rerun.context_info.url = f"{self.address}/?{rerun.query_string}"
        try:
            assert self._socket is not None
            await self._socket.send(message.SerializeToString())
        except websockets.ConnectionClosed as error:
            raise ConnectionLost(str(error)) from error

    async def _receive(self, within: float) -> ForwardMsg | None:
        """The next message, or None when there is none in time."""
        assert self._socket is not None
        try:
            async with asyncio.timeout(max(within, 0.001)):
                data = await self._socket.recv(decode=False)
        except TimeoutError:
            return None
        except websockets.ConnectionClosed as error:
            raise ConnectionLost(str(error)) from error
        self.received += len(data)
        message = ForwardMsg()
        message.ParseFromString(data)
        return message

    def _take(self, message: ForwardMsg) -> None:
        kind = message.WhichOneof("type")
        if kind == "ref_hash":
            known = self._held.get(message.ref_hash)
            if known is None:
                raise WrongAnswer("the server refers to a message that this tab does not hold")
            whole = ForwardMsg()
            whole.CopyFrom(known[1])
            whole.metadata.CopyFrom(message.metadata)
            self._held[message.ref_hash] = (self.tree.run, known[1])
            message, kind = whole, whole.WhichOneof("type")
        elif message.metadata.cacheable:
            self._held[message.hash] = (self.tree.run, message)
        if kind == "delta":
            self.tree.take(message)
        elif kind == "new_session":
            self.tree.start_run()
            self._run = message.metadata.run.script_run_id
            self._page = message.new_session.page_script_hash
            self._main_script = message.new_session.main_script_hash
            if not message.metadata.run.fragment_ids:
                self._timers.clear()
        elif kind == "navigation":
            pages = message.navigation.app_pages
            self.pages = {"" if page.is_default else page.url_pathname: page.page_script_hash for page in pages}
            self._page = message.navigation.page_script_hash
        elif kind == "auto_rerun":
            every = message.auto_rerun.interval
            self._timers[message.auto_rerun.fragment_id] = Timer(every, time.monotonic() + every)
        elif kind == "stop_auto_rerun":
            for fragment in message.stop_auto_rerun.fragment_ids:
                self._timers.pop(fragment, None)
        elif kind == "script_finished" and message.script_finished in ENDED:
            for fragment in message.metadata.run.fragment_ids or [""]:
                self.tree.end_run(fragment)
            self._held = {name: kept for name, kept in self._held.items() if kept[0] > self.tree.run - 2}


def _state(placed: Placed, value: Any) -> WidgetState:
    name = placed.widget_id
    match placed.kind:
        case "slider":
            return WidgetState(id=name, double_array_value={"data": [float(value)]})
        case "number_input":
            return WidgetState(id=name, double_value=float(value))
        case "radio" | "selectbox" | "text_input" | "text_area":
            return WidgetState(id=name, string_value=str(value))
        case "button_group":
            return WidgetState(id=name, string_array_value={"data": [str(value)]})
        case _:
            raise LookupError(f"a {placed.kind} cannot be set")
