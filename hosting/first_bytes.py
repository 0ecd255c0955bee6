"""The first bytes of a page: the app's style sheet and the scripts that every page needs, in the head of the document.

Streamlit's own document is the same for all apps: it knows the app's styles only after the first answer of the script,
and asks for the code of each element when it first meets one. Then a page jumps while it loads. Here both stand in the
document itself.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hosting.late_chart import SCRIPTS, WHOLE

_IMPORT = re.compile(r'(?:from|import)"\./([\w.-]+\.js)"')
_BEGINNING = 8_000
"""Characters of a script within which its imports stand."""

_ROOT = b'<div id="root">'
ELEMENTS = (
    "StreamlitMarkdown", "Button", "Metric", "Slider", "TextArea", "ButtonGroup", "PageLink", "Checkbox", "Table",
    "TextInput", "Selectbox", "NumberInput", "DownloadButton", "DataFrame", "data-grid-overlay-editor", "PlotlyChart",
)  # fmt: skip
"""Elements of the first screens, smallest first; each is a file of the installed Streamlit."""


def preloads(folder: Path = SCRIPTS, late: str = "") -> str:
    """A link for each script of the elements in the folder and of what they import, so that they come side by side.

    `late` names the script whose address only waits for the whole (see `late_chart`).
    """
    names: list[str] = []
    for element in ELEMENTS:
        for path in sorted(folder.glob(f"{element}.*.js")):
            _add_with_imports(path, names)
    if late in names:
        names.append(f"{late}?{WHOLE}")
    return "".join(f'<link rel="modulepreload" href="./static/js/{name}">' for name in names)


def _add_with_imports(path: Path, names: list[str]) -> None:
    """Add the script's name and, after it, those of the scripts that it imports; the main script is in the document."""
    if path.name in names or path.name.startswith("index.") or not path.exists():
        return
    names.append(path.name)
    with path.open(encoding="utf-8", errors="replace") as script:
        beginning = script.read(_BEGINNING)
    for name in _IMPORT.findall(beginning):
        _add_with_imports(path.with_name(name), names)


class FirstBytes:
    """Middleware that adds `head` to the head of every HTML document.

    Words are put before what the app fills, where a page is asked for that has a place in `first_words`: those there
    without a plan in the address, and those that `answers` gives for page and query with one. A document with words of
    a plan is not to be kept by anybody. A page is named by the last part of its path, the first one by ''.
    """

    def __init__(
        self,
        app: ASGIApp,
        head: str,
        first_words: Mapping[str, str] = MappingProxyType({}),
        answers: Callable[[str, bytes], Awaitable[str]] | None = None,
    ) -> None:
        self.app = app
        self.head = head.encode()
        self.first_words = first_words
        self.answers = answers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on one request; a document is changed on its way back, everything else is not touched."""
        if scope["type"] != "http" or "text/html" not in Headers(scope=scope).get("accept", ""):
            await self.app(scope, receive, send)
            return
        whole = {b"accept-encoding", b"if-none-match", b"if-modified-since", b"range"}  # the document as it is
        plain = {**scope, "headers": [pair for pair in scope["headers"] if pair[0] not in whole]}
        start: Message = {}
        body = b""

        async def send_changed(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start" and _is_document(message):
                start = message
            elif not start:
                await send(message)
            else:
                body += message.get("body", b"")
                if not message.get("more_body", False):
                    await self._answer(scope, start, body, send)

        await self.app(plain, receive, send_changed)

    async def _answer(self, scope: Scope, start: Message, body: bytes, send: Send) -> None:
        """Send the document with what is added to it, under headers that fit it."""
        words = await self._words(scope) if _ROOT in body else ""
        changed = body.replace(_ROOT, words.encode() + _ROOT, 1).replace(b"</head>", self.head + b"</head>", 1)
        headers = MutableHeaders(raw=list(start.get("headers", [])))
        headers["content-length"] = str(len(changed))
        if words and scope["query_string"]:
            headers["cache-control"] = "no-store"
        for name in ("etag", "last-modified", *(["content-length"] if scope["method"] == "HEAD" else [])):
            if name in headers:
                del headers[name]
        await send({**start, "headers": headers.raw})
        await send({"type": "http.response.body", "body": changed})

    async def _words(self, scope: Scope) -> str:
        """The words for the page and the query of a request; '' if there are none."""
        page, query = scope["path"].rpartition("/")[2], scope["query_string"]
        if page not in self.first_words or scope["method"] != "GET":
            return ""
        if not query:
            return self.first_words[page]
        return "" if self.answers is None else await self.answers(page, query)


def _is_document(start: Message) -> bool:
    """Whether an answer that starts so is an HTML document."""
    return Headers(raw=start.get("headers", [])).get("content-type", "").startswith("text/html")
