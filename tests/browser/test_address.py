"""The plan is in the address soon after each change, on a server that nobody has visited before too."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.test_main_job import go, set_slider, settled
from tests.support.scale import SCALE

pytestmark = pytest.mark.browser


@pytest.mark.long
def test_the_first_visitor_of_a_fresh_server_has_the_plan_in_the_address_within_two_seconds(
    fresh_server: str, page: Page
) -> None:
    """The suite allows ten times as long, as it may run on a busy machine."""
    page.goto(fresh_server)
    page.locator(".st-key-start_layer1_bag button:visible").click()

    expect(page).to_have_url(re.compile(r"\?p="), timeout=2_000 if SCALE > 1 else 20_000)
    page.reload()
    expect(page.locator(".st-key-summary_strip")).to_be_visible()


def test_a_plan_under_the_name_of_its_page_opens_at_the_root(server: str, page: Page) -> None:
    page.goto(server)
    page.locator(".st-key-start_novacoin button:visible").click()
    expect(page).to_have_url(re.compile(r"\?p="))

    page.goto(page.url.replace("/?", "/plan?"))

    expect(page.locator(".st-key-summary_strip")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert "/plan" not in page.url


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


def target(page: Page, share: int) -> Locator:
    return page.locator(".st-key-summary_strip").get_by_text(f"(target {share}%)")


def test_changes_are_taken_back_and_made_again_after_a_reload(server: str, page: Page) -> None:
    page.goto(server)
    expect(page.get_by_role("heading", name="Keep your altcoins through a crash")).to_be_visible()
    expect(page.locator(".st-key-undo_kept")).to_be_hidden()
    page.locator(".st-key-start_layer1_bag button:visible").click()
    expect(target(page, 60)).to_be_visible()
    go(page, "2 Risk")
    for share in (65, 70):
        set_slider(page, "hedge_share", 1)
        expect(target(page, share)).to_be_visible()
        settled(page)
        page.wait_for_timeout(1_000)

    page.reload()
    expect(target(page, 70)).to_be_visible()
    page.get_by_role("link", name="Undo").click()
    expect(target(page, 65)).to_be_visible()
    page.get_by_role("link", name="Undo").click()
    expect(target(page, 60)).to_be_visible()
    page.get_by_role("link", name="Undo").click()
    expect(page.locator(".st-key-summary_strip")).to_have_count(0)
    for share in (60, 65):
        page.get_by_role("link", name="Redo").click()
        expect(target(page, share)).to_be_visible()

    set_slider(page, "hedge_share", 1)
    expect(target(page, 70)).to_be_visible()
    expect(page.get_by_role("link", name="Redo")).to_have_count(0)
    page.locator(".st-key-undo_change button").click()
    expect(target(page, 65)).to_be_visible()
    page.get_by_role("link", name="Undo").click()
    expect(target(page, 60)).to_be_visible()


def test_a_bag_that_was_emptied_comes_back(server: str, page: Page) -> None:
    page.goto(server)
    page.locator(".st-key-start_novacoin button:visible").click()
    expect(page.locator(".st-key-summary_strip")).to_be_visible()
    expect(page).to_have_url(re.compile(r"\?p="))
    page.wait_for_timeout(1_000)

    page.goto(server)
    page.get_by_role("link", name="Undo").click()

    expect(page.locator(".st-key-summary_strip")).to_be_visible()
