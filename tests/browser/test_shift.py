"""Nothing jumps while a page loads: the layout shift of each page, as the web vital counts it."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from hedge_core import load_plan
from hedge_core.documents.link.envelope import PARAMETER
from hedge_core.documents.link.link import Shared, encode
from pages.ui.app import navigation
from tests.browser.test_main_job import settled
from tests.support.scale import SCALE

pytestmark = pytest.mark.browser

MOST = 0.1
WIDTHS = (390, 1024, 1440) if SCALE > 1 else (1024,)
PAGES = tuple(navigation.PAGES) if SCALE > 1 else ("size", "monitor")
"""The suite opens the pages that moved most, at the width at which they did."""

WATCH = """
window.shifts = [];
new PerformanceObserver(list => {
  for (const one of list.getEntries()) if (!one.hadRecentInput) window.shifts.push([one.startTime, one.value]);
}).observe({type: 'layout-shift', buffered: true});
"""


def largest_shift(shifts: list[tuple[float, float]]) -> float:
    """The largest sum of shifts that follow each other within a second, over five seconds at most.

    `shifts` are times (ms) and values in the order of time.
    """
    largest = total = 0.0
    began = before = float("-inf")
    for at, value in shifts:
        is_same = at - before < 1_000 and at - began < 5_000
        began, before, total = (began if is_same else at), at, (total if is_same else 0.0) + value
        largest = max(largest, total)
    return largest


@pytest.mark.parametrize(
    ("shifts", "largest"),
    [
        ([], 0.0),
        ([(0.0, 0.02), (500.0, 0.03), (2_000.0, 0.04)], 0.05),
        ([(900.0 * place, 0.01) for place in range(10)], 0.06),
    ],
)
def test_shifts_are_summed_within_their_window(shifts: list[tuple[float, float]], largest: float) -> None:
    assert largest_shift(shifts) == pytest.approx(largest)


@pytest.mark.long
@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_jumps_while_a_page_loads(server: str, browser: Browser, width: int) -> None:
    plan = load_plan(Path(__file__).parents[2] / "examples" / "layer1_bag.json")
    query = f"?{PARAMETER}={encode(Shared(plan=plan))}"
    found = {}
    for stem in PAGES:
        context = browser.new_context(viewport={"width": width, "height": 900})
        page = context.new_page()
        page.add_init_script(WATCH)
        page.goto(f"{server}/{'' if stem == navigation.START else stem}{query}")
        page.locator('.st-key-summary_strip [data-testid="stMetric"]').first.wait_for()
        settled(page)
        page.wait_for_timeout(1_500)
        found[stem] = largest_shift(page.evaluate("window.shifts"))
        context.close()
    assert {stem: shift for stem, shift in found.items() if shift > MOST} == {}
