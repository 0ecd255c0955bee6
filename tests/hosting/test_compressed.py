"""Files of the app come from memory in gzip, and unfold to what they were."""

from __future__ import annotations

import gzip

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hosting.compressed import Compressed
from tests.hosting.asgi import Reply, request

SCRIPT = b"let x = 1;\n" * 1_000


class Site:
    """An app with a few files; it counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0
        files = {
            "/static/a.js": (SCRIPT, "text/javascript; charset=utf-8"),
            "/static/small.js": (b"1", "text/javascript"),
            "/static/a.png": (b"\x89PNG" * 1_000, "image/png"),
            "/page": (SCRIPT, "text/html"),
        }

        def route(path: str, body: bytes, kind: str) -> Route:
            def endpoint(_: Request) -> Response:
                self.asked += 1
                return Response(body, media_type=kind, headers={"ETag": '"1"', "Cache-Control": "immutable"})

            return Route(path, endpoint)

        self.app = Compressed(Starlette(routes=[route(path, *file) for path, file in files.items()]))

    def get(self, path: str, **settings: str) -> Reply:
        return request(self.app, path, **settings)


def test_a_script_is_compressed_once_and_unfolds_to_what_it_was() -> None:
    site = Site()

    answers = [site.get("/static/a.js", accept_encoding="gzip, br") for _ in range(3)]

    assert site.asked == 1
    for status, headers, body in answers:
        assert (status, gzip.decompress(body)) == (200, SCRIPT)
        assert int(headers["content-length"]) == len(body) < len(SCRIPT) / 10
        assert headers["content-encoding"] == "gzip"
        assert headers["vary"] == "Accept-Encoding"
        assert headers["etag"] == 'W/"1"'
        assert headers["cache-control"] == "immutable"
        assert headers["content-type"].startswith("text/javascript")


@pytest.mark.parametrize(
    ("path", "headers", "body"),
    [
        ("/static/a.js", {}, SCRIPT),
        ("/static/a.js", {"accept_encoding": "gzip", "range": "bytes=0-9"}, SCRIPT),
        ("/static/a.js", {"accept_encoding": "gzip", "if_none_match": '"1"'}, SCRIPT),
        ("/static/small.js", {"accept_encoding": "gzip"}, b"1"),
        ("/static/a.png", {"accept_encoding": "gzip"}, b"\x89PNG" * 1_000),
        ("/page", {"accept_encoding": "gzip"}, SCRIPT),
    ],
    ids=["a browser without gzip", "a part", "a file it may have", "small", "a picture", "a page"],
)
def test_everything_else_is_answered_by_the_app(path, headers, body) -> None:
    site = Site()

    for _ in range(2):
        status, found, got = site.get(path, **headers)
        assert (status, got) == (200, body)
        assert "content-encoding" not in found


def test_what_is_not_there_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hosting.compressed.MOST_FILES", 2)
    site = Site()

    assert [site.get(f"/static/{n}.js", accept_encoding="gzip").status for n in range(50)] == [404] * 50
    assert site.get("/static/a.js", accept_encoding="gzip").headers["content-encoding"] == "gzip"
    assert site.app._answers.keys() == {"/static/a.js"}


def test_no_more_than_so_many_files_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hosting.compressed.MOST_FILES", 1)
    site = Site()

    site.get("/static/small.js", accept_encoding="gzip")

    assert site.get("/static/a.js", accept_encoding="gzip").body == SCRIPT
    assert len(site.app._answers) == 1


def test_a_question_for_the_head_alone_is_the_apps() -> None:
    assert "content-encoding" not in Site().get("/static/a.js", method="HEAD", accept_encoding="gzip").headers
