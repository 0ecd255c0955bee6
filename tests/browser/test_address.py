"""The plan is in the address soon after each change, on a server that nobody has visited before too."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


def test_the_first_visitor_of_a_fresh_server_has_the_plan_in_the_address_within_two_seconds(
    server: str, page: Page
) -> None:
    page.goto(server)
    page.locator(".st-key-start_layer1_bag button:visible").click()

    expect(page).to_have_url(re.compile(r"\?p="), timeout=2_000)
    page.reload()
    expect(page.locator(".st-key-summary_strip")).to_be_visible()
