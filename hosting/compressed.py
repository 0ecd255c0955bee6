"""The app's own files, compressed once for all visitors.

They are some twenty megabytes of scripts whose names change with their content. A proxy that compresses them for each
visitor spends more of the processor on a first visit than the app does, and as much on whoever asks for nothing else.
"""

from __future__ import annotations

import asyncio
import gzip
from dataclasses import dataclass

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

FOLDER = "/static/"
KINDS = ("text/", "application/javascript", "application/json", "image/svg")
"""What gets smaller; pictures and fonts are compressed as they are."""

LEAST_BYTES = 1_024
MOST_FILES = 500


@dataclass(frozen=True, slots=True)
class _Answer:
    start: Message
    body: bytes


class Compressed:
    """Middleware that answers requests for files from memory, in gzip, where the browser takes that."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._answers: dict[str, _Answer | None] = {}
        self._working = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on a request, or answer it with a file that is kept."""
        answer = await self._answer(scope, receive) if _is_for_a_file(scope) else None
        if answer is None:
            await self.app(scope, receive, send)
            return
        await send(answer.start)
        await send({"type": "http.response.body", "body": answer.body})

    async def _answer(self, scope: Scope, receive: Receive) -> _Answer | None:
        """What is kept of this file; None for what is not there or does not get smaller."""
        path = scope["path"]
        if path not in self._answers and len(self._answers) < MOST_FILES:
            async with self._working:
                if path not in self._answers:
                    whole = await self._whole(scope, receive)
                    if whole.start["status"] != 200:
                        return None
                    self._answers[path] = await asyncio.to_thread(_compressed, whole)
        return self._answers.get(path)

    async def _whole(self, scope: Scope, receive: Receive) -> _Answer:
        """What the app answers."""
        plain = {**scope, "headers": [pair for pair in scope["headers"] if pair[0] != b"accept-encoding"]}
        starts: list[Message] = []
        parts: list[bytes] = []

        async def keep(message: Message) -> None:
            if message["type"] == "http.response.start":
                starts.append(message)
            elif message["type"] == "http.response.body":
                parts.append(message.get("body", b""))

        await self.app(plain, receive, keep)
        return _Answer(starts[0], b"".join(parts))


def _is_for_a_file(scope: Scope) -> bool:
    """Whether it asks for the whole of a file and takes gzip."""
    if scope["type"] != "http" or scope["method"] != "GET" or FOLDER not in scope["path"]:
        return False
    headers = Headers(scope=scope)
    is_whole = not any(name in headers for name in ("range", "if-none-match", "if-modified-since"))
    return is_whole and "gzip" in headers.get("accept-encoding", "")


def _compressed(answer: _Answer) -> _Answer | None:
    start = {**answer.start, "headers": list(answer.start["headers"])}
    headers = MutableHeaders(raw=start["headers"])
    kind = headers.get("content-type", "")
    if len(answer.body) < LEAST_BYTES or not kind.startswith(KINDS) or "content-encoding" in headers:
        return None
    body = gzip.compress(answer.body, compresslevel=6, mtime=0)
    headers["content-encoding"] = "gzip"
    headers["content-length"] = str(len(body))
    headers.add_vary_header("Accept-Encoding")
    if etag := headers.get("etag"):
        headers["etag"] = f"W/{etag.removeprefix('W/')}"  # the same file, in other bytes
    return _Answer(start, body)
