"""Two browsers at once, each with a plan of its own: never a figure of the other."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from pages.ui.app import navigation
from tests.browser.test_main_job import go
from tests.support.scale import scaled

CHANGES = scaled(2)
BAGS = {"layer1_bag": "$53,775", "novacoin": "$10,000"}


def opened(browser: Browser, server: str, stem: str) -> Page:
    context = browser.new_context(viewport={"width": 1360, "height": 900})
    context.set_default_timeout(30_000)
    page = context.new_page()
    page.goto(server)
    page.locator(f".st-key-start_{stem} button:visible").click()
    expect(page.locator(".st-key-summary_strip")).to_be_visible()
    return page


@pytest.mark.long
def test_two_browsers_change_pages_again_and_again_and_never_see_the_other(server: str, browser: Browser) -> None:
    pages = {stem: opened(browser, server, stem) for stem in BAGS}
    titles = [title for title, _ in navigation.PAGES.values()]
    for number in range(CHANGES):
        for place, (stem, page) in enumerate(pages.items()):
            go(page, titles[(number * 3 + place * 2 + 1) % len(titles)])
            strip = page.locator(".st-key-summary_strip")
            expect(strip).to_contain_text(BAGS[stem])
            others = [bag for other, bag in BAGS.items() if other != stem]
            assert not any(bag in strip.inner_text() for bag in others)
    for page in pages.values():
        page.context.close()
