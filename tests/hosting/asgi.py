"""One request to an ASGI app, without a server."""

from __future__ import annotations

from typing import NamedTuple

from starlette.types import ASGIApp, Message

from tests.support import coroutines


class Reply(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


def request(app: ASGIApp, path: str, *, query: bytes = b"", method: str = "GET", **headers: str) -> Reply:
    """What the app replies; an underscore in the name of a header stands for a hyphen."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
        "query_string": query,
        "http_version": "1.1",
    }
    coroutines.run(app(scope, receive, send))
    start, *parts = sent
    found = {name.decode(): value.decode() for name, value in start["headers"]}
    return Reply(start["status"], found, b"".join(part.get("body", b"") for part in parts))
