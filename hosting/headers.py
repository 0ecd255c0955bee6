"""Headers on every answer: what a browser may load, and where a page may go.

The policy allows what Streamlit and Plotly need and nothing from any other host. `unsafe-inline` stands for styles
only: the widgets write them at run time. Inline scripts are named by their hash, read from the page that the
installed Streamlit serves, so that an update needs no change here.
"""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

import streamlit
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_INLINE_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_INDEX = Path(streamlit.__file__).parent / "static" / "index.html"


def inline_hashes(html: str) -> list[str]:
    """The inline scripts of a page as sources of a policy."""
    return [f"'sha256-{b64encode(sha256(code.encode()).digest()).decode()}'" for code in _INLINE_SCRIPT.findall(html)]


def policy(head: str) -> str:
    """The Content-Security-Policy; `head` is what the app adds to the head of its document."""
    parts = {
        "default-src": ["'none'"],
        "script-src": ["'self'", *inline_hashes(_INDEX.read_text(encoding="utf-8") + head)],
        "style-src": ["'self'", "'unsafe-inline'"],
        "img-src": ["'self'", "data:", "blob:"],
        "font-src": ["'self'", "data:"],
        "connect-src": ["'self'"],
        "worker-src": ["'self'", "blob:"],
        "manifest-src": ["'self'"],
        "media-src": ["'self'"],
        "base-uri": ["'none'"],
        "form-action": ["'none'"],
        "frame-ancestors": ["'none'"],
        "object-src": ["'none'"],
    }
    return "; ".join(" ".join([name, *sources]) for name, sources in parts.items())


def security_headers(head: str) -> dict[str, str]:
    """Name and value of each header; `head` as for `policy`."""
    unused = ("camera", "display-capture", "geolocation", "microphone", "payment", "usb")
    return {
        "Content-Security-Policy": policy(head),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": ", ".join(f"{name}=()" for name in unused),
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }


class Headers:
    """Middleware that sets headers on every answer, and a cookie that names this replica, if it has a name.

    The cookie is also on the answer that opens the WebSocket: the session lives where that one is, so a proxy that
    follows the cookie sends uploads and downloads there too, after a failover as before it.
    """

    def __init__(self, app: ASGIApp, headers: dict[str, str], replica: str = "") -> None:
        self.app = app
        self.headers = headers
        self.cookie = f"replica={replica}; Path=/; HttpOnly; SameSite=Lax" if replica else ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on one request, and its answer with the headers."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message.setdefault("headers", [])
                headers = MutableHeaders(scope=message)
                for name, value in self.headers.items():
                    headers[name] = value
                if self.cookie and headers.get("Content-Type", "").startswith("text/html"):
                    headers.append("Set-Cookie", self.cookie)
            elif message["type"] == "websocket.accept" and self.cookie:
                message["headers"] = [*message.get("headers", ()), (b"set-cookie", self.cookie.encode("latin-1"))]
            await send(message)

        await self.app(scope, receive, send_with_headers)
