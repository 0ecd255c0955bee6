"""The style sheet and the preloads reach the browser in the first bytes, and nothing else is changed.

By hand: `<head></head>` with a head of `<i>` is `<head><i></head>`, three bytes longer.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.routing import Route
from starlette.types import Message

from hosting.first_bytes import ELEMENTS, FirstBytes, preloads

DOCUMENT = "<head></head><body>&</body>"


def answer(path: str, **headers: str) -> tuple[dict[str, str], str]:
    """Headers and body of the answer to one request."""
    routes = [
        Route("/", lambda _: HTMLResponse(DOCUMENT, headers={"ETag": '"1"'})),
        Route("/text", lambda _: PlainTextResponse(DOCUMENT)),
    ]
    app = Starlette(routes=routes, middleware=[Middleware(FirstBytes, head="<i>")])
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": "GET", "path": path, "headers": raw, "query_string": b"", "http_version": "1.1"}
    with ThreadPoolExecutor(1) as pool:  # a browser of another test may have left its event loop in this thread
        pool.submit(asyncio.run, app(scope, receive, send)).result()
    start, *parts = sent
    return {name.decode(): value.decode() for name, value in start["headers"]}, b"".join(
        part.get("body", b"") for part in parts
    ).decode()


def test_a_document_has_the_head_once_with_its_own_length_and_no_old_mark() -> None:
    headers, body = answer("/", accept="text/html,*/*", if_none_match='"1"')

    assert body == "<head><i></head><body>&</body>"
    assert headers["content-length"] == str(len(DOCUMENT) + 3)
    assert "etag" not in headers


def test_what_is_no_document_or_not_asked_for_as_one_is_passed_on() -> None:
    assert answer("/text", accept="text/html")[1] == DOCUMENT
    assert answer("/", accept="application/json")[1] == DOCUMENT


def test_every_element_that_is_preloaded_is_a_script_of_the_installed_streamlit():
    assert preloads().count("modulepreload") == len(ELEMENTS)


def test_a_streamlit_without_such_scripts_gets_no_preloads(tmp_path):
    assert preloads(tmp_path) == ""
