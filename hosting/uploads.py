"""Files that a visitor uploads: how many are kept for him, and how many may arrive at once.

Streamlit keeps a file for as long as its session, under any name that the browser chooses, so one session could fill
the memory of the process. A page of the app has one file at most in each of its few uploaders.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.runtime import Runtime
from streamlit.runtime.uploaded_file_manager import UploadedFileRec

from hosting.addresses import AddressOf, connecting_address

log = logging.getLogger("hedge_planner.hosting")

UPLOADS = "/_stcore/upload_file/"


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadLimits:
    """For each session and each address; `bytes` counts what is kept, `seconds` what one file may take to arrive."""

    session_bytes: int = 15_000_000
    address_bytes: int = 60_000_000
    at_once: int = 4
    seconds: float = 60.0


def kept_bytes(session: str) -> int:
    """Bytes of the files that Streamlit keeps for a session."""
    files: dict[str, dict[str, UploadedFileRec]] = getattr(Runtime.instance().uploaded_file_mgr, "file_storage", {})
    return sum(len(file.data) for file in list(files.get(session, {}).values()))


class Uploads:
    """Middleware that refuses a file (429) where enough are kept or arrive; `kept` tells the bytes of a session."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        address_of: AddressOf = connecting_address,
        limits: UploadLimits | None = None,
        kept: Callable[[str], int] = kept_bytes,
    ) -> None:
        self.app, self.kept, self.limits = app, kept, limits or UploadLimits()
        self.address_of = address_of
        self._arriving: Counter[str] = Counter()
        self._sessions: dict[str, str] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on a request; an upload only if it may be kept."""
        if scope["type"] != "http" or scope["method"] != "PUT" or UPLOADS not in scope["path"]:
            await self.app(scope, receive, send)
            return
        session = scope["path"].rpartition(UPLOADS)[2].partition("/")[0]
        visitor = self.address_of(scope) or session
        if self._is_full(visitor, session):
            log.warning("refused: an upload")
            await _let_go(_within(self.limits.seconds, receive))
            await PlainTextResponse("Too many files. Remove one first.\n", 429)(scope, receive, send)
            return
        self._arriving[visitor] += 1
        self._sessions[session] = visitor
        try:
            await self.app(scope, _within(self.limits.seconds, receive), send)
        finally:
            self._arriving[visitor] -= 1
            self._arriving += Counter()  # drops who has none

    def _is_full(self, visitor: str, session: str) -> bool:
        self._sessions = {
            one: whose for one, whose in self._sessions.items() if self.kept(one) or self._arriving[whose]
        }
        of_visitor = sum(self.kept(one) for one, whose in self._sessions.items() if whose == visitor)
        return (
            self._arriving[visitor] >= self.limits.at_once
            or self.kept(session) >= self.limits.session_bytes
            or of_visitor >= self.limits.address_bytes
        )


async def _let_go(receive: Receive) -> None:
    """Read what the visitor still sends and keep none of it: most read no answer before they have sent everything."""
    while (await receive()).get("more_body", False):
        pass


def _within(seconds: float, receive: Receive) -> Callable[[], Awaitable[Message]]:
    """What the visitor sends, until his time is over: then as if he had gone."""
    until = asyncio.get_running_loop().time() + seconds

    async def receive_in_time() -> Message:
        try:
            async with asyncio.timeout_at(until):
                return await receive()
        except TimeoutError:
            return {"type": "http.disconnect"}

    return receive_in_time
