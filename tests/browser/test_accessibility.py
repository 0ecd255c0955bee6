"""Every page, light and dark: axe-core finds nothing moderate, serious or critical, and no text is cut or covered."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from pages.ui.app import navigation
from pages.ui.scenarios.views import VIEWS
from tests.browser.test_main_job import PHONE, go, settled
from tests.support.scale import SCALE

GRAVE = ("moderate", "serious", "critical")
WIDTHS = (390, 1024, 1440)
VIEWS_OF = {
    "scenarios": tuple(name for name in VIEWS if name != "One move"),
    "monitor": ("Position", "Rules"),
    "size": ("Contracts", "Perpetual or dated", "Your own contract", "Venues"),
}
IS_ALL = SCALE > 1
"""The suite looks at every page in light, and at few of them in dark, for cut texts, and in a further view."""
LOOKED_AT = VIEWS_OF if IS_ALL else {"scenarios": VIEWS_OF["scenarios"][:1]}
IN_DARK = {"start", "plan", "scenarios"}
FOR_CUT_TEXTS = {"start", "risk"}


def every_page(page: Page, server: str) -> Iterator[str]:
    """Open the start page, an example from there, then each page and view; gives the name of what is open."""
    page.goto(server)
    expect(page.get_by_role("heading", name="Keep your altcoins through a crash")).to_be_visible()
    yield "start"
    page.locator(".st-key-start_layer1_bag button:visible").click()
    expect(page.locator(".st-key-orders")).to_be_visible()
    yield "plan"
    for stem, (title, _) in navigation.PAGES.items():
        if stem == navigation.START:
            continue
        go(page, title)
        yield stem
        for view in LOOKED_AT.get(stem, ()):
            page.get_by_role("radio", name=view).click()
            yield f"{stem}: {view}"


def barriers(page: Page, scheme: str) -> list[str]:
    """What axe-core finds that keeps somebody from using the page; in dark, where only colours differ, in colours.

    What is about to go fades away, and is pale meanwhile: a fault counts when it is still there later.
    """
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    expect(page.locator('[data-testid="stApp"]')).to_have_css("color-scheme", scheme)
    settled(page)
    found: list[str] = []
    rules = {"runOnly": ["color-contrast", "link-in-text-block"]} if scheme == "dark" else {}
    for _ in range(5):
        report = Axe().run(page, options={"resultTypes": ["violations"], **rules}).response["violations"]
        found = [
            f"{scheme}: {one['id']}: {one['nodes'][0]['html'][:120]} {one['nodes'][0].get('failureSummary', '')[:160]}"
            for one in report
            if one["impact"] in GRAVE
        ]
        if not found:
            break
        page.wait_for_timeout(1_500)
    return found


CUT = """() => {
  const found = [];
  const main = document.querySelector('[data-testid="stMain"]');
  if (main.scrollWidth > main.clientWidth + 1) found.push(`the page is ${main.scrollWidth} px wide`);
  const seen = (node) => {
    const box = node.getBoundingClientRect(), style = getComputedStyle(node);
    return box.width > 1 && box.height > 1 && style.visibility === 'visible' && style.clipPath === 'none';
  };
  const parts = 'h1,h2,h3,p,label,button,td,th,[data-testid="stPageLink"] *,' +
    '[data-testid="stMetricValue"],[data-testid="stMetricLabel"],[data-testid="stMarkdownContainer"]';
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


def cut_texts(page: Page) -> list[str]:
    """What is cut or covered at each width; the page is drawn once and fitted to each.

    Charts are fitted to a new width after a while: what is cut counts when it is still there later.
    """
    settled(page)
    for chart in page.locator('[data-testid="stPlotlyChart"]').all():
        expect(chart.locator(".main-svg").first).to_be_visible()
    cut = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        found: list[str] = []
        for _ in range(8):
            page.wait_for_timeout(700)
            found = page.evaluate(CUT)
            if not found:
                break
        cut += [f"{width} px: {text}" for text in found]
    return cut


@pytest.mark.long
def test_no_page_keeps_anybody_out_and_no_text_is_cut_or_covered(server: str, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.set_default_timeout(30_000)
    page = context.new_page()
    found = {}
    for name in every_page(page, server):
        found[name] = barriers(page, "light")
        if IS_ALL or name in IN_DARK:
            found[name] += barriers(page, "dark")
        if IS_ALL or name in FOR_CUT_TEXTS:
            found[name] += cut_texts(page)
    context.close()
    assert {name: some for name, some in found.items() if some} == {}


CONTRASTS = """background => {
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const luminance = (...colours) => {
    for (const colour of colours) { canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); }
    const part = [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).map(one => one / 255)
      .map(one => one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4);
    return 0.2126 * part[0] + 0.7152 * part[1] + 0.0722 * part[2];
  };
  const texts = '.annotation text, .xtitle, .ytitle, .xtick text, .ytick text, .gtitle';
  return [...document.querySelectorAll('[data-testid="stPlotlyChart"] :is(' + texts + ')')].map(node => {
    const ends = [luminance(background), luminance(background, getComputedStyle(node).fill)].sort((a, b) => b - a);
    return [node.textContent, (ends[0] + 0.05) / (ends[1] + 0.05)];
  });
}"""
"""Each text of the charts with its contrast to the background by WCAG 2; axe-core does not look at drawings."""


@pytest.mark.parametrize(("scheme", "background"), [("light", "#FFFFFF"), ("dark", "#11171E")])
def test_the_texts_of_a_chart_can_be_read(server: str, browser: Browser, scheme: str, background: str) -> None:
    page = browser.new_page(color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(server)
    page.locator(".st-key-start_layer1_bag button:visible").click()
    expect(page.locator(".st-key-plan_range .annotation text").first).to_be_visible()
    settled(page)

    contrasts = page.evaluate(CONTRASTS, background)

    page.close()
    assert len(contrasts) > 10
    assert [pair for pair in contrasts if pair[1] < 4.5] == []


def reach(page: Page, selector: str) -> None:
    """Press Tab until what the selector names has the focus."""
    wanted = page.locator(f"{selector}:visible").first
    expect(wanted).to_be_visible()
    for _ in range(80):
        if wanted.evaluate("node => node.contains(document.activeElement)"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the keyboard does not reach {selector}")


@pytest.mark.rare
def test_the_main_job_is_done_with_the_keyboard_alone(server: str, page: Page) -> None:
    page.goto(server)
    reach(page, ".st-key-bag_paste textarea")
    page.keyboard.type("SOL 60\nLINK 500")
    page.keyboard.press("Control+Enter")
    reach(page, ".st-key-bag_replace button")
    page.keyboard.press("Enter")
    expect(page.locator(".st-key-summary_strip")).to_be_visible()
    reach(page, ".st-key-why_hedged button")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    reach(page, ".st-key-traded button")
    page.keyboard.press("Enter")
    expect(page.locator(".st-key-traded")).to_have_count(0)


def test_the_tools_of_a_table_cover_no_heading_on_a_phone_until_the_table_is_touched(
    server: str, browser: Browser
) -> None:
    viewport = {"width": 390, "height": 844}
    phone = browser.new_context(viewport=viewport, user_agent=PHONE, is_mobile=True, has_touch=True)
    page = phone.new_page()
    page.goto(f"{server}/guide")
    table = page.get_by_test_id("stDataFrame").first
    expect(table).to_be_visible()
    settled(page)
    tools = table.get_by_test_id("stElementToolbar")
    expect(tools).to_be_attached()
    expect(tools).to_be_hidden()

    table.tap()

    expect(tools).to_be_visible()
    phone.close()


ENDLESS = """() => {
  document.querySelector('.stMain').insertAdjacentHTML('beforeend', '<div class="waiting">waits</div>');
  return document.getAnimations().filter(one => one.effect.getComputedTiming().endTime > 1)
    .map(one => one.effect.target.className);
}"""
"""Adds the grey field of a page that waits for prices; gives what moves for longer than a millisecond."""


@pytest.mark.parametrize(("motion", "moving"), [("reduce", []), ("no-preference", ["waiting"])])
def test_nothing_goes_on_moving_for_who_asked_for_no_motion(
    server: str, browser: Browser, motion: str, moving: list[str]
) -> None:
    page = browser.new_page(reduced_motion=motion)  # type: ignore[arg-type]
    page.goto(f"{server}/guide")
    expect(page.get_by_test_id("stDataFrame").first).to_be_visible()
    settled(page)
    page.wait_for_timeout(1_000)

    assert page.evaluate(ENDLESS) == moving
    page.close()
