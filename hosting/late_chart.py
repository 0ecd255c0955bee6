"""The code of charts, started when the browser has nothing else to do.

Plotly is one script of nearly five megabytes. Starting it keeps a slow phone busy for seconds, and the browser starts
it as soon as a page has a chart: before the figures, sliders and tables of the same page are drawn. So the script's own
address answers with a few lines that wait until the browser is idle and then import the whole.
"""

from __future__ import annotations

import re
from os import SEEK_END
from pathlib import Path

import streamlit
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

SCRIPTS = Path(streamlit.__file__).parent / "static" / "static" / "js"
"""The folder of the installed Streamlit's scripts."""

_EXPORTS = re.compile(r"export\{\w+ as PlotlyChart,\w+ as default\};?\s*$")
_END = 200
"""Bytes of the script within which its exports stand."""

WHOLE = "whole"
"""The query with which the script itself is asked for."""

_WAITING = """await new Promise((go) =>
  self.requestIdleCallback ? requestIdleCallback(go, {{timeout: 3000}}) : setTimeout(go, 200));
const whole = await import("./{name}?{query}");
export const PlotlyChart = whole.PlotlyChart;
export default whole.default;
"""


def chart_script(folder: Path = SCRIPTS) -> str:
    """The name of the script in the installed Streamlit; '' if it exports anything else than is passed on here."""
    for path in sorted(folder.glob("PlotlyChart.*.js")):
        with path.open("rb") as script:
            script.seek(-min(_END, path.stat().st_size), SEEK_END)
            if _EXPORTS.search(script.read().decode(errors="replace")):
                return path.name
    return ""


class LateChart:
    """Middleware that lets the script of charts wait; everything else is passed on."""

    def __init__(self, app: ASGIApp, name: str) -> None:
        self.app = app
        self._path = f"/static/js/{name}" if name else ""
        self._waiting = _WAITING.format(name=name, query=WHOLE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request for the script with the lines that wait, one for the whole with the script."""
        is_for_it = scope["type"] == "http" and self._path and scope["path"].endswith(self._path)
        if not is_for_it or scope["query_string"] == WHOLE.encode():
            await self.app(scope, receive, send)
            return
        kept = {"Cache-Control": "public, max-age=86400"}
        answer = Response(self._waiting, media_type="text/javascript", headers=kept)
        await answer(scope, receive, send)
