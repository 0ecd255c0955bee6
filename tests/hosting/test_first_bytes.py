"""The style sheet and the preloads reach the browser in the first bytes, and nothing else is changed.

By hand: `<head></head>` with a head of `<i>` is `<head><i></head>`, three bytes longer.
"""

from __future__ import annotations

import re
from pathlib import Path

import streamlit
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.routing import Route

from hosting.first_bytes import ELEMENTS, FirstBytes, preloads
from hosting.late_chart import chart_script
from pages.ui.app import first_words
from tests.hosting.asgi import request

DOCUMENT = "<head></head><body>&</body>"
ROOTED = '<head></head><body><div id="root"></div></body>'
WORDS = {"": "<p>", "size": "<h6>"}
"""By the last part of the path."""


def answer(path: str, query: bytes = b"", method: str = "GET", **headers: str) -> tuple[dict[str, str], str]:
    """Headers and body of the answer to one request; a plan `2abc` has words, the page's name among them."""

    async def words(page: str, query: bytes) -> str:
        return f"<b>{page}" if query == b"p=2abc" else ""

    routes = [
        Route("/", lambda _: HTMLResponse(DOCUMENT, headers={"ETag": '"1"'})),
        Route("/base/size", lambda _: HTMLResponse(ROOTED)),
        Route("/base/other", lambda _: HTMLResponse(ROOTED)),
        Route("/base/", lambda _: HTMLResponse(ROOTED, headers={"Cache-Control": "no-cache"})),
        Route("/text", lambda _: PlainTextResponse(DOCUMENT)),
    ]
    app = Starlette(routes=routes, middleware=[Middleware(FirstBytes, head="<i>", first_words=WORDS, answers=words)])
    reply = request(app, path, query=query, method=method, **headers)
    return reply.headers, reply.body.decode()


def test_a_document_has_the_head_once_with_its_own_length_and_no_old_mark() -> None:
    headers, body = answer("/", accept="text/html,*/*", if_none_match='"1"')

    assert body == "<head><i></head><body>&</body>"
    assert headers["content-length"] == str(len(DOCUMENT) + 3)
    assert "etag" not in headers


def test_a_page_without_a_plan_has_its_own_first_words() -> None:
    with_head = ROOTED.replace("</head>", "<i></head>")

    assert answer("/base/", accept="text/html")[1] == with_head.replace("<div", "<p><div")
    assert answer("/base/size", accept="text/html")[1] == with_head.replace("<div", "<h6><div")
    assert answer("/base/", query=b"p=2other", accept="text/html")[1] == with_head
    assert answer("/base/other", accept="text/html")[1] == with_head
    assert answer("/base/", method="HEAD", accept="text/html")[1] == with_head


def test_a_plan_in_the_address_has_its_words_on_its_page_and_nobody_keeps_them() -> None:
    with_head = ROOTED.replace("</head>", "<i></head>")

    headers, body = answer("/base/", query=b"p=2abc", accept="text/html")
    assert body == with_head.replace("<div", "<b><div")
    assert headers["cache-control"] == "no-store"
    assert headers["content-length"] == str(len(body))
    assert answer("/base/", query=b"p=2other", accept="text/html")[0]["cache-control"] == "no-cache"
    assert answer("/base/", accept="text/html")[0]["cache-control"] == "no-cache"
    assert answer("/base/size", query=b"p=2abc", accept="text/html")[1] == with_head.replace("<div", "<b>size<div")
    assert answer("/base/other", query=b"p=2abc", accept="text/html")[1] == with_head
    assert answer("/base/", query=b"p=2abc", accept="application/json")[1] == ROOTED


def test_the_installed_streamlit_has_the_place_and_the_font_of_the_first_words() -> None:
    index = (Path(streamlit.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")

    assert index.count('<div id="root">') == 1
    for html in first_words.without_plan().values():
        assert "@font-face" in html
    assert first_words.START.sentence in first_words.without_plan()[""]
    assert "@font-face" not in first_words.framed("", "size", folder=Path("nowhere"))


def test_what_is_no_document_or_not_asked_for_as_one_is_passed_on() -> None:
    assert answer("/text", accept="text/html")[1] == DOCUMENT
    assert answer("/", accept="application/json")[1] == DOCUMENT


def test_every_element_that_is_preloaded_is_a_script_of_the_installed_streamlit():
    names = re.findall(r'"\./static/js/([^"]+)"', preloads())

    assert len(set(names)) == len(names)
    assert {name.split(".")[0] for name in names} >= set(ELEMENTS)


def test_what_a_preloaded_script_imports_is_preloaded_too() -> None:
    folder = Path(streamlit.__file__).parent / "static" / "static" / "js"
    names = set(re.findall(r'"\./static/js/([^"]+)"', preloads()))

    for name in names:
        whole = (folder / name).read_text(encoding="utf-8")
        imported = re.findall(r"\b(?:from|import)\s*[\"'`]\./([^\"'`]+)[\"'`]", whole)
        assert {one for one in imported if not one.startswith("index.")} <= names, name


def test_the_script_that_waits_and_the_whole_are_preloaded() -> None:
    links = preloads(late=chart_script())

    assert links.count(f'{chart_script()}"') == 1
    assert links.count(f'{chart_script()}?whole"') == 1


def test_a_streamlit_without_such_scripts_gets_no_preloads(tmp_path):
    assert preloads(tmp_path) == ""
