"""Requests that pages of other sites make are refused, before Streamlit looks at them.

Streamlit refuses their WebSockets too, but first looks up this server's public address on the internet, and serves
nobody else while it waits: up to two seconds for each such request where there is no way out.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send


class SameOrigin:
    """Middleware that lets through what has no origin (a page opened, a program) or the app's own."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on one request, or answer 403."""
        if scope["type"] in ("http", "websocket") and _is_foreign(Headers(scope=scope)):
            if scope["type"] == "http":
                await PlainTextResponse("Not from another site.\n", 403)(scope, receive, send)
            else:
                await receive()
                await send({"type": "websocket.close", "code": 1008})
            return
        await self.app(scope, receive, send)


def _is_foreign(headers: Headers) -> bool:
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc.lower() != headers.get("host", "").lower()
