"""From `streamlit run` to the first page painted, beside a bare page with one Plotly figure.

Each start is a process and a browser session of its own. The clock starts before the process and stops one frame
after the page stands: what is waited for is visible and the script has finished.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from benchmarks.browser import chromium, settle
from benchmarks.harness import Timings, alternate_reported, benchmark
from benchmarks.servers import launch

if TYPE_CHECKING:
    from playwright.sync_api import Browser

FRAME = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


def start_to_painted(browser: Browser, script: str, visible: str) -> float:
    """Seconds from the start of the process until this element of the first page is painted."""
    server = launch(script)
    context = browser.new_context(viewport={"width": 1360, "height": 900})
    try:
        server.wait_until_it_answers()
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.goto(server.address)
        page.locator(visible).first.wait_for()
        settle(page)
        page.evaluate(FRAME)
        return time.perf_counter() - server.started
    finally:
        context.close()
        server.stop()
        server.log.close()


@benchmark("start to first page painted", peer="a bare page with one Plotly figure", at_most_ratio=1.3)
def starting() -> Timings:
    with chromium() as browser:
        return alternate_reported(
            lambda: start_to_painted(browser, "app.py", '[data-testid="stMain"] h1'),
            lambda: start_to_painted(browser, "benchmarks/bare_start.py", ".js-plotly-plot .main-svg"),
            rounds=7,
        )
