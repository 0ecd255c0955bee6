"""The main job as a user does it: from a CSV to contracts to a scenario, saved and opened again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from pages.ui.app import navigation
from tests.support.scale import SCALE

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.browser

PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 "
    "Mobile/15E148 Safari/604.1"
)
"""How a phone names its browser."""


def settled(page: Page) -> None:
    """Wait until the script has finished."""
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')


def go(page: Page, title: str) -> None:
    page.locator('[data-testid="stSidebarNav"]').get_by_text(title, exact=True).click()
    page.wait_for_timeout(150)
    settled(page)


def metric(page: Page, label: str) -> str:
    tile = page.locator('[data-testid="stMetric"]').filter(has=page.get_by_text(label, exact=True)).first
    return tile.locator('[data-testid="stMetricValue"]').inner_text().strip()


def set_slider(page: Page, key: str, presses: int) -> None:
    thumb = page.locator(f'.st-key-{key} input[type="range"]')
    thumb.focus()
    for _ in range(abs(presses)):
        thumb.press("ArrowRight" if presses > 0 else "ArrowLeft")


def test_from_a_csv_to_a_plan_and_back(server: str, page: Page, tmp_path: Path) -> None:
    page.goto(server)
    page.locator(".st-key-start_bag button:visible").click()
    expect(page.get_by_role("heading", name="What do you hold?")).to_be_visible()

    page.locator('.st-key-bag_upload input[type="file"]').set_input_files(ROOT / "examples" / "bag.csv")
    expect(page.get_by_text("10 rows, 10 holdings")).to_be_visible()
    page.get_by_role("button", name="Take as my bag").click()
    expect(page.locator(".st-key-summary_strip")).to_be_visible()
    expect(page.get_by_text("PRACTICE PRICES").first).to_be_visible()

    go(page, "2 Risk")
    before = metric(page, "Hedged")
    set_slider(page, "hedge_share", 4)
    expect(page.get_by_text("(target 70%)")).to_be_visible()
    settled(page)
    assert metric(page, "Hedged") != before
    assert metric(page, "Hedged").endswith("(target 70%)")
    expect(page.get_by_role("spinbutton", name="Cash to post (USD)")).to_have_value(
        ""
    )  # a larger short decides nothing else

    go(page, "3 Proxy")
    expect(page.get_by_role("heading", name="would have removed")).to_be_visible()
    page.get_by_role("button", name="Open ARB").click()
    expect(page.locator(".st-key-regression .js-plotly-plot")).to_be_visible()

    go(page, "4 Size")
    orders = page.locator(".st-key-orders")
    expect(orders.get_by_text("How to open it")).to_be_visible()
    expect(orders.get_by_text("Sell short").first).to_be_visible()
    expect(orders.get_by_text("Sell stop 120 INJ")).to_be_visible()
    orders_before = orders.inner_text()
    with page.expect_download() as ticket:
        page.get_by_role("button", name="Order ticket (CSV)").click()
    assert ticket.value.path().read_text().startswith("PRACTICE")

    go(page, "5 Scenarios")
    chart = page.locator(".st-key-scenario_range")
    expect(chart.get_by_text("moves by −15%")).to_be_visible()
    loss_before = metric(page, "You")
    set_slider(page, "scenario_move", -10)
    expect(chart.get_by_text("moves by −25%")).to_be_visible()
    settled(page)
    assert metric(page, "You") != loss_before

    page.get_by_role("radio", name="Thousands of paths").click()
    expect(page.locator(".st-key-simulation_outcomes .js-plotly-plot")).to_be_visible()
    set_slider(page, "hedge_share", 2)
    expect(page.locator(".st-key-summary_strip").get_by_text("(target 80%)")).to_be_visible()
    set_slider(page, "hedge_share", -2)
    expect(page.locator(".st-key-summary_strip").get_by_text("(target 70%)")).to_be_visible()

    page.get_by_text("Share, save or open").click()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save plan (JSON)").click()
    with page.expect_download() as report:
        page.get_by_role("button", name="Report (HTML)").click()
    html = report.value.path().read_text(encoding="utf-8")
    assert report.value.suggested_filename == "hedge-report-PRACTICE.html"
    assert "<title>PRACTICE on simulated prices" in html
    assert "Hedged (target 70.0%)" in html
    with page.expect_download() as table:
        page.get_by_role("button", name="Scenario table (CSV)").click()
    assert table.value.path().read_text().startswith("PRACTICE")
    path = tmp_path / "plan.json"
    saved.value.save_as(path)
    document = json.loads(path.read_text())
    assert document["decisions"]["risk_accepted"] == 0.3

    page.goto(server)
    expect(page.get_by_role("heading", name="Keep your altcoins through a crash")).to_be_visible()
    page.get_by_text("Share, save or open").click()
    page.locator('.st-key-plan_upload input[type="file"]').set_input_files(path)
    expect(page.locator(".st-key-summary_strip")).to_be_visible()
    go(page, "4 Size")
    expect(orders.get_by_text("How to open it")).to_be_visible()
    expect(orders.get_by_text("Sell short").first).to_be_visible()
    settled(page)
    assert orders.inner_text() == orders_before


def test_a_picture_to_share_is_saved(server: str, page: Page) -> None:
    page.goto(server)
    page.locator(".st-key-start_layer1_bag button:visible").click()
    page.locator(".st-key-picture_plan button").click()
    with page.expect_download() as picture:
        page.locator(".st-key-picture .modebar-btn").click()
    assert picture.value.path().read_bytes().startswith(b"\x89PNG")


def test_a_bad_plan_file_is_refused_and_the_open_plan_is_kept(server: str, page: Page, tmp_path: Path) -> None:
    page.goto(server)
    page.locator(".st-key-start_layer1_bag button:visible").click()
    expect(page.locator(".st-key-summary_strip")).to_be_visible()
    value = metric(page, "Bag")
    path = tmp_path / "bad.json"
    path.write_text('{"schema": "hedge-plan", "version": 1, "holdings": [{"coin": "SOL", "quantity": -1}]}')
    page.get_by_text("Share, save or open").click()
    page.locator('.st-key-plan_upload input[type="file"]').set_input_files(path)
    expect(page.get_by_text("row 1, field 'holdings[0].quantity'")).to_be_visible()
    expect(page.get_by_text("The plan that was open is kept.")).to_be_visible()
    assert metric(page, "Bag") == value


@pytest.mark.rare
def test_a_typed_row_joins_the_bag_and_survives_a_page_change(server: str, page: Page) -> None:
    page.goto(f"{server}/bag")
    page.locator(".st-key-bag_paste textarea").fill("SOL 120\nLINK 500")
    page.locator(".st-key-bag_paste textarea").press("Control+Enter")
    page.get_by_role("button", name="Take as my bag").click()
    expect(page.locator(".st-key-summary_strip")).to_be_visible()
    go(page, "2 Risk")
    set_slider(page, "hedge_share", -2)
    expect(page.get_by_text("(target 40%)")).to_be_visible()
    go(page, "5 Scenarios")
    go(page, "2 Risk")
    expect(page.get_by_text("(target 40%)")).to_be_visible()
    assert page.locator('.st-key-hedge_share input[type="range"]').input_value() == "40"


@pytest.mark.parametrize("agent", [None, PHONE], ids=["narrow window", "phone"])
def test_the_menu_closes_on_a_narrow_screen_when_a_page_is_chosen(
    server: str, browser: Browser, agent: str | None
) -> None:
    page = browser.new_context(viewport={"width": 390, "height": 844}, user_agent=agent).new_page()
    page.goto(server)
    page.locator(".st-key-start_layer1_bag button:visible").click()
    expect(page.locator(".st-key-summary_strip")).to_be_visible()
    for title in ("5 Scenarios", "2 Risk"):
        page.get_by_test_id("stExpandSidebarButton").click()
        page.get_by_test_id("stSidebarNav").get_by_text(title, exact=True).click()
        expect(page.get_by_test_id("stSidebarNav")).not_to_be_in_viewport()
        expect(page.get_by_test_id("stExpandSidebarButton")).to_be_visible()
    page.context.close()


def visited(page: Page, server: str, stem: str) -> None:
    """Go to a page by its address, and see that it is the one that was asked for."""
    page.goto(f"{server}/{stem}")
    title, _ = navigation.PAGES[stem]
    link = page.locator('[data-testid="stSidebarNav"] a[aria-current="page"]')
    expect(link).to_contain_text(title)
    expect(page.locator('[data-testid="stMain"]').locator("h1, [data-testid='stAlert']").first).to_be_visible()
    assert page.url.rstrip("/").endswith(stem)


@pytest.mark.rare
@pytest.mark.parametrize("stem", [stem for stem in navigation.PAGES if stem != navigation.START])
def test_a_first_visit_may_go_to_any_page(server: str, page: Page, stem: str) -> None:
    visited(page, server, stem)


@pytest.mark.long
@pytest.mark.parametrize("stem", ["proxy", "monitor"] if SCALE > 1 else ["monitor"])
def test_the_first_visitor_of_a_fresh_server_may_go_to_any_page(fresh_server: str, page: Page, stem: str) -> None:
    visited(page, fresh_server, stem)
