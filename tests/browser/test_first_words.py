"""A plan in the address is on the screen before the app: its words stand where the app then draws the same."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest
from playwright.sync_api import Browser, Page, expect

from hedge_core import SampleSource, assess, load_plan
from hedge_core.documents.link.link import Shared, encode, hide_amounts
from hedge_core.documents.link.pinning import pin_of
from hedge_core.plan.own_figures import OwnRate
from hedge_core.text import WORD_JOINER
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
SHAPES = [(width, name) for width in (390, 1024, 1440) for name in LINKS] if SCALE > 1 else [(390, "hidden")]

PLACES = {
    "#first-words section div:nth-child(1) b": '.st-key-top_bag [data-testid="stMetricValue"]',
    "#first-words section div:nth-child(2) b": '.st-key-top_hedged [data-testid="stMetricValue"]',
    "#first-words section div:nth-child(3) b": '.st-key-top_liquidated [data-testid="stMetricValue"]',
    "#first-words section div:nth-child(4) b": '.st-key-top_net [data-testid="stMetricValue"]',
    "#first-words h6": '[data-testid="stMain"] h1',
    "#first-words > p": ".st-key-lead p",
}
"""The words in the document, and the same drawn by the app."""

NEAR = 1.5
"""Pixels."""


def seen(page: Page, selector: str) -> tuple[float, float, str]:
    """Where an element stands, and its text."""
    found = page.locator(selector)
    box = found.bounding_box()
    assert box is not None, selector
    return box["x"], box["y"], re.sub(r"\s+", " ", found.inner_text().replace(WORD_JOINER, "")).strip()


@pytest.mark.parametrize(("width", "name"), SHAPES)
def test_the_words_of_a_link_stand_where_the_app_draws_them(
    server: str, browser: Browser, width: int, name: str
) -> None:
    address = f"{server}/?p={encode(LINKS[name])}"
    context = browser.new_context(viewport={"width": width, "height": 900})
    page = context.new_page()
    page.goto(address)  # somebody has opened a plan of this server before
    page.locator(".st-key-lead p").wait_for()
    page.route("**/static/js/*", lambda route: route.abort())
    page.goto(address)
    page.evaluate("document.fonts.ready")
    expect(page.locator("#first-words")).to_be_visible()
    before = {selector: seen(page, selector) for selector in PLACES}

    page.unroute("**/static/js/*")
    page.goto(address)
    page.locator('.st-key-summary_strip [data-testid="stMetric"]').first.wait_for()
    settled(page)
    expect(page.locator("#first-words")).to_have_count(0)
    page.wait_for_timeout(500)

    for first, drawn in PLACES.items():
        then = seen(page, drawn)
        assert before[first][2] == then[2]
        assert before[first][:2] == pytest.approx(then[:2], abs=NEAR), first
    context.close()


def test_what_is_hidden_once_does_not_come_back(server: str, browser: Browser) -> None:
    """A page that is without its heading for a moment would show the words of a plan that has changed since."""
    page = browser.new_page()
    page.goto(f"{server}/?p={encode(LINKS['sample'])}")
    page.locator('.st-key-summary_strip [data-testid="stMetric"]').first.wait_for()
    settled(page)

    expect(page.locator("#first-words")).to_have_count(0)
    page.close()
