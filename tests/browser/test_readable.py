"""On every page at three widths no text is cut off or covered, and no page is wider than the screen."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from hedge_core import load_plan
from hedge_core.documents.link.envelope import PARAMETER
from hedge_core.documents.link.link import Shared, encode
from pages.ui.app import navigation
from tests.browser.test_main_job import ROOT, settled
from tests.support.scale import SCALE

pytestmark = pytest.mark.browser

PLAN = encode(Shared(plan=load_plan(ROOT / "examples" / "layer1_bag.json")))
WIDTHS = (390, 1024, 1440)

CUT = """() => {
  const found = [];
  const main = document.querySelector('[data-testid="stMain"]');
  if (main.scrollWidth > main.clientWidth + 1) found.push(`the page is ${main.scrollWidth} px wide`);
  const seen = (node) => {
    const box = node.getBoundingClientRect(), style = getComputedStyle(node);
    return box.width > 1 && box.height > 1 && style.visibility === 'visible' && style.clipPath === 'none';
  };
  const parts = 'h1,h2,h3,p,label,button,td,th,[data-testid="stMetricValue"],[data-testid="stMetricLabel"]';
  for (const node of main.querySelectorAll(parts)) {
    if (!seen(node) || !node.innerText?.trim() || node.closest('[data-testid="stDataFrame"]')) continue;
    const clips = ['hidden', 'clip'].includes(getComputedStyle(node).overflowX);
    if (clips && node.scrollWidth > node.clientWidth + 2) found.push(`cut: ${node.innerText.slice(0, 60)}`);
  }
  for (const chart of main.querySelectorAll('.js-plotly-plot')) {
    const frame = chart.getBoundingClientRect();
    for (const text of chart.querySelectorAll('text')) {
      if (!text.textContent.trim() || !seen(text)) continue;
      const box = text.getBoundingClientRect();
      if (box.left < frame.left - 2 || box.right > frame.right + 2 || box.bottom > frame.bottom + 2)
        found.push(`outside its chart: ${text.textContent.slice(0, 60)}`);
    }
  }
  for (const node of main.querySelectorAll('h1, [data-testid="stMetricValue"]')) {
    const box = node.getBoundingClientRect();
    if (!seen(node) || box.top < 0 || box.bottom > innerHeight) continue;
    const top = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
    const own = node.closest('[class*="st-key-top_"]') ?? node;
    if (top && !own.contains(top) && !top.contains(node)) found.push(`covered: ${node.innerText.slice(0, 60)}`);
  }
  return found;
}"""
"""Texts of the main part that are clipped, leave their chart, or have something else on top of their middle."""


def opened(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.locator('[data-testid="stMain"] h1').first).to_be_visible()
    settled(page)
    for chart in page.locator('[data-testid="stPlotlyChart"]').all():
        expect(chart.locator(".main-svg").first).to_be_visible()


def found_on(page: Page) -> dict[int, list[str]]:
    """What is cut or covered at each width; the page is drawn once and fitted to each."""
    found = {}
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(600)  # charts are fitted to their new width
        found[width] = page.evaluate(CUT)
    return {width: texts for width, texts in found.items() if texts}


STEMS = ["risk"] if SCALE == 1 else list(navigation.PAGES)
"""The pages of the suite; `make long` looks at all of them."""


@pytest.mark.long
def test_no_text_is_cut_or_covered(server: str, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.set_default_timeout(30_000)
    page = context.new_page()
    opened(page, server)
    found = {"start": found_on(page)}
    for stem in STEMS:
        path = "" if stem == navigation.START else stem
        opened(page, f"{server}/{path}?{PARAMETER}={PLAN}")
        found[stem] = found_on(page)
    context.close()

    assert {stem: texts for stem, texts in found.items() if texts} == {}
