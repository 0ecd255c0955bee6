"""Links as a user meets them: made in the dialog, opened in another browser, pinned and let go."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from hedge_core import load_plan
from hedge_core.documents.link.link import Shared, decode, encode
from tests.browser.test_main_job import go, metric, set_slider, settled

LAYER1 = load_plan(Path(__file__).parents[2] / "examples" / "layer1_bag.json")


@pytest.mark.rare
def test_a_link_from_the_dialog_opens_the_same_plan_in_another_browser(
    server: str, page: Page, browser: Browser
) -> None:
    page.goto(server)
    page.locator(".st-key-start_layer1_bag button:visible").click()
    expect(page.locator(".st-key-summary_strip")).to_be_visible()
    page.get_by_text("Share, save or open").click()
    page.get_by_role("button", name="Share as a link").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("The link appears when you have chosen")).to_be_visible()
    assert dialog.locator("code").count() == 0
    dialog.get_by_text("Everything, amounts included").click()
    expect(dialog.get_by_text("It is not encrypted")).to_be_visible()
    link = dialog.locator("code").inner_text()
    assert decode(link).plan == LAYER1
    dialog.get_by_text("No amounts").click()
    expect(dialog.get_by_text("hundredth of a percent")).to_be_visible()
    settled(page)
    assert decode(dialog.locator("code").inner_text()).is_hidden

    other = browser.new_context(viewport={"width": 1360, "height": 900})
    other.set_default_timeout(30_000)
    theirs = other.new_page()
    assert link.startswith(f"{server}/?p=")
    theirs.goto(link)
    expect(theirs.get_by_text("From a link")).to_be_visible()
    assert metric(theirs, "Bag") == metric(page, "Bag")
    assert metric(theirs, "Hedged") == metric(page, "Hedged")
    theirs.get_by_role("button", name="What it would be now").click()
    expect(theirs.get_by_text("From a link")).to_have_count(0)
    expect(theirs.locator(".st-key-summary_strip")).to_be_visible()
    other.close()


@pytest.mark.rare
def test_a_damaged_link_leaves_the_open_plan_as_it_is(server: str, page: Page) -> None:
    text = encode(Shared(plan=LAYER1))
    page.goto(f"{server}/?p={text[:-3]}abc")
    expect(page.get_by_text("The link cannot be opened")).to_be_visible()
    page.goto(f"{server}/risk?p={text}")
    expect(page.locator(".st-key-summary_strip")).to_be_visible()
    set_slider(page, "hedge_share", 2)
    expect(page.get_by_text("(target 70%)")).to_be_visible()


def test_the_address_keeps_the_plan_through_page_changes_and_a_reload_and_back_takes_a_change_back(
    server: str, page: Page
) -> None:
    page.goto(server)
    page.locator(".st-key-start_layer1_bag button:visible").click()
    expect(page.locator(".st-key-summary_strip")).to_be_visible()
    go(page, "2 Risk")
    set_slider(page, "hedge_share", 2)
    expect(page.get_by_text("(target 70%)")).to_be_visible()
    settled(page)
    assert decode(page.url).plan.decisions.risk_accepted == 0.3
    go(page, "5 Scenarios")
    settled(page)
    assert decode(page.url).plan.decisions.risk_accepted == 0.3
    page.reload()
    expect(page.locator(".st-key-summary_strip").get_by_text("(target 70%)")).to_be_visible()
    go(page, "2 Risk")
    set_slider(page, "hedge_share", -1)
    expect(page.get_by_text("(target 65%)")).to_be_visible()
    settled(page)
    page.go_back()
    expect(page.get_by_text("(target 70%)")).to_be_visible()
