"""From a slider's release to the new charts painted, beside a bare page with the same widgets and figures.

The page is that of the layer-1 example, opened by its link. The bare page has as many elements of each kind and the
same chart (see bare_page.py).

A key press moves the slider by one step. The clock starts in a listener in the capture phase and stops one frame
after the title of every chart that carries the slider's value has changed, the script has finished and no chart has
drawn itself for a while (that while is not counted). Both pages are driven in turn in one browser.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.browser import chromium, settle
from benchmarks.harness import Timings, alternate_reported, benchmark
from benchmarks.servers import ROOT, serving
from hedge_core import load_plan
from hedge_core.documents.link.envelope import PARAMETER
from hedge_core.documents.link.link import Shared, encode

if TYPE_CHECKING:
    from playwright.sync_api import Browser

STOPWATCH = """
({slider, changing}) => {
  const app = document.querySelector('[data-testid="stApp"]');
  const thumb = document.querySelector(`.st-key-${slider} input[type="range"], .st-key-${slider} [role="slider"]`);
  const charts = () => [...document.querySelectorAll('.js-plotly-plot')];
  const titles = () => charts().map(chart => chart.querySelector('.gtitle')?.textContent ?? '');
  for (const chart of charts()) {
    if (!chart.isTimed && chart.on) {
      chart.isTimed = true;
      chart.on('plotly_afterplot', () => { window.lastDrawn = performance.now(); });
    }
  }
  const before = titles();
  window.lastDrawn = 0;
  window.painted = new Promise((resolve, reject) => {
    document.addEventListener('keydown', () => {
      const start = performance.now();
      let done = 0;
      const look = now => {
        if (now - start > 20000) return reject(new Error('the charts did not follow the slider'));
        if (done && now - Math.max(done, window.lastDrawn) > 150) {
          return resolve((Math.max(done, window.lastDrawn) - start) / 1000);
        }
        const after = titles();
        const changed = after.filter((title, place) => title !== before[place]).length;
        const ready = changed >= changing && app.dataset.testScriptState === 'notRunning';
        if (ready && !done) { requestAnimationFrame(() => { done = performance.now(); requestAnimationFrame(look); }); }
        else requestAnimationFrame(look);
      };
      requestAnimationFrame(look);
    }, {capture: true, once: true});
  });
  thumb.focus();
}
"""


@dataclass(frozen=True)
class PageUnderTest:
    """A page with a slider: the script that serves it, the path and query of its address, and what follows the slider.

    `changing_titles` counts the charts whose title carries the slider's value, `charts` all charts of the page.
    """

    script: str
    path: str = ""
    slider: str = "scenario_move"
    charts: int = 1
    changing_titles: int = 1


def layer1_link() -> str:
    """The layer-1 example as the query of an address."""
    return f"{PARAMETER}={encode(Shared(plan=load_plan(ROOT / 'examples' / 'layer1_bag.json')))}"


OURS = PageUnderTest("app.py", path=f"/scenarios?{layer1_link()}")
BARE = PageUnderTest("benchmarks/bare_page.py")


class Driver:
    """One page in a tab of its own; `press` moves its slider by one step and returns the seconds until painted."""

    def __init__(self, browser: Browser, address: str, under_test: PageUnderTest) -> None:
        self.under_test = under_test
        self.presses = 0
        self.page = browser.new_context(viewport={"width": 1360, "height": 900}).new_page()
        self.page.set_default_timeout(30_000)
        self.page.goto(f"{address}{under_test.path}")
        charts = self.page.locator(".js-plotly-plot .main-svg")
        self.page.wait_for_function(
            "count => document.querySelectorAll('.js-plotly-plot .gtitle').length >= count", arg=under_test.charts
        )
        assert charts.count() >= under_test.charts
        settle(self.page)
        self.page.wait_for_timeout(1_000)

    def press(self) -> float:
        watched = {"slider": self.under_test.slider, "changing": self.under_test.changing_titles}
        self.page.evaluate(STOPWATCH, watched)
        self.presses += 1
        self.page.keyboard.press("ArrowRight" if self.presses % 20 < 10 else "ArrowLeft")
        painted: float = self.page.evaluate("window.painted")
        self.page.wait_for_timeout(100)
        return painted


def slider_to_painted(ours: PageUnderTest, bare: PageUnderTest, *, rounds: int = 25, warm_up: int = 5) -> Timings:
    """Both pages, each on a server of its own, driven in turn; the first `warm_up` presses are dropped."""
    with ExitStack() as stack:
        addresses = [stack.enter_context(serving(page.script)) for page in (ours, bare)]
        browser = stack.enter_context(chromium())
        drivers = [Driver(browser, *pair) for pair in zip(addresses, (ours, bare), strict=True)]
        return alternate_reported(drivers[0].press, drivers[1].press, rounds=rounds, warm_up=warm_up)


@benchmark("slider to painted, scenarios page", peer="a bare page, same widgets and figures", at_most_ratio=1.25)
def scenarios_page() -> Timings:
    return slider_to_painted(OURS, BARE)
