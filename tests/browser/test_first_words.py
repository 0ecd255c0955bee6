"""What leads a page is on the screen before the app: its words stand where the app then draws the same."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest
from playwright.sync_api import Browser, Page, expect
from starlette.applications import Starlette

from hedge_core import SampleSource, assess, load_plan
from hedge_core.documents.link.link import Shared, encode, hide_amounts
from hedge_core.documents.link.pinning import pin_of
from hedge_core.plan.own_figures import OwnRate
from hedge_core.text import WORD_JOINER
from hosting.late_chart import LateChart
from tests.browser.conftest import ROOT
from tests.browser.test_main_job import settled
from tests.support.scale import SCALE

pytestmark = [pytest.mark.browser, pytest.mark.long]

PLAN = load_plan(ROOT / "examples" / "layer1_bag.json")
RESULT = assess(PLAN, SampleSource().snapshot())
EUROS = replace(PLAN, currency="EUR").with_overrides(rates={"EUR": OwnRate(usd=1.25, on=date(2026, 1, 2))})
LINKS = {
    "hidden": hide_amounts(RESULT),
    "sample": Shared(plan=PLAN),
    "pinned": Shared(plan=PLAN, pin=pin_of(RESULT)),
    "euros": Shared(plan=EUROS),
}
PAGES = ("bag", "risk", "proxy", "size", "scenarios", "monitor", "guide")
WIDTHS = (390, 1024, 1440) if SCALE > 1 else (390,)
SHAPES = [
    *(("", width, name) for width in WIDTHS for name in (LINKS if SCALE > 1 else ("hidden",))),
    *((page, width, "sample") for page in PAGES for width in WIDTHS),
]
WITHOUT_PLAN = [(page, width) for page in (PAGES if SCALE > 1 else ("bag", "size")) for width in WIDTHS]

LINE = {
    "#first-words section div:nth-child(1) b": '.st-key-top_bag [data-testid="stMetricValue"]',
    "#first-words section div:nth-child(2) b": '.st-key-top_hedged [data-testid="stMetricValue"]',
    "#first-words section div:nth-child(3) b": '.st-key-top_liquidated [data-testid="stMetricValue"]',
    "#first-words section div:nth-child(4) b": '.st-key-top_net [data-testid="stMetricValue"]',
}
"""The top line's words in the document, and the same drawn by the app."""

BELOW = ".st-key-lead p"
NOTE = '[data-testid="stAlertContainer"] p'
PLACES = {
    "": BELOW,
    "bag": BELOW,
    "proxy": BELOW,
    "scenarios": '.st-key-scenario_lead [data-testid="stCaptionContainer"] p',
    "monitor": NOTE,
}
"""What stands under the heading of a page: as a paragraph, on the Monitor page as a note."""


def places(page: str, *, has_plan: bool = True) -> dict[str, str]:
    """The words in the document of a page, and the same drawn by the app."""
    found = {**(LINE if has_plan else {}), "#first-words h6": '[data-testid="stMain"] h1'}
    if has_plan and page in PLACES:
        found["#first-words aside p" if page == "monitor" else "#first-words > p"] = PLACES[page]
    elif not has_plan and page == "bag":
        found["#first-words > p"] = BELOW
    elif not has_plan and page != "guide":
        found["#first-words aside p"] = NOTE
    return found


NEAR = 1.5
"""Pixels."""


def seen(page: Page, selector: str) -> tuple[float, float, str]:
    """Where an element stands, and its text."""
    found = page.locator(selector).first
    box = found.bounding_box()
    assert box is not None, selector
    return box["x"], box["y"], re.sub(r"\s+", " ", found.inner_text().replace(WORD_JOINER, "")).strip()


def opened_with_words(page: Page, address: str) -> None:
    """Open the document; a busy server gives it without words (see `hosting/first_answers`), so more than once."""
    for _ in range(10):
        page.goto(address)
        if page.locator("#first-words").count():
            break
        page.wait_for_timeout(2_000)
    expect(page.locator("#first-words")).to_be_visible()


