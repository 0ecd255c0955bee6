"""The script of charts waits until the browser is idle; the whole is the installed Streamlit's, byte for byte."""

from __future__ import annotations

from pathlib import Path

import streamlit
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from hosting.compressed import Compressed
from hosting.late_chart import LateChart, chart_script

FOLDER = Path(streamlit.__file__).parent / "static" / "static" / "js"
NAME = "PlotlyChart.abc.js"
WHOLE = "export{a as PlotlyChart,b as default};" + " " * 2_000


def client(name: str) -> TestClient:
    routes = [
        Route(f"/base/static/js/{NAME}", lambda _: PlainTextResponse(WHOLE, media_type="text/javascript")),
        Route("/base/static/js/Table.js", lambda _: PlainTextResponse("table")),
    ]
    return TestClient(Starlette(routes=routes, middleware=[Middleware(LateChart, name=name), Middleware(Compressed)]))


def test_the_address_of_the_script_waits_and_imports_the_whole() -> None:
    asked = client(NAME)

    for _ in range(2):  # the second answer is kept by what compresses
        waiting, whole = (asked.get(f"/base/static/js/{NAME}{query}") for query in ("", "?whole"))
        assert f'await import("./{NAME}?whole")' in waiting.text
        assert "requestIdleCallback" in waiting.text
        assert waiting.headers["content-type"].startswith("text/javascript")
        assert whole.text == WHOLE
        assert whole.headers["content-encoding"] == "gzip"


def test_everything_else_is_passed_on() -> None:
    assert client(NAME).get("/base/static/js/Table.js").text == "table"
    assert client("").get(f"/base/static/js/{NAME}").text == WHOLE


def test_the_installed_streamlit_has_a_script_that_exports_what_is_passed_on() -> None:
    assert (FOLDER / chart_script()).stat().st_size > 1_000_000


def test_a_script_that_exports_something_else_does_not_wait(tmp_path: Path) -> None:
    assert chart_script(tmp_path) == ""
    (tmp_path / NAME).write_text("export{a as PlotlyChart,b as default,c as more};")
    assert chart_script(tmp_path) == ""
    (tmp_path / NAME).write_text("export{a as PlotlyChart,b as default};")
    assert chart_script(tmp_path) == NAME
