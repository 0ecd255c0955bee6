"""The plan is in the address soon after each change, on a server that nobody has visited before too."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.support.scale import SCALE

pytestmark = pytest.mark.browser


@pytest.mark.long
def test_the_first_visitor_of_a_fresh_server_has_the_plan_in_the_address_within_two_seconds(
    server: str, page: Page
) -> None:
    """The suite allows ten times as long, as it may run on a busy machine."""
    page.goto(server)
    page.locator(".st-key-start_layer1_bag button:visible").click()

    expect(page).to_have_url(re.compile(r"\?p="), timeout=2_000 if SCALE > 1 else 20_000)
    page.reload()
    expect(page.locator(".st-key-summary_strip")).to_be_visible()


def test_a_plan_is_kept_in_the_browser_only_when_it_is_asked_for(server: str, page: Page) -> None:
    page.goto(server)
    page.locator(".st-key-start_novacoin button:visible").click()
    expect(page).to_have_url(re.compile(r"\?p="))
    assert page.evaluate("localStorage.getItem('hedge-plan')") is None

    page.get_by_role("link", name="Keep my plan in this browser").click()
    expect(page.get_by_text("Your plan is kept in this browser.")).to_be_visible()
    page.goto(server)
    page.get_by_role("link", name="Continue with the plan that this browser keeps").click()
    expect(page.locator(".st-key-summary_strip")).to_be_visible()

    page.get_by_role("link", name="Forget it").click()
    expect(page.get_by_role("link", name="Keep my plan in this browser")).to_be_visible()
    assert page.evaluate("localStorage.getItem('hedge-plan')") is None
