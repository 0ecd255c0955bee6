"""axe-core finds nothing moderate, serious or critical on any page, in light and in dark."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from pages.ui.app import navigation
from pages.ui.scenarios.views import VIEWS
from tests.browser.test_main_job import go, settled
from tests.support.scale import SCALE

GRAVE = ("moderate", "serious", "critical")
VIEWS_OF = {
    "scenarios": tuple(name for name in VIEWS if name != "One move"),
    "monitor": ("Position", "Rules"),
    "size": ("Contracts", "Perpetual or dated", "Your own contract", "Venues"),
}
LOOKED_AT = VIEWS_OF if SCALE > 1 else {stem: views[:1] for stem, views in VIEWS_OF.items()}
"""The views beside the first of each page; the suite looks at one of them, `make long` at all."""


def faults(page: Page, scheme: str) -> list[str]:
    """What axe-core finds that keeps somebody from using the page; in dark, where only colours differ, in colours.

    What is about to go fades away, and is pale meanwhile: a fault counts when it is still there later.
    """
    settled(page)
    found: list[str] = []
    rules = {"runOnly": ["color-contrast", "link-in-text-block"]} if scheme == "dark" else {}
    for _ in range(5):
        report = Axe().run(page, options={"resultTypes": ["violations"], **rules}).response["violations"]
        found = [
            f"{one['id']}: {one['nodes'][0]['html'][:120]} {one['nodes'][0].get('failureSummary', '')[:160]}"
            for one in report
            if one["impact"] in GRAVE
        ]
        if not found:
            break
        page.wait_for_timeout(1_500)
    return found


def grave(page: Page) -> dict[str, list[str]]:
    """What is found in light, then in dark."""
    found = {}
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        expect(page.locator('[data-testid="stApp"]')).to_have_css("color-scheme", scheme)
        found[scheme] = faults(page, scheme)
    return found


@pytest.mark.long
def test_no_page_keeps_anybody_out(server: str, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 1360, "height": 900})
    context.set_default_timeout(30_000)
    page = context.new_page()
    page.goto(server)
    expect(page.get_by_role("heading", name="Keep your altcoins through a crash")).to_be_visible()
    found = {"start": grave(page)}
    page.locator(".st-key-start_layer1_bag button:visible").click()
    expect(page.locator(".st-key-orders")).to_be_visible()
    found["plan"] = grave(page)
    for stem, (title, _) in navigation.PAGES.items():
        if stem == navigation.START:
            continue
        go(page, title)
        found[stem] = grave(page)
        for view in LOOKED_AT.get(stem, ()):
            page.get_by_role("radio", name=view).click()
            found[f"{stem}: {view}"] = grave(page)
    context.close()
    assert {(name, scheme): some for name, both in found.items() for scheme, some in both.items() if some} == {}


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