def compare(browser: Browser, address: str, width: int, found: dict[str, str], *, until: str) -> None:
    """The words of a document without scripts are those that the app then draws, at the same place."""
    context = browser.new_context(viewport={"width": width, "height": 900})
    page = context.new_page()
    page.route("**/static/js/*", lambda route: route.abort())
    opened_with_words(page, address)
    page.evaluate("document.fonts.ready")
    before = {selector: seen(page, selector) for selector in found}

    page.unroute("**/static/js/*")
    page.goto(address)
    page.locator(until).first.wait_for()
    settled(page)
    expect(page.locator("#first-words")).to_have_count(0)
    page.wait_for_timeout(500)

    for first, drawn in found.items():
        then = seen(page, drawn)
        assert before[first][2] == then[2]
        assert before[first][:2] == pytest.approx(then[:2], abs=NEAR), first
    context.close()


@pytest.mark.parametrize(("stem", "width", "name"), SHAPES)
def test_the_words_of_a_link_stand_where_the_app_draws_them(
    server: str, browser: Browser, stem: str, width: int, name: str
) -> None:
    address = f"{server}/{stem}?p={encode(LINKS[name])}"
    page = browser.new_page()
    page.goto(address)  # somebody has opened a plan of this server before
    page.locator('.st-key-summary_strip [data-testid="stMetric"]').first.wait_for()
    page.close()
    compare(browser, address, width, places(stem), until='.st-key-summary_strip [data-testid="stMetric"]')


@pytest.mark.parametrize(("stem", "width"), WITHOUT_PLAN)
def test_the_words_of_a_page_without_a_plan_stand_where_the_app_draws_them(
    server: str, browser: Browser, stem: str, width: int
) -> None:
    compare(browser, f"{server}/{stem}", width, places(stem, has_plan=False), until='[data-testid="stMain"] h1')


def with_a_chart(page: Page) -> None:
    """Open a document that has first words and asks for the code of charts, a stub that says when it is started."""
    files = {
        "/": '<div id="first-words"></div><script type="module" src="./Chart.js"></script>',
        "/Chart.js": LateChart(Starlette(), "Chart.js").waiting,
        "/Chart.js?whole": "document.title = 'started'; export const PlotlyChart = 1; export default 1;",
    }
    page.route(
        "http://charts.test/**",
        lambda route: route.fulfill(
            body=files[route.request.url.removeprefix("http://charts.test")],
            content_type="text/javascript" if "Chart" in route.request.url else "text/html",
        ),
    )
    page.goto("http://charts.test/")


def test_the_code_of_charts_waits_until_the_first_words_have_made_way(browser: Browser) -> None:
    """It keeps a slow phone busy for seconds, so it must not start while the top line is on its way."""
    page = browser.new_page()
    with_a_chart(page)
    page.wait_for_timeout(500)
    expect(page).not_to_have_title("started")

    page.evaluate("document.getElementById('first-words').remove()")
    expect(page).to_have_title("started")
    page.close()


def test_the_code_of_charts_waits_ten_seconds_for_that(browser: Browser) -> None:
    page = browser.new_page()
    page.clock.install()
    with_a_chart(page)
    page.clock.run_for(9_500)
    expect(page).not_to_have_title("started")

    page.clock.run_for(1_500)
    expect(page).to_have_title("started")
    page.close()


def test_the_menu_of_file_names_that_a_new_server_sends_first_is_not_seen(server: str, page: Page) -> None:
    """Streamlit sends the names of the page files, without icons, until the app has run once."""
    page.goto(server)
    menu = page.get_by_test_id("stSidebarNav")
    expect(menu.get_by_text("Your plan")).to_be_visible()
    menu.evaluate("menu => menu.querySelectorAll('[data-testid=stIconMaterial]').forEach(icon => icon.remove())")
    expect(menu).to_have_css("visibility", "hidden")


def test_what_is_hidden_once_does_not_come_back(server: str, browser: Browser) -> None:
    """A page that is without its heading for a moment would show the words of a plan that has changed since."""
    page = browser.new_page()
    page.goto(f"{server}/?p={encode(LINKS['sample'])}")
    page.locator('.st-key-summary_strip [data-testid="stMetric"]').first.wait_for()
    settled(page)

    expect(page.locator("#first-words")).to_have_count(0)
    page.close()
